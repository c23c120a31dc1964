//! The pages of signing out.

use maud::{Markup, html};

use super::assets::Assets;
use super::layout::layout;

/// Renders the page after signing out without a return URL.
pub(crate) fn signed_out(assets: &Assets, tenant: &str) -> Markup {
    let content = html! {
        div.card {
            h1 { "You are signed out" }
            p { "Your session with " bdi { (tenant) } " has ended. You can close this page." }
        }
    };
    layout(assets, tenant, "Signed out", "signed-out", &content)
}

/// Renders the page that asks whether to sign out. Its form posts `fields` and `confirm=true` to `/oidc/logout`.
pub(crate) fn confirm_logout(assets: &Assets, tenant: &str, fields: &[(&str, &str)]) -> Markup {
    let content = html! {
        div.card {
            h1 { "Do you want to sign out?" }
            p { "An application asks to end your session with " bdi { (tenant) } "." }
            form.fields method="post" action=(model::route::END_SESSION) {
                @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                input type="hidden" name="confirm" value="true";
                button.button.solid.wide type="submit" { "Sign out" }
            }
            p { "If you did not ask for this, close this page: you stay signed in." }
        }
    };
    layout(assets, tenant, "Sign out", "sign-out", &content)
}
