//! The row of one identity.

use leptos::prelude::*;
use model::{Identity, IdentityKey, Profile, route};
use web_sys::Element;

use super::avatar::Avatar;
use super::breakable::breakable;
use super::changing::changing;
use super::disclosure::disclosure;
use super::dyn_view::dyn_view;
use super::later::{asked_later, later, on_its_way};
use super::linking_place::{LINK_ANOTHER, go_to_linking};
use super::provider_mark::ProviderMark;
use super::rows::{ListState, RowLabel, Step};
use super::subscription::unsubscribed_on_cleanup;
use super::words::words;
use crate::chunk::{self, Chunk};
use crate::session::Session;
use crate::text::{self, Label, details};
use model::unlink_policy::UnlinkBlocked;

/// Returns the value of `data-identity`, which names a row in the page.
#[must_use]
pub fn row_name(key: &IdentityKey) -> String {
    key.as_user_id().as_str().to_owned()
}

/// The row of the primary identity. It has no button, and says why it stays.
#[component]
pub fn MainRow(
    /// The primary identity.
    identity: Identity,
    /// The profile of the account, which is that of the primary identity.
    profile: Profile,
    /// A picture that may be shown.
    picture: Option<String>,
    /// The list of the row.
    list: ListState,
) -> impl IntoView {
    let label = list.names.with_value(|names| Label::main(&identity, &profile, names));
    view! { <Row identity label picture main=true list/> }
}

/// The row of a linked identity, with its Unlink button or the reason why it cannot be unlinked.
#[component]
pub fn IdentityRow(
    /// The identity.
    identity: Identity,
    /// A picture that may be shown.
    picture: Option<String>,
    /// The list of the row.
    list: ListState,
) -> impl IntoView {
    let label = list.names.with_value(|names| Label::linked(&identity, names));
    view! { <Row identity label picture main=false list/> }
}

/// The control of a row.
#[derive(Clone, Copy, PartialEq)]
enum Offer {
    Unlink,
    Choose,
    /// The button that dismisses the row of a removed identity.
    Dismiss,
    /// None: the primary identity stays.
    Nothing,
}

#[component]
fn Row(
    identity: Identity,
    label: Label,
    picture: Option<String>,
    main: bool,
    list: ListState,
) -> impl IntoView {
    let key = StoredValue::new(identity.key());
    let name = row_name(&identity.key());
    let why = format!("why-{}", route::segment(&name));
    let provider = identity.provider.clone();
    let row_context = list.row_context.get_value();
    let step = list.steps.watch(&identity.key());
    let facts = row_context.facts.watch(&identity.key());
    let own = Memo::new(move |_| facts.get().and_then(|facts| facts.own_name));
    let label = RowLabel { of_provider: StoredValue::new(label), own };
    let in_use = Memo::new(move |_| facts.get().unwrap_or_default().is_in_use);
    let reason = Memo::new(move |_| match *step.read() {
        Some(Step::Refused(reason)) => Some(reason),
        _ => facts.get().and_then(|facts| facts.reason),
    });
    let is_running =
        move || matches!(*step.read(), Some(Step::Queued | Step::SigningIn | Step::Busy | Step::Pausing(_)));
    let offer = unsubscribed_on_cleanup(Memo::new(move |_| match &*step.read() {
        Some(Step::Gone) => Offer::Dismiss,
        _ if main => Offer::Nothing,
        None | Some(Step::Failed(_)) if row_context.is_selecting.get() => Offer::Choose,
        _ => Offer::Unlink,
    }));
    let has_progress = Memo::new(move |_| {
        matches!(*step.read(), Some(Step::SigningIn | Step::Busy | Step::Pausing(_) | Step::Failed(_)))
    });
    let awaited = Memo::new(move |_| {
        let is_awaited = facts.get().unwrap_or_default().is_awaited;
        is_awaited.then(chunk::state)
    });
    let is_missing = Memo::new(move |_| *awaited.read() == Some(Chunk::Missing));
    let dismiss = Callback::new(move |()| {
        if let Some(actions) = list.actions.get_value() {
            actions.on_dismiss.run(key.get_value());
        }
    });
    let act = {
        let why = why.clone();
        dyn_view(move || {
            match offer.get() {
            Offer::Unlink => {
                view! { <UnlinkButton label key step awaited why=why.clone() reason list/> }.into_any()
            }
            Offer::Choose => {
                let why = why.clone();
                later(move |parts| (parts.choose_box)(label, key, why.clone(), reason, list))
            }
            Offer::Dismiss => view! {
                <button type="button" class="button" on:click=move |_| dismiss.run(())>{text::dismiss()}</button>
            }
            .into_any(),
            Offer::Nothing => ().into_any(),
        }
        })
    };
    // Only the tenant's own database sends such mails.
    let mail_page = use_context::<Session>()
        .filter(|_| label.of_provider.with_value(|label| label.unverified) && provider.as_str() == "auth0")
        .and_then(|session| session.tenant().verification_mail);
    view! {
        <li
            class="slot"
            class:folding=move || *step.read() == Some(Step::Folding)
            class:gone=move || offer.get() == Offer::Dismiss
            class:told=move || offer.get() != Offer::Choose && (offer.get() == Offer::Dismiss || reason.read().is_some())
            data-identity=name
            tabindex="-1"
            aria-busy=move || (is_running() || awaited.read().is_some_and(|chunk| chunk != Chunk::Missing)).then_some("true")
        >
            <div class="fold">
                <div class="row">
                    <ProviderMark provider/>
                    <Who label picture mail_page in_use offer reason why/>
                    <div class="act">{act}</div>
                    {row_details(key, label, list)}
                </div>
                {dyn_view(move || if has_progress.get() {
                    later(move |parts| (parts.progress)(key, step, list))
                } else if is_missing.get() {
                    let keep = Callback::new(move |()| list.confirming.set(None));
                    view! { <div class="row-failure">{on_its_way(Some(keep))}</div> }.into_any()
                } else {
                    ().into_any()
                })}
            </div>
        </li>
    }
}

/// The Unlink button of a row. Disabled, it stays focusable, and a press says why it is disabled.
#[component]
fn UnlinkButton(
    label: RowLabel,
    key: StoredValue<IdentityKey>,
    step: Memo<Option<Step>>,
    /// How far the later chunk is, while the dialog of this row waits for it or for the account.
    awaited: Memo<Option<Chunk>>,
    why: String,
    reason: Memo<Option<UnlinkBlocked>>,
    list: ListState,
) -> impl IntoView {
    let buttons = list.row_context.get_value().buttons;
    let register = move |button: Element| buttons.add(button, reason, why.clone());
    let press = move |_| {
        if list.running.get_untracked() {
        } else if let Some(reason) = reason.get_untracked() {
            list.announce(untrack(|| label.get()).stays(reason));
        } else if let Some(read_only) = list.read_only.get_untracked() {
            list.announce(read_only.sentence().to_owned());
        } else {
            list.confirming.set(Some(vec![key.get_value()]));
            chunk::fetch();
        }
    };
    let is_waiting = Memo::new(move |_| {
        matches!(*step.read(), Some(Step::Queued | Step::SigningIn | Step::Pausing(_)))
            || awaited.read().is_some_and(|chunk| chunk != Chunk::Missing)
    });
    let words = changing(move || match *step.read() {
        Some(Step::Busy | Step::Folding) => text::unlinking_now(),
        _ if is_waiting.get() => text::waiting(),
        _ => text::unlink(),
    });
    // The name begins with the words that are seen, so that it can be called by them (WCAG 2.5.3).
    let name = move || match *step.read() {
        Some(Step::Busy | Step::Folding) => label.get().unlinking(),
        _ if is_waiting.get() => label.get().waiting(),
        _ => label.get().unlink(),
    };
    view! {
        <button
            type="button"
            class="button danger"
            aria-label=name
            use:register
            on:click=press
            prop:textContent=words
        ></button>
    }
}

/// Provider, connection and person. Names come from outside, so that `bdi` isolates their direction.
#[component]
fn Who(
    label: RowLabel,
    picture: Option<String>,
    /// The page that sends the mail to confirm the address again.
    mail_page: Option<String>,
    in_use: Memo<bool>,
    offer: Memo<Offer>,
    reason: Memo<Option<UnlinkBlocked>>,
    why: String,
) -> impl IntoView {
    let (own, nameless) = (label.own, label.of_provider.get_value());
    let someone = nameless.who.is_some() || picture.is_some();
    let initials = nameless.initials.clone();
    let badge = dyn_view(move || {
        let gone = (offer.get() == Offer::Dismiss).then_some(text::already_unlinked());
        match gone.or_else(|| text::unlink_blocked::badge(reason.get()?)) {
            None => ().into_any(),
            Some(badge) => view! { <span class="badge" class:plain=gone.is_some()>{badge}</span> }.into_any(),
        }
    });
    let because = dyn_view(move || {
        match reason.get().filter(|_| offer.get() != Offer::Dismiss) {
        None => ().into_any(),
        Some(reason) => view! {
            <p class="meta why" id=why.clone()>
                {match reason {
                    UnlinkBlocked::LastWayIn => view! { {text::last_way_in()}" "<a href=format!("#{LINK_ANOTHER}") on:click=go_to_linking>{text::link_first()}</a> }.into_any(),
                    reason => text::unlink_blocked::sentence(reason).into_any(),
                }}
            </p>
        }
        .into_any(),
    }
    });
    view! {
        <div class="body">
            <div class="name">
                {words(&nameless.connection())}
                {dyn_view(move || match own.get() {
                    None => ().into_any(),
                    Some(own) => view! { <span class="own-name">{words(&text::label::quoted(&own))}</span> }.into_any(),
                })}
                {dyn_view(move || if in_use.get() {
                    view! { <span class="badge ok">{text::in_use()}</span> }.into_any()
                } else {
                    ().into_any()
                })}
                {badge}
            </div>
            {someone.then(|| view! {
                <div class="sub">
                    <Avatar picture initials/>
                    <div class="sub-text">
                        {nameless.person.map(|person| view! { <bdi class="person" translate="no">{breakable(&person)}</bdi> })}
                        {nameless.who.map(|who| view! { <bdi translate="no">{breakable(&who)}</bdi> })}
                    </div>
                </div>
            })}
            {nameless.unverified.then(|| view! {
                <p class="meta">
                    {text::address_not_verified()}
                    {mail_page.map(|page| view! { " "<a href=page rel="external">{text::send_mail_again()}</a> })}
                </p>
            })}
            {because}
        </div>
    }
}

/// The summary of the details, which are rendered once the person opens them.
fn row_details(key: StoredValue<IdentityKey>, label: RowLabel, list: ListState) -> AnyView {
    let name = Signal::derive(move || details::details_of(&label.get().in_full()));
    let content = Box::new(move || {
        asked_later(
            move |parts| {
                if list.is_reading() { on_its_way(None) } else { (parts.details)(key, label, list) }
            },
        )
    });
    disclosure("row-details", details::summary().to_owned(), Some(name), content)
}
