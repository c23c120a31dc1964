//! Attacks with requests for more scopes than a person's client may have (contract A15, C8, G87).
//!
//! attacks: authorization

use axum::http::Method;
use model::Scopes;
use serde_json::Value;
use tenant::configuration::{ApplicationType, Client, ClientAuthentication, ClientGrant, GrantSubject};

use crate::apis::{ORDERS, access, api, grant, open_tenant, orders};
use crate::test_tenant::{AUDIENCE, Browser, PAGE, PASSWORD, TestTenant, client, email};

const CHANGES: &str = "read:current_user update:current_user_identities update:current_user_metadata";

/// Applications of every type: `spa`, `native`, `server`, `machine`, `granted` on a server with a grant for people, and
/// `partner` of a third party.
async fn tenant_of_all_types() -> TestTenant {
    open_tenant(vec![orders(), api("https://bare.example.test/", "")], |parts| {
        let of = |id: &str, application_type: ApplicationType| Client {
            application_type,
            ..client(id, ClientAuthentication::None, None)
        };
        parts.clients.extend([
            of("spa", ApplicationType::SinglePage),
            of("native", ApplicationType::Native),
            of("server", ApplicationType::RegularWeb),
            of("automaton", ApplicationType::Machine),
            of("granted", ApplicationType::RegularWeb),
            Client { is_first_party: false, ..of("partner", ApplicationType::SinglePage) },
        ]);
        let scopes = "update:current_user_identities delete:users";
        parts.grants.push(ClientGrant {
            subject: GrantSubject::User,
            ..ClientGrant::new("granted", AUDIENCE, Scopes::parse(scopes))
        });
        parts.grants.push(ClientGrant::new("automaton", AUDIENCE, Scopes::parse(scopes)));
        parts.grants.push(grant("automaton", GrantSubject::Client, "write:orders admin:orders"));
    })
    .await
}

/// Signs in to a client, accepts what is asked for, and returns the tokens.
async fn tokens(tenant: &TestTenant, client_id: &str, audience: &str, scope: &str) -> Value {
    let mut browser = Browser::new(tenant);
    let with = [("client_id", client_id), ("audience", audience), ("scope", scope)];
    let state = browser.start_login(&with).await;
    let mut response = browser.type_password(&state, &email("auth0|1"), PASSWORD).await;
    if response.location().starts_with("/u/consent") {
        let state = response.parameter("state").unwrap();
        response = browser.post("/u/consent", &[("state", &*state), ("choice", "accept")]).await;
    }
    let code = response.parameter("code").unwrap_or_else(|| panic!("{}", response.status_and_text()));
    tenant.exchange_code(&code, &[("client_id", client_id)]).await.json()
}

async fn scope_of(tenant: &TestTenant, client_id: &str, audience: &str, scope: &str) -> String {
    access(&tokens(tenant, client_id, audience, scope).await)["scope"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn no_application_gets_to_change_logins_but_those_in_the_browser_on_a_device_or_with_a_grant() {
    let tenant = tenant_of_all_types().await;
    let wanted = format!("{CHANGES} read:users update:users delete:users delete:current_user");
    for (client_id, expected) in [
        ("spa", CHANGES),
        ("native", CHANGES),
        ("server", "read:current_user"),
        ("automaton", "read:current_user"),
        ("granted", "read:current_user update:current_user_identities"),
        ("partner", ""),
    ] {
        assert_eq!(scope_of(&tenant, client_id, AUDIENCE, &wanted).await, expected, "{client_id}");
    }
    let token = tokens(&tenant, "server", AUDIENCE, CHANGES).await;
    let path = "/api/v2/users/auth0%7C1/identities/github/42";
    let refused = tenant.call(Method::DELETE, path, token["access_token"].as_str().unwrap()).await;
    assert_eq!(refused.json()["errorCode"], "insufficient_scope");
    assert_eq!(tenant.identities("auth0|1").await, ["auth0|1", "github|42"]);
}

#[tokio::test]
async fn a_person_gets_no_scope_that_only_a_machine_was_granted() {
    let tenant = tenant_of_all_types().await;
    let wanted = "read:orders admin:orders delete:users read:things";
    for client_id in [PAGE, "automaton"] {
        assert_eq!(scope_of(&tenant, client_id, ORDERS, wanted).await, "read:orders", "{client_id}");
    }
}

#[tokio::test]
async fn an_api_without_scopes_gives_none() {
    let tenant = tenant_of_all_types().await;
    let wanted = "read:orders update:users openid openid  email offline_access";
    assert_eq!(scope_of(&tenant, PAGE, "https://bare.example.test/", wanted).await, "openid email");
}

#[tokio::test]
async fn a_refresh_never_gives_more_than_was_granted() {
    let tenant = tenant_of_all_types().await;
    let first = tokens(&tenant, "spa", ORDERS, "openid read:orders offline_access").await;
    let wider = [("client_id", "spa"), ("scope", "openid read:orders read:orders write:orders update:users")];
    let refreshed = tenant.refresh(first["refresh_token"].as_str().unwrap(), &wider).await.json();
    assert_eq!(access(&refreshed)["scope"], "openid read:orders");
    let next = tenant.refresh(refreshed["refresh_token"].as_str().unwrap(), &[("client_id", "spa")]).await;
    assert_eq!(access(&next.json())["scope"], "openid read:orders offline_access");
}
