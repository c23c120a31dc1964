//! The inline script that begins the silent sign-in while the page is on its way: `src/app/early-start.js` with the constants of
//! the page in it, so that script and page ask for the same.

use anyhow::{Result, bail};
use model::settings::Bearer;
use model::{route, silent_sign_in};
use serde_json::{Map, Value, json};

use crate::script::{Kind, minified, with_constants};

/// The path of the script in the repository.
pub(crate) const SOURCE: &str = "src/app/early-start.js";

/// Returns the script from its source: with the constants, and minified.
///
/// # Errors
/// When the source lacks a constant, names one that there is not, or is no JavaScript.
pub(crate) fn script(source: &str) -> Result<String> {
    let script = minified(&with_constants(source, SOURCE, &constants())?, Kind::Inline)?;
    if script.contains("</") || script.contains("<!--") {
        bail!("{SOURCE} has what ends or hides a script in HTML");
    }
    Ok(script)
}

/// The constants by their names in the script.
fn constants() -> [(&'static str, Value); 14] {
    let fixed: Map<String, Value> = silent_sign_in::fixed_parameters()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Value::String(value)))
        .collect();
    [
        ("$CALLBACK_PATH", route::CALLBACK.into()),
        ("$SETTINGS_PATH", route::SETTINGS.into()),
        ("$AUTHORIZE_PATH", route::AUTHORIZE.into()),
        ("$TOKEN_PATH", route::TOKEN.into()),
        ("$USER_PATH", format!("{}/", route::USERS).into()),
        ("$AUDIENCE_PATH", format!("{}/", route::MANAGEMENT_API).into()),
        ("$FIXED_PARAMETERS", fixed.into()),
        ("$MESSAGE_TYPE", silent_sign_in::MESSAGE_TYPE.into()),
        ("$FRAME_TIMEOUT", silent_sign_in::FRAME_TIMEOUT_MS.into()),
        ("$REQUEST_TIMEOUT", silent_sign_in::REQUEST_TIMEOUT_MS.into()),
        ("$REMEMBERED_USER", silent_sign_in::REMEMBERED_USER.into()),
        ("$REMEMBERED_SETTINGS", silent_sign_in::REMEMBERED_SETTINGS.into()),
        ("$EARLY_START", silent_sign_in::EARLY_START.into()),
        ("$ID_TOKEN", json!(Bearer::IdToken)),
    ]
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::workspace::Workspace;

    fn source() -> String {
        fs::read_to_string(Workspace::find().unwrap().root.join(SOURCE)).unwrap()
    }

    #[test]
    fn the_script_has_every_constant_of_the_page() {
        let script = script(&source()).unwrap();
        for constant in [
            "`/callback`",
            "`/authorize`",
            "`linked-accounts.signed-in`",
            "\"prompt\":`none`",
            "\"response_mode\":`web_message`",
            "openid profile email read:current_user",
        ] {
            assert!(script.contains(constant), "{constant}");
        }
        assert!(!script.contains("const settings"), "{script}");
        assert!(script.len() < 3500, "{} bytes", script.len());
    }

    #[test]
    fn a_source_without_a_constant_or_with_another_one_is_refused() {
        let source = source();
        let error = script(&source.replace("$TOKEN_PATH", "'/token'")).unwrap_err();
        assert_eq!(error.to_string(), format!("{SOURCE} lacks the constant $TOKEN_PATH"));
        let error = script(&format!("{source}\nlog($AGE)")).unwrap_err();
        assert_eq!(error.to_string(), format!("{SOURCE} names the constant $AGE, which there is not"));
    }
}
