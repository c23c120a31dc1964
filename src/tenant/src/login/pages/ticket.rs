//! The pages behind links in mails: a new password, and the verification of an address.

use maud::{Markup, html};
use model::Provider;

use super::account::{known_address, new_password_field};
use super::assets::Assets;
use super::layout::{FieldState, FormRefusal, layout, mark, name, notice};
use crate::login::paths::{RESET, VERIFY};

/// A login that was linked before the address was proven. Its field has the value `stays` or `leaves`.
#[derive(Clone, Debug)]
pub(crate) struct LinkedLogin {
    /// The name of the field.
    pub(crate) field: String,
    /// The provider, which decides the logo.
    pub(crate) provider: Provider,
    /// The name of its connection, for example "Google".
    pub(crate) label: String,
    /// What tells the login apart from others of the provider.
    pub(crate) name: String,
    /// Whether it is the primary identity of the account.
    pub(crate) is_primary: bool,
    /// The decision so far.
    pub(crate) stays: Option<bool>,
}

/// The contents of the page for a new password. Its form posts `password` and the fields of `logins` to [`RESET`].
#[derive(Debug)]
pub(crate) struct ResetPage<'a> {
    /// The name of the tenant.
    pub(crate) tenant: &'a str,
    /// The e-mail address of the account.
    pub(crate) email: &'a str,
    /// The requirements on the password.
    pub(crate) rules: Vec<String>,
    /// The logins to decide about.
    pub(crate) logins: Vec<LinkedLogin>,
    /// The error of the previous attempt.
    pub(crate) refusal: Option<FormRefusal<'a>>,
}

/// The contents of the page that verifies an address. Its form posts the fields of `logins` to [`VERIFY`], and `password` where
/// that is needed.
#[derive(Debug)]
pub(crate) struct VerifyPage<'a> {
    /// The name of the tenant.
    pub(crate) tenant: &'a str,
    /// The e-mail address of the account.
    pub(crate) email: &'a str,
    /// Whether nobody is signed in to the account in this browser.
    pub(crate) needs_password: bool,
    /// The logins to decide about.
    pub(crate) logins: Vec<LinkedLogin>,
    /// The error of the previous attempt.
    pub(crate) refusal: Option<FormRefusal<'a>>,
}

/// Returns the page for a new password.
pub(crate) fn reset(assets: &Assets, page: &ResetPage<'_>) -> Markup {
    let state = FieldState::new("password", "password", page.refusal);
    let content = html! {
        div.card {
            h1 { "Set a new password" }
            p { "Afterwards you are signed out everywhere, and sign in with the new password." }
            @if let Some(refusal) = page.refusal { (notice(refusal.sentence)) }
            form.fields method="post" action=(RESET) {
                (known_address(page.email))
                (new_password_field("New password", &page.rules, state))
                (linked_logins(assets, &page.logins))
                button.button.solid.wide type="submit" { "Set the password" }
            }
        }
    };
    layout(assets, page.tenant, "Set a new password", "reset", &content)
}

/// Returns the page with the button that verifies an e-mail address.
pub(crate) fn verify(assets: &Assets, page: &VerifyPage<'_>) -> Markup {
    let state = FieldState::new("password", "password", page.refusal);
    let content = html! {
        div.card {
            h1 { "Confirm your e-mail address" }
            p { "Is " (name(page.email)) " your address?" }
            @if let Some(refusal) = page.refusal { (notice(refusal.sentence)) }
            form.fields method="post" action=(VERIFY) {
                @if page.needs_password {
                    p { "This browser is not signed in to the account. Type its password, so that your address is confirmed for \
                         your account and nobody else's." }
                    (known_address(page.email))
                    @let FieldState { focus, invalid, described } = state;
                    div.field {
                        label for="password" { "Password" }
                        input #password name="password" type="password" autocomplete="current-password" maxlength="1024"
                            required autofocus[focus] aria-invalid=[invalid] aria-describedby=[described];
                    }
                }
                (linked_logins(assets, &page.logins))
                button.button.solid.wide type="submit" { "Yes, confirm it" }
            }
            @if page.needs_password {
                p { "If you did not sign up at " bdi { (page.tenant) } ", close this page. If you do not know the password, choose \
                     “Forgot your password?” where you sign in: a new password confirms the address, too." }
            } @else {
                p { "If you did not sign up at " bdi { (page.tenant) } ", close this page." }
            }
        }
    };
    layout(assets, page.tenant, "Confirm your e-mail address", "verify", &content)
}

/// Returns one group of choices for each login. Nothing is chosen beforehand.
fn linked_logins(assets: &Assets, logins: &[LinkedLogin]) -> Markup {
    html! {
        @if !logins.is_empty() {
            section.decisions aria-labelledby="linked" {
                h2 #linked { "Are these logins yours?" }
                p { "They were linked to the account before anybody confirmed this address. Each of them opens the account. One \
                     that does not stay opens an account of its own." }
                @for (number, login) in logins.iter().enumerate() {
                    fieldset {
                        legend {
                            (mark(assets, login.provider.as_str(), &login.label))
                            span { bdi { (login.label) } " " (name(&login.name)) }
                        }
                        @if login.is_primary {
                            p.rules { "The account was made with this login. If it does not stay, it keeps what applications \
                                       stored for the account." }
                        }
                        (choice(login, number, "stays", "Mine: it stays", login.stays == Some(true)))
                        (choice(login, number, "leaves", "Not mine: it goes", login.stays == Some(false)))
                    }
                }
            }
        }
    }
}

fn choice(login: &LinkedLogin, number: usize, value: &str, label: &str, chosen: bool) -> Markup {
    let id = format!("{value}-{number}");
    html! {
        div.tick {
            input id=(id) type="radio" name=(login.field) value=(value) required checked[chosen];
            label for=(id) { (label) }
        }
    }
}

/// Returns a sentence about the number of logins that left, followed by a space; empty if there is none.
pub(crate) fn left(number: usize) -> String {
    match number {
        0 => String::new(),
        1 => "One login no longer opens your account. ".to_owned(),
        more => format!("{more} logins no longer open your account. "),
    }
}
