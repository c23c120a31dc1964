//! The name that the person gave a login, among the details of its row, and the field to change it in place.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use model::login_names::{InvalidLoginName, MAX_LENGTH, is_writable};
use model::unlink_policy::is_unreadable;
use model::{IdentityKey, LoginName, route};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::banner::READ_ONLY_ID;
use super::changing::changing;
use super::dyn_view::dyn_view;
use super::notice::FailureNotice;
use super::rows::{ListState, RowLabel, Step};
use super::words::words;
use crate::text::message_format::Message;
use crate::text::naming;
use crate::text::{self, Remedy};

/// Shows the name with a button to change it, or the field. Hidden where there is no name and none can be given.
#[component]
pub fn OwnName(
    /// The identity.
    key: StoredValue<IdentityKey>,
    /// What the identity is called.
    label: RowLabel,
    /// The list of the row.
    list: ListState,
) -> impl IntoView {
    let own = label.own;
    let step = key.with_value(|key| list.name_steps.watch(key));
    let unlinking = key.with_value(|key| list.steps.watch(key));
    let is_editing = Memo::new(move |_| step.read().is_some());
    let can_edit = Memo::new(move |_| {
        let is_gone = *unlinking.read() == Some(Step::Gone);
        let user = list.user.read();
        let is_writable = user.as_ref().is_some_and(|user| is_writable(user.user_metadata.as_ref()));
        let is_known = key.with_value(|key| !is_unreadable(&key.user_id));
        is_known && is_writable && !is_gone && list.may_name.get()
    });
    let is_hidden = move || !can_edit.get() && own.read().is_none();
    let id = StoredValue::new(format!(
        "name-{}",
        route::segment(key.with_value(IdentityKey::as_user_id).as_str())
    ));
    let was_editing = StoredValue::new(false);
    let value = dyn_view(move || {
        let returns = was_editing.get_value();
        was_editing.set_value(is_editing.get());
        if is_editing.get() {
            view! { <NameField key own=own.get_untracked() id step list/> }.into_any()
        } else {
            shown(key, label, id, can_edit, list, returns)
        }
    });
    view! {
        <div hidden=is_hidden>
            <dt id=id.get_value()>{naming::own_name()}</dt>
            <dd>{value}</dd>
        </div>
    }
}

/// Returns the id of a part of the name whose label has the id `id`.
fn part(id: StoredValue<String>, part: &str) -> String {
    id.with_value(|id| [id, "-", part].concat())
}

fn focus(id: &str) {
    let found = document().get_element_by_id(id).and_then(|found| found.dyn_into::<HtmlElement>().ok());
    if let Some(found) = found {
        let _ = found.focus();
    }
}

/// The name, and the button that begins to change it. The button takes the focus if it `returns` and the field had it.
fn shown(
    key: StoredValue<IdentityKey>,
    label: RowLabel,
    id: StoredValue<String>,
    can_edit: Memo<bool>,
    list: ListState,
    returns: bool,
) -> AnyView {
    let own = label.own;
    if returns {
        request_animation_frame(move || {
            if document().active_element().is_none_or(|active| active.tag_name() == "BODY") {
                focus(&part(id, "begin"));
            }
        });
    }
    let press = move |_| match list.read_only.get_untracked() {
        Some(reason) => list.announce(reason.sentence().to_owned()),
        None => _ = list.name_steps.set(&key.get_value(), Some(Step::Editing)),
    };
    let called = move || {
        let label = label.get();
        let named = if label.own.is_some() { naming::change_of } else { naming::add_to };
        text::plain(&named(Message(&label.in_full())))
    };
    let is_read_only = move || list.read_only.read().is_some();
    view! {
        {dyn_view(move || match own.get() {
            None => ().into_any(),
            Some(own) => view! { <span class="own-name">{words(&text::name(&own))}</span> }.into_any(),
        })}
        <button
            type="button"
            class="button small"
            id=part(id, "begin")
            hidden=move || !can_edit.get()
            aria-label=called
            aria-disabled=move || is_read_only().then_some("true")
            aria-describedby=move || is_read_only().then_some(READ_ONLY_ID)
            on:click=press
            prop:textContent=changing(move || if own.read().is_some() { naming::change() } else { naming::add() })
        ></button>
    }
    .into_any()
}

/// The field: Enter saves, Escape leaves everything as it was.
#[component]
fn NameField(
    key: StoredValue<IdentityKey>,
    own: Option<String>,
    id: StoredValue<String>,
    step: Memo<Option<Step>>,
    list: ListState,
) -> impl IntoView {
    let draft = RwSignal::new(own.clone().unwrap_or_default());
    let value = draft.get_untracked();
    let is_too_long = RwSignal::new(false);
    let is_saving = Memo::new(move |_| *step.read() == Some(Step::Busy));
    let failure = Memo::new(move |_| match step.get() {
        Some(Step::Failed(failure)) => Some(failure),
        _ => None,
    });
    request_animation_frame(move || focus(&part(id, "field")));
    let cancel = move || {
        if !is_saving.get_untracked() {
            key.with_value(|key| list.name_steps.set(key, None));
        }
    };
    let save = Callback::new(move |()| {
        let name = match LoginName::new(&draft.read_untracked()) {
            Ok(name) => Some(name),
            Err(InvalidLoginName::Empty) => None,
            Err(InvalidLoginName::TooLong) => {
                is_too_long.set(true);
                return focus(&part(id, "field"));
            }
        };
        if is_saving.get_untracked() {
        } else if let Some(reason) = list.read_only.get_untracked() {
            list.announce(reason.sentence().to_owned());
        } else if name.as_ref().map(LoginName::as_str) == own.as_deref() {
            cancel();
        } else if let Some(actions) = list.actions.get_value() {
            // The notice of a failure goes, with its button that may have been pressed.
            focus(&part(id, "field"));
            actions.on_name.run((key.get_value(), name));
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        save.run(());
    };
    let keydown = move |event: KeyboardEvent| {
        if event.key() == "Escape" && !event.is_composing() {
            // Nothing else of the page leaves by the same key.
            event.prevent_default();
            cancel();
        }
    };
    let on_remedy = Callback::new(move |remedy| match (remedy, list.actions.get_value()) {
        (Remedy::SignIn, Some(actions)) => actions.on_remedy.run((key.get_value(), remedy)),
        _ => save.run(()),
    });
    let saving = move || is_saving.get().then_some("true");
    view! {
        <form class="field name-field" novalidate on:submit=submit on:keydown=keydown>
            <input
                type="text"
                id=part(id, "field")
                value=value
                autocomplete="off"
                dir="auto"
                aria-labelledby=id.get_value()
                aria-describedby=[part(id, "error"), part(id, "hint")].join(" ")
                aria-invalid=move || is_too_long.get().then_some("true")
                readonly=is_saving
                on:input=move |event| {
                    is_too_long.set(false);
                    draft.set(event_target_value(&event));
                }
            />
            <p class="error" id=part(id, "error") role="alert" prop:textContent=changing(move || {
                if is_too_long.get() { naming::too_long(MAX_LENGTH) } else { String::new() }
            })></p>
            <p class="hint" id=part(id, "hint")>{naming::hint()}</p>
            <div class="acts">
                <button
                    type="submit"
                    class="button small"
                    aria-disabled=saving
                    prop:textContent=changing(move || if is_saving.get() { naming::saving() } else { naming::save() })
                ></button>
                <button type="button" class="button small" aria-disabled=saving on:click=move |_| cancel()>
                    {text::cancel()}
                </button>
            </div>
            {dyn_view(move || match failure.get() {
                None => ().into_any(),
                Some(failure) => view! { <FailureNotice failure on_remedy/> }.into_any(),
            })}
        </form>
    }
}
