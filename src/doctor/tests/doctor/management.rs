//! What only the Management API shows.

use doctor::finding::{Id, Severity};
use serde_json::json;

use crate::{Setup, StubTenant, diagnose, ids, only};

/// Returns a set-up with credentials and a change of its tenant.
fn with(change: impl FnOnce(&mut StubTenant)) -> Setup {
    let mut setup = Setup { manages: true, ..Setup::default() };
    change(&mut setup.tenant);
    setup
}

#[tokio::test]
async fn an_application_of_another_type_is_told() {
    let regular = json!({ "app_type": "regular_web" });
    let report = diagnose(with(|tenant| tenant.client = regular)).await;
    // Such an application needs a grant for people's scopes as well.
    assert_eq!(ids(&report), [Id::ApplicationType, Id::ScopeMissing]);
    assert_eq!(report.findings[0].value.as_deref(), Some("spa"));
    assert_eq!(report.findings[0].field, Some("clients[].app_type"));
}

#[tokio::test]
async fn id_tokens_by_a_shared_secret_are_told() {
    let finding = only(
        diagnose(with(|tenant| tenant.client = json!({ "jwt_configuration": { "alg": "HS256" } }))).await,
    );
    assert_eq!((finding.id, finding.value.as_deref()), (Id::SignedWithSecret, Some("RS256")));
}

#[tokio::test]
async fn refresh_tokens_that_do_not_rotate_are_told() {
    let client = json!({ "grant_types": ["authorization_code", "refresh_token"],
        "refresh_token": { "rotation_type": "non-rotating" } });
    let finding = only(diagnose(with(|tenant| tenant.client = client)).await);
    assert_eq!((finding.id, finding.severity), (Id::RotationOff, Severity::Warning));
    let client =
        json!({ "grant_types": ["refresh_token"], "refresh_token": { "rotation_type": "rotating" } });
    assert_eq!(diagnose(with(|tenant| tenant.client = client)).await.findings, []);
}

#[tokio::test]
async fn scopes_that_the_grant_lacks_are_named() {
    let policy = json!({ "subject_type_authorization": { "user": { "policy": "require_client_grant" } } });
    let setup = with(|tenant| {
        tenant.api = policy;
        tenant.grants = json!([
            { "subject_type": "client", "scope": ["update:current_user_metadata"] },
            { "subject_type": "user", "scope": ["read:current_user", "update:current_user_identities"] },
        ]);
    });
    let finding = only(diagnose(setup).await);
    assert_eq!(
        (finding.id, finding.value.as_deref()),
        (Id::ScopeMissing, Some("update:current_user_metadata"))
    );
}

#[tokio::test]
async fn connections_are_compared_with_those_of_the_tenant() {
    let finding = only(diagnose(with(|tenant| tenant.connections.retain(|name| *name != "github"))).await);
    assert_eq!(finding.id, Id::ConnectionUnknown);
    let finding = only(diagnose(with(|tenant| tenant.strategies = [("github", "oauth2")].into())).await);
    assert_eq!((finding.id, finding.value.as_deref()), (Id::ConnectionStrategy, Some("oauth2")));
    let keys = json!({ "google-oauth2": { "client_id": "" }, "github": { "client_id": "own" } });
    let finding = only(diagnose(with(|tenant| tenant.options = keys)).await);
    assert_eq!((finding.id, finding.severity), (Id::DeveloperKeys, Severity::Warning));
    assert!(finding.problem.starts_with("google-oauth2 use Auth0's developer keys"));
    assert_eq!(diagnose(with(|tenant| tenant.lists_clients_apart = true)).await.findings, []);
}

#[tokio::test]
async fn an_application_of_a_third_party_asks_for_consent() {
    let report = diagnose(with(|tenant| tenant.client = json!({ "is_first_party": false }))).await;
    assert_eq!(ids(&report), [Id::ScopeMissing, Id::ConsentAsked]);
}

#[tokio::test]
async fn credentials_that_do_not_suffice_are_a_warning_with_the_permissions() {
    let finding = only(diagnose(with(|tenant| tenant.reader_scopes = false)).await);
    assert_eq!((finding.id, finding.severity), (Id::ManagementScope, Severity::Warning));
    assert!(finding.problem.contains("expected any of: read:clients"));
    assert_eq!(
        finding.value.as_deref(),
        Some("read:clients read:client_grants read:connections read:resource_servers")
    );
}
