//! The page of a stand-in.

use maud::{Markup, html};
use model::bidi::isolate;

use super::assets::Assets;
use super::layout::{PageContext, initials, layout, mark, name, notice, words};
use crate::login::paths::{STAND_IN, login_path};

/// The contents of the page. Its forms post `state`, `connection` and `choice` to [`STAND_IN`]. For an
/// existing person, `choice` is the user id. For a new person it is empty, and the form has `name` and either
/// `phone_number` (provider `sms`) or `email` and, if ticked, `email_verified=true`.
#[derive(Debug)]
pub(crate) struct StandInPage<'a> {
    /// What all pages of the login show.
    pub(crate) context: PageContext<'a>,
    /// The connection's name.
    pub(crate) connection: &'a str,
    /// The label of the connection, for example "Google".
    pub(crate) label: &'a str,
    /// The connection's provider.
    pub(crate) provider: &'a str,
    /// The people to choose from.
    pub(crate) people: Vec<StandInPerson>,
    /// Whether somebody may sign in whom it does not know.
    pub(crate) new_person: bool,
    /// The error of the previous attempt.
    pub(crate) refusal: Option<StandInFormError>,
}

/// A person to choose.
#[derive(Debug)]
pub(crate) struct StandInPerson {
    /// The value of `choice`.
    pub(crate) user_id: String,
    /// Their name.
    pub(crate) name: Option<String>,
    /// Their e-mail address or phone number.
    pub(crate) email: Option<String>,
    /// A further distinction: a username, "e-mail not verified".
    pub(crate) detail: Option<String>,
}

/// The error of a submitted form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StandInFormError {
    /// The form has no name or address.
    MissingDetails,
    /// The e-mail address or phone number is invalid.
    InvalidAddress,
    /// The name or the e-mail address has too many characters.
    TooLong,
    /// No person has the chosen id.
    UnknownPerson,
    /// The chosen user is blocked.
    Blocked,
}

impl StandInFormError {
    fn sentence(self, sms: bool) -> &'static str {
        match self {
            Self::MissingDetails if sms => "Type a phone number first.",
            Self::MissingDetails => "Type a name or an e-mail address first.",
            Self::InvalidAddress if sms => "A phone number looks like +44 20 7946 0000.",
            Self::InvalidAddress => "An e-mail address looks like ada@example.com.",
            Self::TooLong => "The name or the e-mail address is too long.",
            Self::UnknownPerson => "This person is no longer here. Choose somebody else.",
            Self::Blocked => "This person's account is blocked. Choose somebody else.",
        }
    }

    /// Returns whether the error is about the fields for a new person.
    fn is_about_a_new_person(self) -> bool {
        matches!(self, Self::MissingDetails | Self::InvalidAddress | Self::TooLong)
    }
}

/// Returns the page of a stand-in, which says that it is not the provider.
pub(crate) fn stand_in(assets: &Assets, page: &StandInPage<'_>) -> Markup {
    let sms = page.provider == "sms";
    // A stand-in for text messages or e-mail codes cannot be mistaken for a company.
    let (provider, denial) = match page.provider {
        "sms" => ("text messages", None),
        "email" => ("e-mail codes", None),
        _ => (page.label, Some(page.label)),
    };
    let title = page.context.title(format!("Stand-in for {}", isolate(provider)));
    let (typed, chosen) = match page.refusal {
        Some(refusal) if refusal.is_about_a_new_person() => (Some(refusal.sentence(sms)), None),
        refusal => (None, refusal.map(|refusal| refusal.sentence(sms))),
    };
    let back = login_path(page.context.state);
    let content = html! {
        div.card {
            div.heading {
                (mark(assets, page.provider, page.label))
                h1 { "Stand-in for " bdi { (provider) } }
            }
            p.notice {
                strong {
                    @if let Some(provider) = denial { "This is not " bdi { (provider) } "." }
                    @else { "Nothing is sent." }
                }
                " This page takes the place of " bdi { (provider) } " in demos on this machine: it needs no password, and nothing leaves the machine."
            }
            @if let Some(purpose) = &page.context.purpose { p.lede { (words(purpose)) "." } }
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
            @if page.new_person {
                section aria-labelledby="new" {
                    h2 #new { @if page.people.is_empty() { "Sign in as somebody new" } @else { "Or as somebody new" } }
                    @if let Some(sentence) = typed { (notice(sentence)) }
                    (new_person(page, sms, typed.is_some()))
                }
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

pub(super) fn person_button(person: &StandInPerson) -> Markup {
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
                @for line in lines { (name(line)) " " }
            }
        }
    }
}

/// The fields are not about the person at the keyboard, so autofill is off.
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
