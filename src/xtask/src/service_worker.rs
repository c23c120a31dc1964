//! The service worker of the page: `src/app/service-worker.js` with the constants of the page in it.

use anyhow::Result;
use model::route;
use serde_json::json;

use crate::script::{Kind, minified, with_constants};

/// The path of the script in the repository.
pub(crate) const SOURCE: &str = "src/app/service-worker.js";

/// The name of the script in the site, by which browsers look for a newer one.
pub(crate) fn file_name() -> &'static str {
    route::SERVICE_WORKER.trim_start_matches('/')
}

/// Returns the script from its source, minified.
///
/// # Errors
/// When the source lacks a constant, names one that there is not, or is no JavaScript.
pub(crate) fn script(source: &str) -> Result<String> {
    let constants = [
        ("$HOME_PATH", json!(route::HOME)),
        ("$PAGE_PATHS", json!([route::HOME, route::LIST])),
        ("$DEEP_LINKS", json!(route::DEEP_LINKS)),
    ];
    minified(&with_constants(source, SOURCE, &constants)?, Kind::Module)
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
    fn the_script_has_the_paths_of_the_page() {
        let script = script(&source()).unwrap();
        for constant in ["[`/`,`/linked-accounts`]", "[`/link/`,`/unlink/`]"] {
            assert!(script.contains(constant), "{constant} in {script}");
        }
        assert!(script.len() < 2500, "{} bytes", script.len());
    }

    #[test]
    fn a_source_without_a_constant_is_refused() {
        let error = script(&source().replace("$PAGE_PATHS", "[]")).unwrap_err();
        assert_eq!(error.to_string(), format!("{SOURCE} lacks the constant $PAGE_PATHS"));
    }
}
