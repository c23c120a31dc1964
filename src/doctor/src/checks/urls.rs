//! Whether the client has the page's addresses in its lists, and whether browsers let the page unlink.

use url::Url;

use super::needs::{self, Skip, Verdict};
use crate::answer::Answer;
use crate::authorization::Authorization;
use crate::finding::{Finding, Id};
use crate::observations::Observations;

/// Where the lists are in the dashboard.
const WHERE: &str = "Auth0 Dashboard > Applications > the application > Settings > Application URIs";

/// Whether people are sent back to the page.
pub(crate) fn callback(seen: &Observations) -> Verdict {
    needs::origin(seen)?;
    let endpoints = needs::client(seen)?;
    let callback = seen.target.callback();
    let is_missing = match needs::authorization(endpoints) {
        Some(Authorization::CallbackMismatch) => true,
        Some(Authorization::Unknown(_)) => {
            needs::listed(seen, "callbacks", |entry| entry == callback) == Some(false)
        }
        _ => false,
    };
    if !is_missing {
        return Ok(Vec::new());
    }
    Ok(vec![
        Finding::error(
            Id::CallbackMissing,
            format!("Nobody gets back to the page after signing in: {callback} is not among the allowed callback URLs."),
            format!("{WHERE} > Allowed Callback URLs: add this, to the letter, and save."),
        )
        .value(callback)
        .field("clients[].callbacks"),
    ])
}

/// Whether the page may get messages and tokens: its origin is one of the web origins.
pub(crate) fn web_origin(seen: &Observations) -> Verdict {
    let page = needs::origin(seen)?;
    let endpoints = needs::callback(seen)?;
    let silent = endpoints.silent.as_ref().map_err(|_| Skip("/authorize must answer first"))?;
    let token = endpoints.token.as_ref().map_err(|_| Skip("/oauth/token must answer first"))?;
    // The page for a frame is none of those that a person reads, so that its text may be another one.
    let refused_frame = matches!(
        Authorization::read(silent),
        Authorization::OriginMismatch | Authorization::Unknown(400 | 403)
    );
    let hidden_token = !allows(token, page);
    if !refused_frame && !hidden_token {
        return Ok(Vec::new());
    }
    let what = match (refused_frame, hidden_token) {
        (true, false) => {
            "a reload of the page signs everybody out, because the tenant refuses the silent sign-in"
        }
        _ => "the page cannot read its tokens",
    };
    Ok(vec![
        Finding::error(
            Id::WebOriginMissing,
            format!("{page} is not among the allowed web origins: {what}."),
            format!("{WHERE} > Allowed Web Origins: add this, without a slash at its end, and save."),
        )
        .value(page)
        .field("clients[].web_origins"),
    ])
}

/// Whether a browser lets the page send the DELETE that unlinks.
pub(crate) fn delete(seen: &Observations) -> Verdict {
    let page = needs::origin(seen)?;
    let endpoints = needs::client(seen)?;
    let answer = endpoints.preflight.as_ref().map_err(|_| Skip("the Management API must answer first"))?;
    let lists = |name: &'static str, wanted: &str, star: bool| {
        answer
            .headers_named(name)
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .any(|item| item.eq_ignore_ascii_case(wanted) || (star && item == "*"))
    };
    let origin = allows(answer, page);
    let method = lists("access-control-allow-methods", "DELETE", true);
    // `*` does not stand for this header (Fetch, section 3.3.3).
    let header = lists("access-control-allow-headers", "authorization", false);
    if answer.status < 300 && origin && method && header {
        return Ok(Vec::new());
    }
    let lacks = if answer.status >= 300 {
        format!("the preflight is answered by {}", answer.status)
    } else if !origin {
        format!("it is not allowed from {page}")
    } else if !method {
        "DELETE is not among the allowed methods".to_owned()
    } else {
        "Authorization is not among the allowed headers".to_owned()
    };
    Ok(vec![
        Finding::error(
            Id::DeleteBlocked,
            format!("Browsers do not let the page unlink a login at the Management API: {lacks}."),
            format!(
                "{WHERE} > Allowed Origins (CORS): add this, without a slash at its end, and save. If something stands in front of the \
                 tenant, it must pass OPTIONS on."
            ),
        )
        .value(page)
        .field("clients[].allowed_origins"),
    ])
}

/// Whether signing out leads back to the page.
pub(crate) fn logout(seen: &Observations) -> Verdict {
    let page = needs::origin(seen)?;
    let endpoints = needs::client(seen)?;
    let home = format!("{page}/");
    let answer = endpoints.logout.as_ref().map_err(|_| Skip("/v2/logout must answer first"))?;
    let leads_home = answer.location().and_then(|location| {
        let url = Url::parse(&seen.target.tenant).ok()?.join(location).ok()?;
        Some(url.as_str() == home || url.as_str().trim_end_matches('/') == page || is_passed_on(&url, page))
    });
    if leads_home == Some(true) || answer.status == 429 {
        return Ok(Vec::new());
    }
    Ok(vec![
        Finding::error(
            Id::LogoutMissing,
            format!("After signing out people are left on an error page of the tenant: {home} is not among the allowed logout URLs."),
            format!("{WHERE} > Allowed Logout URLs: add this, with the slash at its end, and save."),
        )
        .value(home)
        .field("clients[].allowed_logout_urls"),
    ])
}

/// Whether the redirect stays at the tenant, or goes to a provider, without an error: it goes on from there to the page.
fn is_passed_on(url: &Url, page: &str) -> bool {
    url.as_str().contains(&url::form_urlencoded::byte_serialize(page.as_bytes()).collect::<String>())
        && !url.query_pairs().any(|(key, _)| key == "error")
}

/// Whether a page of the origin may read an answer.
fn allows(answer: &Answer, page: &str) -> bool {
    answer.header("access-control-allow-origin").is_some_and(|origin| origin == "*" || origin == page)
}
