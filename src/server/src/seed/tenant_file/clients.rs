//! Clients of a tenant file.

use std::time::Duration;

use serde_json::{Map, Value};
use serde_saphyr::{Location, Spanned};
use tenant::Moment;
use tenant::configuration::{
    ApplicationType, BackchannelLogout, Client, ClientAuthentication, ClientKey, Initiators,
    InvalidConfiguration, Parts, RefreshTokens, Upstream, can_match, is_script,
};
use tenant::secret::{Secret, digest};

use super::advice;
use super::error::Misplaced;
use super::keys::Collector;
use super::schema::{
    ClientAuthMethod, ClientEntry, ClientLogoutEntry, CredentialEntry, ExpirationType, RefreshTokenEntry,
    RotationType,
};
use super::section::{Text, Unread};
use super::source::Placed;
use crate::seed::suggestion::closest;

/// The types of applications that Auth0 plays for integrations of other products. They are of no use here.
const INTEGRATIONS: &str = "box cloudbees concur dropbox echosign egnyte express_configuration mscrm newrelic \
    office365 resource_server rms salesforce sentry sharepoint slack springcm sso_integration zendesk zoom";

/// The types of applications that are read.
const APPLICATIONS: [&str; 4] = ["spa", "native", "regular_web", "non_interactive"];

impl ClientEntry {
    /// Returns the client and the place of its id or name. `others` are the clients before it. As at Auth0, the application type decides the values of keys
    /// that are left out.
    ///
    /// # Errors
    /// The place of a key that is missing or has a value that is not valid.
    pub(super) fn into_client(
        self,
        file: &str,
        location: Location,
        others: &[Placed<Client>],
        collector: &mut Collector<'_>,
    ) -> Result<(Location, Client), Misplaced> {
        let name = self.name.ok_or_else(|| (location, "the key \"name\" is missing".to_owned()))?;
        let (at, name) = (name.referenced, name.value.0);
        let application_type = application_type(self.app_type.as_ref(), self.token_endpoint_auth_method)?;
        if let Some(kind) = self.app_type.filter(|kind| is_integration(&kind.value.0)) {
            let text =
                format!("client \"{name}\" is of the type \"{}\", which is of no use here", kind.value.0);
            collector.remark(file, kind.referenced, &text);
        }
        let has_keys = self.client_authentication_methods.is_some();
        let credentials = self.client_authentication_methods.and_then(|methods| methods.private_key_jwt);
        let credentials = credentials.and_then(|methods| methods.credentials).unwrap_or_default();
        let keys = credentials.into_iter().filter_map(|credential| public_key(credential).transpose());
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let is_public = matches!(application_type, ApplicationType::SinglePage | ApplicationType::Native);
        let authentication = match self.token_endpoint_auth_method {
            _ if has_keys => ClientAuthentication::PrivateKeyJwt,
            Some(ClientAuthMethod::None) => ClientAuthentication::None,
            Some(ClientAuthMethod::ClientSecretBasic) => ClientAuthentication::SecretBasic,
            None if is_public => ClientAuthentication::None,
            Some(ClientAuthMethod::ClientSecretPost) | None => ClientAuthentication::SecretPost,
        };
        if has_keys && keys.is_empty() {
            let text = format!(
                "client \"{name}\" authenticates with a key, which the file does not have, so that it cannot: add its \
                 public key as client_authentication_methods.private_key_jwt.credentials[].pem"
            );
            collector.remark(file, at, &text);
        }
        for url in [&self.callbacks, &self.allowed_logout_urls, &self.web_origins, &self.allowed_origins]
            .into_iter()
            .flatten()
            .flatten()
            .chain(&self.initiate_login_uri)
        {
            if is_script(&url.0) {
                return Err((at, InvalidConfiguration::ScriptUrl(url.0.clone()).to_string()));
            }
            if !can_match(&url.0) {
                let text = format!(
                    "\"{}\" of client \"{name}\" matches no request: only the first label of the host may have a \"*\", and \
                     there are no organizations",
                    url.0
                );
                collector.remark(file, at, &text);
            }
        }
        let logout = self.oidc_logout.or(self.oidc_backchannel_logout).unwrap_or_default();
        let backchannel_logout = backchannel_logout(logout, file, collector)?;
        let jwt = self.jwt_configuration.unwrap_or_default();
        if let Some(alg) = jwt.alg.filter(|alg| alg.value.0 != "RS256") {
            let text =
                format!("ID tokens of client \"{name}\" are signed with RS256, not with {}", alg.value.0);
            collector.remark(file, alg.referenced, &text);
        }
        let grant_types = self.grant_types.map_or_else(|| default_grant_types(application_type), texts);
        let defaults = Client::new("", "");
        let at = self.client_id.as_ref().map_or(at, |id| id.referenced);
        let client = Client {
            client_id: self.client_id.map_or_else(|| derived_client_id(&name, others), |id| id.value.0),
            client_secret: self.client_secret.map(|secret| Secret::new(secret.0)),
            keys,
            name,
            application_type,
            authentication,
            callbacks: addresses(self.callbacks),
            allowed_logout_urls: addresses(self.allowed_logout_urls),
            initiate_login_uri: self.initiate_login_uri.map(|uri| uri.0).filter(|uri| !uri.is_empty()),
            backchannel_logout,
            web_origins: addresses(self.web_origins),
            allowed_origins: addresses(self.allowed_origins),
            grant_types,
            require_pushed_authorization_requests: self.require_pushed_authorization_requests == Some(true),
            refresh_tokens: self
                .refresh_token
                .map(RefreshTokenEntry::into_refresh_tokens)
                .unwrap_or_default(),
            id_token_lifetime: jwt
                .lifetime_in_seconds
                .map_or(defaults.id_token_lifetime, |seconds| Duration::from_secs(seconds.into())),
            is_first_party: self.is_first_party.unwrap_or(true),
            description: self.description.map(|text| text.0).filter(|text| !text.is_empty()),
            logo_uri: self.logo_uri.map(|uri| uri.0).filter(|uri| !uri.is_empty()),
            metadata: metadata(self.client_metadata),
        };
        for advice in advice::of_client(&client) {
            collector.remark(file, at, &advice);
        }
        Ok((at, client))
    }
}

/// The ends of sessions that Auth0 has and this tenant does not tell of.
const NOT_TOLD: [&str; 5] = [
    "idp-logout",
    "session-expired",
    "email-identifier-changed",
    "mfa-phone-unenrolled",
    "account-deactivated",
];

/// Returns where and of what an application is told when a session ends.
///
/// # Errors
/// The place of an address that logout tokens cannot be sent to, or of more than one.
fn backchannel_logout(
    entry: ClientLogoutEntry,
    file: &str,
    collector: &mut Collector<'_>,
) -> Result<BackchannelLogout, Misplaced> {
    let mut urls = entry.backchannel_logout_urls.unwrap_or_default().into_iter();
    let url = urls.next();
    if let Some(second) = urls.next() {
        return Err((second.referenced, "only one back-channel logout URL is allowed".to_owned()));
    }
    if let Some(url) = url.as_ref().filter(|url| !Upstream::is_safe(&url.value.0)) {
        let text = format!("\"{}\" is neither https nor on this machine", url.value.0);
        return Err((url.referenced, text));
    }
    let initiators = entry.backchannel_logout_initiators.unwrap_or_default();
    let names = initiators.selected_initiators.unwrap_or_default();
    for name in names.iter().filter(|name| NOT_TOLD.contains(&name.value.0.as_str())) {
        let text = format!("no application is told of the session's end \"{}\"", name.value.0);
        collector.remark(file, name.referenced, &text);
    }
    let is_all = initiators.mode.is_some_and(|mode| mode.0 == "all");
    let names = names.into_iter().map(|name| name.value.0).collect();
    Ok(BackchannelLogout {
        url: url.map(|url| url.value.0),
        initiators: if is_all { Initiators::All } else { Initiators::Selected(names) },
    })
}

/// Returns the type of an application. Without one, an application that does not authenticate runs in the browser.
///
/// # Errors
/// The place of a type that Auth0 does not have.
fn application_type(
    kind: Option<&Spanned<Text>>,
    method: Option<ClientAuthMethod>,
) -> Result<ApplicationType, Misplaced> {
    match (kind.map(|kind| kind.value.0.as_str()), method) {
        (Some("spa"), _) | (None, Some(ClientAuthMethod::None)) => Ok(ApplicationType::SinglePage),
        (Some("native"), _) => Ok(ApplicationType::Native),
        (Some("non_interactive"), _) => Ok(ApplicationType::Machine),
        (Some("regular_web") | None, _) => Ok(ApplicationType::RegularWeb),
        (Some(other), _) if is_integration(other) => Ok(ApplicationType::RegularWeb),
        (Some(other), _) => {
            let location = kind.map_or(Location::UNKNOWN, |kind| kind.referenced);
            Err((location, format!("\"{other}\" is not one of {}", APPLICATIONS.join(", "))))
        }
    }
}

fn is_integration(kind: &str) -> bool {
    INTEGRATIONS.split_whitespace().any(|known| known == kind)
}

fn default_grant_types(application_type: ApplicationType) -> Vec<String> {
    let grant_types: &[&str] = match application_type {
        ApplicationType::Machine => &["client_credentials"],
        _ => &["authorization_code", "refresh_token"],
    };
    grant_types.iter().map(|&grant| grant.to_owned()).collect()
}

pub(super) fn texts(texts: Vec<Text>) -> Vec<String> {
    texts.into_iter().map(|text| text.0).collect()
}

/// Returns the addresses of a list. Auth0 permits empty texts in it.
fn addresses(list: Option<Vec<Text>>) -> Vec<String> {
    texts(list.unwrap_or_default()).into_iter().filter(|address| !address.is_empty()).collect()
}

/// Returns the texts of the free data of a client. Auth0 has no other values in it.
fn metadata(value: Option<Unread>) -> Map<String, Value> {
    let Some(Unread::Mapping(entries)) = value else { return Map::new() };
    entries
        .into_iter()
        .filter_map(|entry| match entry {
            (Unread::Text(key), Unread::Text(value)) => Some((key, Value::from(value))),
            _ => None,
        })
        .collect()
}

/// Returns the public key of a credential; `None` if the file has only its name.
///
/// # Errors
/// The place of a key or of a date that cannot be read.
fn public_key(credential: Spanned<CredentialEntry>) -> Result<Option<ClientKey>, Misplaced> {
    let location = credential.referenced;
    let CredentialEntry { pem, alg, kid, expires_at, .. } = credential.value;
    let Some(pem) = pem else { return Ok(None) };
    let mut key = ClientKey::from_pem(&pem.0).map_err(|error| (location, error.to_string()))?;
    if let Some(alg) = alg {
        key = key.with_algorithm(&alg.0).map_err(|error| (location, error.to_string()))?;
    }
    if let Some(kid) = kid {
        key = key.with_kid(kid.0);
    }
    if let Some(expires_at) = expires_at {
        let moment = Moment::parse_iso(&expires_at.value.0).ok_or_else(|| {
            (expires_at.referenced, "not a time such as 2030-01-31T00:00:00.000Z".to_owned())
        })?;
        key = key.with_expiry(moment);
    }
    Ok(Some(key))
}

impl RefreshTokenEntry {
    /// Returns the rules for refresh tokens. Lifetimes are in seconds; by default tokens rotate and expire.
    fn into_refresh_tokens(self) -> RefreshTokens {
        let default = RefreshTokens::default();
        let never = self.expiration_type == Some(ExpirationType::NonExpiring);
        let lifetime = |seconds: Option<u32>, infinite: Option<bool>, default| match infinite {
            Some(true) => None,
            _ if never => None,
            _ => seconds.map_or(default, |seconds| Some(Duration::from_secs(seconds.into()))),
        };
        RefreshTokens {
            rotate: self.rotation_type != Some(RotationType::NonRotating),
            leeway: Duration::from_secs(self.leeway.unwrap_or(0).into()),
            lifetime: lifetime(self.token_lifetime, self.infinite_token_lifetime, default.lifetime),
            idle_lifetime: lifetime(
                self.idle_token_lifetime,
                self.infinite_idle_token_lifetime,
                default.idle_lifetime,
            ),
        }
    }
}

/// Derives a client id from the client's name, so that it is the same at every start. It has the form of
/// Auth0's random ids: 32 letters and digits. `others` are the clients before it, of which one may have the same name.
pub(super) fn derived_client_id(name: &str, others: &[Placed<Client>]) -> String {
    let count = others.iter().filter(|client| client.value.name == name).count();
    let number = if count == 0 { String::new() } else { format!("\n{}", count + 1) };
    let digest = digest(format!("{name}{number}").as_bytes());
    digest.chars().filter(char::is_ascii_alphanumeric).take(32).collect()
}

/// Returns the id of the client that has the referenced id or, failing that, the referenced name. An export may name
/// clients that it does not have, so a reference to none of them is `None`, with a notice.
pub(super) fn resolve(
    reference: &Spanned<Text>,
    file: &str,
    clients: &[Placed<Client>],
    collector: &mut Collector<'_>,
) -> Option<String> {
    let name = reference.value.0.as_str();
    let by_id = clients.iter().find(|client| client.value.client_id == name);
    if let Some(client) = by_id.or_else(|| clients.iter().find(|client| client.value.name == name)) {
        return Some(client.value.client_id.clone());
    }
    let meant = closest(name, clients.iter().map(|client| client.value.name.as_str()));
    let meant = meant.map_or_else(String::new, |meant| format!(" (did you mean \"{meant}\"?)"));
    let text = format!("no client has the name or id \"{name}\"{meant}, so that it is left out here");
    collector.remark(file, reference.referenced, &text);
    None
}

/// Checks the last client by the rules of the tenant's configuration, so that the error has the place of the client.
///
/// # Errors
/// The last client, if it breaks a rule or has the id of another one.
pub(super) fn check_last(clients: &[Placed<Client>]) -> Result<(), Misplaced> {
    let Some((last, before)) = clients.split_last() else { return Ok(()) };
    let invalid = |invalid: InvalidConfiguration| (last.location, invalid.to_string());
    if before.iter().any(|client| client.value.client_id == last.value.client_id) {
        return Err(invalid(InvalidConfiguration::DuplicateClient(last.value.client_id.clone())));
    }
    let parts = Parts { clients: vec![last.value.clone()], ..Parts::default() };
    tenant::Configuration::new(parts).map(|_| ()).map_err(invalid)
}
