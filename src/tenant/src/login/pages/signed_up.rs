//! The page after signing up: a mail went out, and the sign-in goes on.

use maud::{Markup, html};

use super::account::{CHECK_YOUR_MAIL, LinkFor, mail_sent};
use super::assets::Assets;
use super::layout::{FormRefusal, PageContext, layout, name, notice};
use crate::login::paths::SIGNED_UP;

/// The contents of the page. Its form posts `state` and `choice` to [`SIGNED_UP`].
#[derive(Debug)]
pub(crate) struct SignedUpPage<'a> {
    /// What all pages of the login show.
    pub(crate) context: PageContext<'a>,
    /// The address that the mail went to.
    pub(crate) email: &'a str,
    /// Whether the mail was just sent again.
    pub(crate) sent_again: bool,
    /// Why it was not.
    pub(crate) refusal: Option<FormRefusal<'a>>,
}

/// Returns the page.
pub(crate) fn signed_up(assets: &Assets, page: &SignedUpPage<'_>) -> Markup {
    let PageContext { tenant, client, state, .. } = page.context;
    let content = html! {
        div.card {
            h1 { (CHECK_YOUR_MAIL) }
            @if page.sent_again {
                (mail_sent(page.email, LinkFor::Address))
            } @else {
                p { "Your account is ready. We sent a mail to " (name(page.email)) ". Open the link in it when you have a \
                    moment, to confirm that the address is yours." }
            }
            @if let Some(refusal) = page.refusal { (notice(refusal.sentence)) }
            form.fields method="post" action=(SIGNED_UP) {
                input type="hidden" name="state" value=(state);
                button.button.solid.wide type="submit" name="choice" value="continue" autofocus[!page.sent_again] {
                    span { "Continue to " bdi { (client) } }
                }
                button.button.wide type="submit" name="choice" value="mail" { "Send the mail again" }
            }
        }
    };
    layout(assets, tenant, CHECK_YOUR_MAIL, "signed-up", &content)
}
