//! Access to an API: which API an audience names, whether a client may have a token for it, with which scopes, and for
//! how long (contract [C8](model::contract#c8)).

use std::time::Duration;

use model::{Scope, Scopes};
use store::Assignments;

use crate::configuration::{
    ApiAccess, ApplicationType, Client, ClientGrant, Configuration, GrantSubject, Permission, RequestedApi,
};
use crate::http::error::TokenError;
use crate::issuer::Issuer;
use crate::token::MACHINE_TOKEN_LIFETIME;

/// The scopes about the person, which belong to no API.
const IDENTITY: [Scope; 3] = [Scope::OPENID, Scope::PROFILE, Scope::EMAIL];

/// The reason why a client can have no token for an audience.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AccessRefusal {
    /// No API has this identifier.
    UnknownService(String),
    /// The client needs a grant for the API.
    Ungranted { client_id: String, audience: String },
    /// The API is closed to every client.
    Closed { client_id: String, audience: String },
}

impl AccessRefusal {
    fn ungranted(client: &Client, audience: &str) -> Self {
        Self::Ungranted { client_id: client.client_id.clone(), audience: audience.to_owned() }
    }

    fn closed(client: &Client, audience: &str) -> Self {
        Self::Closed { client_id: client.client_id.clone(), audience: audience.to_owned() }
    }
}

impl From<AccessRefusal> for TokenError {
    fn from(refusal: AccessRefusal) -> Self {
        match refusal {
            AccessRefusal::UnknownService(audience) => Self::UnknownService(audience),
            AccessRefusal::Ungranted { client_id, audience } => Self::Ungranted { client_id, audience },
            AccessRefusal::Closed { client_id, audience } => Self::Closed { client_id, audience },
        }
    }
}

/// The access of a client to an API on behalf of a person.
#[derive(Clone, Debug)]
pub(crate) struct UserAccess<'c> {
    /// The API; `None` for `/userinfo` alone.
    api: Option<RequestedApi<'c>>,
    /// The scopes of the API that the client can have for any person.
    scopes: Scopes,
    /// Whether the client can have refresh tokens.
    offline: bool,
    /// The lifetime of an access token.
    lifetime: Duration,
}

/// What a person permits of the scopes that a client can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Permitted {
    /// The scopes of the token.
    pub(crate) scopes: Scopes,
    /// The claim `permissions`, if the API has it.
    pub(crate) permissions: Option<Vec<String>>,
}

impl<'c> UserAccess<'c> {
    /// Returns the access of `client` to the API with the identifier `audience`; without one, to `/userinfo`.
    ///
    /// # Errors
    /// [`AccessRefusal`], by the API's policy for people.
    pub(crate) fn find(
        configuration: &'c Configuration,
        issuer: &Issuer,
        client: &Client,
        audience: Option<&str>,
    ) -> Result<Self, AccessRefusal> {
        let refreshes = client.may_use("refresh_token");
        let lifetime = configuration.options().access_token_lifetime;
        let Some(audience) = audience else {
            return Ok(Self { api: None, scopes: Scopes::default(), offline: refreshes, lifetime });
        };
        let api = find_api(configuration, issuer, audience)?;
        let (scopes, offline, lifetime) = match api {
            RequestedApi::Management => (current_user_scopes(configuration, issuer, client), true, lifetime),
            RequestedApi::Own(own) => {
                let scopes = match own.user_access {
                    ApiAccess::AllowAll => own.all_scopes(),
                    ApiAccess::RequireClientGrant => {
                        find_grant(configuration, issuer, client, api, GrantSubject::User)
                            .map(|grant| own.restrict(&api.granted_scopes(grant)))
                            .ok_or_else(|| AccessRefusal::ungranted(client, audience))?
                    }
                    ApiAccess::DenyAll => return Err(AccessRefusal::closed(client, audience)),
                };
                // An API that only a grant names says nothing about its lifetimes.
                let lifetime = if configuration.declares(own) { own.token_lifetime } else { lifetime };
                (scopes, own.allow_offline_access, lifetime)
            }
        };
        Ok(Self { api: Some(api), scopes, offline: offline && refreshes, lifetime })
    }

    /// The API; `None` for `/userinfo` alone, for which the token is opaque.
    pub(crate) fn api(&self) -> Option<RequestedApi<'c>> {
        self.api
    }

    /// Returns those of the requested scopes that the client can have for any person. The others are dropped silently
    /// (contract [A15](model::contract#a15)).
    pub(crate) fn grantable(&self, wanted: &Scopes) -> Scopes {
        let is_grantable = |scope: &&Scope| {
            IDENTITY.contains(scope)
                || if **scope == Scope::OFFLINE_ACCESS { self.offline } else { self.scopes.contains(scope) }
        };
        wanted.iter().filter(is_grantable).cloned().collect()
    }

    /// Returns whether the person's permissions matter.
    pub(crate) fn enforces_policies(&self) -> bool {
        matches!(self.api, Some(RequestedApi::Own(api)) if api.enforce_policies)
    }

    /// Returns those of the requested scopes that a person with these permissions permits, and their claim.
    pub(crate) fn permit(&self, wanted: &Scopes, permissions: &[Permission]) -> Permitted {
        let scopes = self.grantable(wanted);
        let Some(RequestedApi::Own(api)) = self.api.filter(|_| self.enforces_policies()) else {
            return Permitted { scopes, permissions: None };
        };
        let is_permitted =
            |scope: &Scope| permissions.iter().any(|one| one.api == api.identifier && one.scope == *scope);
        let is_of_api = |scope: &Scope| !IDENTITY.contains(scope) && *scope != Scope::OFFLINE_ACCESS;
        // All that the person may do, whatever is requested, but no more than the client may do for anybody.
        let held: Scopes = self.scopes.iter().filter(|scope| is_permitted(scope)).cloned().collect();
        Permitted {
            scopes: scopes
                .iter()
                .filter(|scope| !is_of_api(scope) || held.contains(scope))
                .cloned()
                .collect(),
            permissions: api.permissions_in_token.then(|| claim(&held)),
        }
    }

    /// Returns the lifetime of an access token.
    pub(crate) fn lifetime(&self) -> Duration {
        self.lifetime
    }
}

/// The access of a client to an API of its own accord.
#[derive(Clone, Debug)]
pub(crate) struct ClientAccess<'c> {
    /// The API.
    pub(crate) api: RequestedApi<'c>,
    granted: Scopes,
}

impl<'c> ClientAccess<'c> {
    /// Returns the access that a grant gives `client`. A grant for people gives none.
    ///
    /// # Errors
    /// [`AccessRefusal`].
    pub(crate) fn find(
        configuration: &'c Configuration,
        issuer: &Issuer,
        client: &Client,
        audience: &str,
    ) -> Result<Self, AccessRefusal> {
        let api = find_api(configuration, issuer, audience)?;
        if matches!(api, RequestedApi::Own(own) if own.client_access == ApiAccess::DenyAll) {
            return Err(AccessRefusal::closed(client, audience));
        }
        let grant = find_grant(configuration, issuer, client, api, GrantSubject::Client)
            .ok_or_else(|| AccessRefusal::ungranted(client, audience))?;
        let granted = match api {
            RequestedApi::Management => api.granted_scopes(grant),
            RequestedApi::Own(own) => own.restrict(&api.granted_scopes(grant)),
        };
        Ok(Self { api, granted })
    }

    /// Returns the requested scopes, or all that are granted.
    ///
    /// # Errors
    /// [`TokenError::UngrantedScopes`] with those that are not granted.
    pub(crate) fn grant(&self, wanted: Option<Scopes>) -> Result<Permitted, TokenError> {
        let scopes = wanted.unwrap_or_else(|| self.granted.clone());
        let ungranted: Scopes = scopes.iter().filter(|one| !self.granted.contains(one)).cloned().collect();
        if !ungranted.is_empty() {
            return Err(TokenError::UngrantedScopes(ungranted));
        }
        let permissions = match self.api {
            RequestedApi::Own(api) if api.enforce_policies && api.permissions_in_token => {
                Some(claim(&self.granted))
            }
            _ => None,
        };
        Ok(Permitted { scopes, permissions })
    }

    /// Returns the lifetime of an access token.
    pub(crate) fn lifetime(&self) -> Duration {
        match self.api {
            RequestedApi::Management => MACHINE_TOKEN_LIFETIME,
            RequestedApi::Own(api) => api.token_lifetime,
        }
    }
}

/// Returns the permissions that a person's roles and direct permissions give.
pub(crate) fn permissions_of(configuration: &Configuration, assigned: Assignments) -> Vec<Permission> {
    let roles = configuration.roles().iter().filter(|role| assigned.roles.contains(&role.id));
    let direct = assigned.permissions.into_iter().map(|one| Permission { api: one.api, scope: one.scope });
    roles.flat_map(|role| role.permissions.clone()).chain(direct).collect()
}

/// Returns the scopes of the current user that a client can have at the Management API (contract
/// [G87](model::contract#g87)): all in the browser and on devices, as at Auth0, and reading on a server. A grant for people
/// adds to that; an application of a third party has nothing else.
fn current_user_scopes(configuration: &Configuration, issuer: &Issuer, client: &Client) -> Scopes {
    let is_on_device =
        matches!(client.application_type, ApplicationType::SinglePage | ApplicationType::Native);
    let api = RequestedApi::Management;
    let granted = find_grant(configuration, issuer, client, api, GrantSubject::User)
        .map(|grant| api.granted_scopes(grant))
        .unwrap_or_default();
    let is_open =
        |scope: &Scope| client.is_first_party && (is_on_device || *scope == Scope::READ_CURRENT_USER);
    Scope::USER_GRANTABLE.into_iter().filter(|scope| is_open(scope) || granted.contains(scope)).collect()
}

fn find_api<'c>(
    configuration: &'c Configuration,
    issuer: &Issuer,
    audience: &str,
) -> Result<RequestedApi<'c>, AccessRefusal> {
    configuration.find_api(issuer, audience).ok_or_else(|| AccessRefusal::UnknownService(audience.to_owned()))
}

fn find_grant<'c>(
    configuration: &'c Configuration,
    issuer: &Issuer,
    client: &Client,
    api: RequestedApi<'_>,
    subject: GrantSubject,
) -> Option<&'c ClientGrant> {
    configuration
        .grants_for(issuer, api)
        .find(|grant| grant.client_id == client.client_id && grant.subject == subject)
}

/// Returns the value of the claim `permissions`, sorted as Auth0's.
fn claim(scopes: &Scopes) -> Vec<String> {
    let mut permissions: Vec<String> = scopes.iter().map(Scope::to_string).collect();
    permissions.sort();
    permissions
}
