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
    /// The address of a link, and its label. The address is a path or an http(s) URL; others are not shown.
    pub(crate) link: Option<(&'a str, &'a str)>,
}

/// Renders the error page.
pub(crate) fn problem(assets: &Assets, page: &ProblemPage<'_>) -> Markup {
    let content = html! {
        div.card {
            h1 { (words(page.title)) }
            p { (words(page.text)) }
            @if let Some(detail) = page.detail {
                dl.facts { div { dt { "Details" } dd { bdi { (detail) } } } }
            }
            @if let Some((href, label)) = page.link.filter(|(href, _)| is_safe_link(href)) {
                a.button.solid.wide href=(href) { "Go to " bdi { (label) } }
            }
        }
    };
    layout(assets, page.tenant, page.title, "problem", &content)
}

/// Returns whether a link may have this address: a path of the same origin, or an http(s) URL.
fn is_safe_link(href: &str) -> bool {
    href.starts_with("https://")
        || href.starts_with("http://")
        || (href.starts_with('/') && !href.starts_with("//") && !href.starts_with("/\\"))
}
