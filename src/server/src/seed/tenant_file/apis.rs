//! APIs, roles and client grants of a tenant file.

use std::time::Duration;

use model::{Scope, Scopes};
use serde_saphyr::Location;
use tenant::configuration::{
    Api, ApiAccess, ApiScope, Client, ClientGrant, GrantedScopes, InvalidConfiguration, Permission, Role,
    TokenDialect,
};

use super::clients::resolve;
use super::error::Misplaced;
use super::keys::Collector;
use super::schema::{self, AccessPolicy, ApiEntry, GrantEntry, RoleEntry, SubjectType};
use super::section::Text;
use super::source::Placed;

impl ApiEntry {
    /// Returns the API; `None` for the Management API, which is there in any case.
    ///
    /// # Errors
    /// The place of an API without an identifier.
    pub(super) fn into_api(
        self,
        file: &str,
        location: Location,
        collector: &mut Collector<'_>,
    ) -> Result<Option<Api>, Misplaced> {
        if self.is_system == Some(true) {
            return Ok(None);
        }
        let identifier = self.identifier.ok_or_else(|| missing(location, "identifier"))?.value.0;
        if let Some(alg) = self.signing_alg.filter(|alg| alg.value.0 != "RS256") {
            let text =
                format!("access tokens for \"{identifier}\" are signed with RS256, not with {}", alg.value.0);
            collector.remark(file, alg.referenced, &text);
        }
        let access = self.subject_type_authorization.unwrap_or_default();
        let policy = |entry: Option<schema::PolicyEntry>, default| match entry.and_then(|entry| entry.policy)
        {
            Some(AccessPolicy::AllowAll) => ApiAccess::AllowAll,
            Some(AccessPolicy::RequireClientGrant) => ApiAccess::RequireClientGrant,
            Some(AccessPolicy::DenyAll) => ApiAccess::DenyAll,
            None => default,
        };
        let lifetime = |seconds: Option<u32>, default| {
            seconds.map_or(default, |seconds| Duration::from_secs(seconds.into()))
        };
        let default = Api::new(&identifier);
        let mut scopes = Vec::new();
        for scope in self.scopes.unwrap_or_default() {
            let value = Scope::new(scope.value.ok_or_else(|| missing(location, "value"))?.0);
            scopes.push(ApiScope { value, description: scope.description.map(|text| text.0) });
        }
        Ok(Some(Api {
            name: self.name.map_or(default.name.clone(), |name| name.0),
            scopes,
            token_lifetime: lifetime(self.token_lifetime, default.token_lifetime),
            token_lifetime_for_web: lifetime(self.token_lifetime_for_web, default.token_lifetime_for_web),
            allow_offline_access: self.allow_offline_access == Some(true),
            enforce_policies: self.enforce_policies == Some(true),
            token_dialect: match self.token_dialect {
                Some(schema::TokenDialect::Rfc9068 | schema::TokenDialect::Rfc9068Authz) => {
                    TokenDialect::Rfc9068
                }
                _ => TokenDialect::Auth0,
            },
            permissions_in_token: matches!(
                self.token_dialect,
                Some(schema::TokenDialect::AccessTokenAuthz | schema::TokenDialect::Rfc9068Authz)
            ),
            skip_consent: self.skip_consent != Some(false),
            user_access: policy(access.user, default.user_access),
            client_access: policy(access.client, default.client_access),
            ..default
        }))
    }
}

impl RoleEntry {
    /// Returns the role.
    ///
    /// # Errors
    /// The place of a key that is missing.
    pub(super) fn into_role(self, location: Location) -> Result<Role, Misplaced> {
        let name = self.name.ok_or_else(|| missing(location, "name"))?.value.0;
        let mut permissions = Vec::new();
        for permission in self.permissions.unwrap_or_default() {
            let location = permission.referenced;
            let scope =
                permission.value.permission_name.ok_or_else(|| missing(location, "permission_name"))?;
            let api = permission.value.resource_server_identifier;
            let api = api.ok_or_else(|| missing(location, "resource_server_identifier"))?;
            permissions.push(Permission { api: api.0, scope: Scope::new(scope.0) });
        }
        let description = self.description.map(|text| text.0).filter(|text| !text.is_empty());
        Ok(Role { description, permissions, ..Role::new(&name) })
    }
}

impl GrantEntry {
    /// Returns the grant. The default grant of third-party clients and a grant of a client that the file does not have are
    /// left out, with a notice.
    ///
    /// # Errors
    /// The place of a key that is missing.
    pub(super) fn into_grant(
        self,
        file: &str,
        location: Location,
        clients: &[Placed<Client>],
        collector: &mut Collector<'_>,
    ) -> Result<Option<ClientGrant>, Misplaced> {
        let audience = self.audience.ok_or_else(|| missing(location, "audience"))?;
        let client = match (self.client_id, self.default_for) {
            (Some(client), _) => client,
            (None, Some(Text(default_for))) => {
                let text = format!(
                    "the default grant of {default_for} for \"{}\" is left out: this tenant has no such clients",
                    audience.value.0
                );
                collector.remark(file, location, &text);
                return Ok(None);
            }
            (None, None) => return Err(missing(location, "client_id")),
        };
        let Some(client_id) = resolve(&client, file, clients, collector) else { return Ok(None) };
        let scopes: Scopes =
            self.scope.unwrap_or_default().into_iter().map(|scope| Scope::new(scope.0)).collect();
        let mut grant = ClientGrant::new(&client_id, &audience.value.0, scopes);
        if self.allow_all_scopes == Some(true) {
            grant.scopes = GrantedScopes::All;
        }
        Ok(Some(match self.subject_type {
            Some(SubjectType::User) => grant.for_people(),
            Some(SubjectType::Client) | None => grant,
        }))
    }
}

/// Checks that an API has an identifier of its own.
///
/// # Errors
/// The place of the API, if one before it has its identifier.
pub(super) fn check_identifier(api: &Placed<Api>, before: &[Placed<Api>]) -> Result<(), Misplaced> {
    let identifier = &api.value.identifier;
    if before.iter().any(|other| other.value.identifier == *identifier) {
        return Err((api.location, InvalidConfiguration::DuplicateApi(identifier.clone()).to_string()));
    }
    Ok(())
}

fn missing(location: Location, key: &str) -> Misplaced {
    (location, format!("the key \"{key}\" is missing"))
}
