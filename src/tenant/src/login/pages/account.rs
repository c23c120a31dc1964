//! The pages for sign-up and for a forgotten password.

use maud::{Markup, html};
use model::bidi::isolate;

use super::assets::Assets;
use super::layout::{FieldState, FormRefusal, PageContext, layout, name, notice, page_button};
use crate::login::paths::{FORGOT_PASSWORD, LOGIN, SIGN_UP};

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
    pub(crate) refusal: Option<FormRefusal<'a>>,
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
    pub(crate) refusal: Option<FormRefusal<'a>>,
}

/// Returns the sign-up page.
pub(crate) fn sign_up(assets: &Assets, page: &SignUpPage<'_>) -> Markup {
    let title = format!("Sign up for {}", isolate(page.context.client));
    let first = match (page.email.is_empty(), page.username) {
        (true, _) => "email",
        (false, Some("")) => "username",
        (false, _) => "password",
    };
    let state = |name| FieldState::new(name, first, page.refusal);
    // Password managers keep the password with what the person signs in with.
    let email_is_for = if page.username.is_some() { "email" } else { "username" };
    let content = html! {
        div.card {
            h1 { "Sign up for " bdi { (page.context.client) } }
            @if let Some(refusal) = page.refusal { (notice(refusal.sentence)) }
            form #typed.fields method="post" action=(SIGN_UP) {
                input type="hidden" name="state" value=(page.context.state);
                (email_field(page.email, email_is_for, state("email")))
                @if let Some(username) = page.username {
                    @let FieldState { focus, invalid, described } = state("username");
                    div.field {
                        label for="username" { "User name" }
                        input #username name="username" type="text" value=(username) autocomplete="username"
                            autocapitalize="none" spellcheck="false" required autofocus[focus]
                            aria-invalid=[invalid] aria-describedby=[described];
                    }
                }
                (new_password_field("Password", &page.rules, state("password")))
                p.rules { "After that you get a mail with a link. Open it to confirm that the address is yours." }
                button.button.solid.wide type="submit" { "Sign up" }
            }
            p.back { "You have an account? " (page_button(LOGIN, page.context.state, "Sign in")) }
        }
    };
    layout(assets, page.context.tenant, &title, "sign-up", &content)
}

/// Returns the page for a forgotten password.
pub(crate) fn forgotten(assets: &Assets, page: &ForgottenPage<'_>) -> Markup {
    let title = if page.sent { CHECK_YOUR_MAIL } else { "Forgot your password?" };
    let content = html! {
        div.card {
            h1 { (title) }
            @if page.sent {
                (mail_sent(page.email, LinkFor::Password))
            } @else {
                p { "Type your e-mail address. If there is an account for it, you get a mail with a link to set a new password." }
            }
            @if let Some(refusal) = page.refusal { (notice(refusal.sentence)) }
            form #typed.fields method="post" action=(FORGOT_PASSWORD) {
                input type="hidden" name="state" value=(page.context.state);
                @if page.sent {
                    input type="hidden" name="email" value=(page.email);
                    button.button.wide type="submit" { "Send the mail again" }
                } @else {
                    (email_field(page.email, "username", FieldState::new("email", "email", page.refusal)))
                    button.button.solid.wide type="submit" { "Send the mail" }
                }
            }
            p.back { (page_button(LOGIN, page.context.state, "Back to sign-in")) }
        }
    };
    layout(assets, page.context.tenant, title, "forgotten", &content)
}

/// The heading of a page after a mail was asked for.
pub(super) const CHECK_YOUR_MAIL: &str = "Check your mail";

/// What the link in a mail is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkFor {
    /// Setting a new password.
    Password,
    /// Confirming the address.
    Address,
}

/// Returns what the page says after a mail to `email` was asked for.
pub(super) fn mail_sent(email: &str, link_for: LinkFor) -> Markup {
    html! {
        p role="status" {
            @match link_for {
                LinkFor::Password => {
                    "If there is an account for " (name(email)) ", a mail with a link is on its way. The link is good for an \
                     hour, and once."
                }
                LinkFor::Address => {
                    "If " (name(email)) " still has to be confirmed, a mail with a link is on its way. The link is good for \
                     five days, and once."
                }
            }
        }
        p { "No mail after a few minutes? Look where unwanted mail goes, and whether the address is the right one." }
    }
}

/// Returns what leads from the login page to sign-up, and to the page for a forgotten password.
pub(super) fn account_links(state: &str, sign_up: bool) -> Markup {
    html! {
        p.back { (page_button(FORGOT_PASSWORD, state, "Forgot your password?")) }
        @if sign_up {
            p.back { "New here? " (page_button(SIGN_UP, state, "Sign up")) }
        }
    }
}

/// Returns the field `email`. `autocomplete` says what it is for: the person's address, or what they sign in with.
pub(super) fn email_field(value: &str, autocomplete: &str, state: FieldState) -> Markup {
    let FieldState { focus, invalid, described } = state;
    html! {
        div.field {
            label for="email" { "E-mail address" }
            input #email name="email" type="text" inputmode="email" value=(value) autocomplete=(autocomplete)
                autocapitalize="none" spellcheck="false" dir="auto" required autofocus[focus]
                aria-invalid=[invalid] aria-describedby=[described];
        }
    }
}

/// Returns the address that a password belongs to, where it is not typed: password managers find and save the login by it.
pub(super) fn known_address(email: &str) -> Markup {
    html! {
        div.field {
            label for="username" { "E-mail address" }
            input #username name="username" type="text" value=(email) autocomplete="username" dir="auto" readonly;
        }
    }
}

/// Returns a field for a new password, with the requirements on it.
pub(super) fn new_password_field(label: &str, rules: &[String], state: FieldState) -> Markup {
    let FieldState { focus, invalid, described } = state;
    let described = described.map_or_else(|| "rules".to_owned(), |other| format!("{other} rules"));
    html! {
        div.field {
            label for="password" { (label) }
            input #password name="password" type="password" autocomplete="new-password" maxlength="1024" required
                autofocus[focus] aria-invalid=[invalid] aria-describedby=(described);
            div #rules.rules {
                @for rule in rules { p { (rule) } }
            }
        }
    }
}
