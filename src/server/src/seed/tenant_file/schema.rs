//! The sections of a tenant file that are read.

use std::num::NonZeroU32;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::section::{Section, Text, Unread, UnreadKey, section};

section! {
    /// The whole file.
    Sections {
        tenant: TenantSection,
        clients: Vec<Spanned<ClientEntry>>,
        databases: Vec<Spanned<DatabaseEntry>>,
        connections: Vec<Spanned<ConnectionEntry>>,
        client_grants = "clientGrants": Vec<Spanned<GrantEntry>>,
        resource_servers = "resourceServers": Vec<Spanned<ApiEntry>>,
        roles: Vec<Spanned<RoleEntry>>,
        linked_accounts = "linkedAccounts": LinkedAccountsSection,
    }
}

section! {
    TenantSection {
        friendly_name: Text,
        session_lifetime: Spanned<f64>,
        idle_session_lifetime: Spanned<f64>,
        default_audience: Text,
        allowed_logout_urls: Vec<Text>,
        default_redirection_uri: Spanned<Text>,
        flags: FlagsSection,
        oidc_logout: OidcLogoutSection,
    }
}

section! {
    OidcLogoutSection {
        rp_logout_end_session_endpoint_discovery: bool,
    }
}

section! {
    /// The flags of a tenant. Auth0 has dozens of them and adds more.
    FlagsSection {
        enable_idtoken_api2: bool,
    }
}

/// The options that Auth0 does not have. Unlike the others, this section has no keys that are not read.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkedAccountsSection {
    /// The name of the ID token claim that names the identity in use.
    #[serde(default)]
    pub(super) identity_claim: Option<Text>,
    /// Whether linking requires a verified e-mail address on both accounts: of all, or of none; by default of identities
    /// of databases.
    #[serde(default)]
    pub(super) verified_email_to_link: Option<bool>,
    /// How many seconds after a sign-in its ID token can link the account.
    #[serde(default)]
    pub(super) link_proof_max_age: Option<NonZeroU32>,
    /// How many seconds old the sign-in of a person may be who links or unlinks.
    #[serde(default)]
    pub(super) fresh_sign_in: Option<NonZeroU32>,
    /// Whether users can plan faults for their own requests.
    #[serde(default)]
    pub(super) faults: bool,
}

section! {
    ClientEntry {
        name: Spanned<Text>,
        client_id: Spanned<Text>,
        client_secret: Text,
        description: Text,
        app_type: Spanned<Text>,
        is_first_party: bool,
        token_endpoint_auth_method: ClientAuthMethod,
        client_authentication_methods: AuthenticationMethodsEntry,
        callbacks: Vec<Text>,
        allowed_logout_urls: Vec<Text>,
        initiate_login_uri: Text,
        oidc_logout: ClientLogoutEntry,
        oidc_backchannel_logout: ClientLogoutEntry,
        logo_uri: Text,
        web_origins: Vec<Text>,
        allowed_origins: Vec<Text>,
        grant_types: Vec<Text>,
        jwt_configuration: JwtEntry,
        refresh_token: RefreshTokenEntry,
        require_pushed_authorization_requests: bool,
        client_metadata: Unread,
    }
}

section! {
    /// Where an application is told that a session has ended.
    ClientLogoutEntry {
        backchannel_logout_urls: Vec<Spanned<Text>>,
        backchannel_logout_initiators: InitiatorsEntry,
    }
}

section! {
    InitiatorsEntry {
        mode: Text,
        selected_initiators: Vec<Spanned<Text>>,
    }
}

section! {
    AuthenticationMethodsEntry {
        private_key_jwt: CredentialsEntry,
    }
}

section! {
    CredentialsEntry {
        credentials: Vec<Spanned<CredentialEntry>>,
    }
}

section! {
    /// A public key. An export has its name and id only, because the Management API does not return the key.
    CredentialEntry {
        pem: Text,
        alg: Text,
        kid: Text,
        expires_at: Spanned<Text>,
    }
}

section! {
    JwtEntry {
        alg: Spanned<Text>,
        lifetime_in_seconds: u32,
    }
}

section! {
    RefreshTokenEntry {
        rotation_type: RotationType,
        expiration_type: ExpirationType,
        leeway: u32,
        token_lifetime: u32,
        idle_token_lifetime: u32,
        infinite_token_lifetime: bool,
        infinite_idle_token_lifetime: bool,
    }
}

section! {
    DatabaseEntry {
        name: Spanned<Text>,
        strategy: Spanned<Text>,
        display_name: Text,
        enabled_clients: Vec<Spanned<Text>>,
        pinned: bool,
        options: DatabaseOptions,
    }
}

section! {
    ConnectionEntry {
        name: Spanned<Text>,
        strategy: Spanned<Text>,
        display_name: Text,
        enabled_clients: Vec<Spanned<Text>>,
        pinned: bool,
        options: ProviderOptions,
    }
}

section! {
    /// The options of a connection to a provider. They are used with an issuer only, so that the others can have any
    /// type without one: Auth0 has dozens of options for each strategy.
    ProviderOptions {
        issuer: Spanned<Unread>,
        client_id: Spanned<Unread>,
        client_secret: Spanned<Unread>,
        scope: Spanned<Unread>,
        token_endpoint_auth_method: Spanned<Unread>,
    }
}

section! {
    DatabaseOptions {
        attributes: Unread,
        disable_signup: bool,
        requires_username: bool,
        validation: ValidationEntry,
        password_policy = "passwordPolicy": PasswordPolicyName,
        password_complexity_options: ComplexityEntry,
        password_dictionary: DictionaryEntry,
        password_no_personal_info: PersonalInfoEntry,
    }
}

section! {
    ValidationEntry {
        username: LengthEntry,
    }
}

section! {
    LengthEntry {
        min: usize,
        max: usize,
    }
}

section! {
    DictionaryEntry {
        enable: bool,
        dictionary: Vec<Text>,
    }
}

section! {
    PersonalInfoEntry {
        enable: bool,
    }
}

section! {
    ComplexityEntry {
        min_length: usize,
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PasswordPolicyName {
    None,
    Low,
    Fair,
    Good,
    Excellent,
}

section! {
    GrantEntry {
        client_id: Spanned<Text>,
        audience: Spanned<Text>,
        scope: Vec<Text>,
        allow_all_scopes: bool,
        subject_type: SubjectType,
        default_for: Text,
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SubjectType {
    Client,
    User,
}

section! {
    ApiEntry {
        identifier: Spanned<Text>,
        name: Text,
        is_system: bool,
        scopes: Vec<ScopeEntry>,
        token_lifetime: u32,
        token_lifetime_for_web: u32,
        allow_offline_access: bool,
        signing_alg: Spanned<Text>,
        enforce_policies: bool,
        token_dialect: TokenDialect,
        skip_consent = "skip_consent_for_verifiable_first_party_clients": bool,
        subject_type_authorization: SubjectTypeEntry,
    }
}

section! {
    ScopeEntry {
        value: Text,
        description: Text,
    }
}

section! {
    SubjectTypeEntry {
        user: PolicyEntry,
        client: PolicyEntry,
    }
}

section! {
    PolicyEntry {
        policy: AccessPolicy,
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AccessPolicy {
    AllowAll,
    RequireClientGrant,
    DenyAll,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TokenDialect {
    AccessToken,
    AccessTokenAuthz,
    #[serde(rename = "rfc9068_profile")]
    Rfc9068,
    #[serde(rename = "rfc9068_profile_authz")]
    Rfc9068Authz,
}

section! {
    RoleEntry {
        name: Spanned<Text>,
        description: Text,
        permissions: Vec<Spanned<PermissionEntry>>,
    }
}

section! {
    PermissionEntry {
        permission_name: Text,
        resource_server_identifier: Text,
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RotationType {
    Rotating,
    NonRotating,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ExpirationType {
    Expiring,
    NonExpiring,
}

/// How a client authenticates at the token endpoint. Auth0 has no other value; a client with a key has
/// `client_authentication_methods` in place of it.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ClientAuthMethod {
    None,
    ClientSecretPost,
    ClientSecretBasic,
}
