//! The welcome with the sign-in button.

use leptos::prelude::*;

use crate::components::{Icon, changing, words};
use crate::session::Session;
use crate::text;

/// The view of a person who is not signed in, on any page.
#[component]
pub fn SignIn() -> impl IntoView {
    let session = expect_context::<Session>();
    let leaving = session.is_leaving();
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
    view! {
        <h1>{text::NAME}</h1>
        {notice}
        <p class="lede">{text::WELCOME}</p>
        <div class="card welcome">
            <ul class="facts" role="list">
                {point("ui-list", "All your logins in one place: passwords, Google, GitHub, your company and more.")}
                {point("ui-check", "Before anything is unlinked, you are told what will happen.")}
                {point("ui-stay", "Everything in your account stays as it is.")}
            </ul>
            <button
                type="button"
                class="button solid"
                disabled=leaving
                on:click=move |_| session.sign_in()
                prop:textContent=changing(move || if leaving.get() { "Signing in…" } else { "Sign in" })
            ></button>
            {elsewhere.map(|host| view! { <p class="meta">"You sign in at "<b translate="no">{host}</b>" and come back here."</p> })}
        </div>
    }
}
