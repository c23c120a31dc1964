//! The two pages that run a script: they deliver an authorization response to the application.
//!
//! Each returns the hash of its script, which the response's content security policy allows.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::assets::Assets;
use super::layout::layout;

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
pub(super) fn script_hash(script: &str) -> String {
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
