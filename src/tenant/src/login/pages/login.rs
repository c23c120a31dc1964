//! The login page.

use std::borrow::Cow;

use maud::{Markup, html};

use super::account;
use super::assets::Assets;
use super::layout::{PageContext, layout, mark, notice};
use crate::configuration::DemoSignIn;
use crate::login::paths::{CONNECTION, LOGIN, with_query};
use crate::login::upstream::provider::UpstreamError;

/// What the login page shows. Its form posts `state`, `username` and `password` to [`LOGIN`].
#[derive(Debug)]
pub(crate) struct LoginPage<'a> {
    /// Of which login.
    pub(crate) context: PageContext<'a>,
    /// What the e-mail field starts with: the hint, or what was typed before; may be empty.
    pub(crate) email: &'a str,
    /// Why the attempt before this page was refused.
    pub(crate) refusal: Option<FormError<'a>>,
    /// Whether one can sign in with a password.
    pub(crate) has_database: bool,
    /// Whether one can sign up.
    pub(crate) sign_up: bool,
    /// The other ways to sign in, in the order in which they are shown.
    pub(crate) connections: Vec<ConnectionButton<'a>>,
    /// Sign-ins of a demo tenant, shown to everybody.
    pub(crate) demo: &'a [DemoSignIn],
}

/// A link to another way to sign in: `/u/connection?state=…&connection=…`.
#[derive(Debug)]
pub(crate) struct ConnectionButton<'a> {
    /// The connection's name.
    pub(crate) connection: &'a str,
    /// The connection's provider, which decides the mark.
    pub(crate) provider: &'a str,
    /// What people call it: "Google".
    pub(crate) label: &'a str,
    /// Whether a stand-in answers in the provider's place.
    pub(crate) stand_in: bool,
}

/// Why a sign-in attempt was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FormError<'a> {
    /// The pair of address and password is unknown; which of the two is never told.
    WrongPassword,
    /// The account is blocked.
    Blocked,
    /// There were too many wrong passwords lately; this one was not looked at.
    TooManyAttempts,
    /// Another provider did not sign the person in.
    Provider {
        /// What happened there.
        problem: UpstreamError,
        /// What people call it: "Google".
        label: &'a str,
    },
}

impl FormError<'_> {
    fn sentence(self) -> Cow<'static, str> {
        match self {
            Self::WrongPassword => "Wrong e-mail address or password.".into(),
            Self::TooManyAttempts => "Too many attempts. Wait a minute, then try again.".into(),
            Self::Blocked => "This account is blocked. Ask the people who run it to open it again.".into(),
            Self::Provider { problem, label } => problem.sentence(label).into(),
        }
    }
}

/// The page where a person signs in.
pub(crate) fn login(assets: &Assets, page: &LoginPage<'_>) -> Markup {
    let wrong = (page.refusal == Some(FormError::WrongPassword)).then_some("true");
    let described = page.refusal.map(|_| "refusal");
    let title = format!("Sign in to {}", page.context.client);
    let content = html! {
        div.card {
            h1 { "Sign in to " bdi { (page.context.client) } }
            // A tenant named like its only application would talk of itself as of two.
            @if !page.context.tenant.eq_ignore_ascii_case(page.context.client) {
                p.lede { bdi { (page.context.tenant) } " signs you in; " bdi { (page.context.client) } " never sees your password." }
            }
            @if let Some(refusal) = page.refusal { (notice(&refusal.sentence())) }
            @if page.has_database {
                form.fields method="post" action=(LOGIN) {
                    input type="hidden" name="state" value=(page.context.state);
                    div.field {
                        label for="username" { "E-mail address" }
                        // Not type=email: browsers rewrite international domains there, and then nobody is found.
                        input #username name="username" type="text" inputmode="email" value=(page.email)
                            autocomplete="username" autocapitalize="none" spellcheck="false" dir="auto" required
                            autofocus[page.email.is_empty()]
                            aria-invalid=[wrong] aria-describedby=[described];
                    }
                    div.field {
                        label for="password" { "Password" }
                        input #password name="password" type="password" autocomplete="current-password" required
                            autofocus[!page.email.is_empty()]
                            aria-invalid=[wrong] aria-describedby=[described];
                    }
                    button.button.solid.wide type="submit" { "Sign in" }
                }
                (account::account_links(page.context.state, page.sign_up))
            }
            @if page.has_database && !page.connections.is_empty() { p.or { span { "or" } } }
            @if !page.connections.is_empty() {
                ul.connections {
                    @for button in &page.connections {
                        li { (connection_button(assets, page.context.state, button)) }
                    }
                }
            }
            @if !page.has_database && page.connections.is_empty() {
                p { "No way to sign in to " bdi { (page.context.client) } " is set up yet." }
            }
        }
        @if page.has_database && !page.demo.is_empty() { (demo_box(page)) }
    };
    layout(assets, page.context.tenant, &title, "login", &content)
}

fn connection_button(assets: &Assets, state: &str, button: &ConnectionButton<'_>) -> Markup {
    let href = with_query(CONNECTION, &[("state", state), ("connection", button.connection)]);
    html! {
        a.button.wide href=(href) {
            (mark(assets, button.provider, button.label))
            span.say { "Continue with " bdi { (button.label) } }
            @if button.stand_in { span.aside { "demo stand-in" } }
        }
    }
}

/// Each sign-in is a form of its own, so that one click is enough without any script.
fn demo_box(page: &LoginPage<'_>) -> Markup {
    html! {
        section.demo aria-labelledby="demo" {
            h2 #demo { "Demo sign-ins" }
            ul {
                @for sign_in in page.demo {
                    li {
                        div.who {
                            p.about { (sign_in.about) }
                            p { bdi { (sign_in.email) } }
                            p.password { "Password " code { (sign_in.password) } }
                        }
                        form method="post" action=(LOGIN) {
                            input type="hidden" name="state" value=(page.context.state);
                            input type="hidden" name="username" value=(sign_in.email);
                            input type="hidden" name="password" value=(sign_in.password);
                            button.button type="submit" {
                                "Use" span.visually-hidden { " " bdi { (sign_in.email) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
