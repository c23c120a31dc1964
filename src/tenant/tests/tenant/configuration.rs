//! Reading the configuration by the Management API, and attempts to change it (contract A16, A18).

use axum::body::Body;
use axum::http::{Method, Request};
use insta::assert_snapshot;
use serde_json::{Value, json};
use tenant::configuration::{
    Api, ApiScope, ApplicationType, Client, ClientAuthentication, ClientGrant, Connection, GrantSubject,
    GrantedScopes, Options, Parts, RefreshTokens, Upstream,
};
use tenant::secret::Secret;
use tenant::{Clock, Configuration, Moment};

use crate::test_tenant::{AUDIENCE, ISSUER, START, TestResponse, TestTenant};

const ORDERS: &str = "https://orders.example.test/";
const REAL: &str = "https://acme.eu.auth0.com/api/v2/";

/// Opens a tenant with a page, a machine, a provider and an API.
async fn open() -> TestTenant {
    let page = Client {
        callbacks: vec!["http://localhost:3000/callback".to_owned()],
        allowed_logout_urls: vec!["http://localhost:3000/".to_owned()],
        web_origins: vec!["http://localhost:3000".to_owned()],
        description: Some("Where logins are linked".to_owned()),
        metadata: json!({ "team": "web" }).as_object().unwrap().clone(),
        ..Client::new("page-id", "Page")
    };
    let machine = Client {
        client_secret: Some(Secret::new("the machine's secret")),
        application_type: ApplicationType::Machine,
        authentication: ClientAuthentication::SecretPost,
        grant_types: vec!["client_credentials".to_owned()],
        refresh_tokens: RefreshTokens {
            rotate: false,
            lifetime: None,
            idle_lifetime: None,
            ..RefreshTokens::default()
        },
        is_first_party: false,
        ..Client::new("machine-id", "Machine")
    };
    let signer =
        Client { authentication: ClientAuthentication::PrivateKeyJwt, ..Client::new("signer-id", "Signer") };
    let mut orders = Api::new(ORDERS);
    "Orders".clone_into(&mut orders.name);
    let scope = |value: &str, about: Option<&str>| ApiScope {
        value: model::Scope::new(value.to_owned()),
        description: about.map(str::to_owned),
    };
    orders.scopes = vec![scope("read:orders", Some("Read orders")), scope("cancel:orders", None)];
    let provider = Connection {
        upstream: Some(Upstream {
            issuer: "https://login.example.test".to_owned(),
            client_id: "tenant-at-provider".to_owned(),
            client_secret: Some(Secret::new("the provider's secret")),
            authentication: None,
            scopes: vec!["email".to_owned()],
        }),
        ..Connection::new("company", "oidc")
    };
    let parts = Parts {
        options: Options {
            friendly_name: "Acme".to_owned(),
            default_audience: Some(ORDERS.to_owned()),
            session_lifetime: std::time::Duration::from_mins(90),
            ..Options::default()
        },
        clients: vec![page, machine, signer],
        connections: vec![
            Connection {
                enabled_clients: Some(vec!["page-id".to_owned()]),
                ..Connection::new("Users", "auth0")
            },
            provider,
        ],
        apis: vec![orders],
        grants: vec![
            ClientGrant::new("machine-id", REAL, model::Scopes::parse("read:users")),
            ClientGrant {
                scopes: GrantedScopes::All,
                ..ClientGrant::new("machine-id", ORDERS, model::Scopes::default())
            },
            ClientGrant {
                subject: GrantSubject::User,
                id: "cgr_0000000000000000".to_owned(),
                ..ClientGrant::new("page-id", ORDERS, model::Scopes::parse("read:orders"))
            },
        ],
        ..Parts::default()
    };
    let clock = Clock::settable(Moment::from_millis(START));
    TestTenant::with_configuration(ISSUER, clock, Configuration::new(parts).unwrap(), Vec::new()).await
}

fn everything() -> String {
    model::Scope::MANAGEMENT.iter().map(model::Scope::as_str).collect::<Vec<_>>().join(" ")
}

async fn get(tenant: &TestTenant, path: &str) -> TestResponse {
    let token = tenant.machine_token(&everything()).await;
    tenant.call(Method::GET, &format!("/api/v2/{path}"), &token).await
}

async fn text(tenant: &TestTenant, path: &str) -> String {
    get(tenant, path).await.status_and_text()
}

/// Returns one key of each item of a list.
async fn column(tenant: &TestTenant, path: &str, key: &str) -> Vec<String> {
    let list = get(tenant, path).await.json();
    list.as_array().unwrap().iter().map(|item| item[key].as_str().unwrap().to_owned()).collect()
}

// attack: files
#[tokio::test]
async fn clients_are_shown_without_secrets() {
    let tenant = open().await;
    assert_snapshot!(text(&tenant, "clients/page-id").await, @r#"200 {"tenant":"localhost:3000","global":false,"is_token_endpoint_ip_header_trusted":false,"name":"Page","description":"Where logins are linked","is_first_party":true,"oidc_conformant":true,"sso_disabled":false,"cross_origin_auth":false,"client_metadata":{"team":"web"},"refresh_token":{"expiration_type":"expiring","leeway":0,"token_lifetime":2592000,"idle_token_lifetime":1296000,"infinite_token_lifetime":false,"infinite_idle_token_lifetime":false,"rotation_type":"rotating"},"callbacks":["http://localhost:3000/callback"],"allowed_logout_urls":["http://localhost:3000/"],"client_id":"page-id","callback_url_template":false,"jwt_configuration":{"alg":"RS256","lifetime_in_seconds":36000,"secret_encoded":false},"token_endpoint_auth_method":"none","app_type":"spa","grant_types":["authorization_code","refresh_token"],"web_origins":["http://localhost:3000"],"custom_login_page_on":true}"#);
    assert_snapshot!(text(&tenant, "clients/machine-id?fields=name,refresh_token,token_endpoint_auth_method,app_type,client_secret").await, @r#"200 {"tenant":"localhost:3000","name":"Machine","refresh_token":{"expiration_type":"non-expiring","leeway":0,"infinite_token_lifetime":true,"infinite_idle_token_lifetime":true,"rotation_type":"non-rotating"},"token_endpoint_auth_method":"client_secret_post","app_type":"non_interactive"}"#);
    assert_snapshot!(text(&tenant, "clients/signer-id?fields=token_endpoint_auth_method,client_authentication_methods").await, @r#"200 {"tenant":"localhost:3000","client_authentication_methods":{"private_key_jwt":{"credentials":[]}}}"#);
    assert_snapshot!(text(&tenant, "clients/nobody").await, @r#"404 {"statusCode":404,"error":"Not Found","message":"The client does not exist","errorCode":"inexistent_client"}"#);
    for path in [
        "clients",
        "clients/machine-id",
        "connections",
        "client-grants",
        "resource-servers",
        "tenants/settings",
    ] {
        let shown = text(&tenant, path).await;
        assert!(shown.starts_with("200 ") && !shown.contains("secret\""), "{path}: {shown}");
        assert!(!shown.contains("the machine's") && !shown.contains("the provider's"), "{path}");
    }
}

#[tokio::test]
async fn clients_are_filtered_and_paged_in_both_ways() {
    let tenant = open().await;
    let path = "clients?page=0&per_page=2&include_totals=true&is_global=false&fields=client_id";
    assert_snapshot!(text(&tenant, path).await, @r#"200 {"total":3,"start":0,"limit":2,"clients":[{"tenant":"localhost:3000","client_id":"page-id"},{"tenant":"localhost:3000","client_id":"machine-id"}]}"#);
    assert_snapshot!(text(&tenant, "clients?take=2&fields=client_id&include_totals=true").await, @r#"200 {"clients":[{"tenant":"localhost:3000","client_id":"page-id"},{"tenant":"localhost:3000","client_id":"machine-id"}],"next":"signer-id"}"#);
    assert_snapshot!(text(&tenant, "clients?take=2&from=signer-id&fields=client_id").await, @r#"200 {"clients":[{"tenant":"localhost:3000","client_id":"signer-id"}]}"#);
    assert_eq!(column(&tenant, "clients?is_first_party=false", "client_id").await, ["machine-id"]);
    assert_eq!(column(&tenant, "clients?app_type=native,non_interactive", "client_id").await, ["machine-id"]);
    assert_eq!(column(&tenant, "clients?is_global=true", "client_id").await, [""; 0]);
    assert_snapshot!(text(&tenant, "clients?from=nobody").await, @r#"400 {"statusCode":400,"error":"Bad Request","message":"Query validation error: 'No record to go on from: nobody' on property from.","errorCode":"invalid_query_string"}"#);
}

#[tokio::test]
async fn client_grants_are_those_that_the_tenant_plays() {
    let tenant = open().await;
    assert_snapshot!(text(&tenant, "client-grants?include_totals=true&take=50").await, @r#"200 {"client_grants":[{"id":"cgr_Dqgj1nDGLQGdf1Xq","client_id":"machine-id","audience":"http://localhost:3000/api/v2/","scope":["read:users"],"subject_type":"client"},{"id":"cgr_tIeTc2AwfIh2wacx","client_id":"machine-id","audience":"https://orders.example.test/","scope":["read:orders","cancel:orders"],"subject_type":"client","allow_all_scopes":true},{"id":"cgr_0000000000000000","client_id":"page-id","audience":"https://orders.example.test/","scope":["read:orders"],"subject_type":"user"}]}"#);
    assert_eq!(column(&tenant, "client-grants?subject_type=user", "client_id").await, ["page-id"]);
    for audience in [AUDIENCE, REAL] {
        let path = format!("client-grants?client_id=machine-id&audience={audience}");
        assert_eq!(column(&tenant, &path, "audience").await, [AUDIENCE], "{audience}");
    }
    assert_snapshot!(text(&tenant, "client-grants/cgr_0000000000000000").await, @r#"200 {"id":"cgr_0000000000000000","client_id":"page-id","audience":"https://orders.example.test/","scope":["read:orders"],"subject_type":"user"}"#);
    assert_snapshot!(text(&tenant, "client-grants/cgr_unknown").await, @r#"404 {"statusCode":404,"error":"Not Found","message":"The client grant does not exist.","errorCode":"inexistent_client_grant"}"#);
    assert_snapshot!(text(&tenant, "client-grants?subject_type=robot").await, @r#"400 {"statusCode":400,"error":"Bad Request","message":"Query validation error: 'No enum match for: robot' on property subject_type.","errorCode":"invalid_query_string"}"#);
}

#[tokio::test]
async fn apis_are_found_by_id_and_identifier() {
    let tenant = open().await;
    let id = Api::new(ORDERS).id;
    let found = text(&tenant, &format!("resource-servers/{id}")).await;
    assert_snapshot!(found, @r#"200 {"id":"453e94e2c6df85d82ceaa7c0","name":"Orders","identifier":"https://orders.example.test/","scopes":[{"value":"read:orders","description":"Read orders"},{"value":"cancel:orders"}],"signing_alg":"RS256","allow_offline_access":false,"token_lifetime":86400,"token_lifetime_for_web":7200,"skip_consent_for_verifiable_first_party_clients":true,"enforce_policies":false,"token_dialect":"access_token","subject_type_authorization":{"user":{"policy":"allow_all"},"client":{"policy":"require_client_grant"}}}"#);
    assert_eq!(text(&tenant, "resource-servers/https%3A%2F%2Forders.example.test%2F").await, found);
    assert_snapshot!(text(&tenant, "resource-servers?page=0&per_page=100&include_totals=true&fields=name,identifier,is_system").await, @r#"200 {"total":2,"start":0,"limit":100,"resource_servers":[{"name":"Auth0 Management API","identifier":"http://localhost:3000/api/v2/","is_system":true},{"name":"Orders","identifier":"https://orders.example.test/"}]}"#);
    let system = get(&tenant, "resource-servers/http%3A%2F%2Flocalhost%3A3000%2Fapi%2Fv2%2F").await.json();
    assert_eq!(system["scopes"].as_array().unwrap().len(), model::Scope::MANAGEMENT.len());
    assert_eq!(
        get(&tenant, &format!("resource-servers/{}", system["id"].as_str().unwrap())).await.json(),
        system
    );
    let path = format!("resource-servers?identifiers={ORDERS}");
    assert_eq!(column(&tenant, &path, "name").await, ["Orders"]);
    assert_snapshot!(text(&tenant, "resource-servers/unknown").await, @r#"404 {"statusCode":404,"error":"Not Found","message":"The resource server does not exist.","errorCode":"inexistent_resource_server"}"#);
}

#[tokio::test]
async fn connections_have_the_options_that_the_tenant_acts_on() {
    let tenant = open().await;
    let id = Connection::new("Users", "auth0").id;
    assert_snapshot!(text(&tenant, &format!("connections/{id}")).await, @r#"200 {"id":"con_awzJBNCBqMEca7GZ","options":{"import_mode":false,"passwordPolicy":"none","disable_signup":false,"requires_username":false,"brute_force_protection":true,"password_complexity_options":{"min_length":8},"password_dictionary":{"enable":true,"dictionary":[]}},"strategy":"auth0","name":"Users","is_domain_connection":false,"realms":["Users"],"enabled_clients":["page-id"]}"#);
    assert_snapshot!(text(&tenant, &format!("connections/{id}?fields=name")).await, @r#"200 {"id":"con_awzJBNCBqMEca7GZ","name":"Users","is_domain_connection":false}"#);
    assert_snapshot!(text(&tenant, &format!("connections/{id}/clients?take=100")).await, @r#"200 {"clients":[{"client_id":"page-id"}]}"#);
    let company = Connection::new("company", "oidc").id;
    assert_snapshot!(text(&tenant, &format!("connections/{company}")).await, @r#"200 {"id":"con_8WjM3ZFUjFqMhxvU","options":{"issuer":"https://login.example.test","client_id":"tenant-at-provider","scope":"openid email"},"strategy":"oidc","name":"company","is_domain_connection":false,"realms":["company"],"enabled_clients":["page-id","machine-id","signer-id"]}"#);
    assert_snapshot!(text(&tenant, &format!("connections/{company}/clients?take=2")).await, @r#"200 {"clients":[{"client_id":"page-id"},{"client_id":"machine-id"}],"next":"signer-id"}"#);
    assert_snapshot!(text(&tenant, &format!("connections/{company}/clients?take=2&from=signer-id")).await, @r#"200 {"clients":[{"client_id":"signer-id"}]}"#);
    assert_snapshot!(text(&tenant, "connections/con_0000000000000000").await, @r#"404 {"statusCode":404,"error":"Not Found","message":"The connection does not exist","errorCode":"inexistent_connection"}"#);
    assert_snapshot!(text(&tenant, &format!("connections/{company}/scim-configuration")).await, @r#"404 {"statusCode":404,"error":"Not Found","message":"This tenant does not have SCIM."}"#);
}

#[tokio::test]
async fn settings_and_empty_lists_answer_as_an_export_asks_for_them() {
    let tenant = open().await;
    assert_snapshot!(text(&tenant, "tenants/settings").await, @r#"200 {"allowed_logout_urls":[],"default_audience":"https://orders.example.test/","enabled_locales":["en"],"flags":{},"friendly_name":"Acme","idle_session_lifetime":24,"session_lifetime":1.5,"oidc_logout":{"rp_logout_end_session_endpoint_discovery":false}}"#);
    assert_snapshot!(text(&tenant, "tenants/settings?fields=friendly_name").await, @r#"200 {"friendly_name":"Acme"}"#);
    assert_snapshot!(text(&tenant, "actions/actions?page=0&per_page=100").await, @r#"200 {"actions":[],"total":0,"per_page":100}"#);
    assert_snapshot!(text(&tenant, "connections-directory-provisionings?take=50").await, @r#"200 {"directory_provisionings":[]}"#);
}

#[tokio::test]
async fn the_configuration_cannot_be_written() {
    let tenant = open().await;
    let token = tenant.machine_token(&format!("{} update:clients create:clients", everything())).await;
    let before = text(&tenant, "clients").await;
    for (method, path) in [
        (Method::POST, "clients"),
        (Method::PATCH, "clients/page-id"),
        (Method::DELETE, "clients/page-id"),
        (Method::POST, "clients/page-id/rotate-secret"),
        (Method::POST, "clients/page-id/credentials"),
        (Method::POST, "client-grants"),
        (Method::PATCH, "client-grants/cgr_0000000000000000"),
        (Method::DELETE, "client-grants/cgr_0000000000000000"),
        (Method::POST, "connections"),
        (Method::PATCH, "connections/con_0000000000000000"),
        (Method::PATCH, "connections/con_0000000000000000/clients"),
        (Method::DELETE, "connections/con_0000000000000000"),
        (Method::POST, "resource-servers"),
        (Method::PATCH, "resource-servers/x"),
        (Method::PUT, "resource-servers/x"),
        (Method::POST, "roles"),
        (Method::PATCH, "roles/rol_0000000000000000"),
        (Method::DELETE, "roles/rol_0000000000000000"),
        (Method::POST, "roles/rol_0000000000000000/permissions"),
        (Method::DELETE, "roles/rol_0000000000000000/permissions"),
        (Method::PATCH, "tenants/settings"),
    ] {
        let path = format!("/api/v2/{path}");
        let response = tenant.send_json(method.clone(), &path, Some(&token), &json!({ "name": "x" })).await;
        assert_eq!(
            response.json()["errorCode"],
            "read_only_configuration",
            "{method} {path}: {}",
            response.text
        );
        assert_eq!(response.status, 403, "{method} {path}");
        let anonymous = tenant.send_json(method.clone(), &path, None, &json!({})).await;
        assert_eq!(anonymous.status, 401, "{method} {path}");
    }
    let response =
        tenant.send_json(Method::PATCH, "/api/v2/clients/page-id", Some(&token), &Value::Null).await;
    assert_snapshot!(response.status_and_text(), @r#"403 {"statusCode":403,"error":"Forbidden","message":"The configuration of this tenant comes from its tenant file. Change the file and start the tenant again.","errorCode":"read_only_configuration"}"#);
    assert_eq!(text(&tenant, "clients").await, before);
}

#[tokio::test]
async fn what_auth0_has_and_this_tenant_has_not_is_named() {
    let tenant = open().await;
    assert_snapshot!(text(&tenant, "organizations?take=50").await, @r#"404 {"statusCode":404,"error":"Not Found","message":"This tenant does not have organizations."}"#);
    assert_snapshot!(text(&tenant, "users/auth0%7C1/logs").await, @r#"404 {"statusCode":404,"error":"Not Found","message":"This tenant does not have logs."}"#);
    assert_snapshot!(text(&tenant, "actions/triggers").await, @r#"404 {"statusCode":404,"error":"Not Found","message":"This tenant does not have Actions."}"#);
    assert_snapshot!(text(&tenant, "guardian/factors").await, @r#"404 {"statusCode":404,"error":"Not Found","message":"This tenant does not have multi-factor authentication."}"#);
    assert_snapshot!(text(&tenant, "nonsense").await, @r#"404 {"statusCode":404,"error":"Not Found","message":"Not Found"}"#);
    let post = tenant.send(Request::post("/api/v2/rules").body(Body::empty()).unwrap()).await;
    assert_eq!(post.json()["message"], "This tenant does not have rules.");
}

// attack: files
#[tokio::test]
async fn reading_the_configuration_requires_its_scopes() {
    let tenant = open().await;
    let user =
        tenant.sign(&tenant.claims("auth0|1", "read:current_user update:current_user_identities")).await;
    let others = tenant.machine_token("read:users update:users create:users delete:users").await;
    for path in [
        "clients",
        "clients/page-id",
        "client-grants",
        "client-grants/x",
        "resource-servers",
        "resource-servers/x",
        "connections",
        "connections/x",
        "connections/x/clients",
        "tenants/settings",
        "roles",
        "roles/x",
        "roles/x/permissions",
        "actions/actions",
        "connections-directory-provisionings",
    ] {
        for token in [&user, &others] {
            let response = tenant.call(Method::GET, &format!("/api/v2/{path}"), token).await;
            let code = response.json()["errorCode"].clone();
            assert_eq!((response.status.as_u16(), code), (403, json!("insufficient_scope")), "{path}");
        }
    }
    let keys = tenant.machine_token("read:client_keys").await;
    let shown = tenant.call(Method::GET, "/api/v2/clients/machine-id", &keys).await;
    assert!(shown.status == 200 && !shown.text.contains("client_secret\""));
}
