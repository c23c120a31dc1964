//! The pages for sign-up and for a forgotten password.

use maud::{Markup, html};
use model::bidi::isolate;

use super::assets::Assets;
use super::layout::{PageContext, layout, notice};
use crate::login::paths::{FORGOT_PASSWORD, SIGN_UP, login_path, with_query};

/// The contents of the sign-up page. Its form posts `state`, `email`, `password` and, if people have
/// usernames, `username` to [`SIGN_UP`].
#[derive(Debug)]
pub(crate) struct SignUpPage<'a> {
    /// What all pages of the login show.
    pub(crate) context: PageContext<'a>,
    /// The initial value of the e-mail field; may be empty.
    pub(crate) email: &'a str,
    /// The initial value of the username field; `None` if people have no usernames.
    pub(crate) username: Option<&'a str>,
    /// The requirements on the password.
    pub(crate) rules: Vec<String>,
    /// The error of the previous attempt.
    pub(crate) refusal: Option<&'a str>,
}

/// The contents of the page for a forgotten password. Its form posts `state` and `email` to
/// [`FORGOT_PASSWORD`].
#[derive(Debug)]
pub(crate) struct ForgottenPage<'a> {
    /// What all pages of the login show.
    pub(crate) context: PageContext<'a>,
    /// The initial value of the e-mail field; may be empty.
    pub(crate) email: &'a str,
    /// Whether a mail was just sent.
    pub(crate) sent: bool,
    /// The error of the previous attempt.
    pub(crate) refusal: Option<&'a str>,
}

/// Returns the sign-up page.
pub(crate) fn sign_up(assets: &Assets, page: &SignUpPage<'_>) -> Markup {
    let title = format!("Sign up for {}", isolate(page.context.client));
    let described = page.refusal.map(|_| "refusal");
    let content = html! {
        div.card {
            h1 { "Sign up for " bdi { (page.context.client) } }
            @if let Some(sentence) = page.refusal { (notice(sentence)) }
            form.fields method="post" action=(SIGN_UP) {
                input type="hidden" name="state" value=(page.context.state);
                (email_field("email", page.email, page.email.is_empty(), described))
                @if let Some(username) = page.username {
                    div.field {
                        label for="username" { "User name" }
                        input #username name="username" type="text" value=(username) autocomplete="username"
                            autocapitalize="none" spellcheck="false" required aria-describedby=[described];
                    }
                }
                (new_password_field("Password", &page.rules, !page.email.is_empty(), described))
                button.button.solid.wide type="submit" { "Sign up" }
            }
            p.back { "You have an account? " a href=(login_path(page.context.state)) { "Sign in" } }
        }
    };
    layout(assets, page.context.tenant, &title, "sign-up", &content)
}

/// Returns the page for a forgotten password.
pub(crate) fn forgotten(assets: &Assets, page: &ForgottenPage<'_>) -> Markup {
    let back = login_path(page.context.state);
    let content = html! {
        div.card {
            h1 { "Forgot your password?" }
            @if page.sent {
                p role="status" {
                    "If there is an account for " bdi { (page.email) } ", a mail with a link is on its way. The link is \
                     good for an hour, and once."
                }
            } @else {
                p { "Type your e-mail address. If there is an account for it, you get a mail with a link to set a new password." }
                @if let Some(sentence) = page.refusal { (notice(sentence)) }
                form.fields method="post" action=(FORGOT_PASSWORD) {
                    input type="hidden" name="state" value=(page.context.state);
                    (email_field("email", page.email, true, page.refusal.map(|_| "refusal")))
                    button.button.solid.wide type="submit" { "Send the mail" }
                }
            }
            p.back { a href=(back) { "Back to sign-in" } }
        }
    };
    layout(assets, page.context.tenant, "Forgot your password?", "forgotten", &content)
}

/// Returns the links below the password form: to sign-up, and for a forgotten password.
pub(super) fn account_links(state: &str, sign_up: bool) -> Markup {
    html! {
        p.back { a href=(with_query(FORGOT_PASSWORD, &[("state", state)])) { "Forgot your password?" } }
        @if sign_up {
            p.back { "New here? " a href=(with_query(SIGN_UP, &[("state", state)])) { "Sign up" } }
        }
    }
}

fn email_field(name: &str, value: &str, focus: bool, described: Option<&str>) -> Markup {
    html! {
        div.field {
            label for=(name) { "E-mail address" }
            input id=(name) name=(name) type="text" inputmode="email" value=(value) autocomplete="email"
                autocapitalize="none" spellcheck="false" dir="auto" required autofocus[focus]
                aria-describedby=[described];
        }
    }
}

/// Returns a field for a new password, with the requirements on it.
pub(super) fn new_password_field(
    label: &str,
    rules: &[String],
    focus: bool,
    described: Option<&str>,
) -> Markup {
    let described = described.map_or_else(|| "rules".to_owned(), |other| format!("{other} rules"));
    html! {
        div.field {
            label for="password" { (label) }
            input #password name="password" type="password" autocomplete="new-password" maxlength="1024" required
                autofocus[focus] aria-describedby=(described);
            div #rules.rules {
                @for rule in rules { p { (rule) } }
            }
        }
    }
}
