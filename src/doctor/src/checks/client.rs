//! Whether the client exists, and is one that runs in browsers.

use serde_json::Value;

use super::needs::{self, Skip, Verdict};
use crate::answer::Answer;
use crate::authorization::Authorization;
use crate::finding::{Finding, Id};
use crate::observations::{ManagementSeen, Observations};
use crate::target::is_local;

/// Whether the tenant knows the client.
pub(crate) fn exists(seen: &Observations) -> Verdict {
    let endpoints = needs::tenant(seen)?;
    let (client, tenant) = (&seen.target.client_id, &seen.target.tenant);
    let found = match needs::authorization(endpoints) {
        Some(Authorization::UnknownClient) => Some(Finding::error(
            Id::ClientUnknown,
            format!("{tenant} has no application with the client id {client}."),
            "Copy the Client ID from Auth0 Dashboard > Applications > the application > Settings > Basic Information, in the \
             tenant of this domain.",
        ).field("clientId")),
        Some(Authorization::Unknown(status)) => Some(Finding::error(
            Id::SignInRefused,
            format!("{tenant}/authorize refuses the page's request with a page (status {status}) whose reason is not known here."),
            format!("Open Auth0 Dashboard > Monitoring > Logs and look for the failed request of the client {client}."),
        )),
        _ => None,
    };
    Ok(found.into_iter().collect())
}

/// Whether the client needs no secret and may use codes: that it is a single-page application.
pub(crate) fn is_single_page(seen: &Observations) -> Verdict {
    let endpoints = needs::client(seen)?;
    let mut found = Vec::new();
    let answer = endpoints.token.as_ref().map_err(|_| Skip("/oauth/token must answer first"))?;
    let error = answer.text_of("error").unwrap_or_default();
    let description = answer.text_of("error_description").unwrap_or_default();
    let grant_refused = error == "unauthorized_client" && description.to_lowercase().contains("grant type");
    if grant_refused || refused_grant(seen) {
        found.push(Finding::error(
            Id::GrantTypeMissing,
            "The application may not exchange a code for tokens.",
            "Auth0 Dashboard > Applications > the application > Settings > Advanced Settings > Grant Types: turn on Authorization Code.",
        ).value("authorization_code").field("clients[].grant_types"));
    } else if answer.status == 401 || matches!(error.as_str(), "invalid_client" | "access_denied") {
        found.push(Finding::error(
            Id::ClientNeedsSecret,
            format!(
                "The application must prove itself by a secret or a key, which a page in a browser cannot keep: the token endpoint \
                 answers {} {error} to it.",
                answer.status
            ),
            "Auth0 Dashboard > Applications > the application > Settings > Application Properties: set Application Type to Single \
             Page Application; then Credentials > Authentication Method: None. An application that was made as another type keeps \
             its method until it is changed there.",
        ).value("none").field("clients[].token_endpoint_auth_method"));
    }
    Ok(found)
}

/// Whether `/authorize` refuses the grant to the client.
fn refused_grant(seen: &Observations) -> bool {
    let answer = needs::client(seen).ok().and_then(needs::authorization);
    matches!(answer, Some(Authorization::Refused { error, description })
        if error == "unauthorized_client" && description.to_lowercase().contains("grant type"))
}

/// Whether `/authorize` takes the page's request as it is.
pub(crate) fn request(seen: &Observations) -> Verdict {
    let endpoints = needs::callback(seen)?;
    let Some(Authorization::Refused { error, description }) = needs::authorization(endpoints) else {
        return Ok(Vec::new());
    };
    let text = description.to_lowercase();
    let is_of_access =
        text.starts_with("service not found") || text.contains("not authorized to access resource server");
    let is_of_connection = text.contains("connection");
    if is_of_access || is_of_connection || refused_grant(seen) {
        return Ok(Vec::new());
    }
    let finding = if text.contains("push") {
        Finding::error(
            Id::PushedRequestsRequired,
            "The application must push its authorization requests, which a page in a browser does not do.",
            "Auth0 Dashboard > Applications > the application > Settings > Advanced Settings > OAuth: turn off Require Pushed \
             Authorization Requests (PAR).",
        ).value("false").field("clients[].require_pushed_authorization_requests")
    } else if text.contains("organization") {
        Finding::error(
            Id::OrganizationRequired,
            format!("The application signs people in for an organization only: {description}"),
            "Auth0 Dashboard > Applications > the application > Login Experience: choose Individuals or Both.",
        ).value("allow").field("clients[].organization_usage")
    } else {
        Finding::error(
            Id::SignInRefused,
            format!("The tenant refuses the page's sign-in request: {error}, {description}."),
            "Open Auth0 Dashboard > Monitoring > Logs; the entry of this minute tells the setting.",
        )
    };
    Ok(vec![finding])
}

/// Whether the client's object fits, as far as it cannot be seen from outside.
pub(crate) fn object(seen: &Observations) -> Verdict {
    let client = needs::client_object(seen)?;
    let mut found = Vec::new();
    if client["app_type"] != "spa" {
        found.push(Finding::error(
            Id::ApplicationType,
            format!("The application is of the type {} and not a single-page application.", shown(&client["app_type"])),
            "Auth0 Dashboard > Applications > the application > Settings > Application Properties > Application Type: Single Page \
             Application.",
        ).value("spa").field("clients[].app_type"));
    }
    if client["jwt_configuration"]["alg"].as_str().is_some_and(|alg| alg != "RS256") {
        found.push(Finding::error(
            Id::SignedWithSecret,
            format!("ID tokens of the application are signed by {}; the page and the Management API take RS256 only.", shown(&client["jwt_configuration"]["alg"])),
            "Auth0 Dashboard > Applications > the application > Settings > Advanced Settings > OAuth > JsonWebToken Signature \
             Algorithm: RS256.",
        ).value("RS256").field("clients[].jwt_configuration.alg"));
    }
    Ok(found)
}

/// Whether people are asked for consent, which a silent sign-in cannot answer.
pub(crate) fn consent(seen: &Observations) -> Verdict {
    let tenant = &seen.target.tenant;
    let mut found = Vec::new();
    if needs::client_object(seen).is_ok_and(|client| client["is_first_party"] == false) {
        found.push(Finding::warning(
            Id::ConsentAsked,
            "The application is one of a third party, so that each person is asked for consent.",
            "Make the application in this tenant's dashboard, or set is_first_party by the Management API.",
        ).value("true").field("clients[].is_first_party"));
    }
    let page = needs::origin(seen)?;
    if is_local(page) && !is_local(tenant) {
        found.push(Finding::hint(
            Id::ConsentAsked,
            format!("The page is at {page}, for which Auth0 always asks for consent: a reload asks to sign in again (consent_required)."),
            "Use a name such as logins.example.test in /etc/hosts with https while you try things, or accept that a reload signs \
             out; it does not happen on a host of your own.",
        ));
    }
    Ok(found)
}

/// Whether refresh tokens rotate, if the client can have any.
pub(crate) fn rotation(seen: &Observations) -> Verdict {
    let client = needs::client_object(seen)?;
    let can_refresh =
        client["grant_types"].as_array().into_iter().flatten().any(|grant| grant == "refresh_token");
    if !can_refresh || client["refresh_token"]["rotation_type"] == "rotating" {
        return Ok(Vec::new());
    }
    Ok(vec![Finding::warning(
        Id::RotationOff,
        "The application can have refresh tokens that do not rotate: one that is stolen from a browser is good for long, and nobody notices.",
        "The page needs no refresh tokens. Auth0 Dashboard > Applications > the application > Settings > Advanced Settings > Grant \
         Types: turn off Refresh Token; or Settings > Refresh Token Rotation: turn on Allow Refresh Token Rotation.",
    ).value("rotating").field("clients[].refresh_token.rotation_type")])
}

/// Whether the Management API gives and shows what the doctor asks of it.
pub(crate) fn management(seen: &Observations) -> Verdict {
    needs::tenant(seen)?;
    let answer = match &seen.management {
        None => {
            return Err(Skip(
                "pass --management-client-id and the secret of a client that may read the configuration",
            ));
        }
        Some(ManagementSeen::Refused(answer)) => {
            let reason = match answer {
                Ok(answer) => {
                    answer.text_of("error_description").unwrap_or_else(|| format!("status {}", answer.status))
                }
                Err(_) => "no answer".to_owned(),
            };
            return Ok(vec![Finding::warning(
                Id::ManagementRefused,
                format!("The tenant gives the doctor no token for the Management API: {reason}."),
                "Check --management-client-id and the secret; then Auth0 Dashboard > Applications > APIs > Auth0 Management API > \
                 Machine to Machine Applications: authorize the application with these permissions.",
            ).value(READING)]);
        }
        Some(ManagementSeen::Read(configuration)) => configuration,
    };
    let lacking = |answer: &Answer| answer.status == 403 || answer.status == 401;
    let single =
        [&answer.client, &answer.grants, &answer.api].into_iter().filter_map(|answer| answer.as_ref().ok());
    let list = answer.connections.as_ref().err().and_then(|answer| answer.as_ref().ok());
    let Some(refusal) = single.chain(list).find(|answer| lacking(answer)) else { return Ok(Vec::new()) };
    let reason = refusal.text_of("message").unwrap_or_else(|| format!("status {}", refusal.status));
    Ok(vec![Finding::warning(
        Id::ManagementScope,
        format!("The Management API does not show all that the doctor reads: {reason}."),
        "Auth0 Dashboard > Applications > APIs > Auth0 Management API > Machine to Machine Applications > the doctor's application: \
         tick these permissions.",
    ).value(READING).field("clientGrants[].scope")])
}

/// The permissions that the doctor needs.
const READING: &str = "read:clients read:client_grants read:connections read:resource_servers";

fn shown(value: &Value) -> &str {
    value.as_str().unwrap_or("none")
}
