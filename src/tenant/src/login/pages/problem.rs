//! The page that describes an error or the end of a sign-in.

use maud::{Markup, html};

use super::assets::Assets;
use super::layout::layout;

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
    /// Where to go from here: a path or an http(s) URL, and what people call it. Any other scheme is left out.
    pub(crate) link: Option<(&'a str, &'a str)>,
}

/// The page that says what went wrong, and where to go from there.
pub(crate) fn problem(assets: &Assets, page: &ProblemPage<'_>) -> Markup {
    let content = html! {
        div.card {
            h1 { (page.title) }
            p { (page.text) }
            @if let Some(detail) = page.detail {
                dl.facts { div { dt { "Details" } dd { (detail) } } }
            }
            @if let Some((href, label)) = page.link.filter(|(href, _)| is_safe_link(href)) {
                a.button.solid.wide href=(href) { "Go to " bdi { (label) } }
            }
        }
    };
    layout(assets, page.tenant, page.title, "problem", &content)
}

/// Whether a link may lead there: a path of this origin, or http(s).
fn is_safe_link(href: &str) -> bool {
    href.starts_with("https://")
        || href.starts_with("http://")
        || (href.starts_with('/') && !href.starts_with("//") && !href.starts_with("/\\"))
}
