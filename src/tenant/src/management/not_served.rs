//! Requests for endpoints that the tenant does not serve: 404, which names what Auth0 has there and this tenant has not
//! (contract [G50](model::contract#g50)).

use axum::extract::OriginalUri;

use crate::http::error::ApiError;
use crate::http::not_found::NotFound;

/// The resources of Auth0 that this tenant does not have: the path below `/api/v2/` or below one user, client or connection,
/// and its name in an error message.
const RESOURCES: &[(&str, &str)] = &[
    ("actions", "Actions"),
    ("agents", "agents"),
    ("anomaly", "anomaly detection"),
    ("attack-protection", "settings of attack protection"),
    ("blacklists", "token blacklists"),
    ("branding", "branding"),
    ("connection-profiles", "connection profiles"),
    ("custom-domains", "custom domains"),
    ("device-credentials", "device credentials"),
    ("email-templates", "email templates"),
    ("emails", "email providers"),
    ("event-streams", "event streams"),
    ("events", "events"),
    ("flows", "flows"),
    ("forms", "forms"),
    ("groups", "groups"),
    ("guardian", "multi-factor authentication"),
    ("hooks", "hooks"),
    ("keys", "an endpoint for keys"),
    ("log-streams", "log streams"),
    ("logs", "logs"),
    ("network-acls", "network access control lists"),
    ("organization-templates", "organizations"),
    ("organizations", "organizations"),
    ("prompts", "settings of prompts"),
    ("rate-limit-policies", "rate limit policies"),
    ("risk-assessments", "risk assessments"),
    ("rules", "rules"),
    ("rules-configs", "rules"),
    ("self-service-profiles", "self-service profiles"),
    ("stats", "statistics"),
    ("supplemental-signals", "supplemental signals"),
    ("token-exchange-profiles", "token exchange profiles"),
    ("user-attribute-profiles", "user attribute profiles"),
    ("verifiable-credentials", "verifiable credentials"),
    ("users/*/authentication-methods", "multi-factor authentication"),
    ("users/*/authenticators", "multi-factor authentication"),
    ("users/*/connected-accounts", "connected accounts"),
    ("users/*/enrollments", "multi-factor authentication"),
    ("users/*/federated-connections-tokensets", "tokens of providers"),
    ("users/*/groups", "groups"),
    ("users/*/logs", "logs"),
    ("users/*/multifactor", "multi-factor authentication"),
    ("users/*/organizations", "organizations"),
    ("users/*/recovery-code-regeneration", "multi-factor authentication"),
    ("users/*/risk-assessments", "risk assessments"),
    ("connections/*/directory-provisioning", "directory provisioning"),
    ("connections/*/keys", "keys of connections"),
    ("connections/*/scim-configuration", "SCIM"),
    ("connections/*/status", "the status of connections"),
    ("clients/*/credentials", "an endpoint for the keys of clients"),
    ("clients/*/connections", "an endpoint for the connections of clients"),
];

/// Responds to every request below `/api/v2` that no endpoint takes.
pub(super) async fn respond(OriginalUri(uri): OriginalUri) -> ApiError {
    let path = uri.path().strip_prefix("/api/v2/").unwrap_or_default();
    match RESOURCES.iter().find(|(pattern, _)| is_at(pattern, path)) {
        Some((_, name)) => NotFound::Resource(name).into(),
        None => ApiError::NoRoute,
    }
}

/// Returns whether a path begins with the segments of a pattern, in which `*` is any segment.
fn is_at(pattern: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    pattern.split('/').all(|wanted| segments.next().is_some_and(|segment| wanted == "*" || segment == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_segments() {
        assert!(is_at("logs", "logs") && is_at("logs", "logs/1/more"));
        assert!(is_at("users/*/logs", "users/auth0%7C1/logs"));
        assert!(!is_at("logs", "logs2") && !is_at("users/*/logs", "users/logs") && !is_at("logs", ""));
    }
}
