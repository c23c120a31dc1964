//! The public settings: fetches and checks them, and derives the addresses of the tenant.

use std::cell::RefCell;

use gloo_net::http::Request;
use js_sys::Promise;
use leptos::logging::warn;
use model::settings::{self, Bearer, InvalidSettings, OfferedConnection};
use model::silent_sign_in::{REMEMBERED_SETTINGS, REMEMBERED_USER};
use model::{Settings, route};
use serde::Deserialize;
use serde_json::Value;
use web_sys::RequestCache;

use crate::connection_names::ConnectionNames;
use crate::storage::Storage;
use crate::{early_start, fetch, json};
use model::unlink_policy::UnlinkPolicy;

/// The tenant of the settings, with all addresses derived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Scheme, host and port, without a slash at the end.
    pub origin: String,
    /// The origin with a slash at the end: the required `iss` of a token (contract [C5](model::contract#c5)).
    pub issuer: String,
    /// The client id of this page.
    pub client_id: String,
    /// The Management API's identifier.
    pub audience: String,
    /// Which token is sent to the Management API.
    pub bearer: Bearer,
    /// The name of the page.
    pub name: Option<String>,
    /// The connections whose identities can be linked.
    pub connections: Vec<OfferedConnection>,
    /// The display names of connections.
    pub connection_names: ConnectionNames,
    /// The rules of unlinking.
    pub unlink_policy: UnlinkPolicy,
    /// The claim of the ID token that names the identity in use.
    pub identity_claim: String,
    /// The greatest age of a sign-in for changing identities, in seconds; 0 accepts any age.
    pub fresh_sign_in: u32,
    /// How long Undo is offered, in seconds; 0 offers it until it is dismissed.
    pub undo_seconds: u32,
    /// The addresses that `?return_to=` may name.
    pub return_to: Vec<String>,
    /// Whether the tenant lets users plan faults for their own requests.
    pub demo: bool,
    /// The address of the page that sends the mail to confirm an address again, if the tenant has one.
    pub verification_mail: Option<String>,
    /// Whether the tenant links no account of a database whose e-mail address is not verified.
    pub verified_email_to_link: bool,
}

impl Tenant {
    /// Checks `settings` and derives the addresses.
    ///
    /// # Errors
    /// [`InvalidSettings`] with the first setting that cannot be used.
    pub fn new(settings: Settings) -> Result<Self, InvalidSettings> {
        settings.check()?;
        let origin = settings.tenant_origin()?;
        let verification_mail =
            settings.verification_mail.then(|| format!("{origin}{}", route::VERIFICATION_MAIL));
        Ok(Self {
            origin,
            issuer: settings.issuer()?,
            audience: settings.management_audience()?,
            client_id: settings.client_id,
            bearer: settings.bearer,
            name: settings.name.filter(|name| !name.trim().is_empty()),
            unlink_policy: UnlinkPolicy::new(&settings.connections),
            connection_names: ConnectionNames::new(&settings.connections),
            connections: settings.connections.into_iter().filter(|connection| !connection.closed).collect(),
            identity_claim: settings.identity_claim.unwrap_or_else(|| settings::IDENTITY_CLAIM.to_owned()),
            fresh_sign_in: settings.fresh_sign_in.unwrap_or(settings::FRESH_SIGN_IN),
            undo_seconds: settings.undo_seconds.unwrap_or(settings::UNDO_SECONDS),
            return_to: settings.return_to,
            demo: settings.demo,
            verification_mail,
            verified_email_to_link: settings.verified_email_to_link,
        })
    }

    /// Returns the tenant's host without port, in the form of `location.hostname`.
    #[must_use]
    pub fn hostname(&self) -> &str {
        let host = self.origin.split_once("://").map_or(self.origin.as_str(), |(_, host)| host);
        match host.rfind(':') {
            Some(colon) if !host.ends_with(']') => host.get(..colon).unwrap_or(host),
            _ => host,
        }
    }
}

/// Why the settings could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// No response came.
    #[error("{path} could not be fetched: {0}", path = route::SETTINGS)]
    Unreachable(String),
    /// The response has an error status.
    #[error("{path} was answered with status {0}", path = route::SETTINGS)]
    Status(u16),
    /// The file is not the expected JSON.
    #[error("{path} is not valid: {0}", path = route::SETTINGS)]
    Malformed(String),
    /// A value in the file cannot be used.
    #[error("{path} is not valid: {0}", path = route::SETTINGS)]
    Invalid(#[from] InvalidSettings),
}

/// Returns the settings of the last visit, while somebody is remembered who was signed in.
#[must_use]
pub fn remembered() -> Option<Tenant> {
    let is_needed = Storage::Local.has(REMEMBERED_USER);
    is_needed.then(|| Storage::Local.text(REMEMBERED_SETTINGS)).flatten().and_then(|body| read(&body).ok())
}

thread_local! {
    /// The settings that were loaded, as they came.
    static LOADED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Remembers the settings that were loaded for the next visit.
pub fn remember() {
    LOADED.with_borrow(|loaded| {
        if let Some(body) = loaded {
            Storage::Local.write_text(REMEMBERED_SETTINGS, body);
        }
    });
}

/// Forgets the settings of the last visit.
pub fn forget() {
    Storage::Local.remove(REMEMBERED_SETTINGS);
}

/// Fetches and checks `/config.json`. `begun` is a request for it that was sent already.
///
/// # Errors
/// [`SettingsError`] when the settings are missing or cannot be used.
pub async fn load(begun: Option<Promise>) -> Result<Tenant, SettingsError> {
    let answer = if let Some(begun) = begun {
        early_start::response(begun).await
    } else {
        let request = Request::get(route::SETTINGS).cache(RequestCache::NoCache);
        fetch::with_body(request.abort_signal(Some(&fetch::time_limit())).send().await).await
    };
    let (response, body) = answer.map_err(|error| SettingsError::Unreachable(error.to_string()))?;
    if !response.ok() {
        return Err(SettingsError::Status(response.status()));
    }
    let tenant = read(&body)?;
    LOADED.set(Some(body));
    Ok(tenant)
}

fn read(body: &str) -> Result<Tenant, SettingsError> {
    let malformed = |error: serde_json::Error| SettingsError::Malformed(error.to_string());
    let mut settings: Value = json::read(body).map_err(malformed)?;
    for key in keep_known(&mut settings) {
        warn!("{}: \"{key}\" is no setting of this page", route::SETTINGS);
    }
    let settings = Settings::deserialize(settings).map_err(malformed)?;
    Ok(Tenant::new(settings)?)
}

/// Removes what has no value or means nothing to this page, which may be older or newer than the file. Returns the
/// removed keys.
fn keep_known(settings: &mut Value) -> Vec<String> {
    fn keep(value: &mut Value, known: &[&str], removed: &mut Vec<String>) {
        if let Value::Object(members) = value {
            removed.extend(members.keys().filter(|key| !known.contains(&key.as_str())).cloned());
            members.retain(|key, value| known.contains(&key.as_str()) && !value.is_null());
        }
    }
    let mut removed = Vec::new();
    keep(settings, &settings::KEYS, &mut removed);
    for connection in settings.get_mut("connections").and_then(Value::as_array_mut).into_iter().flatten() {
        keep(connection, &settings::CONNECTION_KEYS, &mut removed);
    }
    removed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_host_becomes_a_whole_tenant() {
        let tenant = read(r#"{"domain":"example.eu.auth0.com","clientId":"c","name":" "}"#).unwrap();
        assert_eq!(tenant.origin, "https://example.eu.auth0.com");
        assert_eq!(tenant.issuer, "https://example.eu.auth0.com/");
        assert_eq!(tenant.audience, "https://example.eu.auth0.com/api/v2/");
        assert_eq!(tenant.hostname(), "example.eu.auth0.com");
        assert_eq!(tenant.name, None);
    }

    #[test]
    fn a_host_name_has_no_port() {
        let tenant = read(r#"{"domain":"http://localhost:3000","clientId":"c"}"#).unwrap();
        assert_eq!(tenant.hostname(), "localhost");
        let tenant = read(r#"{"domain":"http://[::1]:3000","clientId":"c"}"#).unwrap();
        assert_eq!(tenant.hostname(), "[::1]");
    }

    #[test]
    fn a_key_that_means_nothing_is_named_and_no_value_is_the_default() {
        let mut settings = serde_json::json!({
            "domain": "h", "clientId": "c", "berer": "id_token", "name": null,
            "connections": [{ "name": "a", "strategy": "b", "icon": "x", "displayName": null }],
        });
        assert_eq!(keep_known(&mut settings), ["berer", "icon"]);
        let tenant = read(&settings.to_string()).unwrap();
        assert_eq!((tenant.bearer, tenant.connections.len()), (Bearer::AccessToken, 1));
    }

    #[test]
    fn a_file_that_cannot_be_used_is_refused_with_its_reason() {
        let reason = |body| read(body).unwrap_err().to_string();
        assert!(reason("<!doctype html>").starts_with("/config.json is not valid: expected value"));
        assert_eq!(
            reason(r#"{"domain":"h","clientId":""}"#),
            "/config.json is not valid: \"clientId\" is missing"
        );
    }
}
