//! Whether `config.json` is there, and says what is true.

use model::Settings;
use model::settings::{CONNECTION_KEYS, KEYS};
use serde_json::Value;

use super::needs::{self, Verdict};
use crate::finding::{Finding, Id};
use crate::observations::Observations;
use crate::target::is_local;

/// Whether the page gets settings that it can use.
pub(crate) fn readable(seen: &Observations) -> Verdict {
    let (page, _, files) = needs::page(seen)?;
    let minimum = format!(
        "{{ \"domain\": \"{}\", \"clientId\": \"{}\" }}",
        seen.target.tenant.trim_start_matches("https://"),
        seen.target.client_id
    );
    let missing = |what: String| {
        Finding::error(
            Id::SettingsMissing,
            format!("The page has no settings: {page}/config.json {what}."),
            "Put a file config.json beside index.html, or serve the page with `linked-accounts page`. It needs at least this.",
        )
        .value(&minimum)
    };
    let invalid = |what: String| {
        Finding::error(
            Id::SettingsInvalid,
            format!("The page cannot use its settings: {what}."),
            format!("Repair {page}/config.json. It needs at least this."),
        )
        .value(&minimum)
    };
    let finding = match &files.settings {
        Err(_) => missing("does not answer".to_owned()),
        Ok(answer) if answer.status != 200 => missing(format!("is answered by {}", answer.status)),
        Ok(answer) if answer.body.trim_start().starts_with('<') => {
            missing("is answered with index.html, because there is no such file".to_owned())
        }
        Ok(answer) => match serde_json::from_str::<Settings>(&answer.body).map(|settings| settings.check()) {
            Ok(Ok(())) => return Ok(unknown_keys(&answer.body)),
            Ok(Err(error)) => invalid(error.to_string()),
            Err(error) => invalid(error.to_string()),
        },
    };
    Ok(vec![finding])
}

/// Whether the settings are those of this tenant and client.
pub(crate) fn consistent(seen: &Observations) -> Verdict {
    let settings = needs::settings(seen)?;
    let target = &seen.target;
    let mut found = Vec::new();
    if settings.tenant_origin().ok().as_ref() != Some(&target.tenant) {
        found.push(
            Finding::error(
                Id::SettingsDomain,
                format!("The page uses the tenant {} and not {}.", settings.domain, target.tenant),
                "In config.json, set \"domain\"; or pass the other one as --domain.",
            )
            .value(target.tenant.trim_start_matches("https://"))
            .field("domain"),
        );
    }
    if settings.client_id != target.client_id {
        found.push(
            Finding::error(
                Id::SettingsClient,
                format!(
                    "The page signs in as the client {} and not as {}.",
                    settings.client_id, target.client_id
                ),
                "In config.json, set \"clientId\"; or pass the other one as --client-id.",
            )
            .value(&target.client_id)
            .field("clientId"),
        );
    }
    if settings.demo && !is_local(&target.tenant) {
        found.push(
            Finding::warning(
                Id::SettingsDemo,
                "The page offers to play faults, which only the embedded tenant does.",
                "In config.json, remove \"demo\".",
            )
            .field("demo"),
        );
    }
    Ok(found)
}

/// Names keys that mean nothing: most are misspelt.
fn unknown_keys(text: &str) -> Vec<Finding> {
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    let of = |value: &Value, known: &[&str]| -> Vec<String> {
        let keys = value.as_object().into_iter().flat_map(|object| object.keys());
        keys.filter(|key| !known.contains(&key.as_str())).cloned().collect()
    };
    let connections = document["connections"].as_array().into_iter().flatten();
    let mut unknown = of(&document, &KEYS);
    unknown.extend(connections.flat_map(|connection| of(connection, &CONNECTION_KEYS)));
    unknown.dedup();
    if unknown.is_empty() {
        return Vec::new();
    }
    vec![
        Finding::warning(
            Id::SettingsUnknownKey,
            format!("The page ignores these keys of its settings: {}.", unknown.join(", ")),
            "In config.json, remove them or correct their spelling; these are all there are.",
        )
        .value(KEYS.join(" ")),
    ]
}
