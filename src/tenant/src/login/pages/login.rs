//! The login page.

use std::borrow::Cow;

use maud::{Markup, html};
use model::bidi::isolate;

use super::account;
use super::assets::Assets;
use super::layout::{PageContext, layout, mark, name, notice, words};
use crate::configuration::DemoSignIn;
use crate::login::paths::{CONNECTION, LOGIN, with_query};
use crate::login::upstream::provider::UpstreamError;

/// The contents of the login page. Its form posts `state`, `username` and `password` to [`LOGIN`].
#[derive(Debug)]
pub(crate) struct LoginPage<'a> {
    /// What all pages of the login show.
    pub(crate) context: PageContext<'a>,
    /// The initial value of the e-mail field: the hint, or the value of the previous attempt; may be empty.
    pub(crate) email: &'a str,
    /// The error of the previous attempt.
    pub(crate) refusal: Option<FormError<'a>>,
    /// Whether there is a database connection.
    pub(crate) has_database: bool,
    /// Whether people may sign in with a user name in place of their address.
    pub(crate) has_usernames: bool,
    /// Whether sign-up is allowed.
    pub(crate) sign_up: bool,
    /// The other connections, in the order of the page.
    pub(crate) connections: Vec<ConnectionButton<'a>>,
    /// The sign-ins of a demo tenant.
    pub(crate) demo: Vec<&'a DemoSignIn>,
}

/// A link to another way to sign in: `/u/connection?state=…&connection=…`.
#[derive(Debug)]
pub(crate) struct ConnectionButton<'a> {
    /// The connection's name.
    pub(crate) connection: &'a str,
    /// The connection's provider, which decides the logo.
    pub(crate) provider: &'a str,
    /// The label of the connection, for example "Google".
    pub(crate) label: &'a str,
    /// Whether a stand-in serves the connection.
    pub(crate) stand_in: bool,
}

/// The error of a sign-in attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FormError<'a> {
    /// The pair of address and password is wrong. The page does not say which of the two.
    WrongPassword,
    /// The account is blocked.
    Blocked,
    /// There were too many failures recently. This attempt was not checked.
    TooManyAttempts,
    /// The identity provider did not authenticate the person.
    Provider {
        /// The provider's error.
        problem: UpstreamError,
        /// The label of the connection, for example "Google".
        label: &'a str,
    },
}

impl FormError<'_> {
    fn sentence(self, has_usernames: bool) -> Cow<'static, str> {
        match self {
            Self::WrongPassword if has_usernames => "Wrong e-mail address, user name or password.".into(),
            Self::WrongPassword => "Wrong e-mail address or password.".into(),
            Self::TooManyAttempts => "Too many attempts. Wait a minute, then try again.".into(),
            Self::Blocked => {
                "This account is blocked. Ask the people who run this service to open it again.".into()
            }
            Self::Provider { problem, label } => problem.sentence(&isolate(label)).into(),
        }
    }
}

/// Returns the login page.
pub(crate) fn login(assets: &Assets, page: &LoginPage<'_>) -> Markup {
    let wrong = (page.refusal == Some(FormError::WrongPassword)).then_some("true");
    let described = page.refusal.map(|_| "refusal");
    let title = page.context.title(format!("Sign in to {}", isolate(page.context.client)));
    let content = html! {
        div.card {
            @match &page.context.purpose {
                Some(purpose) => h1 { (words(purpose)) },
                None => h1 { "Sign in to " bdi { (page.context.client) } },
            }
            // If tenant and application have the same name, this sentence would be confusing.
            @if !page.context.tenant.eq_ignore_ascii_case(page.context.client) {
                p.lede { bdi { (page.context.tenant) } " signs you in; " bdi { (page.context.client) } " never sees your password." }
            }
            @if let Some(refusal) = page.refusal { (notice(&refusal.sentence(page.has_usernames))) }
            @if page.has_database {
                form #typed.fields method="post" action=(LOGIN) {
                    input type="hidden" name="state" value=(page.context.state);
                    div.field {
                        label for="username" {
                            @if page.has_usernames { "E-mail address or user name" } @else { "E-mail address" }
                        }
                        // Not type=email: browsers rewrite international domains there, so that the account
                        // is not found.
                        input #username name="username" type="text" inputmode=[(!page.has_usernames).then_some("email")]
                            value=(page.email) autocomplete="username" autocapitalize="none" spellcheck="false" dir="auto" required
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

/// Each sign-in is a form of its own, which works with one click and without scripts.
fn demo_box(page: &LoginPage<'_>) -> Markup {
    html! {
        section.demo aria-labelledby="demo" {
            h2 #demo { "Demo accounts" }
            ul {
                @for sign_in in &page.demo {
                    li {
                        div.who {
                            p.about { (sign_in.about) }
                            p { (name(&sign_in.email)) }
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
