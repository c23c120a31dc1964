//! Whether the client can have a token for the Management API, with the scopes of the page.

use serde_json::Value;

use super::needs::{self, Verdict};
use crate::answer::Answer;
use crate::authorization::Authorization;
use crate::finding::{Finding, Id};
use crate::observations::Observations;
use crate::probe::scopes;
use crate::target::SCOPES;

/// Whether there is an API with the audience.
pub(crate) fn audience(seen: &Observations) -> Verdict {
    let endpoints = needs::callback(seen)?;
    let Some(Authorization::Refused { description, .. }) = needs::authorization(endpoints) else {
        return Ok(Vec::new());
    };
    if !description.to_lowercase().starts_with("service not found") {
        return Ok(Vec::new());
    }
    let audience = seen.target.audience(seen.settings().as_ref());
    let tenant = &seen.target.tenant;
    let own = format!("{tenant}/api/v2/");
    let finding = Finding::error(
        Id::AudienceUnknown,
        format!("The tenant has no API with the identifier {audience}, so that nobody can sign in."),
        if audience == own {
            "With a custom domain, tokens for the Management API are still for the tenant's own domain. In config.json (or with \
             `page --audience`), set \"audience\" to the Identifier of Auth0 Dashboard > Applications > APIs > Auth0 Management API."
        } else {
            "In config.json (or with `page --audience`), set \"audience\" to the Identifier of Auth0 Dashboard > Applications > APIs > \
             Auth0 Management API, with the slash at its end."
        },
    )
    .field("audience");
    let value = if audience == own {
        "https://TENANT.REGION.auth0.com/api/v2/".to_owned()
    } else if format!("{audience}/") == own {
        own
    } else {
        format!("{tenant}/api/v2/")
    };
    Ok(vec![finding.value(value)])
}

/// Whether the API gives the client tokens for people.
pub(crate) fn grant(seen: &Observations) -> Verdict {
    let endpoints = needs::callback(seen)?;
    let refused = match needs::authorization(endpoints) {
        Some(Authorization::Refused { description, .. }) => {
            description.to_lowercase().contains("not authorized to access resource server")
        }
        _ => false,
    };
    if !refused {
        return Ok(Vec::new());
    }
    Ok(vec![Finding::error(
        Id::AudienceRefused,
        "The Management API gives the application no tokens for people.",
        "Auth0 Dashboard > Applications > APIs > Auth0 Management API > Application Access: authorize the application for User \
         Access with these permissions.",
    )
    .value(scopes())
    .field("clientGrants[].scope (subject_type: user)")])
}

/// Whether the three scopes are granted, where a grant is required for them.
pub(crate) fn scope(seen: &Observations) -> Verdict {
    let configuration = needs::configuration(seen)?;
    let read = |answer: &crate::answer::Observed| {
        answer.as_ref().ok().filter(|answer| answer.status == 200).and_then(Answer::json)
    };
    let client = needs::client_object(seen)?;
    let api = read(&configuration.api).unwrap_or_default();
    let requires_grant = api["subject_type_authorization"]["user"]["policy"] == "require_client_grant"
        || client["is_first_party"] == false
        || client["app_type"].as_str().is_some_and(|kind| !matches!(kind, "spa" | "native"));
    if !requires_grant {
        return Ok(Vec::new());
    }
    let grants = read(&configuration.grants).unwrap_or_default();
    let of_people = |grant: &&Value| grant["subject_type"] == "user";
    let granted: Vec<&Value> = grants
        .as_array()
        .into_iter()
        .flatten()
        .filter(of_people)
        .flat_map(|grant| grant["scope"].as_array().into_iter().flatten())
        .collect();
    let lacks: Vec<String> = SCOPES
        .iter()
        .map(|scope| scope.as_str().to_owned())
        .filter(|scope| !granted.iter().any(|granted| **granted == *scope))
        .collect();
    if lacks.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![Finding::error(
        Id::ScopeMissing,
        format!("Tokens of the page lack {}: the tenant leaves them out without saying so.", lacks.join(", ")),
        "Auth0 Dashboard > Applications > APIs > Auth0 Management API > Application Access > the application > User Access: tick \
         these permissions.",
    )
    .value(lacks.join(" "))
    .field("clientGrants[].scope (subject_type: user)")])
}
