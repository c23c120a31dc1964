//! The pages that run a script: they deliver an authorization response to the application.
//!
//! Each returns the hash of its script, which the response's content security policy allows.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::assets::Assets;
use super::layout::{layout, layout_with_head};

/// Renders the page that posts `response` to the requesting window, if it has the origin `target_origin` (contract
/// [C2](model::contract#c2)). Returns the HTML and the hash of its script, `sha256-…`, for the content security policy.
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

/// Renders the page that posts `fields` to the application at once, or by a button without scripts. Returns the HTML and
/// the hash of its script, as [`web_message`] does.
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

/// Renders the page that goes on to `target` at once, by a script or without, or by its link. It takes its own place in the
/// browser's history, so that nobody comes back to it and sends the form again. Returns the HTML and the hash of its
/// script, as [`web_message`] does.
pub(crate) fn go_on(assets: &Assets, tenant: &str, target: &str) -> (String, String) {
    const SCRIPT: &str = "location.replace(document.querySelector('main a').href);";
    // One of the two only: an address with a code works once.
    let head = html! { noscript { meta http-equiv="refresh" content={ "0; url=" (target) }; } };
    let content = html! {
        div.card {
            h1 { "Going back to the application" }
            p { "If nothing happens, continue by this link:" }
            a.button.solid.wide href=(target) rel="noreferrer" { "Continue" }
            script { (PreEscaped(SCRIPT)) }
        }
    };
    let page = layout_with_head(assets, tenant, "Going on", "go-on", &head, &content);
    (page.into_string(), script_hash(SCRIPT))
}

/// Returns the hash of an inline script in the format of content security policies.
pub(super) fn script_hash(script: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(script)))
}

/// Serializes JSON for use inside a script element. Characters that could end the element, open a comment or break a
/// line are written as `\uXXXX`; they occur inside strings only, where the meaning is the same.
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
