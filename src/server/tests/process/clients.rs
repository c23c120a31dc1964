//! OAuth and OpenID Connect clients for Rust, over TLS with a certificate of the local authority.
//!
//! Their names and those of their tests are in the table of clients, which `cargo xtask test` compares.

/// What the tests of both clients share: a server with TLS, and a sign-in with the requests of a browser.
mod sign_in {
    use reqwest::header::{ACCEPT, COOKIE, ORIGIN, SET_COOKIE};
    use url::Url;

    use crate::{Server, WITH_MACHINE_SECRET, parameter, work_dir};

    pub(super) const CLIENT: &str = "linked-accounts";
    pub(super) const ADA: &str = "auth0|65a000000000000000000001";

    /// Starts a server with TLS whose client trusts its authority. Returns the folder that it runs in as
    /// well.
    pub(super) fn server() -> (tempfile::TempDir, Server) {
        let work_dir = work_dir();
        let authority = work_dir.path().join("tls/authority.pem");
        let server = Server::start_trusting(
            Some(&authority),
            work_dir.path(),
            &[&["--tls-self-signed", "tls"], &WITH_MACHINE_SECRET[..]].concat(),
        );
        (work_dir, server)
    }

    /// Signs in as Ada at `address`, the URL of the authorization request. Returns code and state of the
    /// response.
    pub(super) async fn sign_in_as_ada(server: &Server, address: &Url) -> (String, String) {
        let page = server.client.get(address.as_str()).header(ACCEPT, "text/html").send().await.unwrap();
        let cookies: Vec<_> = page
            .headers()
            .get_all(SET_COOKIE)
            .iter()
            .filter_map(|cookie| cookie.to_str().unwrap().split(';').next())
            .collect();
        let state = parameter(&page, "state");
        let form = [("state", state.as_str()), ("username", "ada@example.com"), ("password", "ada-demo")];
        let request = server.client.post(format!("{}/u/login", server.base)).form(&form);
        let request = request.header(COOKIE, cookies.join("; ")).header(ORIGIN, &server.base);
        let response = request.send().await.unwrap();
        (parameter(&response, "code"), parameter(&response, "state"))
    }
}

mod oauth2 {
    use oauth2::basic::{BasicClient, BasicErrorResponseType};
    use oauth2::{
        AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
        PkceCodeChallenge, RedirectUrl, RequestTokenError, Scope, TokenResponse, TokenUrl,
    };
    use reqwest::{Method, StatusCode};

    use super::sign_in::{ADA, CLIENT, server, sign_in_as_ada};
    use crate::{MACHINE, MACHINE_SECRET, Server};

    type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

    fn client(server: &Server, id: &str) -> Client {
        BasicClient::new(ClientId::new(id.to_owned()))
            .set_auth_uri(AuthUrl::new(format!("{}/authorize", server.base)).unwrap())
            .set_token_uri(TokenUrl::new(format!("{}/oauth/token", server.base)).unwrap())
            .set_redirect_uri(RedirectUrl::new(format!("{}/callback", server.base)).unwrap())
            .set_auth_type(AuthType::RequestBody)
    }

    #[tokio::test]
    async fn signs_in_with_pkce_and_unlinks() {
        let (_room, server) = server();
        let client = client(&server, CLIENT);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (address, csrf) = client
            .authorize_url(CsrfToken::new_random)
            .add_scope(Scope::new("read:current_user update:current_user_identities".to_owned()))
            .add_extra_param("audience", format!("{}/api/v2/", server.base))
            .set_pkce_challenge(challenge)
            .url();
        let (code, state) = sign_in_as_ada(&server, &address).await;
        assert_eq!(&state, csrf.secret());
        let exchange = client.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(verifier);
        let tokens = exchange.request_async(&server.client).await.unwrap();
        let path = format!("/api/v2/users/{ADA}/identities/github/18151210");
        let (status, left) =
            server.call_management_api(Method::DELETE, &path, tokens.access_token().secret()).await;
        assert_eq!((status, left.as_array().unwrap().len()), (StatusCode::OK, 4));
    }

    #[tokio::test]
    async fn gets_a_machine_token_and_reads_a_user() {
        let (_room, server) = server();
        let client = client(&server, MACHINE).set_client_secret(ClientSecret::new(MACHINE_SECRET.to_owned()));
        let audience = format!("{}/api/v2/", server.base);
        let exchange = client.exchange_client_credentials().add_extra_param("audience", audience);
        let token = exchange.request_async(&server.client).await.unwrap();
        let (status, user) = server
            .call_management_api(Method::GET, &format!("/api/v2/users/{ADA}"), token.access_token().secret())
            .await;
        assert_eq!((status, &user["user_id"]), (StatusCode::OK, &ADA.into()));
    }

    #[tokio::test]
    async fn meets_invalid_grant() {
        let (_room, server) = server();
        let client = client(&server, CLIENT);
        let exchange = client.exchange_code(AuthorizationCode::new("never given".to_owned()));
        let Err(RequestTokenError::ServerResponse(error)) = exchange.request_async(&server.client).await
        else {
            panic!("not refused")
        };
        assert_eq!(error.error(), &BasicErrorResponseType::InvalidGrant);
    }
}

mod openidconnect {
    use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims};
    use openidconnect::{
        AuthorizationCode, ClientId, CsrfToken, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
        RedirectUrl, Scope, TokenResponse,
    };

    use super::sign_in::{ADA, CLIENT, server, sign_in_as_ada};

    #[tokio::test]
    async fn verifies_the_id_token_of_a_sign_in_and_reads_userinfo() {
        let (_room, server) = server();
        let issuer = IssuerUrl::new(format!("{}/", server.base)).unwrap();
        let metadata = CoreProviderMetadata::discover_async(issuer, &server.client).await.unwrap();
        let client = CoreClient::from_provider_metadata(metadata, ClientId::new(CLIENT.to_owned()), None)
            .set_redirect_uri(RedirectUrl::new(format!("{}/callback", server.base)).unwrap());
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (address, csrf, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let (code, state) = sign_in_as_ada(&server, &address).await;
        assert_eq!(&state, csrf.secret());
        let exchange =
            client.exchange_code(AuthorizationCode::new(code)).unwrap().set_pkce_verifier(verifier);
        let tokens = exchange.request_async(&server.client).await.unwrap();
        let claims = tokens.id_token().unwrap().claims(&client.id_token_verifier(), &nonce).unwrap();
        assert_eq!(claims.subject().as_str(), ADA);
        let info = client.user_info(tokens.access_token().clone(), Some(claims.subject().clone())).unwrap();
        let info: CoreUserInfoClaims = info.request_async(&server.client).await.unwrap();
        assert_eq!(info.email().unwrap().as_str(), "ada@example.com");
    }
}
