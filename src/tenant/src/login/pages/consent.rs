//! The page that asks whether an application may have what it requests.

use maud::{Markup, html};
use model::Scope;
use model::bidi::isolate;

use super::assets::Assets;
use super::layout::{PageContext, breakable, initials, layout, name};
use crate::login::paths::CONSENT;

/// What the page shows.
#[derive(Debug)]
pub(crate) struct ConsentPage<'a> {
    pub(crate) context: PageContext<'a>,
    /// Whether the application belongs to the owner of the tenant.
    pub(crate) is_first_party: bool,
    /// The name in the account.
    pub(crate) name: Option<&'a str>,
    /// The address of the account.
    pub(crate) email: Option<&'a str>,
    /// The account, where it has neither.
    pub(crate) user_id: &'a str,
    /// The name of the API.
    pub(crate) api: Option<&'a str>,
    /// What the application requests.
    pub(crate) wanted: Vec<Wanted>,
}

/// One thing that an application requests.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// In words.
    Words(String),
    /// A scope that nobody described.
    Scope(String),
}

/// Returns what a scope of the tenant itself permits, in plain words; `None` for a scope of an API.
pub(crate) fn meaning(scope: &Scope) -> Option<&'static str> {
    Some(match scope.as_str() {
        "openid" => "Know which account is yours",
        "profile" => "See your name and picture",
        "email" => "See your e-mail address",
        "offline_access" => "Keep this access while you are away",
        "read:current_user" => "See your whole account with all its logins",
        "update:current_user_identities" => "Link logins to your account and unlink them",
        "create:current_user_metadata" | "update:current_user_metadata" => {
            "Change the settings in your account"
        }
        "delete:current_user_metadata" => "Delete the settings in your account",
        "create:current_user_device_credentials" => "Add devices to your account",
        "delete:current_user_device_credentials" => "Remove devices from your account",
        _ => return None,
    })
}

/// Renders the page.
pub(crate) fn consent(assets: &Assets, page: &ConsentPage<'_>) -> Markup {
    let PageContext { tenant, client, state, .. } = page.context;
    let title = format!("Allow {}?", isolate(client));
    let account = page.name.or(page.email).unwrap_or(page.user_id);
    let content = html! {
        div.card {
            h1 { "Allow " bdi { (client) } " to use your account?" }
            @if !page.is_first_party {
                p { bdi { (client) } " is an application of somebody else, not of " bdi { (tenant) } "." }
            }
            div.account {
                span.initials aria-hidden="true" { (initials(account)) }
                p { (name(account)) @if let Some(email) = page.email.filter(|email| *email != account) {
                    br; bdi.meta { (breakable(email)) }
                } }
            }
            h2 #wanted {
                @if let Some(api) = page.api {
                    "With your account and " bdi { (api) } " it will be able to"
                } @else {
                    "It will be able to"
                }
            }
            ul.wanted aria-labelledby="wanted" {
                @for wanted in &page.wanted {
                    li { @match wanted {
                        Wanted::Words(words) => bdi { (words) },
                        Wanted::Scope(scope) => code { (scope) },
                    } }
                }
                @if page.wanted.is_empty() { li { "Know that you are signed in" } }
            }
            form.choices method="post" action=(CONSENT) {
                input type="hidden" name="state" value=(state);
                button.button type="submit" name="choice" value="decline" { "Decline" }
                button.button.solid type="submit" name="choice" value="accept" { "Accept" }
            }
        }
    };
    layout(assets, tenant, &title, "consent", &content)
}
