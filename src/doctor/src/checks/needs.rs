//! What a check needs before it can say anything.

use model::Settings;
use serde_json::Value;

use crate::answer::{Answer, Observed};
use crate::authorization::Authorization;
use crate::finding::Finding;
use crate::observations::{Configuration, EndpointsSeen, FilesSeen, ManagementSeen, Observations};

/// Why a check cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Skip(pub(crate) &'static str);

/// What a check says: what it found, or why it cannot be made.
pub(crate) type Verdict = Result<Vec<Finding>, Skip>;

/// Returns the endpoints of a tenant that answers.
pub(crate) fn tenant(seen: &Observations) -> Result<&EndpointsSeen, Skip> {
    let is_tenant = seen.tenant.discovery.as_ref().is_ok_and(|answer| discovery(answer).is_some());
    let endpoints = seen.tenant.endpoints.as_ref().filter(|_| is_tenant);
    endpoints.ok_or(Skip("the tenant must answer first"))
}

/// Returns the discovery document, if it is one.
pub(crate) fn discovery(answer: &Answer) -> Option<Value> {
    answer.json().filter(|document| answer.status == 200 && document["issuer"].is_string())
}

/// Returns what `/authorize` says about the page's request, the first time that it objects to anything; `None` if it did not
/// answer.
pub(crate) fn authorization(endpoints: &EndpointsSeen) -> Option<Authorization> {
    let read = |answer: &Observed| {
        answer.as_ref().ok().filter(|answer| answer.status != 429).map(Authorization::read)
    };
    let first = read(&endpoints.authorize)?;
    let second = read(&endpoints.sign_in).filter(|_| first == Authorization::Accepted);
    Some(second.unwrap_or(first))
}

/// Returns the endpoints of a tenant that knows the client.
pub(crate) fn client(seen: &Observations) -> Result<&EndpointsSeen, Skip> {
    let endpoints = tenant(seen)?;
    match authorization(endpoints) {
        Some(Authorization::UnknownClient) => Err(Skip("the client id must be right first")),
        Some(_) => Ok(endpoints),
        None => Err(Skip("/authorize must answer first")),
    }
}

/// Returns the origin of the page that is looked at.
pub(crate) fn origin(seen: &Observations) -> Result<&str, Skip> {
    seen.target.page.as_deref().ok_or(Skip("pass --page with the origin of the page"))
}

/// Returns the endpoints of a tenant that knows the client and sends people back to the page.
pub(crate) fn callback(seen: &Observations) -> Result<&EndpointsSeen, Skip> {
    origin(seen)?;
    let endpoints = client(seen)?;
    match authorization(endpoints) {
        Some(Authorization::CallbackMismatch | Authorization::Unknown(_)) => {
            Err(Skip("the callback must be allowed first"))
        }
        _ => Ok(endpoints),
    }
}

/// Returns the page and the files of a host that has a page.
pub(crate) fn page(seen: &Observations) -> Result<(&str, &Answer, &FilesSeen), Skip> {
    let origin = origin(seen)?;
    let page = seen.page.as_ref().and_then(|page| Some((page.index.as_ref().ok()?, page.files.as_ref()?)));
    let is_page = |answer: &Answer| answer.status == 200 && answer.is_html();
    match page {
        Some((index, files)) if is_page(index) => Ok((origin, index, files)),
        _ => Err(Skip("the page must answer first")),
    }
}

/// Returns the settings of the page.
pub(crate) fn settings(seen: &Observations) -> Result<Settings, Skip> {
    page(seen)?;
    seen.settings().ok_or(Skip("config.json must be readable first"))
}

/// Returns the configuration that the Management API shows.
pub(crate) fn configuration(seen: &Observations) -> Result<&Configuration, Skip> {
    tenant(seen)?;
    match &seen.management {
        None => Err(Skip(
            "pass --management-client-id and the secret of a client that may read the configuration",
        )),
        Some(ManagementSeen::Refused(_)) => Err(Skip("the Management API must give a token first")),
        Some(ManagementSeen::Read(configuration)) => Ok(configuration),
    }
}

/// Returns the client's object.
pub(crate) fn client_object(seen: &Observations) -> Result<Value, Skip> {
    let client = configuration(seen)?.client.as_ref().ok();
    let client = client.filter(|answer| answer.status == 200).and_then(Answer::json);
    client.ok_or(Skip("the Management API must show the client first"))
}

/// Whether a list of the client has an entry; `None` without the client's object.
pub(crate) fn listed(seen: &Observations, key: &str, fits: impl Fn(&str) -> bool) -> Option<bool> {
    let client = client_object(seen).ok()?;
    let entries = client[key].as_array().cloned().unwrap_or_default();
    Some(entries.iter().filter_map(Value::as_str).any(fits))
}
