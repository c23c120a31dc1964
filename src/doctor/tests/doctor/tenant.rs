//! Tenants that are broken in one way.

use doctor::answer::Failure;
use doctor::finding::{Id, Severity};
use doctor::report::Report;
use serde_json::json;

use crate::stub::CLIENT;
use crate::{Setup, diagnose, ids, observe, only, skipped};

/// Returns a set-up with a change of its tenant.
fn with(change: impl FnOnce(&mut crate::StubTenant)) -> Setup {
    let mut setup = Setup::default();
    change(&mut setup.tenant);
    setup
}

#[tokio::test]
async fn a_domain_where_nothing_answers_is_told_and_nothing_else_is_asked() {
    let mut setup = Setup { domain: Some("http://localhost:1".to_owned()), ..Setup::default() };
    setup.page.settings = Some(json!({ "domain": "http://localhost:1", "clientId": CLIENT }).to_string());
    setup.page.policy = None;
    let report = diagnose(setup).await;
    assert_eq!(ids(&report), [Id::TenantUnreachable, Id::PolicyMissing]);
    assert!(report.findings[0].problem.starts_with("Nothing answers at http://localhost:1: "));
    assert!(report.findings[0].fix.contains("Basic Information > Domain"));
    assert_eq!(skipped(&report, "client"), Some("the tenant must answer first"));
}

#[tokio::test]
async fn a_host_that_is_no_tenant_is_told() {
    let mut seen = observe(Setup::default()).await;
    seen.tenant.discovery.as_mut().unwrap().body = "<h1>Welcome to nginx!</h1>".to_owned();
    let finding = only(Report::of(&seen));
    assert_eq!(finding.id, Id::DiscoveryMissing);
    assert!(finding.fix.contains("Branding > Custom Domains"));
    seen.tenant.discovery = Err(Failure::Certificate("invalid peer certificate: UnknownIssuer".to_owned()));
    assert_eq!(only(Report::of(&seen)).id, Id::TenantCertificate);
}

#[tokio::test]
async fn an_issuer_without_its_slash_is_told() {
    let finding = only(diagnose(with(|tenant| tenant.issuer = "TENANT")).await);
    assert_eq!(finding.id, Id::IssuerDiffers);
    assert!(finding.problem.contains("without a slash at its end"));
    assert!(finding.value.unwrap().ends_with('/'));
}

#[tokio::test]
async fn an_issuer_of_another_domain_names_the_domain_for_the_settings() {
    let finding = only(diagnose(with(|tenant| tenant.issuer = "https://login.example.com/")).await);
    assert_eq!(finding.id, Id::IssuerDiffers);
    assert_eq!(finding.value.as_deref(), Some("login.example.com"));
    assert_eq!(finding.field, Some("domain"));
    assert!(finding.problem.contains("the page refuses every ID token"));
}

#[tokio::test]
async fn a_tenant_without_rs256_or_keys_is_told() {
    let finding = only(diagnose(with(|tenant| tenant.algorithms = vec!["HS256"])).await);
    assert_eq!((finding.id, finding.value.as_deref()), (Id::AlgorithmMissing, Some("RS256")));
    let finding = only(diagnose(with(|tenant| tenant.keys = json!([]))).await);
    assert_eq!(finding.id, Id::KeysMissing);
}

#[tokio::test]
async fn an_unknown_client_is_told() {
    let report = diagnose(with(|tenant| tenant.client_id = "other".to_owned())).await;
    let finding = only(report);
    assert_eq!(finding.id, Id::ClientUnknown);
    assert!(finding.problem.ends_with("no application with the client id q7oV3xkT."));
    assert!(finding.fix.starts_with("Copy the Client ID"));
}

#[tokio::test]
async fn a_client_with_a_secret_is_told_to_become_a_single_page_application() {
    let finding = only(diagnose(with(|tenant| tenant.needs_secret = true)).await);
    assert_eq!(finding.id, Id::ClientNeedsSecret);
    assert_eq!(finding.value.as_deref(), Some("none"));
    assert!(finding.fix.contains("Application Type to Single Page Application"));
}

#[tokio::test]
async fn a_missing_callback_is_told_with_the_address_to_add() {
    let report = diagnose(with(|tenant| tenant.callbacks = vec!["PAGE/", "PAGE/callback/"])).await;
    assert_eq!(skipped(&report, "web origin"), Some("the callback must be allowed first"));
    let finding = only(report);
    assert_eq!(finding.id, Id::CallbackMissing);
    let value = finding.value.unwrap();
    assert!(value.starts_with("http://localhost:") && value.ends_with("/callback"), "{value}");
    assert!(finding.fix.contains("Allowed Callback URLs"));
    assert_eq!(finding.field, Some("clients[].callbacks"));
}

#[tokio::test]
async fn a_missing_web_origin_is_told_with_the_origin_to_add() {
    let report = diagnose(with(|tenant| tenant.web_origins.clear())).await;
    // This tenant has no other list of origins for the Management API.
    assert_eq!(ids(&report), [Id::WebOriginMissing, Id::DeleteBlocked]);
    let value = report.findings[0].value.clone().unwrap();
    assert!(value.starts_with("http://localhost:") && !value.ends_with('/'), "{value}");
    assert!(report.findings[0].fix.contains("Allowed Web Origins"));
}

#[tokio::test]
async fn a_management_api_that_browsers_may_not_delete_at_is_told() {
    let finding = only(diagnose(with(|tenant| tenant.methods = "GET, POST")).await);
    assert_eq!(finding.id, Id::DeleteBlocked);
    assert!(finding.problem.ends_with("DELETE is not among the allowed methods."));
    assert!(finding.fix.contains("Allowed Origins (CORS)"));
}

#[tokio::test]
async fn a_missing_logout_url_is_told_with_its_slash() {
    let finding = only(diagnose(with(|tenant| tenant.logout_urls = vec!["PAGE"])).await);
    assert_eq!(finding.id, Id::LogoutMissing);
    assert!(finding.value.unwrap().ends_with('/'));
    assert!(finding.fix.contains("Allowed Logout URLs"));
}

#[tokio::test]
async fn an_unknown_audience_is_told_and_a_custom_domain_is_explained() {
    let own = "https://example.eu.auth0.com/api/v2/".to_owned();
    let finding = only(diagnose(with(|tenant| tenant.audience = Some(own))).await);
    assert_eq!(finding.id, Id::AudienceUnknown);
    assert!(finding.fix.starts_with("With a custom domain"));
    assert_eq!(finding.field, Some("audience"));

    let mut setup = Setup { audience: Some("https://a.example/api/v2".to_owned()), ..Setup::default() };
    setup.tenant.audience = Some("https://a.example/api/v2/".to_owned());
    let finding = only(diagnose(setup).await);
    assert!(finding.fix.contains("with the slash at its end"), "{}", finding.fix);
}

#[tokio::test]
async fn a_refused_audience_names_the_three_scopes() {
    let refusal =
        ("invalid_request", "Client \"q7oV3xkT\" is not authorized to access resource server \"x\".");
    let finding = only(diagnose(with(|tenant| tenant.refusal = Some(refusal))).await);
    assert_eq!(finding.id, Id::AudienceRefused);
    assert_eq!(
        finding.value.as_deref(),
        Some("read:current_user update:current_user_identities update:current_user_metadata")
    );
}

#[tokio::test]
async fn no_connection_and_a_closed_connection_are_told() {
    let report = diagnose(with(|tenant| tenant.connections.clear())).await;
    assert_eq!(ids(&report), [Id::NoConnection, Id::ConnectionClosed, Id::ConnectionClosed]);
    let finding = only(diagnose(with(|tenant| tenant.connections.retain(|name| *name != "github"))).await);
    assert_eq!(finding.id, Id::ConnectionClosed);
    assert!(finding.problem.starts_with("The page offers to link github,"));
    assert_eq!(finding.value.as_deref(), Some(CLIENT));
}

#[tokio::test]
async fn requests_that_the_client_must_push_or_make_for_an_organization_are_told() {
    let pushed = Some(("invalid_request", "The client must push its authorization requests"));
    let finding = only(diagnose(with(|tenant| tenant.refusal = pushed)).await);
    assert_eq!((finding.id, finding.value.as_deref()), (Id::PushedRequestsRequired, Some("false")));
    let organization = Some(("invalid_request", "parameter organization is required for this client"));
    let finding = only(diagnose(with(|tenant| tenant.refusal = organization)).await);
    assert_eq!(finding.id, Id::OrganizationRequired);
    let other = Some(("access_denied", "By an Action"));
    let finding = only(diagnose(with(|tenant| tenant.refusal = other)).await);
    assert_eq!(finding.id, Id::SignInRefused);
    assert!(finding.problem.ends_with("access_denied, By an Action."));
    let grant = Some(("unauthorized_client", "Grant type 'authorization_code' not allowed for the client."));
    let finding = only(diagnose(with(|tenant| tenant.refusal = grant)).await);
    assert_eq!((finding.id, finding.value.as_deref()), (Id::GrantTypeMissing, Some("authorization_code")));
}

#[tokio::test]
async fn clocks_that_differ_are_told() {
    let finding = only(diagnose(with(|tenant| tenant.date = "Thu, 26 Nov 2026 09:05:00 GMT")).await);
    assert_eq!((finding.id, finding.severity), (Id::ClockSkew, Severity::Warning));
    assert!(finding.problem.starts_with("The tenant's clock is 300 seconds ahead of that of this machine."));
    assert_eq!(diagnose(with(|tenant| tenant.date = "Thu, 26 Nov 2026 09:00:59 GMT")).await.findings, []);
}

#[tokio::test]
async fn an_endpoint_that_fails_is_told_and_not_only_skipped() {
    let mut seen = observe(Setup::default()).await;
    let endpoints = seen.tenant.endpoints.as_mut().unwrap();
    endpoints.authorize = Err(Failure::Unreachable("no answer within 10 seconds".to_owned()));
    let report = Report::of(&seen);
    assert_eq!(skipped(&report, "callback"), Some("/authorize must answer first"));
    let finding = only(report);
    assert_eq!(finding.id, Id::EndpointFails);
    assert!(finding.problem.ends_with("/authorize does not answer: no answer within 10 seconds."));

    let mut seen = observe(Setup::default()).await;
    seen.tenant.endpoints.as_mut().unwrap().keys.as_mut().unwrap().status = 502;
    assert_eq!(only(Report::of(&seen)).id, Id::EndpointFails);
}

#[tokio::test]
async fn a_limit_that_is_used_up_is_told() {
    let finding = only(diagnose(with(|tenant| tenant.remaining = 4)).await);
    assert_eq!(finding.id, Id::RateLimitLow);
    assert!(finding.problem.starts_with("The tenant has 4 of 50 requests left"));

    let mut seen = observe(Setup::default()).await;
    let silent = seen.tenant.endpoints.as_mut().unwrap().authorize.as_mut().unwrap();
    silent.status = 429;
    silent.headers = vec![("retry-after".to_owned(), "7".to_owned())];
    let report = Report::of(&seen);
    assert_eq!(skipped(&report, "callback"), Some("/authorize must answer first"));
    let finding = only(report);
    assert_eq!(finding.id, Id::RateLimited);
    assert!(finding.problem.ends_with("Wait 7 seconds, then run this again."));
}
