//! The doctor against a tenant that answers as Auth0 does and a host of the page, over HTTP. Each set-up is broken in one way.

#![expect(clippy::unwrap_used, reason = "a test reports a failure by panicking")]

mod documentation;
mod management;
mod page;
mod rendering;
mod stub;
mod tenant;

use doctor::finding::{Finding, Id};
use doctor::http_client::HttpClient;
use doctor::observations::Observations;
use doctor::probe::{Credentials, probe};
use doctor::report::Report;
use doctor::target::Target;

use stub::{CLIENT, PageHost, Running, SECRET, StubTenant};

/// The time of the tenant's `Date`, in seconds since 1970: Thu, 26 Nov 2026 09:00:00 GMT.
const NOW: i64 = 1_795_683_600;

/// A set-up: what the tenant and the page's host are like.
#[derive(Clone, Default)]
struct Setup {
    tenant: StubTenant,
    page: PageHost,
    /// Whether the doctor has credentials for the Management API.
    manages: bool,
    /// The domain that is looked at in place of the stub's.
    domain: Option<String>,
    audience: Option<String>,
}

/// Serves the set-up and looks at it.
async fn observe(setup: Setup) -> Observations {
    observe_and_record(setup).await.0
}

/// Does the same, and returns what the tenant was asked as well.
async fn observe_and_record(setup: Setup) -> (Observations, Vec<String>) {
    let Running { tenant, page, requests } = stub::serve(setup.tenant, setup.page).await;
    let domain = setup.domain.unwrap_or(tenant);
    let target = Target::new(&domain, CLIENT, Some(&page), setup.audience.as_deref()).unwrap();
    let credentials = Credentials { client_id: "reader".to_owned(), client_secret: SECRET.to_owned() };
    let client = HttpClient::new(&[]).unwrap();
    let seen = probe(&client, target, setup.manages.then_some(&credentials), || NOW).await;
    let requests = requests.lock().unwrap().clone();
    (seen, requests)
}

async fn diagnose(setup: Setup) -> Report {
    Report::of(&observe(setup).await)
}

/// Returns the only finding.
///
/// # Panics
/// If there is not exactly one.
fn only(report: Report) -> Finding {
    let ids: Vec<Id> = report.findings.iter().map(|finding| finding.id).collect();
    assert_eq!(ids.len(), 1, "{:#?}", report.findings);
    report.findings.into_iter().next().unwrap()
}

fn ids(report: &Report) -> Vec<Id> {
    report.findings.iter().map(|finding| finding.id).collect()
}

/// Returns the reason why a check was not made.
fn skipped(report: &Report, check: &str) -> Option<&'static str> {
    report.skipped.iter().find(|skipped| skipped.check == check).map(|skipped| skipped.because)
}

#[tokio::test]
async fn a_right_set_up_has_no_findings() {
    let report = diagnose(Setup { manages: true, ..Setup::default() }).await;
    assert_eq!(report.findings, []);
    assert_eq!(report.skipped, []);
    let report = diagnose(Setup::default()).await;
    assert_eq!(report.findings, []);
    assert_eq!(report.skipped.len(), 5, "{:?}", report.skipped);
}

#[tokio::test]
async fn the_doctor_sends_nothing_that_could_change_a_tenant() {
    let (_, requests) = observe_and_record(Setup { manages: true, ..Setup::default() }).await;
    let reads = |request: &&String| {
        ["GET ", "HEAD ", "OPTIONS "].iter().any(|method| request.starts_with(method))
            || *request == "POST /oauth/token"
    };
    assert_eq!(requests.iter().filter(|request| !reads(request)).count(), 0, "{requests:?}");
    assert_eq!(requests.iter().filter(|request| request.starts_with("GET /v2/logout")).count(), 1);
    assert_eq!(requests.len(), 15, "{requests:?}");
}

#[tokio::test]
async fn what_depends_on_something_broken_is_said_to_be_skipped() {
    let mut setup = Setup { manages: true, ..Setup::default() };
    setup.tenant.client_id = "other".to_owned();
    let report = diagnose(setup).await;
    assert_eq!(ids(&report)[0], Id::ClientUnknown);
    for check in ["callback", "web origin", "audience", "connections", "logout"] {
        assert_eq!(skipped(&report, check), Some("the client id must be right first"), "{check}");
    }
    // The page does not depend on it.
    assert!(report.passed.contains(&"content security policy"));
}

#[tokio::test]
async fn several_faults_are_told_in_the_order_of_what_to_do_first() {
    let mut setup = Setup::default();
    setup.tenant.web_origins.clear();
    setup.tenant.audience = Some("https://elsewhere.example/api/v2/".to_owned());
    setup.page.policy = None;
    setup.page.serves_fallback = false;
    let report = diagnose(setup).await;
    assert_eq!(
        ids(&report),
        [
            Id::AudienceUnknown,
            Id::WebOriginMissing,
            Id::DeleteBlocked,
            Id::FallbackMissing,
            Id::PolicyMissing
        ]
    );
}
