//! The welcome with the sign-in button.

use leptos::prelude::*;

use crate::chunk;
use crate::components::{Icon, changing, dyn_view, on_its_way, parts, set_document_title, words};
use crate::session::Session;
use crate::text;

/// The view of a person who is not signed in, on any page.
#[component]
pub fn SignIn() -> impl IntoView {
    let session = expect_context::<Session>();
    let leaving = session.is_leaving();
    // What the button calls is in the later chunk.
    chunk::fetch_when_idle();
    let is_missing = chunk::is_missing();
    let elsewhere = {
        let tenant = session.tenant();
        let here = window().location().hostname().unwrap_or_default();
        (tenant.hostname() != here).then(|| tenant.hostname().to_owned())
    };
    let point = |icon: &'static str, promise: &'static str| {
        view! {
            <li>
                <Icon name=icon/>
                <span>{promise}</span>
            </li>
        }
    };
    let notice = session.take_sign_out_notice().map(|notice| {
        view! { <div class="notice ok parting" role="status"><p>{words(&notice)}</p></div> }
    });
    set_document_title(text::sign_in());
    view! {
        <h1>{text::page_heading()}</h1>
        {notice}
        <p class="lede">{text::welcome()}</p>
        <div class="card welcome">
            <ul class="facts" role="list">
                {point("ui-list", text::promise_all())}
                {point("ui-check", text::promise_told())}
                {point("ui-stay", text::promise_stays())}
            </ul>
            <button
                type="button"
                class="button solid"
                disabled=leaving
                on:click=move |_| session.sign_in()
                prop:textContent=changing(move || if leaving.get() { text::signing_in() } else { text::sign_in() })
            ></button>
            {dyn_view(move || if is_missing.get() { on_its_way(None) } else { ().into_any() })}
            {elsewhere.map(|host| view! { <p class="meta">{parts(text::signs_in_at(&host))}</p> })}
        </div>
    }
}
