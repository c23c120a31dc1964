//! Tests of the tenant file.

use tenant::configuration::{
    ApiAccess, ApplicationType, BackchannelLogout, Client, ClientAuthentication, Database, GrantSubject,
    GrantedScopes, Initiators, PasswordLevel, PasswordPolicy, Permission, PersonalWords, RefreshTokens,
    Usernames,
};

use super::clients::derived_client_id;
use super::*;
use crate::seed::notices;

fn parsed(text: &str) -> Result<TenantFile, String> {
    parse("tenant.yaml", text, &Keywords::new(&|_| None), &[]).map_err(|error| error.to_string())
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
linkedAccounts: { identity_claim: https://acme.example.com/in_use, faults: true, verified_email_to_link: true, link_proof_max_age: 90, fresh_sign_in: 900 }
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
    assert!(file.parts.options.faults);
    assert_eq!(file.parts.options.verified_email_to_link, VerifiedEmailToLink::Everybody);
    assert_eq!(file.parts.options.link_proof_max_age, std::time::Duration::from_secs(90));
    assert_eq!(file.parts.options.fresh_sign_in, Some(std::time::Duration::from_mins(15)));
    assert_eq!(file.parts.grants[0].client_id, "nightly");
    assert_eq!(
        file.parts.grants[0].scopes,
        GrantedScopes::Listed(model::Scopes::parse("read:users update:users"))
    );
}

/// Returns the notices about a file as sentences.
fn notices_of(text: &str) -> Vec<String> {
    notices::sentences("tenant.yaml", &parsed(text).unwrap().notices)
}

#[test]
fn ignored_keys_are_named_in_one_notice() {
    assert_eq!(
        notices_of(REAL),
        ["tenant.yaml: ignored, because this tenant has no use for it: clients.refresh_token.policies, \
          connections.options.signInEndpoint, rules, tenant.flags.enable_sso, tenant.support_email"]
    );
}

#[test]
fn keys_of_later_versions_are_named_and_do_not_stop_the_start() {
    let text = "
include: { connections: [google-oauth2] }
newSection: [1, { 2: x, ~: y }]
tenant: { session_lifetime_in_minutes: 600, security_headers: {}, session_lifetimes_of_agents: { a: [null] } }
clients:
  - { name: Shop, app_type: spa, jwks_uri: https://a.example.com/jwks, fedcm_login: {}, hologram: 3.5 }
databases: [{ name: D, options: { anything: true } }]
resourceServers: [{ identifier: https://a.example.com/, hologram: no }]
";
    assert_eq!(
        notices_of(text),
        [
            "tenant.yaml: ignored, because this tenant has no use for it: clients.fedcm_login, clients.jwks_uri, \
          databases.options.anything, include, tenant.security_headers, tenant.session_lifetime_in_minutes; \
          ignored, because this version does not know it: clients.hologram (tenant.yaml:6:89), newSection \
          (tenant.yaml:3:1), resourceServers.hologram (tenant.yaml:8:57), \
          tenant.session_lifetimes_of_agents (tenant.yaml:4:67)"
        ]
    );
}

#[test]
fn what_makes_a_tenant_safer_is_a_notice_of_its_own() {
    let text = "
guardianPolicies: { policies: [all-applications] }
networkACLs: [{ description: a, active: true, rule: { action: { block: true } } }]
attackProtection: { breachedPasswordDetection: { enabled: true }, botDetection: { challenge_password_policy: never } }
triggers: { post-login: [{ action_name: Deny }], send-phone-message: [] }
rules: [{ name: a, enabled: false }]
clients:
  - { name: Partner, app_type: spa, is_first_party: false, organization_usage: require }
  - { name: Shop, app_type: spa, is_first_party: true, organization_usage: allow }
databases: [{ name: D, options: { password_history: { enable: true }, password_dictionary: { enable: false } } }]
resourceServers: [{ identifier: https://a.example.com/, proof_of_possession: { required: true } }]
";
    let file = parsed(text).unwrap();
    let keys: Vec<&str> = file
        .notices
        .iter()
        .filter(|notice| matches!(notice, Notice::Unsafe { .. }))
        .filter_map(Notice::key)
        .collect();
    assert_eq!(
        keys,
        [
            "guardianPolicies",
            "networkACLs",
            "attackProtection.breachedPasswordDetection",
            "triggers.post-login",
            "clients.organization_usage",
            "databases.options.password_history",
            "resourceServers.proof_of_possession",
        ]
    );
    let sentences = notices::sentences("tenant.yaml", &file.notices);
    assert!(
        sentences.contains(
            &"tenant.yaml:2:1: the key guardianPolicies is ignored: nobody is asked for a second factor"
                .to_owned()
        )
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
}

#[test]
fn a_provider_that_the_tenant_cannot_be_a_client_of_is_played_by_a_stand_in() {
    for (options, because) in [
        ("{ issuer: 'https://id.example.com' }", "the key \"client_id\" is missing beside the issuer"),
        (
            "{ issuer: 'https://id.example.com', client_id: a, token_endpoint_auth_method: private_key_jwt }",
            "its provider wants a signature (private_key_jwt)",
        ),
        (
            "{ token_endpoint_auth_method: private_key_jwt }",
            "its provider wants a signature (private_key_jwt)",
        ),
    ] {
        let text = format!("connections: [{{ name: x, strategy: oidc, options: {options} }}]");
        assert!(parsed(&text).unwrap().parts.connections[0].upstream.is_none());
        let notices = notices_of(&text);
        assert!(
            notices[0].ends_with(&format!("the connection \"x\" is served by a stand-in, because {because}")),
            "{notices:?}"
        );
    }
}

#[test]
fn the_options_of_a_database_are_those_of_auth0() {
    let database = |options: &str| {
        let text = format!("databases:\n  - {{ name: D, options: {{ {options} }} }}\n");
        parsed(&text).unwrap().parts.connections[0].database.clone()
    };
    assert_eq!(database(""), Database::default());
    assert_eq!(
        database(
            "disable_signup: true, requires_username: true, passwordPolicy: good, brute_force_protection: true"
        ),
        Database {
            sign_up: false,
            usernames: Some(Usernames { min: 1, max: 15 }),
            passwords: PasswordPolicy {
                level: PasswordLevel::Good,
                min_length: None,
                ..PasswordPolicy::default()
            },
        }
    );
    let strict = database(
        "requires_username: true, validation: { username: { min: 3, max: 20 } }, \
         password_complexity_options: { min_length: 12 }",
    );
    assert_eq!(strict.usernames, Some(Usernames { min: 3, max: 20 }));
    assert_eq!(strict.passwords.min_length, Some(12));
    let off = database(
        "password_dictionary: { enable: false, dictionary: [x] }, password_no_personal_info: { enable: false }",
    );
    assert_eq!((off.passwords.dictionary, off.passwords.personal_words), (None, PersonalWords::Accepted));
    let on = database(
        "password_dictionary: { enable: true, dictionary: [Acme] }, password_no_personal_info: { enable: true }",
    );
    assert_eq!(on.passwords.dictionary, Some(vec!["Acme".to_owned()]));
    assert_eq!(on.passwords.personal_words, PersonalWords::NotContained);
    let unsaid = database("password_dictionary: { dictionary: [Acme] }, password_no_personal_info: {}");
    assert_eq!(unsaid.passwords.dictionary, Some(vec!["Acme".to_owned()]));
    assert_eq!(unsaid.passwords.personal_words, PersonalWords::NotAlone);
}

#[test]
fn a_missing_client_id_is_derived_from_the_name() {
    let id = derived_client_id("Portal", &[]);
    assert_eq!(id.len(), 32);
    assert_eq!(parsed(REAL).unwrap().parts.clients[0].client_id, id);
}

#[test]
fn an_empty_file_is_an_empty_tenant() {
    assert!(parsed("{}").unwrap().parts.clients.is_empty());
}

#[test]
fn a_misspelt_key_is_refused_with_its_place_unless_it_is_accepted() {
    assert_eq!(
        error_of("client: []\n"),
        "tenant.yaml:1:1: unknown key \"client\"; did you mean \"clients\"?"
    );
    assert_eq!(
        error_of("clients:\n  - name: A\n    callbacks: []\n    callback: []\n"),
        "tenant.yaml:4:5: unknown key \"callback\"; did you mean \"callbacks\"?"
    );
    assert_eq!(
        error_of("resourceServers:\n  - identifer: x\n"),
        "tenant.yaml:2:5: unknown key \"identifer\"; did you mean \"identifier\"?"
    );
    assert_eq!(error_of("linkedAccounts: { fault: true }\n"), "tenant.yaml:1:19: unknown key \"fault\"");
    let accepted = parse("tenant.yaml", "client: []\n", &Keywords::new(&|_| None), &["client".to_owned()]);
    assert!(matches!(&accepted.unwrap().notices[..], [Notice::Unknown { meant: Some("clients"), .. }]));
}

#[test]
fn a_key_that_is_given_twice_is_refused() {
    assert_eq!(error_of("clients: []\nclients: []\n"), "tenant.yaml:2:1: the key \"clients\" is given twice");
}

#[test]
fn a_missing_key_is_refused() {
    assert_eq!(error_of("clients:\n  - app_type: spa\n"), "tenant.yaml:2:5: the key \"name\" is missing");
    assert_eq!(error_of("connections:\n  - name: x\n"), "tenant.yaml:2:11: the key \"strategy\" is missing");
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
        error_of("connections:\n  - name: D\n    strategy: githb\n"),
        "tenant.yaml:3:15: unknown strategy \"githb\"; did you mean \"github\"?"
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
        "tenant: { flags: { enable_idtoken_api2: hunter2 } }",
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
fn a_client_that_does_not_exist_is_left_out_where_it_is_named() {
    let text = "
clients: [{ name: Portal, client_id: portal, app_type: spa }]
clientGrants: [{ client_id: Ghost, audience: https://a.example.com/ }]
connections: [{ name: github, strategy: github, enabled_clients: [Ghost, Portal, 8f0JqVtLkE1u2W3x] }]
";
    let file = parsed(text).unwrap();
    assert!(file.parts.grants.is_empty());
    assert_eq!(file.parts.connections[0].enabled_clients.as_deref(), Some(&["portal".to_owned()][..]));
    assert_eq!(
        notices_of(text),
        [
            "tenant.yaml:4:67: no client has the name or id \"Ghost\", so that it is left out here",
            "tenant.yaml:4:82: no client has the name or id \"8f0JqVtLkE1u2W3x\", so that it is left out here",
            "tenant.yaml:3:29: no client has the name or id \"Ghost\", so that it is left out here",
        ]
    );
    assert_eq!(
        notices_of(
            "clients: [{ name: App2, app_type: spa }]\nclientGrants: [{ client_id: App5, audience: a }]\n"
        ),
        [
            "tenant.yaml:2:29: no client has the name or id \"App5\" (did you mean \"App2\"?), so that it is left out here"
        ]
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

#[test]
fn an_export_without_secrets_starts_with_the_clients_that_lack_one() {
    let file = parsed(
        "
clients:
  - { name: Default App, callbacks: [''], grant_types: [authorization_code, implicit, client_credentials] }
  - { name: Night job, app_type: non_interactive, token_endpoint_auth_method: client_secret_post }
  - { name: Wiki, app_type: sso_integration, client_secret: x }
  - { name: Vault, app_type: regular_web, client_authentication_methods: { private_key_jwt: { credentials: [{ name: k }] } } }
",
    )
    .unwrap();
    let lacking: Vec<bool> = file.parts.clients.iter().map(Client::lacks_secret).collect();
    assert_eq!(lacking, [true, true, false, false]);
    assert_eq!(file.derived_client_ids.len(), 4);
    assert!(file.parts.clients[0].callbacks.is_empty());
    let sentences = notices::sentences("tenant.yaml", &file.notices);
    assert_eq!(
        sentences,
        [
            "tenant.yaml: ignored, because this tenant has no use for it: \
             clients.client_authentication_methods.private_key_jwt.credentials.name",
            "tenant.yaml:5:29: client \"Wiki\" is of the type \"sso_integration\", which is of no use here",
            "tenant.yaml:6:13: client \"Vault\" authenticates with a key, which the file does not have, so that it \
             cannot: add its public key as client_authentication_methods.private_key_jwt.credentials[].pem",
        ]
    );
}

#[test]
fn apis_roles_and_grants_are_those_of_the_file() {
    let file = parsed(
        "
clients: [{ name: Job, app_type: non_interactive, client_id: job, client_secret: x, jwt_configuration: { alg: HS256, lifetime_in_seconds: 60 } }]
resourceServers:
  - name: Orders
    identifier: https://api.example.com/
    scopes: [{ value: 'read:orders', description: Read orders }, { value: 'write:orders' }]
    token_lifetime: 600
    token_lifetime_for_web: 60
    allow_offline_access: true
    signing_alg: HS256
    enforce_policies: true
    token_dialect: access_token_authz
    skip_consent_for_verifiable_first_party_clients: true
    subject_type_authorization: { user: { policy: require_client_grant }, client: { policy: deny_all } }
roles:
  - name: Clerk
    description: ''
    permissions: [{ permission_name: 'read:orders', resource_server_identifier: https://api.example.com/ }]
clientGrants:
  - { client_id: Job, audience: https://acme.eu.auth0.com/api/v2/, allow_all_scopes: true }
  - { client_id: Job, audience: https://api.example.com/, subject_type: user, scope: ['read:orders'] }
  - { default_for: third_party_clients, audience: https://api.example.com/, scope: [] }
",
    )
    .unwrap();
    let api = &file.parts.apis[0];
    assert_eq!((api.name.as_str(), api.identifier.as_str()), ("Orders", "https://api.example.com/"));
    assert_eq!(api.scopes.len(), 2);
    assert_eq!((api.token_lifetime.as_secs(), api.token_lifetime_for_web.as_secs()), (600, 60));
    assert!(api.allow_offline_access && api.enforce_policies && api.permissions_in_token && api.skip_consent);
    assert_eq!((api.user_access, api.client_access), (ApiAccess::RequireClientGrant, ApiAccess::DenyAll));
    let permission = Permission { api: api.identifier.clone(), scope: model::Scope::new("read:orders") };
    assert_eq!(file.parts.roles[0].permissions, [permission]);
    let [management, orders] = &file.parts.grants[..] else { panic!("two grants") };
    assert_eq!((&management.scopes, management.subject), (&GrantedScopes::All, GrantSubject::Client));
    assert_eq!(orders.subject, GrantSubject::User);
    assert_eq!(file.parts.clients[0].id_token_lifetime, Duration::from_mins(1));
    assert_eq!(
        notices::sentences("tenant.yaml", &file.notices),
        [
            "tenant.yaml:2:111: ID tokens of client \"Job\" are signed with RS256, not with HS256",
            "tenant.yaml:10:18: access tokens for \"https://api.example.com/\" are signed with RS256, not with HS256",
            "tenant.yaml:22:5: the default grant of third_party_clients for \"https://api.example.com/\" is left \
             out: this tenant has no such clients",
        ]
    );
}

#[test]
fn a_keyword_without_a_value_is_refused_only_where_it_is_read() {
    let text = "
emailProvider: { credentials: { api_key: '##API_KEY##' }, ports: @@PORTS@@ }
clients: [{ name: Shop, app_type: spa }]
connections: [{ name: sms, strategy: sms, options: { template: 'code @@password@@' } }]
";
    let notices = notices_of(text);
    assert_eq!(notices.len(), 3, "{notices:?}");
    assert!(
        notices[1].starts_with("tenant.yaml:2:1: the keyword \"API_KEY\" has no value; set"),
        "{notices:?}"
    );
    assert!(notices[1].ends_with("(in \"emailProvider\", which is ignored)"), "{notices:?}");
    let social =
        "connections: [{ name: g, strategy: google-oauth2, options: { client_id: ##K##, scope: { a: 1 } } }]";
    let notices = notices_of(social);
    assert!(
        notices[0].contains("\"g\" is served by a stand-in, because the keyword \"K\" has"),
        "{notices:?}"
    );
    let value = "the environment variable K, or give it under AUTH0_KEYWORD_REPLACE_MAPPINGS in a file for --keywords";
    for (text, place) in [
        ("clients:\n  - name: ##K##\n", "2:11"),
        ("clients:\n  - name: a\n    callbacks: @@K@@\n", "3:16"),
        ("clients:\n  - name: a\n    callbacks: ['https://##K##/callback']\n", "3:17"),
        ("clients:\n  - name: a\n    is_first_party: @@K@@\n", "3:21"),
        ("clients:\n  - name: a\n    app_type: '##K##'\n", "3:15"),
        ("tenant:\n  session_lifetime: ##K##\n", "2:21"),
    ] {
        assert_eq!(
            error_of(text),
            format!("tenant.yaml:{place}: the keyword \"K\" has no value; set {value}")
        );
    }
}

#[test]
fn the_directory_format_describes_the_same_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "tenant.json",
        r###"{ "friendly_name": "##NAME##", "session_lifetime": 168, "support_email": "a@b.c" }"###,
    );
    write("clients/Shop.json", r#"{ "name": "Shop", "app_type": "spa", "callbacks": @@CALLBACKS@@ }"#);
    write("clients/Job.json", r#"{ "name": "Job", "app_type": "non_interactive" }"#);
    write("database-connections/Users/database.json", r#"{ "name": "Users", "strategy": "auth0" }"#);
    write("database-connections/Users/login.js", "function login() {}");
    write(
        "connections/github.json",
        r#"{ "name": "github", "strategy": "github", "enabled_clients": ["Shop"] }"#,
    );
    write("connections/email.html", "<p>");
    write(
        "grants/Job-api.json",
        r#"{ "client_id": "Job", "audience": "https://a.example.com/", "scope": ["x"] }"#,
    );
    write("resource-servers/Orders.json", r#"{ "name": "Orders", "identifier": "https://a.example.com/" }"#);
    write("roles/Clerk.json", r#"{ "name": "Clerk", "permissions": [] }"#);
    write("guardian/policies.json", r#"{ "policies": ["all-applications"] }"#);
    write("attack-protection/breached-password-detection.json", r#"{ "enabled": true }"#);
    write("rules/broken.json", "{");
    let variable = |key: &str| match key {
        "NAME" => Some("Acme".to_owned()),
        "CALLBACKS" => Some(r#"["https://shop.example.com/callback"]"#.to_owned()),
        _ => None,
    };
    let keywords = Keywords::new(&variable);
    for path in [folder.path().to_owned(), folder.path().join("tenant.json")] {
        let file = read(&path, &keywords, &[]).unwrap();
        assert_eq!(file.parts.options.friendly_name, "Acme");
        assert_eq!(
            file.parts.clients.iter().map(|client| &client.name[..]).collect::<Vec<_>>(),
            ["Job", "Shop"]
        );
        assert_eq!(file.parts.clients[1].callbacks, ["https://shop.example.com/callback"]);
        assert_eq!(file.parts.connections.len(), 2);
        assert_eq!((file.parts.apis.len(), file.parts.roles.len(), file.parts.grants.len()), (1, 1, 1));
        let unsafe_keys: Vec<&str> = file
            .notices
            .iter()
            .filter(|notice| matches!(notice, Notice::Unsafe { .. }))
            .filter_map(Notice::key)
            .collect();
        assert_eq!(unsafe_keys, ["attackProtection.breachedPasswordDetection", "guardianPolicies", "rules"]);
    }
    let wrong = folder.path().join("clients/Job.json");
    std::fs::write(&wrong, "{\n  \"name\": [] }").unwrap();
    let error = read(folder.path(), &keywords, &[]).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}:2:11: ", wrong.display())), "{error}");
    let empty = tempfile::tempdir().unwrap();
    let error = read(empty.path(), &keywords, &[]).unwrap_err().to_string();
    assert!(error.ends_with("this folder has no tenant.json and no folder \"clients\""), "{error}");
}

#[test]
fn an_address_that_matches_no_request_is_named() {
    let text = "
clients:
  - name: Shop
    app_type: spa
    callbacks: ['https://*.shop.example.com/cb', 'https://{organization_name}.example.com/cb', 'https://a.*.com/cb']
";
    let named = notices_of(text);
    let named: Vec<_> = named.iter().filter(|text| text.contains("matches no request")).collect();
    assert_eq!(named.len(), 2, "{named:?}");
    assert!(
        named[0].starts_with(
            "tenant.yaml:3:11: \"https://{organization_name}.example.com/cb\" of client \"Shop\""
        )
    );
}

#[test]
fn clients_of_one_name_are_told_apart() {
    let text = "
clients: [{ name: My App, app_type: non_interactive }, { name: My App, app_type: regular_web }]
clientGrants: [{ client_id: My App, audience: https://a.example.com/ }]
";
    let parts = parsed(text).unwrap().parts;
    assert_ne!(parts.clients[0].client_id, parts.clients[1].client_id);
    assert_eq!(parts.grants[0].client_id, parts.clients[0].client_id);
}

#[test]
fn user_names_may_stand_in_the_attributes_of_a_database() {
    let text =
        "databases: [{ name: D, options: { attributes: { username: { identifier: { active: true } } } } }]";
    assert_eq!(
        parsed(text).unwrap().parts.connections[0].database.usernames,
        Some(Usernames { min: 1, max: 15 })
    );
}

#[test]
fn linking_asks_for_verified_addresses_of_databases_unless_a_key_says_otherwise_with_a_notice() {
    for (text, expected, notices) in [
        ("clients: []", VerifiedEmailToLink::Databases, 0),
        ("linkedAccounts: { faults: true }", VerifiedEmailToLink::Databases, 0),
        ("linkedAccounts: { verified_email_to_link: true }", VerifiedEmailToLink::Everybody, 0),
        ("linkedAccounts: { verified_email_to_link: false }", VerifiedEmailToLink::Nobody, 1),
    ] {
        let file = parsed(text).unwrap();
        assert_eq!(
            (file.parts.options.verified_email_to_link, file.notices.len()),
            (expected, notices),
            "{text}"
        );
    }
}

#[test]
fn an_application_is_told_of_ends_of_sessions_at_one_safe_address() {
    let client = |keys: &str| format!("clients: [{{ name: A, {keys} }}]");
    let told = |keys: &str| parsed(&client(keys)).unwrap().parts.clients[0].backchannel_logout.clone();
    let url = Some("https://a.example.com/out".to_owned());
    assert_eq!(told("app_type: spa").url, None);
    for section in ["oidc_logout", "oidc_backchannel_logout"] {
        let logout =
            told(&format!("{section}: {{ backchannel_logout_urls: ['https://a.example.com/out'] }}"));
        assert_eq!(logout, BackchannelLogout { url: url.clone(), initiators: Initiators::default() });
    }
    let with = |initiators: &str| {
        format!(
            "oidc_logout: {{ backchannel_logout_urls: ['https://a.example.com/out'], \
             backchannel_logout_initiators: {initiators} }}"
        )
    };
    assert_eq!(told(&with("{ mode: all }")).initiators, Initiators::All);
    let some = with("{ mode: custom, selected_initiators: [rp-logout, password-changed, session-expired] }");
    let names = ["rp-logout", "password-changed", "session-expired"].map(str::to_owned).to_vec();
    assert_eq!(told(&some).initiators, Initiators::Selected(names));
    let notices = notices_of(&client(&some));
    assert!(notices.iter().any(|notice| notice.contains("\"session-expired\"")), "{notices:?}");
    for urls in
        ["['http://a.example.com/']", "['ftp://a']", "['a']", "['https://a.test/', 'https://b.test/']"]
    {
        let text = client(&format!("oidc_logout: {{ backchannel_logout_urls: {urls} }}"));
        assert!(error_of(&text).starts_with("tenant.yaml:1:"), "{urls}: {}", error_of(&text));
    }
}
