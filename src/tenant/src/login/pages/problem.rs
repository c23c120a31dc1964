//! The page that describes an error or the end of a sign-in.

use maud::{Markup, html};

use super::assets::Assets;
use super::layout::{layout, words};

/// The view of an error page.
#[derive(Debug)]
pub(crate) struct ProblemPage<'a> {
    /// The name of the tenant.
    pub(crate) tenant: &'a str,
    /// The heading.
    pub(crate) title: &'a str,
    /// What happened, in a sentence or two.
    pub(crate) text: &'a str,
    /// The detail for the operator of the tenant or the application.
    pub(crate) detail: Option<&'a str>,
    /// Where the person can go from here.
    pub(crate) way_on: Option<WayOn<'a>>,
}

/// A link to another place. Its address is a path or an http(s) URL; others are not shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum WayOn<'a> {
    /// An application or a site, with its address and its name.
    Site(&'a str, &'a str),
    /// The login page, with its address.
    SignIn(&'a str),
}

/// Renders the error page.
pub(crate) fn problem(assets: &Assets, page: &ProblemPage<'_>) -> Markup {
    let content = html! {
        div.card {
            h1 { (words(page.title)) }
            p { (words(page.text)) }
            (way_on(page.way_on, true))
            @if let Some(detail) = page.detail {
                dl.facts { div { dt { "For the people who run the application" } dd { bdi { (detail) } } } }
            }
        }
    };
    layout(assets, page.tenant, page.title, "problem", &content)
}

/// Renders a link to another place, as the page's main button if it is `first`.
pub(super) fn way_on(way_on: Option<WayOn<'_>>, first: bool) -> Markup {
    let class = if first { "button solid wide" } else { "button wide" };
    html! {
        @match way_on {
            Some(WayOn::Site(href, label)) if is_safe_link(href) => {
                a class=(class) href=(href) { "Go to " bdi { (label) } }
            }
            Some(WayOn::SignIn(href)) if is_safe_link(href) => {
                a class=(class) href=(href) { "Sign in" }
            }
            _ => {}
        }
    }
}

/// Returns whether a link may have this address: a path of the same origin, or an http(s) URL.
fn is_safe_link(href: &str) -> bool {
    href.starts_with("https://")
        || href.starts_with("http://")
        || (href.starts_with('/') && !href.starts_with("//") && !href.starts_with("/\\"))
}
