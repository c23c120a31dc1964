//! The page: router, contexts and layout. A library, so that its logic can be tested natively.

#![expect(
    clippy::must_use_candidate,
    clippy::needless_pass_by_value,
    reason = "components are called by the view macro, which uses what they return, and own their properties"
)]
#![expect(
    clippy::unnecessary_wraps,
    reason = "the entry of the later chunk fails where the chunk does not come"
)]

pub mod account_name;
pub mod answer;
pub mod api;
pub mod cache;
pub mod chunk;
pub mod clock;
pub mod components;
pub mod connection_names;
pub mod deep_link;
pub mod early_start;
pub mod fetch;
pub mod json;
pub mod location;
pub mod pages;
pub mod paths;
pub mod service_worker;
pub mod session;
pub mod settings;
pub mod storage;
pub mod text;
pub mod token;
pub mod unlinked;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use model::route;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use components::focus::focus_first;
use components::{Avatar, Skeleton, SkeletonHtml, breakable, dyn_view, on_its_way, picture};
use early_start::EarlyStart;
use pages::rare::{RARE, rare};
use pages::{Callback, Home, LinkedAccounts};
use session::{PageEntry, Session, popup};
use settings::SettingsError;
use text::linking;

/// The one entry of the [later chunk](chunk): enters its functions in their tables.
#[wasm_split(later, wasm_split_path = ::leptos::wasm_split, fallible)]
fn enter() -> Result<(), SplitLoaderError> {
    session::requests::enter();
    components::later_parts::enter();
    pages::later::enter();
    pages::linked_accounts::later::enter();
    Ok(())
}

/// Replaces the content of the shell by the page.
pub fn mount() {
    chunk::set_source(|| Box::pin(async { enter().await.is_ok() }));
    let place = document().get_element_by_id("app").and_then(|place| place.dyn_into::<HtmlElement>().ok());
    if let Some(root) = document().document_element() {
        let locale = text::locale::current();
        // Fails only for a name that is none.
        let _ = root.set_attribute("lang", locale.tag);
        let _ = root.set_attribute("dir", if locale.is_right_to_left { "rtl" } else { "ltr" });
    }
    // Without its place in the shell there is nothing to show anything in.
    if let Some(place) = place {
        let skeleton = SkeletonHtml::of(&place);
        components::marks::read_address(&place);
        place.set_inner_html("");
        leptos::mount::mount_to(place, move || view! { <App skeleton/> }).forget();
    }
}

/// The whole page: fetches the settings, and renders everything else once they are there. With those of the last visit it renders at
/// once, and sends nothing to the tenant before it knows that they still hold, or that none can be had.
#[component]
pub fn App(
    /// The skeleton to show meanwhile.
    skeleton: SkeletonHtml,
) -> impl IntoView {
    provide_context(skeleton);
    // Before the router reads the address, and once, even when the settings need a second try.
    let entry = PageEntry::take();
    if let PageEntry::Popup(response) = &entry {
        if let Some(response) = response {
            popup::post_to_opener(response);
        }
        return view! { <main><h1>{linking::handed_over()}</h1><p class="lede">{linking::close_window()}</p></main> }
            .into_any();
    }
    if matches!(entry, PageEntry::Callback(..)) {
        // The exchange of the code is in it.
        chunk::fetch();
    }
    let early_start = StoredValue::new_local(EarlyStart::take());
    let remembered = matches!(entry, PageEntry::Visit).then(settings::remembered).flatten();
    let is_begun = remembered.is_some();
    let is_confirmed = StoredValue::new(!is_begun);
    let settings = RwSignal::new(remembered.map(Ok));
    // What begins the session once the settings that it was made with are known to hold.
    let held = StoredValue::new_local(None::<Box<dyn FnOnce()>>);
    let load = move || {
        let begun = early_start.try_update_value(|begun| begun.settings.take()).flatten();
        spawn_local(async move {
            let now = settings::load(begun).await;
            is_confirmed.set_value(true);
            match (&now, held.try_update_value(Option::take).flatten()) {
                (Ok(_), Some(go_on)) if settings.with_untracked(|before| before.as_ref() == Some(&now)) => {
                    go_on();
                }
                // Where none can be had, those of the last visit hold, so that the last list can be read.
                (Err(SettingsError::Unreachable(_)), Some(go_on)) => go_on(),
                (Ok(_), Some(_)) => {
                    // Otherwise the page would begin with them again.
                    settings::forget();
                    location::reload();
                }
                _ => _ = settings.try_set(Some(now)),
            }
        });
    };
    load();
    let try_again = leptos::prelude::Callback::new(move |_| {
        if is_begun {
            // There is a session already, and a page has one.
            return location::reload();
        }
        settings.set(None);
        load();
    });
    dyn_view(move || match settings.get() {
        None => view! { <Header/><main><Skeleton/></main> }.into_any(),
        Some(Err(error)) => {
            let failure = rare(move |rare| (rare.settings_failure)(&error, try_again));
            view! { <Header/><main>{failure}</main> }.into_any()
        }
        Some(Ok(tenant)) => {
            let session = Session::new(tenant, &entry);
            provide_context(session);
            let entry = entry.clone();
            let begin_session = move || {
                let begun = early_start.try_update_value(|begun| begun.sign_in.take()).flatten();
                session.begin(entry, begun);
            };
            if is_confirmed.get_value() {
                begin_session();
            } else {
                held.set_value(Some(Box::new(begin_session)));
            }
            view! { <Pages/> }.into_any()
        }
    })
    .into_any()
}

#[component]
fn Pages() -> impl IntoView {
    view! {
        <SkipLink/>
        <Header/>
        <main id="main">
            <Page/>
        </main>
        {dyn_view(|| chunk::table(&RARE).map_or_else(|| ().into_any(), |rare| (rare.follow_links)()))}
    }
}

/// What a path shows.
#[derive(Clone, Copy, PartialEq)]
enum Shown {
    Home,
    Callback,
    /// The list, also at a deep link, which becomes the path of the list once it is read.
    List,
    Nothing,
}

impl Shown {
    fn at(path: &str) -> Self {
        match path {
            route::HOME => Self::Home,
            route::CALLBACK => Self::Callback,
            path if path.trim_end_matches('/') == route::LIST || paths::is_deep_link(path) => Self::List,
            _ => Self::Nothing,
        }
    }
}

/// The page of the path that is shown.
#[component]
fn Page() -> impl IntoView {
    let shown = Memo::new(|_| Shown::at(&location::path()));
    dyn_view(move || match shown.get() {
        Shown::Home => view! { <Home/> }.into_any(),
        Shown::Callback => view! { <Callback/> }.into_any(),
        Shown::List => view! { <LinkedAccounts/> }.into_any(),
        Shown::Nothing => rare(|rare| (rare.not_found)()),
    })
}

/// The link past the header, first in the order of Tab and seen only there. It is there while somebody is signed in: before
/// that, nothing but the name of the page is in the way.
#[component]
fn SkipLink() -> impl IntoView {
    let person = expect_context::<Session>().person();
    let is_needed = Memo::new(move |_| person.read().is_some());
    let skip = move |event: web_sys::MouseEvent| {
        // Following the address would move the focus in some browsers only, and stay in the address.
        event.prevent_default();
        focus_first(&["#main-login", "main :is(a, button)"]);
    };
    dyn_view(move || {
        if is_needed.get() {
            view! { <a class="button solid skip" href="#main" on:click=skip>{text::skip_to_list()}</a> }
                .into_any()
        } else {
            ().into_any()
        }
    })
}

/// The header with the name of the page and of the account. Without a session, while the settings are being fetched, it
/// is the same as in the shell.
#[component]
fn Header() -> impl IntoView {
    let session = use_context::<Session>();
    let name = session.and_then(|session| session.tenant().name);
    let is_named = name.is_some();
    let name = name.unwrap_or_else(|| text::page_name().to_owned());
    let account = session.map(|session| {
        let person = session.person();
        // Only what is shown, so that the button stays when the rest of the person comes.
        let shown = Memo::new(move |_| {
            let person = person.get()?;
            let who = account_name::account_name(&person.profile).map(ToOwned::to_owned);
            let initials = text::initials(person.profile.name().or(who.as_deref()).unwrap_or_default());
            Some((picture(&person.profile), initials, who))
        });
        let online = session.is_online();
        let is_kept = RwSignal::new(false);
        let sign_out = move |()| {
            // Leaving without a connection would end at an error of the browser, and the session would go on.
            is_kept.set(!online.get_untracked());
            if online.get_untracked() {
                session.sign_out();
            }
        };
        let kept = move || {
            dyn_view(move || {
                if is_kept.get() {
                    let on_remedy = leptos::prelude::Callback::new(move |_| sign_out(()));
                    let on_dismiss = leptos::prelude::Callback::new(move |()| {
                        is_kept.set(false);
                        focus_first(&[".bar > .button"]);
                    });
                    chunk::fetch();
                    dyn_view(move || match chunk::table(&RARE) {
                        Some(rare) => (rare.still_signed_in)(on_remedy, on_dismiss),
                        None => on_its_way(Some(on_dismiss)),
                    })
                } else {
                    ().into_any()
                }
            })
        };
        dyn_view(move || match shown.get() {
            None => ().into_any(),
            Some((picture, initials, who)) => {
                view! {
                    <div class="who">
                        <Avatar picture initials/>
                        <bdi class="who-name" translate="no">{who.as_deref().map(breakable)}</bdi>
                    </div>
                    <button type="button" class="button" on:click=move |_| sign_out(())>{text::sign_out()}</button>
                    {kept()}
                }
                .into_any()
            }
        })
    });
    view! {
        <header class="bar">
            <a class="brand" href="/">
                <svg class="brand-mark" viewBox="0 0 28 28" aria-hidden="true">
                    <path d="M11.5 9.2A6.2 6.2 0 1 0 11.5 18.8"/>
                    <circle cx="18.6" cy="14" r="6.2"/>
                </svg>
                <span translate=is_named.then_some("no")>{name}</span>
            </a>
            {account}
        </header>
    }
}
