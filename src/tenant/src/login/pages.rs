//! The hosted pages as HTML: view structs go in, markup comes out, and nothing else happens.
//!
//! Every page works without scripts and under a content policy that allows neither inline styles nor inline
//! scripts; [`web_message`] and [`form_post`] are the exceptions and hand out their script's hash. The policy must allow styles
//! and images (the marks) of the own origin.

mod account;

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use model::Provider;
use sha2::{Digest, Sha256};

use super::upstream::UpstreamError;
use crate::configuration::DemoSignIn;
pub(crate) use account::{ForgottenPage, ResetPage, SignUpPage, forgotten, reset, sign_up, verify};

/// The one stylesheet of the hosted pages: the product's tokens and elements, then what only these pages have.
pub(crate) const STYLESHEET: &str = concat!(
    include_str!("../../../../style/tokens.css"),
    include_str!("../../../../style/base.css"),
    include_str!("../../../../style/hosted.css")
);

/// The provider marks: an SVG sprite with one symbol per mark.
pub(crate) const MARKS: &str = include_str!("../../../../public/providers.svg");

/// The product's icon. Without one of its own, a page makes browsers ask for `/favicon.ico`.
pub(crate) const ICON: &str = include_str!("../../../../public/icon.svg");

/// Where the login form posts to, and where its page is.
pub(crate) const LOGIN: &str = "/u/login";
/// Where a connection's button leads.
pub(crate) const CONNECTION: &str = "/u/connection";
/// Where people sign up.
pub(crate) const SIGN_UP: &str = "/u/signup";
/// Where people ask for a mail to set a new password.
pub(crate) const FORGOTTEN: &str = "/u/forgot-password";
/// Where the link in that mail leads.
pub(crate) const RESET: &str = "/u/reset-password";
/// Where the link to prove an address leads.
pub(crate) const VERIFY: &str = "/u/verify-email";
/// Where a stand-in's forms post to.
pub(crate) const STAND_IN: &str = "/u/stand-in";

/// Where the files that every page refers to are served.
#[derive(Clone, Debug)]
pub(crate) struct Assets {
    /// The path of [`STYLESHEET`].
    pub(crate) style: String,
    /// The path of [`MARKS`].
    pub(crate) marks: String,
    /// The path of [`ICON`].
    pub(crate) icon: String,
}

/// What every page of a waiting login shows.
#[derive(Debug)]
pub(crate) struct PageContext<'a> {
    /// What people call the tenant.
    pub(crate) tenant: &'a str,
    /// What people call the application that asked.
    pub(crate) client: &'a str,
    /// The handle of the pending authorization request.
    pub(crate) state: &'a str,
}

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

/// What a stand-in shows. Its forms post to [`STAND_IN`]: always `state`, `connection` and `choice`. A chosen
/// person's `choice` is their user id. A new person's is empty, with `name` and either `phone_number` (provider
/// `sms`) or `email` and, when ticked, `email_verified=true`.
#[derive(Debug)]
pub(crate) struct StandInPage<'a> {
    /// Of which login.
    pub(crate) context: PageContext<'a>,
    /// The connection's name.
    pub(crate) connection: &'a str,
    /// What people call the connection: "Google".
    pub(crate) label: &'a str,
    /// The connection's provider.
    pub(crate) provider: &'a str,
    /// Who can be chosen.
    pub(crate) people: Vec<StandInPerson>,
    /// Why the choice before this page was refused.
    pub(crate) refusal: Option<StandInFormError>,
}

/// Somebody a stand-in can sign in.
#[derive(Debug)]
pub(crate) struct StandInPerson {
    /// What is posted as `choice`.
    pub(crate) user_id: String,
    /// Their name.
    pub(crate) name: Option<String>,
    /// Their e-mail address or phone number.
    pub(crate) email: Option<String>,
    /// What tells them apart besides: a user name, "e-mail not verified".
    pub(crate) detail: Option<String>,
}

/// Why a stand-in refused a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StandInFormError {
    /// A new person came with nothing to know them by.
    MissingDetails,
    /// The e-mail address or phone number is none.
    InvalidAddress,
    /// Nobody has the chosen id.
    UnknownPerson,
    /// The chosen person's account is blocked.
    Blocked,
}

impl StandInFormError {
    fn sentence(self, sms: bool) -> &'static str {
        match self {
            Self::MissingDetails if sms => "Type a phone number first.",
            Self::MissingDetails => "Type a name or an e-mail address first.",
            Self::InvalidAddress if sms => "A phone number looks like +44 20 7946 0000.",
            Self::InvalidAddress => "An e-mail address looks like ada@example.com.",
            Self::UnknownPerson => "This person is no longer here. Choose somebody else.",
            Self::Blocked => "This person's account is blocked. Choose somebody else.",
        }
    }

    /// Whether what was typed for a new person is at fault.
    fn is_about_a_new_person(self) -> bool {
        matches!(self, Self::MissingDetails | Self::InvalidAddress)
    }
}

/// What an error page shows.
#[derive(Debug)]
pub(crate) struct ProblemPage<'a> {
    /// What people call the tenant.
    pub(crate) tenant: &'a str,
    /// The heading.
    pub(crate) title: &'a str,
    /// What happened, in a sentence or two.
    pub(crate) text: &'a str,
    /// What only whoever set the tenant up can use.
    pub(crate) detail: Option<&'a str>,
    /// What to quote when asking for help.
    pub(crate) request_id: Option<&'a str>,
    /// Where to go from here: a path or an http(s) URL, and what people call it. Any other scheme is left out.
    pub(crate) link: Option<(&'a str, &'a str)>,
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

/// The page that answers in a provider's place, and says so.
pub(crate) fn stand_in(assets: &Assets, page: &StandInPage<'_>) -> Markup {
    let sms = page.provider == "sms";
    // Codes come from nobody whom a stand-in could be mistaken for.
    let (whom, denial) = match page.provider {
        "sms" => ("text messages", None),
        "email" => ("e-mail codes", None),
        _ => (page.label, Some(page.label)),
    };
    let title = format!("Stand-in for {whom}");
    let (typed, chosen) = match page.refusal {
        Some(refusal) if refusal.is_about_a_new_person() => (Some(refusal.sentence(sms)), None),
        refusal => (None, refusal.map(|refusal| refusal.sentence(sms))),
    };
    let back = login_path(page.context.state);
    let content = html! {
        div.card {
            div.heading {
                (mark(assets, page.provider, page.label))
                h1 { "Stand-in for " bdi { (whom) } }
            }
            p.notice {
                strong {
                    @if let Some(provider) = denial { "This is not " bdi { (provider) } "." }
                    @else { "Nothing is sent." }
                }
                " This page takes the place of " bdi { (whom) } " in demos on this machine: it needs no password, and nothing leaves the machine."
            }
            @if let Some(sentence) = chosen { (notice(sentence)) }
            @if !page.people.is_empty() {
                section aria-labelledby="people" {
                    h2 #people { "Sign in to " bdi { (page.context.client) } " as" }
                    form method="post" action=(STAND_IN) {
                        (stand_in_fields(page))
                        ul.people {
                            @for person in &page.people { li { (person_button(person)) } }
                        }
                    }
                }
            }
            section aria-labelledby="new" {
                h2 #new { @if page.people.is_empty() { "Sign in as somebody new" } @else { "Or as somebody new" } }
                @if let Some(sentence) = typed { (notice(sentence)) }
                (new_person(page, sms, typed.is_some()))
            }
            p.back { a href=(back) { "Back to all ways to sign in" } }
        }
    };
    layout(assets, page.context.tenant, &title, "stand-in", &content)
}

fn stand_in_fields(page: &StandInPage<'_>) -> Markup {
    html! {
        input type="hidden" name="state" value=(page.context.state);
        input type="hidden" name="connection" value=(page.connection);
    }
}

fn person_button(person: &StandInPerson) -> Markup {
    let known = [&person.name, &person.email, &person.detail].into_iter().flatten().map(String::as_str);
    let initials = initials(known.clone().next().unwrap_or_default());
    let mut lines: Vec<&str> = known.collect();
    if lines.is_empty() {
        lines = vec!["No name", &person.user_id];
    }
    html! {
        button.person type="submit" name="choice" value=(person.user_id) {
            span.initials aria-hidden="true" { (initials) }
            span.who {
                @for line in lines { bdi { (line) } " " }
            }
        }
    }
}

/// Nothing here is about the person at the keyboard, so the browser is told to fill nothing in.
fn new_person(page: &StandInPage<'_>, sms: bool, at_fault: bool) -> Markup {
    let invalid = at_fault.then_some("true");
    let described = at_fault.then_some("refusal");
    html! {
        form.fields method="post" action=(STAND_IN) {
            (stand_in_fields(page))
            input type="hidden" name="choice" value="";
            div.field {
                label for="name" { "Name" }
                input #name name="name" type="text" autocomplete="off" dir="auto"
                    autofocus[page.people.is_empty() && !at_fault];
            }
            @if sms {
                div.field {
                    label for="phone_number" { "Phone number" }
                    input #phone_number name="phone_number" type="tel" autocomplete="off" required
                        autofocus[at_fault] aria-invalid=[invalid] aria-describedby=[described];
                }
            } @else {
                div.field {
                    label for="email" { "E-mail address" }
                    input #email name="email" type="email" autocomplete="off" required[page.provider == "email"]
                        autofocus[at_fault] aria-invalid=[invalid] aria-describedby=[described];
                }
                div.tick {
                    input #email_verified name="email_verified" type="checkbox" value="true" checked;
                    label for="email_verified" { "E-mail is verified" }
                }
            }
            button.button.solid.wide type="submit" { "Sign in as this person" }
        }
    }
}

/// The page that says what went wrong, and where to go from there.
pub(crate) fn problem(assets: &Assets, page: &ProblemPage<'_>) -> Markup {
    let content = html! {
        div.card {
            h1 { (page.title) }
            p { (page.text) }
            @if page.detail.is_some() || page.request_id.is_some() {
                dl.facts {
                    @if let Some(detail) = page.detail { div { dt { "Details" } dd { (detail) } } }
                    @if let Some(id) = page.request_id { div { dt { "Request" } dd { code { (id) } } } }
                }
            }
            @if let Some((href, label)) = page.link.filter(|(href, _)| is_safe_link(href)) {
                a.button.solid.wide href=(href) { "Go to " bdi { (label) } }
            }
        }
    };
    layout(assets, page.tenant, page.title, "problem", &content)
}

/// The page after signing out, when the request named no other.
pub(crate) fn signed_out(assets: &Assets, tenant: &str) -> Markup {
    let content = html! {
        div.card {
            h1 { "You are signed out" }
            p { "Your session with " bdi { (tenant) } " has ended. You can close this page." }
        }
    };
    layout(assets, tenant, "Signed out", "signed-out", &content)
}

/// The page that asks whether to sign out. Its form posts `fields` and `confirm=true` to `/oidc/logout`.
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

/// The page that hands `response` to the window that asked, and to no other origin than `target_origin`
/// (contract [C2](model::contract#c2)). Gives the HTML and its script's hash, `sha256-…`, for the content policy.
pub(crate) fn web_message(response: &serde_json::Value, target_origin: &str) -> (String, String) {
    let script = format!(
        r#"(window.opener || window.parent).postMessage({{"type":"authorization_response","response":{}}}, {});"#,
        in_script(response),
        in_script(&target_origin.into())
    );
    let hash = script_hash(&script);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { "Signing in" } }
            body { script { (PreEscaped(script)) } }
        }
    };
    (page.into_string(), hash)
}

/// The page that posts `fields` to the application at once, or by its button where scripts do not run. Gives the
/// HTML and its script's hash, as [`web_message`] does.
pub(crate) fn form_post(
    assets: &Assets,
    tenant: &str,
    action: &str,
    fields: &[(&str, &str)],
) -> (String, String) {
    const SCRIPT: &str = "document.forms[0].submit();";
    let content = html! {
        div.card {
            h1 { "Going back to the application" }
            form.fields method="post" action=(action) {
                @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                button.button.solid.wide type="submit" { "Continue" }
            }
            script { (PreEscaped(SCRIPT)) }
        }
    };
    let page = layout(assets, tenant, "Signing in", "form-post", &content);
    (page.into_string(), script_hash(SCRIPT))
}

/// What a content policy calls an inline script.
fn script_hash(script: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(script)))
}

/// JSON that no HTML or script parser can read as anything else: what could end the script element, open a
/// comment or break a line is written as `\uXXXX`. All of it stands inside strings, where that is the same.
fn in_script(value: &serde_json::Value) -> String {
    let mut safe = String::new();
    for c in value.to_string().chars() {
        match c {
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            c => safe.push(c),
        }
    }
    safe
}

/// What every page has around its content. `kind` names the page for the stylesheet.
fn layout(assets: &Assets, tenant: &str, title: &str, kind: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · " (tenant) }
                link rel="icon" href=(assets.icon) type="image/svg+xml";
                link rel="stylesheet" href=(assets.style);
            }
            body class=(kind) {
                header { (brand()) bdi { (tenant) } }
                main { (content) }
            }
        }
    }
}

/// The product's own mark: two rings that hold each other.
fn brand() -> Markup {
    html! {
        svg.rings viewBox="0 0 28 28" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round"
            aria-hidden="true" {
            path d="M11.5 9.2A6.2 6.2 0 1 0 11.5 18.8" {}
            circle cx="18.6" cy="14" r="6.2" {}
        }
    }
}

fn notice(sentence: &str) -> Markup {
    html! { p #refusal.notice.danger role="alert" { (sentence) } }
}

/// A provider's mark from the sprite, or its initials when the sprite does not have one.
fn mark(assets: &Assets, provider: &str, label: &str) -> Markup {
    let mark = Provider::new(provider).mark();
    html! {
        span.mark data-mark=[mark] aria-hidden="true" {
            @match mark {
                Some(mark) => svg { use href={ (assets.marks) "#" (mark) } {} },
                None => (initials(label)),
            }
        }
    }
}

/// The first letters of the first and the last word, as capitals; "#" when there is no letter, as in a phone
/// number.
fn initials(text: &str) -> String {
    let mut letters = text.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphabetic()));
    match (letters.next(), letters.next_back()) {
        (None, _) => "#".to_owned(),
        (first, last) => first.into_iter().chain(last).flat_map(char::to_uppercase).collect(),
    }
}

/// A path with a query, percent-encoded as a form would (URL Standard, section 5.2).
fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{path}?{query}")
}

/// The login page of a pending request.
pub(crate) fn login_path(state: &str) -> String {
    with_query(LOGIN, &[("state", state)])
}

/// Whether a link may lead there: a path of this origin, or http(s).
fn is_safe_link(href: &str) -> bool {
    href.starts_with("https://")
        || href.starts_with("http://")
        || (href.starts_with('/') && !href.starts_with("//") && !href.starts_with("/\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = r#"'"><script>alert(1)</script>&"#;

    fn assets() -> Assets {
        Assets {
            style: "/u/style-1.css".to_owned(),
            marks: "/u/marks-1.svg".to_owned(),
            icon: "/u/icon-1.svg".to_owned(),
        }
    }

    fn context(text: &str) -> PageContext<'_> {
        PageContext { tenant: text, client: text, state: text }
    }

    fn login_page(text: &str) -> LoginPage<'_> {
        LoginPage {
            context: context(text),
            email: text,
            refusal: None,
            has_database: true,
            sign_up: true,
            connections: vec![ConnectionButton {
                connection: text,
                provider: text,
                label: text,
                stand_in: true,
            }],
            demo: &[],
        }
    }

    fn stand_in_page<'a>(text: &'a str, provider: &'a str) -> StandInPage<'a> {
        StandInPage {
            context: context(text),
            connection: text,
            label: text,
            provider,
            people: vec![StandInPerson {
                user_id: text.to_owned(),
                name: Some(text.to_owned()),
                email: Some(text.to_owned()),
                detail: Some(text.to_owned()),
            }],
            refusal: None,
        }
    }

    fn problem_page<'a>(text: &'a str, href: &'a str) -> ProblemPage<'a> {
        ProblemPage {
            tenant: text,
            title: text,
            text,
            detail: Some(text),
            request_id: Some(text),
            link: Some((href, text)),
        }
    }

    fn sign_up_page(text: &str) -> SignUpPage<'_> {
        SignUpPage {
            context: context(text),
            email: text,
            username: Some(text),
            rules: vec![text.to_owned()],
            refusal: Some(text),
        }
    }

    fn forgotten_page(text: &str, sent: bool) -> ForgottenPage<'_> {
        ForgottenPage { context: context(text), email: text, sent, refusal: Some(text) }
    }

    /// Every page, with `text` in every place that takes text.
    fn pages(text: &str) -> Vec<String> {
        let demo = [DemoSignIn { about: text.to_owned(), email: text.to_owned(), password: text.to_owned() }];
        let refused = LoginPage { refusal: Some(FormError::Blocked), demo: &demo, ..login_page(text) };
        let unreachable = FormError::Provider { problem: UpstreamError::Unreachable, label: text };
        [
            login(&assets(), &login_page(text)),
            login(&assets(), &LoginPage { refusal: Some(unreachable), ..login_page(text) }),
            login(&assets(), &refused),
            stand_in(&assets(), &stand_in_page(text, text)),
            stand_in(&assets(), &stand_in_page(text, "sms")),
            problem(&assets(), &problem_page(text, text)),
            signed_out(&assets(), text),
            confirm_logout(&assets(), text, &[("state", text)]),
            sign_up(&assets(), &sign_up_page(text)),
            forgotten(&assets(), &forgotten_page(text, false)),
            forgotten(&assets(), &forgotten_page(text, true)),
            reset(
                &assets(),
                &ResetPage { tenant: text, email: text, rules: vec![text.to_owned()], refusal: Some(text) },
            ),
            verify(&assets(), text, text),
        ]
        .into_iter()
        .map(Markup::into_string)
        .collect()
    }

    #[test]
    fn hostile_text_stays_text_on_every_page() {
        let calm = pages("calm");
        for (hostile, calm) in pages(HOSTILE).iter().zip(&calm) {
            assert!(!hostile.contains("<script"), "{hostile}");
            // Text that broke out would add tags or end an attribute early.
            assert_eq!(hostile.matches('<').count(), calm.matches('<').count(), "{hostile}");
            assert_eq!(hostile.matches('"').count(), calm.matches('"').count(), "{hostile}");
        }
    }

    #[test]
    fn no_page_needs_a_script_or_an_inline_style() {
        for page in pages("calm") {
            for banned in ["<script", "<style", " style=", " onclick=", " onsubmit=", "javascript:"] {
                assert!(!page.contains(banned), "{banned} in {page}");
            }
        }
    }

    #[test]
    fn every_visible_input_has_a_label_and_every_id_is_unique() {
        for page in pages("calm") {
            let ids: Vec<&str> =
                page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            for id in &ids {
                assert_eq!(ids.iter().filter(|other| *other == id).count(), 1, "{id}");
            }
            for input in page.split("<input").skip(1).filter_map(|rest| rest.split('>').next()) {
                if input.contains("type=\"hidden\"") {
                    continue;
                }
                let id = input.split("id=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
                assert!(page.contains(&format!("<label for=\"{id}\"")), "{id}");
            }
        }
    }

    #[test]
    fn every_element_that_is_referred_to_exists() {
        for page in pages("calm") {
            for attribute in ["aria-describedby=\"", "aria-labelledby=\""] {
                let ids = page.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
                for id in ids.flat_map(str::split_whitespace) {
                    assert!(page.contains(&format!(" id=\"{id}\"")), "{id}");
                }
            }
        }
    }

    #[test]
    fn a_connection_button_carries_state_and_connection_encoded() {
        let mut page = login_page("calm");
        page.context.state = "a b&c=d#e";
        page.connections[0].connection = "acme & söhne";
        let html = login(&assets(), &page).into_string();
        let href = "/u/connection?state=a+b%26c%3Dd%23e&amp;connection=acme+%26+s%C3%B6hne";
        assert!(html.contains(&format!("href=\"{href}\"")), "{html}");
    }

    #[test]
    fn only_stand_ins_are_called_so() {
        let mut page = login_page("calm");
        assert!(login(&assets(), &page).into_string().contains("demo stand-in"));
        page.connections[0].stand_in = false;
        assert!(!login(&assets(), &page).into_string().contains("demo stand-in"));
    }

    #[test]
    fn a_connection_shows_its_providers_mark_or_else_its_initials() {
        let mut page = login_page("calm");
        page.connections[0].provider = "google-oauth2";
        assert!(login(&assets(), &page).into_string().contains("href=\"/u/marks-1.svg#google\""));
        page.connections[0].provider = "unheard-of";
        let html = login(&assets(), &page).into_string();
        assert!(!html.contains("marks-1.svg") && html.contains(">C</span>"), "{html}");
    }

    #[test]
    fn the_sprite_has_the_marks_of_every_common_provider() {
        for provider in [
            "apple",
            "auth0",
            "email",
            "facebook",
            "github",
            "google-oauth2",
            "linkedin",
            "samlp",
            "sms",
            "twitter",
            "waad",
            "windowslive",
        ] {
            assert!(
                MARKS.contains(&format!("<symbol id=\"{}\"", Provider::new(provider).mark().unwrap())),
                "{provider}"
            );
        }
    }

    #[test]
    fn the_focus_starts_where_the_person_has_to_type() {
        let focused = |email| {
            let html = login(&assets(), &LoginPage { email, ..login_page("calm") }).into_string();
            let input = html.split("<input").find(|input| input.contains(" autofocus")).unwrap();
            input.split("name=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
        };
        assert_eq!(focused(""), "username");
        assert_eq!(focused("ada@example.com"), "password");
    }

    #[test]
    fn a_wrong_password_is_told_at_the_fields_and_keeps_the_address() {
        let page = LoginPage {
            email: "ada@example.com",
            refusal: Some(FormError::WrongPassword),
            ..login_page("calm")
        };
        let html = login(&assets(), &page).into_string();
        assert!(html.contains(r#"role="alert">Wrong e-mail address or password.<"#), "{html}");
        assert_eq!(html.matches(r#"aria-invalid="true" aria-describedby="refusal""#).count(), 2, "{html}");
        assert!(html.contains(r#"value="ada@example.com""#), "{html}");
    }

    #[test]
    fn a_demo_sign_in_posts_what_a_person_would_type() {
        let demo = [DemoSignIn {
            about: "three logins".to_owned(),
            email: "ada@example.com".to_owned(),
            password: "pass phrase".to_owned(),
        }];
        let html = login(&assets(), &LoginPage { demo: &demo, ..login_page("calm") }).into_string();
        let form = html.split("<form").nth(2).unwrap();
        for part in [
            r#"method="post" action="/u/login""#,
            r#"name="state" value="calm""#,
            r#"name="username" value="ada@example.com""#,
            r#"name="password" value="pass phrase""#,
        ] {
            assert!(form.contains(part), "{part} in {form}");
        }
    }

    #[test]
    fn only_where_people_can_sign_up_are_they_led_there() {
        let page = |sign_up| login(&assets(), &LoginPage { sign_up, ..login_page("calm") }).into_string();
        assert!(page(true).contains("href=\"/u/signup?state=calm\""));
        assert!(!page(false).contains("/u/signup") && page(false).contains("/u/forgot-password?state=calm"));
    }

    #[test]
    fn without_a_database_nobody_is_asked_for_a_password() {
        let demo = [DemoSignIn { about: String::new(), email: String::new(), password: String::new() }];
        let page = LoginPage { has_database: false, demo: &demo, ..login_page("calm") };
        assert!(!login(&assets(), &page).into_string().contains("name=\"password\""));
    }

    #[test]
    fn a_stand_in_says_that_it_is_not_the_provider() {
        let html = stand_in(&assets(), &stand_in_page("Google", "google-oauth2")).into_string();
        assert!(html.contains("This is not <bdi>Google</bdi>."), "{html}");
    }

    #[test]
    fn a_person_is_chosen_by_one_button_that_carries_their_id() {
        let mut page = stand_in_page("calm", "google-oauth2");
        page.people[0].user_id = "google-oauth2|108".to_owned();
        let html = stand_in(&assets(), &page).into_string();
        assert!(html.contains(r#"type="submit" name="choice" value="google-oauth2|108""#), "{html}");
    }

    #[test]
    fn a_person_without_any_detail_is_known_by_their_id() {
        let person = StandInPerson { user_id: "github|42".to_owned(), name: None, email: None, detail: None };
        assert!(person_button(&person).into_string().contains("<bdi>github|42</bdi>"));
    }

    #[test]
    fn only_text_message_stand_ins_ask_for_a_phone_number() {
        let field = |provider| {
            let html = stand_in(&assets(), &stand_in_page("calm", provider)).into_string();
            (html.contains("name=\"phone_number\""), html.contains("name=\"email\""))
        };
        assert_eq!(field("sms"), (true, false));
        assert_eq!(field("samlp"), (false, true));
    }

    #[test]
    fn a_problem_links_only_to_paths_and_web_pages() {
        let has_link = |href| problem(&assets(), &problem_page("calm", href)).into_string().contains("<a ");
        for href in ["/", "/authorize?a=b", "https://app.example/", "http://localhost:3000/"] {
            assert!(has_link(href), "{href}");
        }
        for href in ["javascript:alert(1)", "data:text/html,x", "//evil.example", "/\\evil.example", ""] {
            assert!(!has_link(href), "{href}");
        }
    }

    #[test]
    fn initials_are_the_first_letters_of_the_first_and_the_last_word() {
        for (text, letters) in [
            ("Ada Lovelace", "AL"),
            ("Ada King, Countess of Lovelace", "AL"),
            ("ada@example.com", "A"),
            ("+44 20 7946", "#"),
            ("ليلى منصور", "لم"),
            ("", "#"),
        ] {
            assert_eq!(initials(text), letters, "{text}");
        }
    }

    #[test]
    fn a_web_message_goes_to_the_one_origin_in_the_contracts_shape() {
        let response = serde_json::json!({ "code": "abc", "state": "xyz" });
        let (html, _) = web_message(&response, "https://app.example");
        let script = r#"(window.opener || window.parent).postMessage({"type":"authorization_response","response":{"code":"abc","state":"xyz"}}, "https://app.example");"#;
        assert!(html.contains(&format!("<script>{script}</script>")), "{html}");
    }

    #[test]
    fn a_web_message_cannot_be_broken_out_of() {
        let attack = "</script><script>alert(1)</script><!--<script>]]>\u{2028}\u{2029}\"\\'&lt;\n";
        let response = serde_json::json!({ "state": attack, attack: attack });
        let (html, _) = web_message(&response, &format!("https://app.example{attack}"));
        assert_eq!(html.matches("<script>").count(), 1, "{html}");
        assert_eq!(html.matches("</script>").count(), 1, "{html}");
        let script = html.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
        assert!(!script.contains(['<', '>', '&', '\u{2028}', '\u{2029}', '\n']), "{script}");
        let message = script.split("postMessage(").nth(1).unwrap();
        let sent: serde_json::Value =
            serde_json::Deserializer::from_str(message).into_iter().next().unwrap().unwrap();
        assert_eq!(sent["response"], response);
    }

    #[test]
    fn a_posted_form_cannot_be_broken_out_of_and_its_hash_is_that_of_its_script() {
        let (html, hash) = form_post(&assets(), HOSTILE, "https://a.example/?b=\"", &[("state", HOSTILE)]);
        assert_eq!(html.matches("<script").count(), 1, "{html}");
        assert_eq!(html.matches("<input").count(), 1, "{html}");
        let script = html.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
        assert_eq!(hash, script_hash(script));
    }

    #[test]
    fn a_web_messages_hash_is_that_of_its_script() {
        let (html, hash) =
            web_message(&serde_json::json!({ "error": "login_required" }), "https://a.example");
        let script = html.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
        assert_eq!(hash, format!("sha256-{}", STANDARD.encode(Sha256::digest(script))));
    }
}
