//! The list of linked logins, and unlinking one.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use model::{IdentityKey, User};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::outside;
use crate::api::identities::Outcome;
use crate::api::{ApiError, Trouble};
use crate::components::identity_row::row_name;
use crate::components::{FailureNotice, IdentityList, Progress, Skeleton, StatusNotice, live};
use crate::session::{Phase, Session};
use crate::text::{self, Label, Remedy};

/// How long a row takes to fold away, in milliseconds: `--quick` in `style/tokens.css`.
const FOLD: u32 = 180;

/// The page at `/linked-accounts`.
#[component]
pub fn LinkedAccounts() -> impl IntoView {
    let phase = expect_context::<Session>().phase();
    live(move || match phase.get() {
        Phase::Present => view! { <Accounts/> }.into_any(),
        phase => outside(phase),
    })
}

/// How far loading has come. It stays the same while the loaded list changes.
#[derive(Clone, PartialEq)]
enum Loading {
    Waiting,
    Failed(ApiError),
    Done,
}

#[component]
fn Accounts() -> impl IntoView {
    let session = expect_context::<Session>();
    let loaded = LocalResource::new(move || async move {
        let user = match session.client() {
            Ok(client) => client.user().await,
            Err(error) => Err(error),
        };
        user.inspect_err(|error| end_session(session, error))
    });
    let loading = Memo::new(move |_| match &*loaded.read() {
        None => Loading::Waiting,
        Some(Err(error)) => Loading::Failed(error.clone()),
        Some(Ok(_)) => Loading::Done,
    });
    let user = Memo::new(move |_| loaded.get().and_then(Result::ok));

    let said = RwSignal::new(None::<String>);
    let folding = RwSignal::new(None::<IdentityKey>);
    let failure = RwSignal::new(None);
    // The page may be gone when an answer comes: after an await, only `try_` is safe.
    let unlink = Action::new_local(move |key: &IdentityKey| {
        let key = key.clone();
        async move {
            let outcome = match session.client() {
                Ok(client) => client.unlink(&key).await,
                Err(error) => Err(error),
            };
            let label = user.try_with_untracked(|user| label_of(user.as_ref()?, &key)).flatten();
            match outcome {
                Ok(Outcome::Unlinked(left)) => {
                    let next = user.try_with_untracked(|user| neighbour(user.as_ref()?, &key)).flatten();
                    let _ = said.try_set(label.map(|label| label.unlinked()));
                    let _ = folding.try_set(Some(key.clone()));
                    if !prefers_reduced_motion() {
                        TimeoutFuture::new(FOLD).await;
                    }
                    let had_focus = is_focus_in_rows();
                    redraw(loaded, left);
                    let _ = folding.try_set(None);
                    if had_focus {
                        request_animation_frame(move || focus_row(next.as_ref()));
                    }
                }
                Ok(Outcome::NothingMatched(left)) => {
                    let _ = said.try_set(label.map(|label| label.nothing_matched()));
                    redraw(loaded, left);
                    focus_again(key);
                }
                Err(error) => {
                    end_session(session, &error);
                    let _ = failure.try_set(Some((key.clone(), text::request_failure(&error))));
                    focus_again(key);
                }
            }
        }
    });
    let busy: Signal<Option<IdentityKey>> = unlink.input().into();
    let start = move |key: IdentityKey| {
        if busy.read_untracked().is_none() {
            failure.set(None);
            said.set(None);
            // Its button is about to be disabled and would lose the focus to nowhere.
            if let Some(row) = find_row(&key) {
                let _ = row.focus();
            }
            unlink.dispatch(key);
        }
    };
    let on_unlink = Callback::new(start);
    let on_remedy = Callback::new(move |(key, remedy)| match remedy {
        Remedy::TryAgain => start(key),
        Remedy::SignIn => session.sign_in(),
    });
    let on_load_remedy = Callback::new(move |remedy| match remedy {
        Remedy::TryAgain => {
            loaded.set(None);
            loaded.refetch();
        }
        Remedy::SignIn => session.sign_in(),
    });
    let progress = Progress { busy, folding, failure };

    view! {
        {live(move || match loading.get() {
            Loading::Waiting => view! { <Skeleton/> }.into_any(),
            Loading::Failed(error) => view! {
                <h1>{text::NAME}</h1>
                <FailureNotice failure=text::request_failure(&error) on_remedy=on_load_remedy/>
            }
            .into_any(),
            Loading::Done => view! {
                <h1>{text::NAME}</h1>
                <p class="lede">{text::LEDE}</p>
                <IdentityList user progress on_unlink on_remedy/>
            }
            .into_any(),
        })}
        <StatusNotice message=said/>
    }
}

/// A token that the tenant no longer takes ends the session on this page.
fn end_session(session: Session, error: &ApiError) {
    if error.trouble == Trouble::SessionEnded {
        session.expire();
    }
}

/// Puts the returned identities in place of the linked ones, without asking again. The main login and the
/// profile stay as they were read: unlinking does not touch them.
fn redraw(loaded: LocalResource<Result<User, ApiError>>, left: Vec<model::Identity>) {
    let _ = loaded.try_update(|loaded| {
        if let Some(Ok(user)) = loaded {
            user.identities.truncate(1);
            user.identities.extend(left.into_iter().skip(1));
        }
    });
}

fn label_of(user: &User, key: &IdentityKey) -> Option<Label> {
    user.identities.iter().find(|identity| identity.key() == *key).map(Label::linked)
}

/// The linked login below `key`, else the one above it.
fn neighbour(user: &User, key: &IdentityKey) -> Option<IdentityKey> {
    let linked = user.identities.get(1..)?;
    let place = linked.iter().position(|identity| identity.key() == *key)?;
    let next = linked.get(place.checked_add(1)?);
    next.or_else(|| linked.get(place.checked_sub(1)?)).map(model::Identity::key)
}

fn prefers_reduced_motion() -> bool {
    window()
        .match_media("(prefers-reduced-motion: reduce)")
        .ok()
        .flatten()
        .is_some_and(|query| query.matches())
}

fn find_row(key: &IdentityKey) -> Option<HtmlElement> {
    let name = row_name(key);
    let rows = document().query_selector_all("[data-identity]").ok()?;
    (0..rows.length())
        .filter_map(|place| rows.get(place)?.dyn_into::<HtmlElement>().ok())
        .find(|row| row.get_attribute("data-identity").as_ref() == Some(&name))
}

/// Whether the focus is in a row or nowhere: if the person has moved on meanwhile, it is left where it is.
fn is_focus_in_rows() -> bool {
    document().active_element().is_none_or(|active| {
        active.tag_name() == "BODY" || active.closest("[data-identity]").ok().flatten().is_some()
    })
}

fn focus_again(key: IdentityKey) {
    if is_focus_in_rows() {
        request_animation_frame(move || focus_row(Some(&key)));
    }
}

/// Puts the focus on the Unlink button of `key`, or on the heading of the list when there is none.
fn focus_row(key: Option<&IdentityKey>) {
    let button = key.and_then(find_row).and_then(|row| row.query_selector(".button").ok().flatten());
    let target = button.or_else(|| document().get_element_by_id("linked-logins"));
    if let Some(target) = target.and_then(|target| target.dyn_into::<HtmlElement>().ok()) {
        let _ = target.focus();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn user() -> User {
        let identity =
            |provider: &str| json!({ "provider": provider, "user_id": "1", "connection": provider });
        serde_json::from_value(json!({
            "user_id": "auth0|1",
            "identities": [identity("auth0"), identity("github"), identity("apple"), identity("line")],
        }))
        .unwrap()
    }

    fn next_after(place: usize) -> Option<String> {
        let user = user();
        neighbour(&user, &user.identities[place].key()).map(|key| key.provider.to_string())
    }

    #[test]
    fn the_focus_goes_to_the_login_below() {
        assert_eq!(next_after(1).as_deref(), Some("apple"));
    }

    #[test]
    fn after_the_last_login_the_focus_goes_to_the_one_above() {
        assert_eq!(next_after(3).as_deref(), Some("apple"));
    }

    #[test]
    fn after_the_only_login_the_focus_has_no_row_to_go_to() {
        let mut user = user();
        user.identities.truncate(2);
        assert_eq!(neighbour(&user, &user.identities[1].key()), None);
    }
}
