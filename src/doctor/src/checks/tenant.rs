//! Whether there is a tenant at the domain, under the name that its tokens have, and with what the page needs of it.

use jiff::fmt::rfc2822::DateTimeParser;
use model::route;
use serde_json::Value;

use super::needs::{self, Verdict};
use crate::answer::{Answer, Failure};
use crate::finding::{Finding, Id};
use crate::observations::Observations;
use crate::probe::origin_of;

/// The greatest difference of clocks, in seconds, that clients forgive by default (contract [C6](model::contract#c6)).
const MOST_SKEW: i64 = 60;

/// Whether the tenant answers.
#[expect(clippy::unnecessary_wraps, reason = "all checks are of one type")]
pub(crate) fn answers(seen: &Observations) -> Verdict {
    let tenant = &seen.target.tenant;
    let domain_field =
        "Auth0 Dashboard > Applications > the application > Settings > Basic Information > Domain";
    let finding = match &seen.tenant.discovery {
        Err(Failure::Certificate(reason)) => Finding::error(
            Id::TenantCertificate,
            format!("The certificate of {tenant} is not trusted: {reason}."),
            "Use the domain that the certificate names. For a custom domain, finish its verification in Auth0 Dashboard > \
             Branding > Custom Domains; for an authority of your own, pass its certificate with --ca FILE.pem.",
        ),
        Err(Failure::Unreachable(reason)) => Finding::error(
            Id::TenantUnreachable,
            format!("Nothing answers at {tenant}: {reason}."),
            format!("Pass as --domain what stands in {domain_field}, such as example.eu.auth0.com."),
        ),
        Ok(answer) if needs::discovery(answer).is_none() => Finding::error(
            Id::DiscoveryMissing,
            format!(
                "{tenant} is not a tenant: /.well-known/openid-configuration answers {} and is no discovery document.",
                answer.status
            ),
            format!(
                "Pass as --domain what stands in {domain_field}. A custom domain answers once it is verified in Auth0 Dashboard > \
                 Branding > Custom Domains."
            ),
        ),
        Ok(_) => return Ok(Vec::new()),
    };
    Ok(vec![finding])
}

/// Whether tokens name the domain of the settings as their issuer, with a slash at the end.
pub(crate) fn issuer(seen: &Observations) -> Verdict {
    let document = document(seen)?;
    let issuer = document["issuer"].as_str().unwrap_or_default();
    let expected = format!("{}/", seen.target.tenant);
    if issuer == expected {
        return Ok(Vec::new());
    }
    let finding = if issuer == seen.target.tenant {
        Finding::error(
            Id::IssuerDiffers,
            format!("The issuer is {issuer} without a slash at its end, so that the page refuses every ID token."),
            "At Auth0 the issuer always ends in a slash; whatever stands in front of the tenant must pass discovery and tokens \
             on unchanged.",
        )
        .value(expected)
    } else {
        let host = issuer.trim_end_matches('/').trim_start_matches("https://");
        Finding::error(
            Id::IssuerDiffers,
            format!(
                "Tokens of this tenant come from {issuer} and not from {expected}, so that the page refuses every ID token."
            ),
            "In config.json, set \"domain\" to the host that the issuer names: with a custom domain that one, or the tenant's own \
             domain as long as none is in use.",
        )
        .value(host)
        .field("domain")
    };
    Ok(vec![finding])
}

/// Whether ID tokens are signed in the way that the page accepts, by keys that can be read.
pub(crate) fn signing(seen: &Observations) -> Verdict {
    let (document, endpoints) = (document(seen)?, needs::tenant(seen)?);
    let mut found = Vec::new();
    let algorithms = document["id_token_signing_alg_values_supported"].as_array().into_iter().flatten();
    if !algorithms.clone().any(|algorithm| algorithm == "RS256") {
        found.push(Finding::error(
            Id::AlgorithmMissing,
            "The tenant does not sign ID tokens by RS256, the only algorithm that the page accepts.",
            "Auth0 Dashboard > Applications > the application > Settings > Advanced Settings > OAuth > JsonWebToken Signature \
             Algorithm: choose RS256.",
        ).value("RS256").field("clients[].jwt_configuration.alg"));
    }
    let keys = endpoints.keys.as_ref().ok().and_then(Answer::json).unwrap_or_default();
    let is_signing_key = |key: &Value| {
        let has = |name: &str| key[name].as_str().is_some_and(|text| !text.is_empty());
        key["kty"] == "RSA"
            && has("n")
            && has("e")
            && has("kid")
            && (key["use"].is_null() || key["use"] == "sig")
    };
    if !keys["keys"].as_array().into_iter().flatten().any(is_signing_key) {
        found.push(Finding::error(
            Id::KeysMissing,
            format!("{}/.well-known/jwks.json has no RSA key for signatures.", seen.target.tenant),
            "Auth0 Dashboard > Settings > Signing Keys: rotate the key. If something stands in front of the tenant, it must pass \
             /.well-known/jwks.json on.",
        ));
    }
    Ok(found)
}

/// Whether the endpoints are those that the page uses, and the flow is served.
pub(crate) fn flow(seen: &Observations) -> Verdict {
    let document = document(seen)?;
    let mut lacks = Vec::new();
    for (key, wanted) in [("response_types_supported", "code"), ("code_challenge_methods_supported", "S256")]
    {
        let list = document[key].as_array();
        if list.is_some_and(|list| !list.iter().any(|value| value == wanted)) {
            lacks.push(format!("{wanted} in {key}"));
        }
    }
    for (key, path) in [("authorization_endpoint", "/authorize"), ("token_endpoint", "/oauth/token")] {
        let address = document[key].as_str().unwrap_or_default();
        let is_here = origin_of(address).as_ref() == Some(&seen.target.tenant) && address.ends_with(path);
        if !is_here {
            lacks.push(format!("{} as {key}", seen.target.at_tenant(path)));
        }
    }
    if lacks.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![
        Finding::error(
            Id::FlowMissing,
            format!("The discovery document lacks what the page needs: {}.", lacks.join(", ")),
            "Pass as --domain the host that the endpoints have, and use it in config.json.",
        )
        .field("domain"),
    ])
}

/// Whether every endpoint of the page answers at all.
pub(crate) fn endpoints(seen: &Observations) -> Verdict {
    let endpoints = needs::tenant(seen)?;
    let asked = [
        (route::JWKS, &endpoints.keys),
        (route::AUTHORIZE, &endpoints.authorize),
        (route::AUTHORIZE, &endpoints.sign_in),
        (route::AUTHORIZE, &endpoints.silent),
        (route::TOKEN, &endpoints.token),
        (route::MANAGEMENT_API, &endpoints.preflight),
        (route::LOGOUT, &endpoints.logout),
    ];
    let failing = asked.into_iter().find_map(|(path, answer)| match answer {
        Err(Failure::Certificate(reason) | Failure::Unreachable(reason)) => {
            Some(format!("{path} does not answer: {reason}"))
        }
        Ok(answer) if answer.status >= 500 => Some(format!("{path} answers {}", answer.status)),
        Ok(_) => None,
    });
    let Some(failing) = failing else { return Ok(Vec::new()) };
    Ok(vec![Finding::error(
        Id::EndpointFails,
        format!("The tenant does not serve all that the page needs: {failing}."),
        "Look at https://status.auth0.com. If something stands in front of the tenant, it must pass this path on.",
    )
    .value(&seen.target.tenant)])
}

/// Whether clocks agree.
pub(crate) fn clock(seen: &Observations) -> Verdict {
    document(seen)?;
    let of = |answer: Option<&Answer>| answer.and_then(date_of);
    let Some(tenant) = of(seen.tenant.discovery.as_ref().ok()) else { return Ok(Vec::new()) };
    let skew = tenant - seen.clock;
    if skew.abs() <= MOST_SKEW {
        return Ok(Vec::new());
    }
    let page = of(seen.page.as_ref().and_then(|page| page.index.as_ref().ok()));
    let who = match page.map(|page| (page - tenant).abs() <= MOST_SKEW) {
        Some(true) => {
            "The page's host agrees with the tenant, so that it is the clock of this machine that is wrong."
        }
        _ => "Whoever is wrong: tokens are good between two times of the tenant's clock.",
    };
    Ok(vec![Finding::warning(
        Id::ClockSkew,
        format!(
            "The tenant's clock is {} seconds {} that of this machine. {who}",
            skew.abs(),
            if skew > 0 { "ahead of" } else { "behind" }
        ),
        "Set the clock of this machine, and of a tenant that you run yourself, by NTP (`timedatectl set-ntp true`).",
    )])
}

fn date_of(answer: &Answer) -> Option<i64> {
    let date = DateTimeParser::new().parse_timestamp(answer.header("date")?).ok()?;
    Some(date.as_second())
}

fn document(seen: &Observations) -> Result<Value, needs::Skip> {
    needs::tenant(seen)?;
    Ok(seen.tenant.discovery.as_ref().ok().and_then(needs::discovery).unwrap_or_default())
}
