//! Access tokens for the APIs of the tenant's owner (contract C6 and C8).

use std::time::Duration;

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use insta::assert_snapshot;
use model::{Scope, Scopes};
use serde_json::{Value, json};
use tenant::configuration::{
    Api, ApiAccess, ApiScope, Client, ClientAuthentication, ClientGrant, GrantSubject, GrantedScopes,
    Options, Parts, TokenDialect,
};
use tenant::{Clock, Configuration, Moment};

use crate::test_tenant::{
    API, AUDIENCE, Browser, ISSUER, PAGE, START, TestResponse, TestTenant, authorize_path, claims_in, client,
    parts, user,
};

pub(crate) const ORDERS: &str = "https://orders.example.test/";
const ME: &str = "/api/v2/users/auth0%7C1";

/// An API with these scopes, separated by spaces.
pub(crate) fn api(identifier: &str, scopes: &str) -> Api {
    let scopes = Scopes::parse(scopes);
    let scopes = scopes.iter().map(|value| ApiScope { value: value.clone(), description: None }).collect();
    Api { scopes, ..Api::new(identifier) }
}

/// The API most tests use: ten minutes, with refresh tokens.
pub(crate) fn orders() -> Api {
    Api {
        token_lifetime: Duration::from_mins(10),
        token_lifetime_for_web: Duration::from_mins(1),
        allow_offline_access: true,
        ..api(ORDERS, "read:orders write:orders")
    }
}

/// A grant for [`ORDERS`].
pub(crate) fn grant(client_id: &str, subject: GrantSubject, scopes: &str) -> ClientGrant {
    ClientGrant { subject, ..ClientGrant::new(client_id, ORDERS, Scopes::parse(scopes)) }
}

pub(crate) fn configuration(change: impl FnOnce(&mut Parts)) -> Configuration {
    let mut parts = parts(Options::default(), Vec::new());
    change(&mut parts);
    Configuration::new(parts).unwrap()
}

/// Opens a tenant with these APIs.
pub(crate) async fn open_tenant(apis: Vec<Api>, change: impl FnOnce(&mut Parts)) -> TestTenant {
    let configuration = configuration(|parts| {
        parts.apis = apis;
        change(parts);
    });
    let clock = Clock::settable(Moment::from_millis(START));
    let seeds = vec![user(&["auth0|1", "github|42"]), user(&["auth0|2"])];
    TestTenant::with_configuration(ISSUER, clock, configuration, seeds).await
}

/// Signs in and returns the tokens. `with` is about the authorization request.
pub(crate) async fn sign_in(tenant: &TestTenant, with: &[(&str, &str)]) -> Value {
    let mut with = with.to_vec();
    with.push(("prompt", "login"));
    let code = Browser::new(tenant).sign_in("auth0|1", &with).await;
    let response = tenant.exchange_code(&code, &[]).await;
    assert_eq!(response.status, 200, "{}", response.text);
    response.json()
}

/// Requests a token for a machine.
pub(crate) async fn machine_token(
    tenant: &TestTenant,
    client_id: &str,
    with: &[(&str, &str)],
) -> TestResponse {
    let secret = format!("{client_id} secret");
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", client_id),
        ("client_secret", &*secret),
        ("audience", ORDERS),
    ];
    let kept = fields.iter().filter(|(key, _)| !with.iter().any(|(other, _)| other == key));
    let fields: Vec<_> = kept.chain(with).filter(|(_, value)| !value.is_empty()).copied().collect();
    tenant.post_form("/oauth/token", &fields).await
}

pub(crate) fn access(tokens: &Value) -> Value {
    claims_in(tokens["access_token"].as_str().unwrap())
}

fn header_of(token: &Value) -> Value {
    let header = token.as_str().unwrap().split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
}

#[tokio::test]
async fn a_person_gets_a_token_for_a_declared_api_with_its_scopes_and_lifetime() {
    let tenant = open_tenant(vec![orders()], |_| {}).await;
    let scope = "openid email read:orders delete:orders read:users offline_access";
    let tokens = sign_in(&tenant, &[("audience", ORDERS), ("scope", scope)]).await;
    assert_eq!((&tokens["expires_in"], &tokens["token_type"]), (&json!(600), &json!("Bearer")));
    assert_eq!(tokens["scope"], "openid email read:orders offline_access");
    let mut claims = access(&tokens);
    (claims["jti"], claims["sid"]) = (json!("[jti]"), json!("[sid]"));
    assert_snapshot!(claims, @r#"{"aud":["https://orders.example.test/","http://localhost:3000/userinfo"],"azp":"page","exp":1767226200,"iat":1767225600,"iss":"http://localhost:3000/","jti":"[jti]","scope":"openid email read:orders offline_access","sid":"[sid]","sub":"auth0|1"}"#);

    let refreshed = tenant.refresh(tokens["refresh_token"].as_str().unwrap(), &[]).await.json();
    assert_eq!(refreshed["expires_in"], 600);
    assert_eq!(refreshed["scope"], "openid email read:orders offline_access");
    let mut claims = access(&refreshed);
    (claims["jti"], claims["sid"]) = (json!("[jti]"), json!("[sid]"));
    assert_snapshot!(claims, @r#"{"aud":["https://orders.example.test/","http://localhost:3000/userinfo"],"azp":"page","exp":1767226200,"gty":"refresh_token","iat":1767225600,"iss":"http://localhost:3000/","jti":"[jti]","scope":"openid email read:orders offline_access","sid":"[sid]","sub":"auth0|1"}"#);
    let narrow = [("scope", "openid read:orders write:orders")];
    let narrowed = tenant.refresh(refreshed["refresh_token"].as_str().unwrap(), &narrow).await.json();
    assert_eq!(narrowed["scope"], "openid read:orders", "fewer scopes, never more");
    assert_eq!(access(&narrowed)["scope"], "openid read:orders");
}

#[tokio::test]
async fn without_openid_the_token_is_for_the_api_alone() {
    let tenant = open_tenant(vec![orders()], |_| {}).await;
    let tokens = sign_in(&tenant, &[("audience", ORDERS), ("scope", "read:orders")]).await;
    assert_eq!(access(&tokens)["aud"], ORDERS);
    assert_eq!(tokens.get("id_token"), None);
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(tenant.call(Method::GET, "/userinfo", token).await.status, 401);
    let tokens = sign_in(&tenant, &[("audience", ORDERS), ("scope", "openid email")]).await;
    let token = tokens["access_token"].as_str().unwrap();
    let userinfo = tenant.call(Method::GET, "/userinfo", token).await.json();
    assert_eq!((&userinfo["sub"], &userinfo["email"]), (&json!("auth0|1"), &json!("auth01@example.test")));
    assert_eq!(tenant.call(Method::GET, ME, token).await.status, 401);
}

#[tokio::test]
async fn an_api_without_offline_access_gives_no_refresh_token() {
    let online = Api { allow_offline_access: false, ..orders() };
    // The name of the scope opens nothing either.
    let named = Api { allow_offline_access: false, ..api("https://named.example.test/", "offline_access") };
    let tenant = open_tenant(vec![online, named], |_| {}).await;
    let scope = "openid read:orders offline_access";
    for audience in [ORDERS, "https://named.example.test/"] {
        let tokens = sign_in(&tenant, &[("audience", audience), ("scope", scope)]).await;
        assert_eq!(tokens.get("refresh_token"), None, "{audience}");
        assert!(!tokens["scope"].as_str().unwrap().contains("offline_access"), "{audience}");
    }
    let managed = sign_in(&tenant, &[("scope", scope)]).await;
    assert!(managed["refresh_token"].is_string(), "the Management API keeps what it has");
    let implied = sign_in(&tenant, &[("audience", API), ("scope", scope)]).await;
    assert!(implied["refresh_token"].is_string(), "so does an API that only a grant names");
    assert_eq!((&implied["expires_in"], &managed["expires_in"]), (&json!(7200), &json!(7200)));
}

#[tokio::test]
async fn an_own_api_can_be_the_default_audience_with_and_without_openid() {
    let default_to = |audience: &'static str| {
        move |parts: &mut Parts| parts.options.default_audience = Some(audience.to_owned())
    };
    let tenant = open_tenant(vec![orders()], default_to(ORDERS)).await;
    for (scope, audience) in [
        ("openid read:orders", json!([ORDERS, "http://localhost:3000/userinfo"])),
        ("read:orders", json!(ORDERS)),
        ("", json!(ORDERS)),
    ] {
        let tokens = sign_in(&tenant, &[("audience", ""), ("scope", scope)]).await;
        assert_eq!(access(&tokens)["aud"], audience, "{scope}");
        assert_eq!(tokens["scope"], scope);
    }
    // The Management API of the real tenant is this one.
    let tenant = open_tenant(vec![orders()], default_to("https://acme.eu.auth0.com/api/v2/")).await;
    let tokens = sign_in(&tenant, &[("audience", "")]).await;
    assert_eq!(access(&tokens)["aud"], AUDIENCE);
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(tenant.call(Method::GET, ME, token).await.status, 200);
}

// attack: tokens
#[tokio::test]
async fn a_closed_api_gives_no_token_to_anybody() {
    let closed = Api { user_access: ApiAccess::DenyAll, client_access: ApiAccess::DenyAll, ..orders() };
    let tenant = open_tenant(vec![closed], |parts| {
        parts.grants.push(grant(PAGE, GrantSubject::User, "read:orders"));
        parts.grants.push(grant("machine", GrantSubject::Client, "read:orders"));
    })
    .await;
    let refused = Browser::new(&tenant).get(&authorize_path(&[("audience", ORDERS)])).await;
    assert_snapshot!(refused.location(), @"http://localhost:3000/callback?error=invalid_request&error_description=Client+%22page%22+is+not+authorized+to+access+resource+server+%22https%3A%2F%2Forders.example.test%2F%22.&state=the-state&iss=http%3A%2F%2Flocalhost%3A3000%2F");
    assert_snapshot!(machine_token(&tenant, "machine", &[]).await.status_and_text(), @r#"403 {"error":"access_denied","error_description":"Client \"machine\" is not authorized to access resource server \"https://orders.example.test/\"."}"#);
}

// attack: tokens
#[tokio::test]
async fn an_api_that_requires_a_grant_gives_a_person_no_more_than_the_grant() {
    let granted = Api { user_access: ApiAccess::RequireClientGrant, ..orders() };
    let tenant = open_tenant(vec![granted], |parts| {
        parts.grants.push(grant(PAGE, GrantSubject::User, "read:orders delete:orders"));
        // A grant for itself gives an application no person's token.
        parts.grants.push(grant("other", GrantSubject::Client, "read:orders write:orders"));
    })
    .await;
    let scope = "openid read:orders write:orders delete:orders";
    let tokens = sign_in(&tenant, &[("audience", ORDERS), ("scope", scope)]).await;
    assert_eq!(tokens["scope"], "openid read:orders");
    for client_id in ["other", "simple"] {
        let path = authorize_path(&[("audience", ORDERS), ("client_id", client_id)]);
        let refused = Browser::new(&tenant).get(&path).await;
        let expected =
            format!("Client \"{client_id}\" is not authorized to access resource server \"{ORDERS}\".");
        assert_eq!(refused.parameter("error").as_deref(), Some("invalid_request"));
        assert_eq!(refused.parameter("error_description"), Some(expected));
        assert_eq!(refused.parameter("state").as_deref(), Some("the-state"));
    }
}

// attack: tokens
#[tokio::test]
async fn a_grant_for_people_gives_a_machine_nothing() {
    let tenant = open_tenant(vec![orders()], |parts| {
        let people = |audience: &str, scopes: &str| ClientGrant {
            subject: GrantSubject::User,
            ..ClientGrant::new("idle", audience, Scopes::parse(scopes))
        };
        parts.grants.extend([people(ORDERS, "read:orders"), people(AUDIENCE, "read:users delete:users")]);
    })
    .await;
    let refused = machine_token(&tenant, "idle", &[]).await;
    assert_snapshot!(refused.status_and_text(), @r#"403 {"error":"access_denied","error_description":"Client \"idle\" is not authorized to access resource server \"https://orders.example.test/\". You need to create a \"client-grant\" associated to this API."}"#);
    let refused = machine_token(&tenant, "idle", &[("audience", AUDIENCE)]).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["error"]), (403, &json!("access_denied")));
}

#[tokio::test]
async fn a_machine_gets_the_lifetime_and_the_granted_scopes_of_the_api() {
    let tenant = open_tenant(vec![orders()], |parts| {
        let all = ClientGrant {
            scopes: GrantedScopes::All,
            ..ClientGrant::new("machine", ORDERS, Scopes::default())
        };
        parts.grants.push(all);
        // The API does not have the other scope, so the grant gives nothing of it.
        parts.grants.push(grant("idle", GrantSubject::Client, "read:orders read:users"));
    })
    .await;
    let tokens = machine_token(&tenant, "machine", &[]).await.json();
    assert_eq!((&tokens["expires_in"], &tokens["scope"]), (&json!(600), &json!("read:orders write:orders")));
    assert_snapshot!(access(&tokens), @r#"{"aud":"https://orders.example.test/","azp":"machine","exp":1767226200,"gty":"client-credentials","iat":1767225600,"iss":"http://localhost:3000/","scope":"read:orders write:orders","sub":"machine@clients"}"#);
    let tokens = machine_token(&tenant, "idle", &[]).await.json();
    assert_eq!(access(&tokens)["scope"], "read:orders");
    let refused = machine_token(&tenant, "idle", &[("scope", "read:users")]).await;
    assert_eq!(refused.status, 403);
    let tenant = open_tenant(Vec::new(), |parts| {
        let managed = ClientGrant::new("idle", AUDIENCE, Scopes::default());
        parts.grants.push(ClientGrant { scopes: GrantedScopes::All, ..managed });
    })
    .await;
    let tokens = machine_token(&tenant, "idle", &[("audience", AUDIENCE)]).await.json();
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(tenant.call(Method::GET, "/api/v2/users", token).await.status, 200);
}

#[tokio::test]
async fn an_api_can_have_tokens_after_rfc_9068() {
    let standard = Api { token_dialect: TokenDialect::Rfc9068, ..orders() };
    let tenant = open_tenant(vec![standard], |parts| {
        parts.grants.push(grant("machine", GrantSubject::Client, "read:orders"));
    })
    .await;
    let with = [("audience", ORDERS), ("scope", "openid read:orders offline_access")];
    let tokens = sign_in(&tenant, &with).await;
    let refreshed = tenant.refresh(tokens["refresh_token"].as_str().unwrap(), &[]).await.json();
    let machine = machine_token(&tenant, "machine", &[]).await.json();
    let mut ids = Vec::new();
    for tokens in [&tokens, &refreshed, &machine] {
        assert_eq!(header_of(&tokens["access_token"])["typ"], "at+jwt");
        let claims = access(tokens);
        assert_eq!((claims.get("azp"), claims.get("gty")), (None, None));
        ids.push(claims["jti"].as_str().unwrap().to_owned());
    }
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
    let mut claims = access(&tokens);
    (claims["jti"], claims["sid"]) = (json!("[jti]"), json!("[sid]"));
    assert_snapshot!(claims, @r#"{"aud":["https://orders.example.test/","http://localhost:3000/userinfo"],"client_id":"page","exp":1767226200,"iat":1767225600,"iss":"http://localhost:3000/","jti":"[jti]","scope":"openid read:orders offline_access","sid":"[sid]","sub":"auth0|1"}"#);
    assert_eq!(access(&machine)["client_id"], "machine");
    assert_eq!(header_of(&tokens["id_token"])["typ"], "JWT");
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(tenant.call(Method::GET, "/userinfo", token).await.status, 200);
}

#[tokio::test]
async fn an_id_token_lives_as_long_as_its_application_says() {
    let brief = Client {
        id_token_lifetime: Duration::from_mins(5),
        ..client("brief", ClientAuthentication::None, None)
    };
    let tenant = open_tenant(Vec::new(), |parts| parts.clients.push(brief)).await;
    for (client_id, lifetime) in [("brief", 300), (PAGE, 36000)] {
        let with = [("client_id", client_id), ("prompt", "login")];
        let code = Browser::new(&tenant).sign_in("auth0|1", &with).await;
        let tokens = tenant.exchange_code(&code, &[("client_id", client_id)]).await.json();
        let claims = claims_in(tokens["id_token"].as_str().unwrap());
        assert_eq!(
            claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
            lifetime,
            "{client_id}"
        );
        assert_eq!(tokens["expires_in"], 7200, "the access token has its own");
    }
}

#[tokio::test]
async fn a_refresh_follows_the_configuration_of_today() {
    let with = [("audience", ORDERS), ("scope", "openid read:orders write:orders offline_access")];
    let mut tenant = open_tenant(vec![orders()], |_| {}).await;
    let tokens = sign_in(&tenant, &with).await;
    let token = tokens["refresh_token"].as_str().unwrap().to_owned();

    let smaller = Api { scopes: api(ORDERS, "read:orders").scopes, ..orders() };
    tenant.reopen_with(configuration(|parts| parts.apis = vec![smaller])).await;
    let tokens = tenant.refresh(&token, &[]).await.json();
    assert_eq!(tokens["scope"], "openid read:orders offline_access");
    let token = tokens["refresh_token"].as_str().unwrap().to_owned();

    let closed = Api { user_access: ApiAccess::DenyAll, ..orders() };
    tenant.reopen_with(configuration(|parts| parts.apis = vec![closed])).await;
    assert_snapshot!(tenant.refresh(&token, &[]).await.status_and_text(), @r#"403 {"error":"access_denied","error_description":"Client \"page\" is not authorized to access resource server \"https://orders.example.test/\"."}"#);
    tenant.reopen_with(configuration(|_| {})).await;
    assert_snapshot!(tenant.refresh(&token, &[]).await.status_and_text(), @r#"403 {"error":"access_denied","error_description":"Service not found: https://orders.example.test/"}"#);
    tenant.reopen_with(configuration(|parts| parts.apis = vec![orders()])).await;
    let tokens = tenant.refresh(&token, &[]).await.json();
    assert_eq!(
        tokens["scope"], "openid read:orders write:orders offline_access",
        "the refusals did not use the token up"
    );
}

#[tokio::test]
async fn a_former_key_is_known_as_long_as_the_longest_token() {
    let month = Api { token_lifetime: Duration::from_hours(30 * 24), ..orders() };
    let mut tenant = open_tenant(vec![month], |_| {}).await;
    let tokens = sign_in(&tenant, &[("audience", ORDERS), ("scope", "openid")]).await;
    let kid = header_of(&tokens["access_token"])["kid"].clone();
    tenant::rotate_keys(&tenant.store, &tenant.clock).await.unwrap();
    tenant.clock.advance(Duration::from_hours(29 * 24));
    tenant.reopen().await;
    let keys = tenant.call(Method::GET, "/.well-known/jwks.json", "").await.json();
    assert!(keys["keys"].as_array().unwrap().iter().any(|key| key["kid"] == kid), "{keys}");
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(tenant.call(Method::GET, "/userinfo", token).await.status, 200);
    tenant.clock.advance(Duration::from_hours(48));
    tenant.reopen().await;
    let keys = tenant.call(Method::GET, "/.well-known/jwks.json", "").await.json();
    assert!(!keys["keys"].as_array().unwrap().iter().any(|key| key["kid"] == kid), "{keys}");
}

// attack: tokens
#[tokio::test]
async fn no_token_of_another_api_opens_the_management_api_however_it_is_called() {
    let management = "read:users update:users delete:users read:current_user update:current_user_identities";
    let names = [
        "http://localhost:3000/api/v2",
        "http://localhost:3000/api/v2/users",
        "http://localhost:3000/api/v2//",
        "http://localhost:3000/api/v2/?",
        "HTTP://LOCALHOST:3000/api/v2/",
        "http://localhost:3000/API/v2/",
        "http://localhost/api/v2/",
        "https://localhost:3000/api/v2/",
        "http://localhost:3000/",
        "https://acme.eu.auth0.com/api/v2/",
        PAGE,
    ];
    for dialect in [TokenDialect::Auth0, TokenDialect::Rfc9068] {
        let apis = names.iter().map(|name| Api { token_dialect: dialect, ..api(name, management) }).collect();
        let tenant = open_tenant(apis, |parts| {
            parts.options.id_token_bearer = true;
            let granted = names.map(|name| ClientGrant::new("machine", name, Scopes::parse(management)));
            parts.grants = granted.to_vec();
        })
        .await;
        for name in names {
            for scope in [format!("openid {management}"), management.to_owned(), String::new()] {
                let tokens = sign_in(&tenant, &[("audience", name), ("scope", &scope)]).await;
                refuses(&tenant, tokens["access_token"].as_str().unwrap(), name).await;
            }
            let tokens = machine_token(&tenant, "machine", &[("audience", name)]).await.json();
            assert_eq!(tokens["scope"], management);
            refuses(&tenant, tokens["access_token"].as_str().unwrap(), name).await;
        }
        // Nor does such a token prove another account, to be linked.
        let with = [("audience", PAGE), ("scope", "read:users"), ("prompt", "login")];
        let code = Browser::new(&tenant).sign_in("auth0|2", &with).await;
        let tokens = tenant.exchange_code(&code, &[]).await.json();
        let body = json!({ "link_with": tokens["access_token"] });
        let own = tenant.user_token("auth0|1").await;
        let refused = tenant.post_json(&format!("{ME}/identities"), Some(&own), &body).await;
        assert_eq!(refused.json()["message"], "JWT (link_with) contains an invalid aud claim");
        assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "github|42"]);
        assert_eq!(tenant.identities("auth0|2").await, ["auth0|2"]);
    }
}

/// Checks that a token neither reads nor changes an account.
async fn refuses(tenant: &TestTenant, token: &str, name: &str) {
    for (method, path) in [
        (Method::GET, ME.to_owned()),
        (Method::GET, "/api/v2/users".to_owned()),
        (Method::DELETE, ME.to_owned()),
        (Method::DELETE, format!("{ME}/identities/github/42")),
    ] {
        let response = tenant.call(method, &path, token).await;
        assert_eq!(
            (response.status.as_u16(), &response.json()["message"]),
            (401, &json!("Invalid token")),
            "{name}"
        );
    }
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "github|42"], "{name}");
}

// attack: tokens
#[tokio::test]
async fn an_api_declared_with_the_management_apis_own_identifier_changes_nothing() {
    let forged = Api {
        token_lifetime: Duration::from_hours(1000),
        ..api(AUDIENCE, "read:users delete:users read:current_user")
    };
    let tenant = open_tenant(vec![forged], |_| {}).await;
    let tokens = sign_in(&tenant, &[("scope", "openid read:users delete:users read:current_user")]).await;
    assert_eq!(tokens["scope"], "openid read:current_user");
    assert_eq!(tokens["expires_in"], 7200);
}

// attack: tokens
#[tokio::test]
async fn a_refresh_token_of_an_api_never_becomes_one_of_the_management_api() {
    let real = "https://acme.eu.auth0.com/api/v2/";
    let declared = Api { allow_offline_access: true, ..api(real, "read:users update:users") };
    let mut tenant = open_tenant(vec![declared], |_| {}).await;
    let with = [("audience", real), ("scope", "read:users update:users offline_access")];
    let tokens = sign_in(&tenant, &with).await;
    assert_eq!(tokens["scope"], "read:users update:users offline_access");
    // Without the declaration the identifier means the Management API, where people have other scopes.
    let undeclared = configuration(|parts| parts.options.default_audience = Some(real.to_owned()));
    tenant.reopen_with(undeclared).await;
    let tokens = tenant.refresh(tokens["refresh_token"].as_str().unwrap(), &[]).await.json();
    assert_eq!(tokens["scope"], "offline_access");
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(tenant.call(Method::GET, "/api/v2/users", token).await.status, 403);
    assert!(!Scope::USER_GRANTABLE.contains(&Scope::READ_USERS));
}
