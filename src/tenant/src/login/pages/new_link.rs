//! The page in place of a link that is no longer good, which sends a new mail.

use maud::{Markup, html};

use super::account::{CHECK_YOUR_MAIL, LinkFor, email_field, mail_sent};
use super::assets::Assets;
use super::layout::{FieldState, FormRefusal, layout, notice, words};
use super::problem::{WayOn, way_on};

/// The contents of the page. Its form posts `email` to `action`.
#[derive(Debug)]
pub(crate) struct NewLinkPage<'a> {
    /// The name of the tenant.
    pub(crate) tenant: &'a str,
    /// The heading, where no mail was sent.
    pub(crate) title: &'a str,
    /// What is wrong with the link, and that nothing happened.
    pub(crate) text: &'a str,
    /// The path that sends a mail.
    pub(crate) action: &'a str,
    /// What the link is for.
    pub(crate) link_for: LinkFor,
    /// The initial value of the e-mail field; may be empty.
    pub(crate) email: &'a str,
    /// Whether a mail was just sent.
    pub(crate) sent: bool,
    /// The error of the previous attempt.
    pub(crate) refusal: Option<FormRefusal<'a>>,
    /// Where else the person can go from here.
    pub(crate) way_on: Option<WayOn<'a>>,
}

/// Returns the page.
pub(crate) fn new_link(assets: &Assets, page: &NewLinkPage<'_>) -> Markup {
    let title = if page.sent { CHECK_YOUR_MAIL } else { page.title };
    let content = html! {
        div.card {
            h1 { (title) }
            @if page.sent {
                (mail_sent(page.email, page.link_for))
            } @else {
                p { (words(page.text)) }
            }
            @if let Some(refusal) = page.refusal { (notice(refusal.sentence)) }
            form.fields method="post" action=(page.action) {
                @if page.sent {
                    input type="hidden" name="email" value=(page.email);
                    button.button.wide type="submit" { "Send the mail again" }
                } @else {
                    (email_field(page.email, "username", FieldState::new("email", "email", page.refusal)))
                    button.button.solid.wide type="submit" { "Send a new mail" }
                }
            }
            (way_on(page.way_on, false))
        }
    };
    layout(assets, page.tenant, title, "new-link", &content)
}
