//! The tenant file: a tenant in the keys of Auth0's Deploy CLI, so that one file describes a real tenant and
//! the local one.
//!
//! Keys that Auth0 knows and this tenant has no use for are ignored and reported; any other unknown key is
//! refused. What Auth0 does not have is written under `linkedAccounts`, and as `pinned` on connections.

mod clients;
mod connections;
mod error;
mod schema;

use std::collections::BTreeSet;
use std::time::Duration;

use model::Scope;
use serde_saphyr::Spanned;
use tenant::configuration::{ClientGrant, Options, Parts};

use self::clients::{check_clients, resolve};
use self::connections::check_names;
use self::error::{Misplaced, invalid, unreadable};
use self::schema::{LinkedAccountsSection, Sections, TenantSection};
use super::error::InvalidSeedFile;
use super::keywords;

/// A tenant as its file describes it.
#[derive(Debug)]
pub struct TenantFile {
    /// The parts of its configuration. Options that only a demo has are left at their defaults; the connections are the
    /// databases first, then the others, each in the order of the file.
    pub parts: Parts,
    /// The keys that were ignored, such as `rules` or `clients.refresh_token.policies`.
    pub ignored: BTreeSet<String>,
}

/// Parses a tenant file.
///
/// `file` is its path for error messages. `value_of` returns the value of a keyword (`##KEY##`, `@@KEY@@`).
///
/// # Errors
/// The first mistake, with line and column.
pub fn parse(
    file: &str,
    text: &str,
    value_of: &dyn Fn(&str) -> Option<String>,
) -> Result<TenantFile, InvalidSeedFile> {
    let text = keywords::replace(file, text, value_of)?;
    let sections: Sections = serde_saphyr::from_str(&text).map_err(|error| unreadable(file, &error))?;
    read(sections).map_err(|misplaced| invalid(file, misplaced))
}

/// Checks the sections and returns the tenant.
///
/// # Errors
/// The place of the first mistake.
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
    sections.linkedAccounts.apply_to(&mut options);

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
        let scopes = entry.scope.unwrap_or_default().into_iter().map(Scope::new).collect();
        grants.push(ClientGrant::new(&resolve(&entry.client_id, &clients)?, &entry.audience, scopes));
    }

    check_clients(&clients)?;
    check_names(&connections)?;
    let clients = clients.into_iter().map(|(_, client)| client).collect();
    let connections = connections.into_iter().map(|(_, connection)| connection).collect();
    let parts = Parts { options, clients, connections, grants, ..Parts::default() };
    Ok(TenantFile { parts, ignored })
}

impl TenantSection {
    /// Returns the options of the tenant. Lifetimes are in hours.
    ///
    /// # Errors
    /// The place of a value that is not valid.
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
    /// Sets the options of this section.
    fn apply_to(self, options: &mut Options) {
        if let Some(name) = self.identity_claim {
            options.identity_claim = name;
        }
        options.verified_email_to_link = self.verified_email_to_link;
        options.faults = self.faults;
    }
}

/// Returns an http or https URL; an empty text counts as absent.
///
/// # Errors
/// The place of any other text.
fn web_address(text: Spanned<String>) -> Result<Option<String>, Misplaced> {
    let is_web = |text: &str| text.starts_with("https://") || text.starts_with("http://");
    match text.value {
        empty if empty.is_empty() => Ok(None),
        address if is_web(&address) => Ok(Some(address)),
        _ => Err((text.referenced, "not an http or https URL".to_owned())),
    }
}

/// Returns a lifetime given in hours, which may be a fraction.
///
/// # Errors
/// The place of a lifetime that is not positive.
fn hours(value: Option<Spanned<f64>>, default: Duration) -> Result<Duration, Misplaced> {
    let Some(hours) = value else { return Ok(default) };
    Duration::try_from_secs_f64(hours.value * 3600.0).ok().filter(|lifetime| !lifetime.is_zero()).ok_or_else(
        || (hours.referenced, format!("a lifetime must be more than 0 hours, not {}", hours.value)),
    )
}

#[cfg(test)]
mod tests {
    use tenant::configuration::{
        ApplicationType, ClientAuthentication, Database, GrantedScopes, PasswordLevel, PasswordPolicy,
        RefreshTokens, Usernames,
    };

    use super::clients::derived_client_id;
    use super::*;

    fn parsed(text: &str) -> Result<TenantFile, String> {
        parse("tenant.yaml", text, &|_| None).map_err(|error| error.to_string())
    }

    fn error_of(text: &str) -> String {
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
        assert_eq!(file.parts.options.friendly_name, "Acme");
        assert_eq!(file.parts.options.session_lifetime, Duration::from_hours(168));
        assert_eq!(file.parts.options.idle_session_lifetime, Duration::from_mins(30));
        assert_eq!(file.parts.options.default_audience, None);
        assert!(file.parts.options.end_session_discovery && file.parts.options.id_token_bearer);
        let [portal, nightly] = &file.parts.clients[..] else { panic!("two clients") };
        assert_eq!(portal.application_type, ApplicationType::SinglePage);
        assert_eq!(portal.home_url().as_deref(), Some("https://portal.example.com/login"));
        assert_eq!(file.parts.options.default_redirection_uri.as_deref(), Some("https://acme.example.com"));
        assert_eq!(portal.authentication, ClientAuthentication::None);
        assert_eq!(portal.grant_types, ["authorization_code", "refresh_token"]);
        assert_eq!(portal.refresh_tokens.leeway, Duration::from_secs(3));
        assert_eq!(portal.refresh_tokens.lifetime, Some(Duration::from_hours(1)));
        assert_eq!(nightly.refresh_tokens, RefreshTokens::default());
        assert_eq!(nightly.authentication, ClientAuthentication::SecretPost);
        assert_eq!(nightly.grant_types, ["client_credentials"]);
        let [database, saml] = &file.parts.connections[..] else { panic!("two connections") };
        assert!(database.is_database());
        assert_eq!(database.enabled_clients.as_deref(), Some(&[portal.client_id.clone()][..]));
        assert_eq!(saml.label(), "Acme Corp");
        assert!(saml.pinned && !database.pinned);
        assert_eq!(file.parts.options.identity_claim, "https://acme.example.com/in_use");
        assert!(file.parts.options.faults && file.parts.options.verified_email_to_link);
        assert_eq!(file.parts.grants[0].client_id, "nightly");
        assert_eq!(
            file.parts.grants[0].scopes,
            GrantedScopes::Listed(model::Scopes::parse("read:users update:users"))
        );
    }

    #[test]
    fn ignored_keys_are_reported() {
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
            parsed(&text).map(|file| file.parts.connections[0].upstream.clone())
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
            "tenant.yaml:1:61: an issuer must be an https URL, or an http URL of this machine"
        );
        assert_eq!(
            options("{ issuer: 'https://id.example.com' }").unwrap_err(),
            "tenant.yaml:1:61: an issuer requires the key \"client_id\""
        );
    }

    #[test]
    fn the_options_of_a_database_are_those_of_auth0() {
        let database = |options: &str| {
            let text = format!("databases:\n  - {{ name: D, options: {{ {options} }} }}\n");
            parsed(&text).unwrap().parts.connections[0].database
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
    fn a_missing_client_id_is_derived_from_the_name() {
        let id = derived_client_id("Portal");
        assert_eq!(id.len(), 32);
        assert_eq!(parsed(REAL).unwrap().parts.clients[0].client_id, id);
    }

    #[test]
    fn an_empty_file_is_an_empty_tenant() {
        assert!(parsed("{}").unwrap().parts.clients.is_empty());
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_place() {
        assert_eq!(error_of("client: []\n"), "tenant.yaml:1:1: unknown key \"client\"");
        assert_eq!(
            error_of("clients:\n  - name: A\n    callback: []\n"),
            "tenant.yaml:3:5: unknown key \"callback\""
        );
        assert_eq!(error_of("tenant:\n  session_life: 3\n"), "tenant.yaml:2:3: unknown key \"session_life\"");
    }

    #[test]
    fn a_key_that_is_given_twice_is_refused() {
        assert_eq!(
            error_of("clients: []\nclients: []\n"),
            "tenant.yaml:2:1: the key \"clients\" is given twice"
        );
    }

    #[test]
    fn a_missing_key_is_refused() {
        assert_eq!(error_of("clients:\n  - app_type: spa\n"), "tenant.yaml:2:5: the key \"name\" is missing");
        assert_eq!(
            error_of("connections:\n  - name: x\n"),
            "tenant.yaml:2:11: the key \"strategy\" is missing"
        );
    }

    #[test]
    fn a_wrong_value_is_refused_with_what_is_expected() {
        assert_eq!(
            error_of("clients:\n  - name: A\n    app_type: web\n"),
            "tenant.yaml:3:15: \"web\" is not one of spa, native, regular_web, non_interactive"
        );
        assert_eq!(
            error_of("databases:\n  - name: D\n    strategy: samlp\n"),
            "tenant.yaml:3:15: the strategy of a database is \"auth0\""
        );
        assert_eq!(
            error_of("connections:\n  - name: D\n    strategy: gogle\n"),
            "tenant.yaml:3:15: unknown strategy \"gogle\""
        );
        assert_eq!(
            error_of("tenant:\n  session_lifetime: -1\n"),
            "tenant.yaml:2:21: a lifetime must be more than 0 hours, not -1"
        );
        assert_eq!(
            error_of("tenant:\n  default_redirection_uri: javascript:alert(1)\n"),
            "tenant.yaml:2:28: not an http or https URL"
        );
    }

    #[test]
    fn no_error_repeats_a_value_that_may_be_a_secret() {
        for text in [
            "tenant: { flags: { enable_sso: hunter2 } }",
            "tenant: hunter2",
            "clients: [hunter2]",
            "clients: [{ name: A, client_secret: [hunter2] }]",
            "connections: [{ name: A, strategy: oidc, options: hunter2 }]",
        ] {
            let error = error_of(text);
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_client_that_does_not_exist_is_refused_where_it_is_named() {
        assert_eq!(
            error_of("clientGrants:\n  - client_id: Ghost\n    audience: https://a.example.com/\n"),
            "tenant.yaml:2:16: no client has the name or id \"Ghost\""
        );
        assert_eq!(
            error_of("connections:\n  - name: github\n    strategy: github\n    enabled_clients: [Ghost]\n"),
            "tenant.yaml:4:23: no client has the name or id \"Ghost\""
        );
    }

    #[test]
    fn contradictions_are_refused_with_their_place() {
        assert_eq!(
            error_of(
                "clients:\n  - {name: A, client_id: x, app_type: spa}\n  - {name: B, client_id: x, app_type: spa}\n"
            ),
            "tenant.yaml:3:26: two clients have the id \"x\""
        );
        assert_eq!(
            error_of("connections:\n  - {name: x, strategy: github}\n  - {name: x, strategy: github}\n"),
            "tenant.yaml:3:12: two connections have the name \"x\""
        );
    }

    #[test]
    fn broken_yaml_is_refused_with_its_place() {
        assert!(error_of("clients:\n  - name: [\n").starts_with("tenant.yaml:"));
    }
}
