//! The report: all checks in the order of what to do first.

use serde::Serialize;

use crate::checks::needs::Verdict;
use crate::checks::{access, client, connections, files, limits, policy, settings, site, tenant, urls};
use crate::finding::{Finding, Severity};
use crate::observations::Observations;

/// A check and what it decides from.
type Check = (&'static str, fn(&Observations) -> Verdict);

/// All checks. What others depend on comes first.
const CHECKS: [Check; 27] = [
    ("discovery", tenant::answers),
    ("issuer", tenant::issuer),
    ("signing", tenant::signing),
    ("endpoints", tenant::flow),
    ("answers of the tenant", tenant::endpoints),
    ("client", client::exists),
    ("single-page application", client::is_single_page),
    ("page", site::answers),
    ("https", site::transport),
    ("config.json", settings::readable),
    ("config.json's tenant", settings::consistent),
    ("callback", urls::callback),
    ("sign-in request", client::request),
    ("audience", access::audience),
    ("access to the Management API", access::grant),
    ("web origin", urls::web_origin),
    ("unlinking from browsers", urls::delete),
    ("logout", urls::logout),
    ("connections", connections::any_open),
    ("offered connections", connections::offered),
    ("fallback", files::fallback),
    ("content security policy", policy::policy),
    ("headers", files::headers),
    ("consent", client::consent),
    ("clock", tenant::clock),
    ("rate limit", limits::rate),
    ("reading by the Management API", client::management),
];

/// The checks that take credentials for the Management API.
const MANAGEMENT_CHECKS: [Check; 4] = [
    ("application", client::object),
    ("scopes", access::scope),
    ("refresh tokens", client::rotation),
    ("keys of connections", connections::own_keys),
];

/// A check that could not be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The check.
    pub check: &'static str,
    /// Why.
    pub because: &'static str,
}

/// What the doctor says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What is wrong, in the order of what to do first.
    pub findings: Vec<Finding>,
    /// The checks that could not be made.
    pub skipped: Vec<Skipped>,
    /// The checks that found nothing.
    pub passed: Vec<&'static str>,
}

impl Report {
    /// Decides from what was seen.
    #[must_use]
    pub fn of(seen: &Observations) -> Self {
        let mut report = Self { findings: Vec::new(), skipped: Vec::new(), passed: Vec::new() };
        for (check, decide) in CHECKS.iter().chain(&MANAGEMENT_CHECKS) {
            match decide(seen) {
                Err(skip) => report.skipped.push(Skipped { check, because: skip.0 }),
                Ok(found) if found.is_empty() => report.passed.push(check),
                Ok(found) => report.findings.extend(found),
            }
        }
        // What keeps people out comes before what could be better; within that the order of the checks stays.
        report.findings.sort_by_key(|finding| finding.severity);
        report
    }

    /// Returns how many findings are of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}
