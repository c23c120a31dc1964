//! APIs (resource servers) that clients request access tokens for, and the roles that permit people to use them.

use std::time::Duration;

use model::{Scope, Scopes};

use super::identifier::derived_id;

/// An API of the tenant's owner: an audience of access tokens. The Management API is not among them; it belongs to the
/// tenant itself.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, as in Auth0's resource servers"
)]
pub struct Api {
    /// Its id, 24 hexadecimal digits.
    pub id: String,
    /// The identifier, which is the audience of its tokens. Any text; usually a URL.
    pub identifier: String,
    /// The name that people see.
    pub name: String,
    /// The scopes, which are also its permissions.
    pub scopes: Vec<ApiScope>,
    /// The lifetime of an access token.
    pub token_lifetime: Duration,
    /// The lifetime of an access token in the response of `/authorize` itself, which this tenant never issues (contract
    /// [G17](model::contract#g17)). Tokens by code and PKCE have [`Api::token_lifetime`], as at Auth0.
    pub token_lifetime_for_web: Duration,
    /// The form of an access token.
    pub token_dialect: TokenDialect,
    /// Whether a client can get a refresh token with its access token.
    pub allow_offline_access: bool,
    /// Whether a person gets only the scopes that a role or a direct permission grants.
    pub enforce_policies: bool,
    /// Whether the access token lists the person's permissions in the claim `permissions`. Needs `enforce_policies`.
    pub permissions_in_token: bool,
    /// Whether first-party applications are used without consent, wherever their callbacks are (contract
    /// [G20](model::contract#g20)).
    pub skip_consent: bool,
    /// Who can get a token on behalf of a person (`subject_type_authorization.user`).
    pub user_access: ApiAccess,
    /// Which client can get a token for itself (`subject_type_authorization.client`).
    pub client_access: ApiAccess,
}

impl Api {
    /// The lifetime of an access token of an API without one: a day, as at Auth0.
    pub const TOKEN_LIFETIME: Duration = Duration::from_hours(24);
    /// The same for a token in the response of `/authorize`: two hours.
    pub const TOKEN_LIFETIME_FOR_WEB: Duration = Duration::from_hours(2);

    /// Creates an API without scopes, with the defaults of Auth0. Its id is derived from the identifier, so that it is the
    /// same at each start.
    #[must_use]
    pub fn new(identifier: &str) -> Self {
        Self {
            id: derived_id("", identifier, 24),
            identifier: identifier.to_owned(),
            name: identifier.to_owned(),
            scopes: Vec::new(),
            token_lifetime: Self::TOKEN_LIFETIME,
            token_lifetime_for_web: Self::TOKEN_LIFETIME_FOR_WEB,
            token_dialect: TokenDialect::Auth0,
            allow_offline_access: false,
            enforce_policies: false,
            permissions_in_token: false,
            skip_consent: true,
            user_access: ApiAccess::AllowAll,
            client_access: ApiAccess::RequireClientGrant,
        }
    }

    /// Returns all scopes of the API, in the order of the configuration.
    #[must_use]
    pub fn all_scopes(&self) -> Scopes {
        self.scopes.iter().map(|scope| scope.value.clone()).collect()
    }

    /// Returns those of the scopes that the API has.
    pub(crate) fn restrict(&self, scopes: &Scopes) -> Scopes {
        scopes.iter().filter(|scope| self.has_scope(scope)).cloned().collect()
    }

    /// Returns whether the API has a scope.
    #[must_use]
    pub fn has_scope(&self, scope: &Scope) -> bool {
        self.scopes.iter().any(|known| known.value == *scope)
    }
}

/// The form of an access token (contract [C6](model::contract#c6)). Whether it lists permissions is a switch of its own,
/// [`Api::permissions_in_token`]; Auth0's `token_dialect` names both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenDialect {
    /// Auth0's: the client is `azp`, and `gty` names the grant type (`access_token`, `access_token_authz`).
    #[default]
    Auth0,
    /// RFC 9068: the type is `at+jwt`, the client is `client_id`, and `jti` is the token's own id (`rfc9068_profile`,
    /// `rfc9068_profile_authz`).
    Rfc9068,
}

/// A scope of an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiScope {
    /// The scope.
    pub value: Scope,
    /// What it permits.
    pub description: Option<String>,
}

/// A policy for access to an API (Auth0: `subject_type_authorization`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiAccess {
    /// Every application of the tenant. For a client of its own accord it means [`ApiAccess::RequireClientGrant`], because
    /// Auth0 has it for people only.
    AllowAll,
    /// Applications with a client grant.
    RequireClientGrant,
    /// None.
    DenyAll,
}

/// A role: a named set of permissions that is assigned to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its id, `rol_` and 16 letters or digits.
    pub id: String,
    /// The name, unique in the tenant.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it permits.
    pub permissions: Vec<Permission>,
}

impl Role {
    /// Creates a role without permissions. Its id is derived from the name, so that it is the same at each start.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            id: derived_id("rol_", name, 16),
            name: name.to_owned(),
            description: None,
            permissions: Vec::new(),
        }
    }
}

/// A permission: a scope of one API.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Permission {
    /// The identifier of the API.
    pub api: String,
    /// The scope.
    pub scope: Scope,
}

/// What a client may do with an API.
#[derive(Clone, Debug)]
pub struct ClientGrant {
    /// Its id, `cgr_` and 16 letters or digits.
    pub id: String,
    /// The client.
    pub client_id: String,
    /// The API's identifier.
    pub audience: String,
    /// The scopes.
    pub scopes: GrantedScopes,
    /// Whom the client acts for.
    pub subject: GrantSubject,
}

impl ClientGrant {
    /// Creates a grant of a client for itself. Its id is derived from client and API, so that it is the same at each start.
    #[must_use]
    pub fn new(client_id: &str, audience: &str, scopes: Scopes) -> Self {
        Self {
            id: derived_id("cgr_", &format!("{client_id} {audience}"), 16),
            client_id: client_id.to_owned(),
            audience: audience.to_owned(),
            scopes: GrantedScopes::Listed(scopes),
            subject: GrantSubject::Client,
        }
    }

    /// Lets the client act for people, not for itself. The grant gets an id of its own.
    #[must_use]
    pub fn for_people(self) -> Self {
        let id = derived_id("cgr_", &format!("{} {} user", self.client_id, self.audience), 16);
        Self { id, subject: GrantSubject::User, ..self }
    }
}

/// The scopes of a client grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantedScopes {
    /// Every scope that the API has (Auth0: `allow_all_scopes`).
    All,
    /// These.
    Listed(Scopes),
}

/// Whom a client acts for with a grant (Auth0: `subject_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantSubject {
    /// Itself, by client credentials.
    Client,
    /// A person who signed in.
    User,
}
