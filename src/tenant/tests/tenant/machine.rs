//! The client credentials grant (contract A15 and C3).

use axum::http::Method;
use insta::assert_snapshot;

use crate::test_tenant::{AUDIENCE, PAGE, TestResponse, TestTenant, claims_in};

/// Requests a token for the machine. `with` replaces or adds parameters; an empty value removes one.
async fn request_token(tenant: &TestTenant, with: &[(&str, &str)]) -> TestResponse {
    let mut fields = vec![
        ("grant_type", "client_credentials"),
        ("client_id", "machine"),
        ("client_secret", "machine secret"),
        ("audience", AUDIENCE),
    ];
    fields.retain(|(key, _)| !with.iter().any(|(other, _)| other == key));
    fields.extend(with.iter().filter(|(_, value)| !value.is_empty()));
    tenant.post_form("/oauth/token", &fields).await
}

#[tokio::test]
async fn a_machine_gets_the_requested_scopes_of_its_client_grant() {
    let tenant = TestTenant::with_users(&[&["auth0|1"]]).await;
    let response = request_token(&tenant, &[]).await;
    assert_eq!((response.header("cache-control"), response.header("pragma")), ("no-store", "no-cache"));
    let tokens = response.json();
    assert_eq!((&tokens["expires_in"], &tokens["token_type"]), (&86400.into(), &"Bearer".into()));
    assert_eq!((tokens.get("id_token"), tokens.get("refresh_token")), (None, None));
    let token = tokens["access_token"].as_str().unwrap();
    assert_snapshot!(claims_in(token), @r#"{"aud":"http://localhost:3000/api/v2/","azp":"machine","exp":1767312000,"gty":"client-credentials","iat":1767225600,"iss":"http://localhost:3000/","scope":"read:users update:users","sub":"machine@clients"}"#);
    assert_eq!(tenant.call(Method::GET, "/api/v2/users/auth0%7C1", token).await.status, 200);
    let narrow = request_token(&tenant, &[("scope", "read:users")]).await.json();
    assert_eq!(narrow["scope"], "read:users");
    assert_eq!(claims_in(narrow["access_token"].as_str().unwrap())["scope"], "read:users");
}

// attack: tokens
#[tokio::test]
async fn a_machine_is_refused_scopes_without_a_grant() {
    let tenant = TestTenant::with_users(&[]).await;
    let refusal = async |with: &[(&str, &str)]| request_token(&tenant, with).await.status_and_text();
    assert_snapshot!(refusal(&[("scope", "read:users read:roles delete:users")]).await, @r#"403 {"error":"access_denied","error_description":"Client has not been granted scopes: read:roles, delete:users"}"#);
    let web = [("client_id", "web"), ("client_secret", "web secret")];
    assert_snapshot!(refusal(&web).await, @r#"403 {"error":"unauthorized_client","error_description":"Grant type 'client_credentials' not allowed for the client."}"#);
    let idle = [("client_id", "idle"), ("client_secret", "idle secret")];
    assert_snapshot!(refusal(&idle).await, @r#"403 {"error":"access_denied","error_description":"Client \"idle\" is not authorized to access resource server \"http://localhost:3000/api/v2/\". You need to create a \"client-grant\" associated to this API."}"#);
    assert_snapshot!(refusal(&[("audience", "http://unknown.test/")]).await, @r#"403 {"error":"access_denied","error_description":"Service not found: http://unknown.test/"}"#);
    assert_snapshot!(refusal(&[("audience", "")]).await, @r#"400 {"error":"invalid_request","error_description":"Missing required parameter: audience"}"#);
}

// attack: tokens
#[tokio::test]
async fn client_credentials_require_authentication_and_a_confidential_client() {
    let tenant = TestTenant::with_users(&[]).await;
    for with in [[("client_secret", "wrong")], [("client_secret", "")], [("client_id", "nobody")]] {
        let denied = r#"401 {"error":"access_denied","error_description":"Unauthorized"}"#;
        assert_eq!(request_token(&tenant, &with).await.status_and_text(), denied, "{with:?}");
    }
    let open = request_token(&tenant, &[("client_id", "open")]).await;
    assert_snapshot!(open.status_and_text(), @r#"403 {"error":"unauthorized_client","error_description":"Grant type 'client_credentials' not allowed for the client."}"#);
    assert_eq!(request_token(&tenant, &[("client_id", PAGE)]).await.status, 403);
}
