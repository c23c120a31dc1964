//! `tenant.yaml`: the tenant in the keys of Auth0's Deploy CLI, so that one file describes a real tenant and
//! the local one. Keys that Auth0 knows and this tenant has no use for are accepted; others are refused. What Auth0
//! does not have stands in `linkedAccounts`, and on connections as `pinned`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{Provider, Scope};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::{Error as YamlError, Location, MessageFormatter, Spanned, UserMessageFormatter};
use tenant::configuration::{
    ApplicationType, Client, ClientAuthentication, ClientGrant, Connection, Database, InvalidConfiguration,
    Options, PasswordLevel, PasswordPolicy, RefreshTokens, Upstream, Usernames,
};
use tenant::secret::{Secret, digest};

use super::{InvalidSeedFile, Place, keywords, redact_value};

/// A tenant as its file describes it.
#[derive(Debug)]
pub struct TenantFile {
    /// Options of the tenant as a whole; what only a demo has is left at its default.
    pub options: Options,
    /// Every application.
    pub clients: Vec<Client>,
    /// Every connection: databases first, then the others, in the order of the file.
    pub connections: Vec<Connection>,
    /// Every client grant.
    pub grants: Vec<ClientGrant>,
    /// Keys that were accepted without being read, such as `rules` or `clients.refresh_token`.
    pub ignored: BTreeSet<String>,
}

/// Reads a tenant file.
///
/// `file` is its name for messages; `value_of` knows the keywords (`##KEY##`, `@@KEY@@`).
///
/// # Errors
/// The first thing that is wrong, with line and column.
pub fn parse(
    file: &str,
    text: &str,
    value_of: &dyn Fn(&str) -> Option<String>,
) -> Result<TenantFile, InvalidSeedFile> {
    let text = keywords::replace(file, text, value_of)?;
    let sections: Sections = serde_saphyr::from_str(&text).map_err(|error| unreadable(file, &error))?;
    read(sections).map_err(|(location, reason)| refused(file, location, reason))
}

/// A reason and where it lies.
type Misplaced = (Location, String);

fn refused(file: &str, location: Location, reason: String) -> InvalidSeedFile {
    InvalidSeedFile { file: file.to_owned(), place: Place::Line(location.line(), location.column()), reason }
}

/// Says in our words what the YAML reader found.
fn unreadable(file: &str, error: &YamlError) -> InvalidSeedFile {
    let error = error.without_snippet();
    let reason = match error {
        YamlError::SerdeUnknownField { field, .. } => format!("unknown key \"{field}\""),
        YamlError::SerdeMissingField { field, .. } => format!("the key \"{field}\" is missing"),
        YamlError::SerdeUnknownVariant { variant, expected, .. } => {
            format!("\"{variant}\" is none of {}", expected.join(", "))
        }
        YamlError::DuplicateMappingKey { key: Some(key), .. } => format!("the key \"{key}\" stands twice"),
        other => {
            let said = UserMessageFormatter.format_message(other);
            redact_value(&said).unwrap_or_else(|| said.into_owned())
        }
    };
    refused(file, error.location().unwrap_or(Location::UNKNOWN), reason)
}

/// Declares a section: the keys that are read, and those that are known to Auth0 and of no use here.
macro_rules! section {
    (
        $(#[$meta:meta])*
        $name:ident {
            $($(#[$field_meta:meta])* $field:ident: $kind:ty,)*
        } ignored {
            $($ignored:ident)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $name {
            $($(#[$field_meta])* $field: $kind,)*
            $(#[serde(default)] $ignored: Option<IgnoredAny>,)*
        }

        impl $name {
            /// Adds the keys that stand in the file without being read.
            fn note_ignored(&self, section: &str, ignored: &mut BTreeSet<String>) {
                $(if self.$ignored.is_some() {
                    ignored.insert(format!("{section}{}", stringify!($ignored)));
                })*
            }
        }
    };
}

section! {
    #[expect(non_snake_case, reason = "the keys are the Deploy CLI's")]
    Sections {
        #[serde(default)] tenant: Option<TenantSection>,
        #[serde(default)] clients: Option<Vec<ClientEntry>>,
        #[serde(default)] databases: Option<Vec<ConnectionEntry>>,
        #[serde(default)] connections: Option<Vec<ConnectionEntry>>,
        #[serde(default)] clientGrants: Option<Vec<GrantEntry>>,
        #[serde(default)] linkedAccounts: LinkedAccountsSection,
    } ignored {
        actionModules actions attackProtection branding connectionProfiles customDomains emailProvider
        emailTemplates eventStreams exclude flowVaultConnections flows forms guardianEmailFactorSettings
        guardianFactorProviders guardianFactorTemplates guardianFactors guardianPhoneFactorMessageTypes
        guardianPhoneFactorSelectedProvider guardianPhoneFactorSettings guardianPolicies guardianSettings hooks
        logStreams migrations networkACLs organizations pages phoneProviders phoneTemplates prompts
        rateLimitPolicies resourceServers riskAssessment riskAssessments roles rules rulesConfigs
        selfServiceProfiles supplementalSignals themes tokenExchangeProfiles triggers userAttributeProfiles
    }
}

section! {
    TenantSection {
        #[serde(default)] friendly_name: Option<String>,
        #[serde(default)] session_lifetime: Option<Spanned<f64>>,
        #[serde(default)] idle_session_lifetime: Option<Spanned<f64>>,
        #[serde(default)] default_audience: Option<String>,
        #[serde(default)] allowed_logout_urls: Option<Vec<String>>,
        #[serde(default)] default_redirection_uri: Option<Spanned<String>>,
        #[serde(default)] flags: Option<FlagsSection>,
        #[serde(default)] oidc_logout: Option<OidcLogoutSection>,
    } ignored {
        acr_values_supported allow_organization_name_in_authentication_api
        authorization_response_iss_parameter_supported change_password client_id_metadata_document_supported
        country_codes customize_mfa_in_postlogin_action default_directory default_token_quota
        device_flow dynamic_client_registration_security_mode enable_ai_guide
        enabled_locales ephemeral_session_lifetime error_page guardian_mfa_page
        idle_ephemeral_session_lifetime legacy_sandbox_version mtls phone_consolidated_experience
        picture_url pushed_authorization_requests_supported resource_parameter_profile sandbox_version
        sandbox_versions_available session_cookie sessions skip_non_verifiable_callback_uri_confirmation_prompt
        support_email support_url universal_login
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OidcLogoutSection {
    #[serde(default)]
    rp_logout_end_session_endpoint_discovery: bool,
}

/// Options that Auth0 does not have.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkedAccountsSection {
    /// What the claim of the identity in use is called.
    #[serde(default)]
    identity_claim: Option<String>,
    /// Whether linking takes a verified e-mail address on both sides.
    #[serde(default)]
    verified_email_to_link: bool,
    /// Whether people can plan faults for their own calls.
    #[serde(default)]
    faults: bool,
}

/// Auth0 has dozens of flags, and adds to them; all are truth values.
#[derive(Deserialize)]
struct FlagsSection {
    #[serde(default)]
    enable_idtoken_api2: bool,
    #[serde(flatten)]
    others: BTreeMap<String, bool>,
}

section! {
    ClientEntry {
        name: Spanned<String>,
        #[serde(default)] client_id: Option<Spanned<String>>,
        #[serde(default)] client_secret: Option<String>,
        #[serde(default)] app_type: Option<AppType>,
        #[serde(default)] token_endpoint_auth_method: Option<AuthMethod>,
        #[serde(default)] callbacks: Option<Vec<String>>,
        #[serde(default)] allowed_logout_urls: Option<Vec<String>>,
        #[serde(default)] initiate_login_uri: Option<String>,
        #[serde(default)] web_origins: Option<Vec<String>>,
        #[serde(default)] grant_types: Option<Vec<String>>,
        #[serde(default)] refresh_token: Option<RefreshTokenEntry>,
    } ignored {
        addons allowed_clients allowed_origins async_approval_notification_channels auth0_conformant
        callback_url_template client_aliases client_authentication_methods client_metadata compliance_level
        cross_origin_auth cross_origin_authentication cross_origin_loc custom_login_page custom_login_page_on
        custom_login_page_preview default_organization description encryption_key express_configuration
        form_template global is_first_party is_token_endpoint_ip_header_trusted
        jwt_configuration logo_uri mobile my_organization_configuration native_social_login
        oidc_backchannel_logout oidc_conformant oidc_logout organization_discovery_methods
        organization_require_behavior organization_usage owners par_request_expiry redirection_policy
        require_proof_of_possession require_pushed_authorization_requests
        resource_server_identifier session_transfer signed_request_object signing_keys
        skip_non_verifiable_callback_uri_confirmation_prompt sso sso_disabled tenant
        third_party_security_mode token_exchange token_quota
    }
}

section! {
    ConnectionEntry {
        name: Spanned<String>,
        #[serde(default)] strategy: Option<Spanned<String>>,
        #[serde(default)] display_name: Option<String>,
        #[serde(default)] enabled_clients: Option<Vec<Spanned<String>>>,
        #[serde(default)] pinned: bool,
        #[serde(default)] options: Option<OptionsEntry>,
    } ignored {
        authentication connected_accounts cross_app_access_requesting_app directory_provisioning_configuration
        id is_domain_connection metadata provisioning_ticket_url realms scim_configuration
        show_as_button
    }
}

/// Options of a connection: what is asked of people in a database, or what provider signs people in. At Auth0 each
/// strategy has dozens.
#[derive(Deserialize)]
struct OptionsEntry {
    #[serde(default)]
    issuer: Option<Spanned<String>>,
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default)]
    client_secret: Option<String>,
    #[serde(default)]
    scope: Option<ScopeOption>,
    #[serde(default)]
    token_endpoint_auth_method: Option<AuthMethod>,
    #[serde(default)]
    disable_signup: bool,
    #[serde(default)]
    requires_username: bool,
    #[serde(default)]
    validation: Option<ValidationEntry>,
    #[serde(default, rename = "passwordPolicy")]
    password_policy: Option<PasswordPolicyName>,
    #[serde(default)]
    password_complexity_options: Option<ComplexityEntry>,
    #[serde(flatten)]
    #[expect(clippy::zero_sized_map_values, reason = "the names are told, the values are not looked at")]
    others: BTreeMap<String, IgnoredAny>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct ValidationEntry {
    #[serde(default)]
    username: Option<LengthEntry>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct LengthEntry {
    min: usize,
    max: usize,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct ComplexityEntry {
    min_length: usize,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PasswordPolicyName {
    None,
    Low,
    Fair,
    Good,
    Excellent,
}

/// Auth0 writes scopes as words of one text for some strategies, as a list for others.
#[derive(Deserialize)]
#[serde(untagged)]
enum ScopeOption {
    Words(String),
    List(Vec<String>),
}

section! {
    GrantEntry {
        client_id: Spanned<String>,
        audience: String,
        #[serde(default)] scope: Option<Vec<String>>,
    } ignored {
        allow_all_scopes allow_any_organization authorization_details_types default_for id is_system
        organization_usage subject_type
    }
}

section! {
    RefreshTokenEntry {
        #[serde(default)] rotation_type: Option<RotationType>,
        #[serde(default)] expiration_type: Option<ExpirationType>,
        #[serde(default)] leeway: Option<u32>,
        #[serde(default)] token_lifetime: Option<u32>,
        #[serde(default)] idle_token_lifetime: Option<u32>,
        #[serde(default)] infinite_token_lifetime: Option<bool>,
        #[serde(default)] infinite_idle_token_lifetime: Option<bool>,
    } ignored {
        policies
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RotationType {
    Rotating,
    NonRotating,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ExpirationType {
    Expiring,
    NonExpiring,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AppType {
    Spa,
    Native,
    RegularWeb,
    NonInteractive,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AuthMethod {
    None,
    ClientSecretPost,
    ClientSecretBasic,
}

fn read(sections: Sections) -> Result<TenantFile, Misplaced> {
    let mut ignored = BTreeSet::new();
    sections.note_ignored("", &mut ignored);

    let mut options = match sections.tenant {
        Some(section) => {
            section.note_ignored("tenant.", &mut ignored);
            let flags = section.flags.iter().flat_map(|flags| flags.others.keys());
            ignored.extend(flags.map(|flag| format!("tenant.flags.{flag}")));
            section.into_options()?
        }
        None => Options::default(),
    };
    sections.linkedAccounts.set(&mut options);

    let mut clients = Vec::new();
    for entry in sections.clients.unwrap_or_default() {
        entry.note_ignored("clients.", &mut ignored);
        if let Some(refresh_token) = &entry.refresh_token {
            refresh_token.note_ignored("clients.refresh_token.", &mut ignored);
        }
        let location = entry.client_id.as_ref().map_or(entry.name.referenced, |id| id.referenced);
        clients.push((location, entry.into_client()));
    }

    let mut connections = Vec::new();
    for (entry, section) in
        (sections.databases.unwrap_or_default().into_iter().map(|entry| (entry, "databases")))
            .chain(sections.connections.unwrap_or_default().into_iter().map(|entry| (entry, "connections")))
    {
        entry.note_ignored(&format!("{section}."), &mut ignored);
        if let Some(options) = &entry.options {
            if section == "databases" || options.issuer.is_some() {
                ignored.extend(options.others.keys().map(|name| format!("{section}.options.{name}")));
            } else {
                ignored.insert(format!("{section}.options"));
            }
        }
        let location = entry.name.referenced;
        connections.push((location, entry.into_connection(section == "databases", &clients)?));
    }

    let mut grants = Vec::new();
    for entry in sections.clientGrants.unwrap_or_default() {
        entry.note_ignored("clientGrants.", &mut ignored);
        grants.push(ClientGrant {
            client_id: resolve(&entry.client_id, &clients)?,
            audience: entry.audience,
            scopes: entry.scope.unwrap_or_default().into_iter().map(Scope::new).collect(),
        });
    }

    check_clients(&clients)?;
    check_names(&connections)?;
    let clients = clients.into_iter().map(|(_, client)| client).collect();
    let connections = connections.into_iter().map(|(_, connection)| connection).collect();
    Ok(TenantFile { options, clients, connections, grants, ignored })
}

impl TenantSection {
    fn into_options(self) -> Result<Options, Misplaced> {
        let default = Options::default();
        Ok(Options {
            friendly_name: self.friendly_name.unwrap_or(default.friendly_name),
            session_lifetime: hours(self.session_lifetime, default.session_lifetime)?,
            idle_session_lifetime: hours(self.idle_session_lifetime, default.idle_session_lifetime)?,
            default_audience: self.default_audience.filter(|audience| !audience.is_empty()),
            allowed_logout_urls: self.allowed_logout_urls.unwrap_or_default(),
            default_redirection_uri: self.default_redirection_uri.map(web_address).transpose()?.flatten(),
            end_session_discovery: self
                .oidc_logout
                .is_some_and(|section| section.rp_logout_end_session_endpoint_discovery),
            id_token_bearer: self.flags.is_some_and(|flags| flags.enable_idtoken_api2),
            ..default
        })
    }
}

impl LinkedAccountsSection {
    fn set(self, options: &mut Options) {
        if let Some(name) = self.identity_claim {
            options.identity_claim = name;
        }
        options.verified_email_to_link = self.verified_email_to_link;
        options.faults = self.faults;
    }
}

/// An address that a browser can be led to; an empty one is none.
fn web_address(text: Spanned<String>) -> Result<Option<String>, Misplaced> {
    let is_web = |text: &str| text.starts_with("https://") || text.starts_with("http://");
    match text.value {
        empty if empty.is_empty() => Ok(None),
        address if is_web(&address) => Ok(Some(address)),
        _ => Err((text.referenced, "this is no address with http or https".to_owned())),
    }
}

/// A lifetime in hours, which may be a fraction.
fn hours(value: Option<Spanned<f64>>, default: Duration) -> Result<Duration, Misplaced> {
    let Some(hours) = value else { return Ok(default) };
    Duration::try_from_secs_f64(hours.value * 3600.0)
        .ok()
        .filter(|lifetime| !lifetime.is_zero())
        .ok_or_else(|| (hours.referenced, format!("a lifetime of {} hours cannot be", hours.value)))
}

impl ClientEntry {
    /// What is left out follows from the kind of application, as Auth0 does it.
    fn into_client(self) -> Client {
        let name = self.name.value;
        let application_type = match (self.app_type, self.token_endpoint_auth_method) {
            (Some(AppType::Spa), _) | (None, Some(AuthMethod::None)) => ApplicationType::SinglePage,
            (Some(AppType::Native), _) => ApplicationType::Native,
            (Some(AppType::NonInteractive), _) => ApplicationType::Machine,
            (Some(AppType::RegularWeb) | None, _) => ApplicationType::RegularWeb,
        };
        let is_public = matches!(application_type, ApplicationType::SinglePage | ApplicationType::Native);
        let authentication = match self.token_endpoint_auth_method {
            Some(AuthMethod::None) => ClientAuthentication::None,
            Some(AuthMethod::ClientSecretBasic) => ClientAuthentication::SecretBasic,
            None if is_public => ClientAuthentication::None,
            Some(AuthMethod::ClientSecretPost) | None => ClientAuthentication::SecretPost,
        };
        let grant_types = self.grant_types.unwrap_or_else(|| {
            let defaults: &[&str] = match application_type {
                ApplicationType::Machine => &["client_credentials"],
                _ => &["authorization_code", "refresh_token"],
            };
            defaults.iter().map(|&grant| grant.to_owned()).collect()
        });
        let refresh_tokens = self.refresh_token.map(RefreshTokenEntry::into_lives).unwrap_or_default();
        Client {
            client_id: self.client_id.map_or_else(|| derived_client_id(&name), |id| id.value),
            client_secret: self.client_secret.map(Secret::new),
            name,
            application_type,
            authentication,
            callbacks: self.callbacks.unwrap_or_default(),
            allowed_logout_urls: self.allowed_logout_urls.unwrap_or_default(),
            initiate_login_uri: self.initiate_login_uri.filter(|uri| !uri.is_empty()),
            web_origins: self.web_origins.unwrap_or_default(),
            grant_types,
            refresh_tokens,
        }
    }
}

impl RefreshTokenEntry {
    /// Lifetimes are in seconds. Unless the file says otherwise, tokens rotate and expire.
    fn into_lives(self) -> RefreshTokens {
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

/// Auth0 makes up an id for a client; ours follows from the name, to be the same at every start. It has the
/// form of Auth0's: 32 letters and digits.
fn derived_client_id(name: &str) -> String {
    digest(name.as_bytes()).chars().filter(char::is_ascii_alphanumeric).take(32).collect()
}

impl ConnectionEntry {
    fn into_connection(
        self,
        is_database: bool,
        clients: &[(Location, Client)],
    ) -> Result<Connection, Misplaced> {
        let strategy = match self.strategy {
            Some(strategy) if is_database && strategy.value != "auth0" => {
                return Err((strategy.referenced, "the strategy of a database is \"auth0\"".to_owned()));
            }
            Some(strategy) if !Provider::new(strategy.value.as_str()).is_known() => {
                return Err((strategy.referenced, format!("unknown strategy \"{}\"", strategy.value)));
            }
            Some(strategy) => strategy.value,
            None if is_database => "auth0".to_owned(),
            None => return Err((self.name.referenced, "the key \"strategy\" is missing".to_owned())),
        };
        let enabled_clients = self
            .enabled_clients
            .map(|names| names.iter().map(|name| resolve(name, clients)).collect::<Result<_, _>>())
            .transpose()?;
        Ok(Connection {
            display_name: self.display_name,
            enabled_clients,
            pinned: self.pinned,
            database: self.options.as_ref().map(OptionsEntry::database).unwrap_or_default(),
            upstream: self.options.filter(|_| !is_database).map_or(Ok(None), OptionsEntry::into_upstream)?,
            ..Connection::new(&self.name.value, &strategy)
        })
    }
}

impl OptionsEntry {
    fn database(&self) -> Database {
        let length = self.validation.as_ref().and_then(|validation| validation.username);
        let length =
            length.map_or_else(Usernames::default, |LengthEntry { min, max }| Usernames { min, max });
        let level = self.password_policy.map(|name| match name {
            PasswordPolicyName::None => PasswordLevel::None,
            PasswordPolicyName::Low => PasswordLevel::Low,
            PasswordPolicyName::Fair => PasswordLevel::Fair,
            PasswordPolicyName::Good => PasswordLevel::Good,
            PasswordPolicyName::Excellent => PasswordLevel::Excellent,
        });
        let default = PasswordPolicy::default();
        let min_length = self.password_complexity_options.map(|options| options.min_length);
        Database {
            sign_up: !self.disable_signup,
            usernames: self.requires_username.then_some(length),
            passwords: PasswordPolicy {
                level: level.unwrap_or(default.level),
                min_length: min_length.or(default.min_length.filter(|_| level.is_none())),
            },
        }
    }

    /// The provider, if the options name one.
    fn into_upstream(self) -> Result<Option<Upstream>, Misplaced> {
        let Some(issuer) = self.issuer else { return Ok(None) };
        if !Upstream::is_safe(&issuer.value) {
            let reason = "an issuer is an address with https, or with http on this machine";
            return Err((issuer.referenced, reason.to_owned()));
        }
        let missing = || (issuer.referenced, "the key \"client_id\" is missing beside the issuer".to_owned());
        let scopes = match self.scope {
            Some(ScopeOption::Words(words)) => words.split_whitespace().map(str::to_owned).collect(),
            Some(ScopeOption::List(list)) => list,
            None => vec!["profile".to_owned(), "email".to_owned()],
        };
        Ok(Some(Upstream {
            client_id: self.client_id.ok_or_else(missing)?,
            client_secret: self.client_secret.map(Secret::new),
            authentication: self.token_endpoint_auth_method.map(|method| match method {
                AuthMethod::None => ClientAuthentication::None,
                AuthMethod::ClientSecretPost => ClientAuthentication::SecretPost,
                AuthMethod::ClientSecretBasic => ClientAuthentication::SecretBasic,
            }),
            scopes: scopes.into_iter().filter(|scope| scope != "openid").collect(),
            issuer: issuer.value,
        }))
    }
}

/// The id of the client that is called so, or has this id.
fn resolve(reference: &Spanned<String>, clients: &[(Location, Client)]) -> Result<String, Misplaced> {
    let by_id = clients.iter().find(|(_, client)| client.client_id == reference.value);
    by_id
        .or_else(|| clients.iter().find(|(_, client)| client.name == reference.value))
        .map(|(_, client)| client.client_id.clone())
        .ok_or_else(|| {
            (reference.referenced, format!("no client has the name or id \"{}\"", reference.value))
        })
}

/// Lets the tenant's own rules speak about each client, so that a broken one is found with its place.
fn check_clients(clients: &[(Location, Client)]) -> Result<(), Misplaced> {
    for place in 0..clients.len() {
        let until_here = clients[..=place].iter().map(|(_, client)| client.clone()).collect();
        tenant::Configuration::new(Options::default(), until_here, Vec::new(), Vec::new())
            .map_err(|invalid: InvalidConfiguration| (clients[place].0, invalid.to_string()))?;
    }
    Ok(())
}

fn check_names(connections: &[(Location, Connection)]) -> Result<(), Misplaced> {
    let mut names = BTreeSet::new();
    match connections.iter().find(|(_, connection)| !names.insert(connection.name.as_str())) {
        Some((location, connection)) => Err((
            *location,
            InvalidConfiguration::DuplicateConnection(connection.name.to_string()).to_string(),
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<TenantFile, String> {
        parse("tenant.yaml", text, &|_| None).map_err(|error| error.to_string())
    }

    fn refusal(text: &str) -> String {
        parsed(text).unwrap_err()
    }

    const REAL: &str = r"
tenant:
  friendly_name: Acme
  session_lifetime: 168
  idle_session_lifetime: 0.5
  default_audience: ''
  support_email: help@example.com
  default_redirection_uri: https://acme.example.com
  flags: { enable_sso: true, enable_idtoken_api2: true }
  oidc_logout: { rp_logout_end_session_endpoint_discovery: true }
rules: []
clients:
  - name: Portal
    app_type: spa
    callbacks: [https://portal.example.com/callback]
    initiate_login_uri: https://portal.example.com/login
    refresh_token: { rotation_type: rotating, leeway: 3, token_lifetime: 3600, policies: [] }
  - name: Nightly job
    client_id: nightly
    client_secret: s3cret
    app_type: non_interactive
databases:
  - name: Username-Password-Authentication
    strategy: auth0
    enabled_clients: [Portal]
connections:
  - name: acme-saml
    strategy: samlp
    display_name: Acme Corp
    enabled_clients: [nightly, Portal]
    options: { signInEndpoint: https://idp.example.com }
    pinned: true
clientGrants:
  - client_id: Nightly job
    audience: https://acme.example.com/api/v2/
    scope: [read:users, update:users]
linkedAccounts: { identity_claim: https://acme.example.com/in_use, faults: true, verified_email_to_link: true }
";

    #[test]
    fn one_file_describes_a_real_tenant_and_the_local_one() {
        let file = parsed(REAL).unwrap();
        assert_eq!(file.options.friendly_name, "Acme");
        assert_eq!(file.options.session_lifetime, Duration::from_hours(168));
        assert_eq!(file.options.idle_session_lifetime, Duration::from_mins(30));
        assert_eq!(file.options.default_audience, None);
        assert!(file.options.end_session_discovery && file.options.id_token_bearer);
        let [portal, nightly] = &file.clients[..] else { panic!("two clients") };
        assert_eq!(portal.application_type, ApplicationType::SinglePage);
        assert_eq!(portal.entrance().as_deref(), Some("https://portal.example.com/login"));
        assert_eq!(file.options.default_redirection_uri.as_deref(), Some("https://acme.example.com"));
        assert_eq!(portal.authentication, ClientAuthentication::None);
        assert_eq!(portal.grant_types, ["authorization_code", "refresh_token"]);
        assert_eq!(portal.refresh_tokens.leeway, Duration::from_secs(3));
        assert_eq!(portal.refresh_tokens.lifetime, Some(Duration::from_hours(1)));
        assert_eq!(nightly.refresh_tokens, RefreshTokens::default());
        assert_eq!(nightly.authentication, ClientAuthentication::SecretPost);
        assert_eq!(nightly.grant_types, ["client_credentials"]);
        let [database, saml] = &file.connections[..] else { panic!("two connections") };
        assert!(database.is_database());
        assert_eq!(database.enabled_clients.as_deref(), Some(&[portal.client_id.clone()][..]));
        assert_eq!(saml.label(), "Acme Corp");
        assert!(saml.pinned && !database.pinned);
        assert_eq!(file.options.identity_claim, "https://acme.example.com/in_use");
        assert!(file.options.faults && file.options.verified_email_to_link);
        assert_eq!(file.grants[0].client_id, "nightly");
        assert_eq!(file.grants[0].scopes.to_string(), "read:users update:users");
    }

    #[test]
    fn what_is_of_no_use_here_is_named() {
        let ignored = parsed(REAL).unwrap().ignored;
        assert_eq!(
            ignored.iter().map(String::as_str).collect::<Vec<_>>(),
            [
                "clients.refresh_token.policies",
                "connections.options",
                "rules",
                "tenant.flags.enable_sso",
                "tenant.support_email"
            ]
        );
    }

    #[test]
    fn a_connection_with_issuer_and_credentials_has_a_provider() {
        let options = |text: &str| {
            let text = format!("connections: [{{ name: x, strategy: oidc, options: {text} }}]");
            parsed(&text).map(|file| file.connections[0].upstream.clone())
        };
        let upstream = options(
            "{ issuer: 'https://id.example.com', client_id: a, client_secret: b, scope: 'openid email', type: x }",
        )
        .unwrap()
        .unwrap();
        assert_eq!((upstream.issuer.as_str(), upstream.client_id.as_str()), ("https://id.example.com", "a"));
        assert_eq!(upstream.client_secret.unwrap().expose(), "b");
        assert_eq!((upstream.authentication, &upstream.scopes[..]), (None, &["email".to_owned()][..]));
        let defaults = options("{ issuer: 'http://localhost:4000/', client_id: a }").unwrap().unwrap();
        assert_eq!(defaults.scopes, ["profile", "email"]);
        assert!(options("{ client_id: a, client_secret: b, scope: [email] }").unwrap().is_none());
        assert_eq!(
            options("{ issuer: 'http://id.example.com', client_id: a }").unwrap_err(),
            "tenant.yaml:1:61: an issuer is an address with https, or with http on this machine"
        );
        assert_eq!(
            options("{ issuer: 'https://id.example.com' }").unwrap_err(),
            "tenant.yaml:1:61: the key \"client_id\" is missing beside the issuer"
        );
    }

    #[test]
    fn a_databases_options_are_those_of_auth0() {
        let database = |options: &str| {
            let text = format!("databases:\n  - {{ name: D, options: {{ {options} }} }}\n");
            parsed(&text).unwrap().connections[0].database
        };
        assert_eq!(database(""), Database::default());
        assert_eq!(
            database(
                "disable_signup: true, requires_username: true, passwordPolicy: good, brute_force_protection: true"
            ),
            Database {
                sign_up: false,
                usernames: Some(Usernames { min: 1, max: 15 }),
                passwords: PasswordPolicy { level: PasswordLevel::Good, min_length: None },
            }
        );
        let strict = database(
            "requires_username: true, validation: { username: { min: 3, max: 20 } }, \
             password_complexity_options: { min_length: 12 }",
        );
        assert_eq!(strict.usernames, Some(Usernames { min: 3, max: 20 }));
        assert_eq!(strict.passwords.min_length, Some(12));
    }

    #[test]
    fn a_missing_client_id_is_the_same_at_every_start() {
        let id = derived_client_id("Portal");
        assert_eq!(id.len(), 32);
        assert_eq!(parsed(REAL).unwrap().clients[0].client_id, id);
    }

    #[test]
    fn an_empty_file_is_an_empty_tenant() {
        assert!(parsed("{}").unwrap().clients.is_empty());
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_place() {
        assert_eq!(refusal("client: []\n"), "tenant.yaml:1:1: unknown key \"client\"");
        assert_eq!(
            refusal("clients:\n  - name: A\n    callback: []\n"),
            "tenant.yaml:3:5: unknown key \"callback\""
        );
        assert_eq!(refusal("tenant:\n  session_life: 3\n"), "tenant.yaml:2:3: unknown key \"session_life\"");
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        assert_eq!(
            refusal("clients: []\nclients: []\n"),
            "tenant.yaml:2:1: the key \"clients\" stands twice"
        );
    }

    #[test]
    fn a_missing_key_is_refused() {
        assert_eq!(refusal("clients:\n  - app_type: spa\n"), "tenant.yaml:2:5: the key \"name\" is missing");
        assert_eq!(
            refusal("connections:\n  - name: x\n"),
            "tenant.yaml:2:11: the key \"strategy\" is missing"
        );
    }

    #[test]
    fn a_wrong_value_is_refused_with_what_would_be_right() {
        assert_eq!(
            refusal("clients:\n  - name: A\n    app_type: web\n"),
            "tenant.yaml:3:15: \"web\" is none of spa, native, regular_web, non_interactive"
        );
        assert_eq!(
            refusal("databases:\n  - name: D\n    strategy: samlp\n"),
            "tenant.yaml:3:15: the strategy of a database is \"auth0\""
        );
        assert_eq!(
            refusal("connections:\n  - name: D\n    strategy: gogle\n"),
            "tenant.yaml:3:15: unknown strategy \"gogle\""
        );
        assert_eq!(
            refusal("tenant:\n  session_lifetime: -1\n"),
            "tenant.yaml:2:21: a lifetime of -1 hours cannot be"
        );
        assert_eq!(
            refusal("tenant:\n  default_redirection_uri: javascript:alert(1)\n"),
            "tenant.yaml:2:28: this is no address with http or https"
        );
    }

    #[test]
    fn no_refusal_repeats_what_may_be_a_secret() {
        for text in [
            "tenant: { flags: { enable_sso: hunter2 } }",
            "tenant: hunter2",
            "clients: [hunter2]",
            "clients: [{ name: A, client_secret: [hunter2] }]",
            "connections: [{ name: A, strategy: oidc, options: hunter2 }]",
        ] {
            let refusal = refusal(text);
            assert!(!refusal.contains("hunter2"), "{refusal}");
        }
    }

    #[test]
    fn a_client_that_does_not_exist_is_refused_where_it_is_named() {
        assert_eq!(
            refusal("clientGrants:\n  - client_id: Ghost\n    audience: https://a.example.com/\n"),
            "tenant.yaml:2:16: no client has the name or id \"Ghost\""
        );
        assert_eq!(
            refusal("connections:\n  - name: github\n    strategy: github\n    enabled_clients: [Ghost]\n"),
            "tenant.yaml:4:23: no client has the name or id \"Ghost\""
        );
    }

    #[test]
    fn contradictions_are_refused_where_they_stand() {
        assert_eq!(
            refusal(
                "clients:\n  - {name: A, client_id: x, app_type: spa}\n  - {name: B, client_id: x, app_type: spa}\n"
            ),
            "tenant.yaml:3:26: two clients have the id \"x\""
        );
        assert_eq!(
            refusal("clients:\n  - {name: A, app_type: regular_web}\n"),
            "tenant.yaml:2:12: client \"A\" proves itself with a secret, but has none"
        );
        assert_eq!(
            refusal("connections:\n  - {name: x, strategy: github}\n  - {name: x, strategy: github}\n"),
            "tenant.yaml:3:12: two connections have the name \"x\""
        );
    }

    #[test]
    fn broken_yaml_is_refused_with_its_place() {
        assert!(refusal("clients:\n  - name: [\n").starts_with("tenant.yaml:"));
    }
}
