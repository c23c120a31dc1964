//! The prompt for a deep link, and the link back to the application that the person came from.

use leptos::prelude::*;
use model::{Identity, route};
use wasm_bindgen::JsValue;
use web_sys::UrlSearchParams;

use super::link::LinkFlow;
use super::link::flow::Place;
use super::link::section::progress;
use crate::components::{ListState, dyn_view, words};
use crate::deep_link::{self, DeepLink};
use crate::session::{LinkTarget, Session};
use crate::text::{self, linking};

/// The return address of a deep link.
#[derive(Clone, PartialEq)]
enum Return {
    None,
    Listed(String),
    /// Not among the listed ones: the page says so and shows no link.
    Refused,
}

/// Shows the prompt for the deep link of the current address. Replaces the address at once, so that a reload does not
/// prompt again; the return address stays in it.
#[component]
pub fn DeepLinkPrompt(
    /// The flow that links.
    flow: LinkFlow,
    /// The list whose dialog unlinks.
    list: ListState,
    /// Whether nothing can be started now.
    locked: Signal<bool>,
) -> impl IntoView {
    let session = expect_context::<Session>();
    let location = window().location();
    let (path, search) = (location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
    let link = deep_link::parse(&path, decode);
    let is_deep_link = crate::paths::is_deep_link(&path);
    if is_deep_link && let Ok(history) = window().history() {
        // Refused only for another origin, which this path is not.
        let clean = [route::LIST, &search].concat();
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&clean));
    }
    let return_to = UrlSearchParams::new_with_str(&search).ok().and_then(|all| all.get("return_to"));
    let back = match return_to {
        None => Return::None,
        Some(address) if deep_link::is_listed(&address, &session.tenant().return_to) => {
            Return::Listed(address)
        }
        Some(_) => Return::Refused,
    };
    let found = link.and_then(|link| find(&link, session, list));
    let asked = RwSignal::new(found.as_ref().and_then(|found| found.offer.clone()));
    if let Some(Found { ask: Some(identity), .. }) = &found {
        let key = identity.key();
        request_animation_frame(move || list.confirming.set(Some(vec![key])));
    }
    let refused = match (&found, is_deep_link) {
        (None, true) => Some(text::deep_link_unknown().to_owned()),
        (Some(found), _) => found.refusal.clone(),
        _ => None,
    };
    let offer = dyn_view(move || match asked.get() {
        None => ().into_any(),
        Some((target, name)) => {
            let start = move |_| {
                asked.set(None);
                flow.start_at_prompt(target.clone());
            };
            view! {
                <div class="card asked">
                    <p>{words(&linking::asked_to_link(&name))}</p>
                    <div class="acts">
                        <button type="button" class="button solid" disabled=locked on:click=start>
                            {words(&linking::link(&name))}
                        </button>
                        <button type="button" class="button" on:click=move |_| asked.set(None)>
                            {text::not_now()}
                        </button>
                    </div>
                </div>
            }
            .into_any()
        }
    });
    let way_back = match back {
        Return::None => ().into_any(),
        Return::Refused => view! { <p class="notice">{text::return_refused()}</p> }.into_any(),
        Return::Listed(address) => {
            let host = address.split('/').nth(2).unwrap_or_default().to_owned();
            view! { <p><a class="button" href=address rel="noreferrer">{words(&linking::back_to(&host))}</a></p> }
                .into_any()
        }
    };
    view! {
        {refused.map(|refused| view! { <p class="notice" role="alert">{refused}</p> })}
        {offer}
        {progress(flow, Place::Prompt)}
        {way_back}
    }
}

/// What the page can do about a deep link.
#[derive(Default)]
struct Found {
    /// What to link, with its name.
    offer: Option<(LinkTarget, String)>,
    /// The identity to unlink after confirmation.
    ask: Option<Identity>,
    /// Why neither is possible.
    refusal: Option<String>,
}

fn find(link: &DeepLink, session: Session, list: ListState) -> Option<Found> {
    match link {
        DeepLink::Link(connection) => {
            let offered = session.tenant().connections.into_iter().find(|one| one.name == *connection)?;
            let (name, _) = linking::connection(&offered);
            let target = LinkTarget { connection: Some(offered.name), ..LinkTarget::default() };
            Some(Found { offer: Some((target, name)), ..Found::default() })
        }
        DeepLink::Unlink(key) => {
            let user = list.user.get_untracked()?;
            let identity = user.identities.iter().find(|identity| identity.key() == *key);
            let refusal = |text: &str| Found { refusal: Some(text.to_owned()), ..Found::default() };
            Some(match identity {
                None => refusal(text::deep_link_not_linked()),
                Some(identity) => match untrack(|| list.blocked(&identity.key())) {
                    Some(reason) => refusal(text::unlink_blocked::sentence(reason)),
                    None => Found { ask: Some(identity.clone()), ..Found::default() },
                },
            })
        }
    }
}

fn decode(segment: &str) -> Option<String> {
    js_sys::decode_uri_component(segment).ok()?.as_string()
}
