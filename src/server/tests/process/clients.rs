//! Rust clients that we did not write, over TLS by the local authority. Their names and promises stand in the README's
//! table, which `cargo xtask test` compares.

/// What both do the same way: sign in by a browser's means, and be the client `linked-accounts`.
mod person {
    use reqwest::header::{ACCEPT, COOKIE, ORIGIN, SET_COOKIE};
    use url::Url;

    use crate::{Server, parameter, room};

    pub(super) const CLIENT: &str = "linked-accounts";
    pub(super) const MACHINE: &str = "linked-accounts-machine";
    pub(super) const MACHINE_SECRET: &str = "demo-machine-secret";
    pub(super) const ADA: &str = "auth0|65a000000000000000000001";

    /// A server with TLS whose authority its client trusts, and the folder that it runs in.
    pub(super) fn server() -> (tempfile::TempDir, Server) {
        let room = room();
        let authority = room.path().join("tls/authority.pem");
        let server = Server::start_trusting(Some(&authority), room.path(), &["--tls-self-signed", "tls"]);
        (room, server)
    }

    /// Signs in as Ada where `address` leads, and answers with the code and the state that come back.
    pub(super) async fn signs_in(server: &Server, address: &Url) -> (String, String) {
        let asked = server.client.get(address.as_str()).header(ACCEPT, "text/html").send().await.unwrap();
        let cookies: Vec<_> = asked
            .headers()
            .get_all(SET_COOKIE)
            .iter()
            .filter_map(|cookie| cookie.to_str().unwrap().split(';').next())
            .collect();
        let state = parameter(&asked, "state");
        let typed = [("state", state.as_str()), ("username", "ada@example.com"), ("password", "ada-demo")];
        let login = server.client.post(format!("{}/u/login", server.base)).form(&typed);
        let login = login.header(COOKIE, cookies.join("; ")).header(ORIGIN, &server.base);
        let answer = login.send().await.unwrap();
        (parameter(&answer, "code"), parameter(&answer, "state"))
    }
}

mod oauth2 {
    use oauth2::basic::{BasicClient, BasicErrorResponseType};
    use oauth2::{
        AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
        PkceCodeChallenge, RedirectUrl, RequestTokenError, Scope, TokenResponse, TokenUrl,
    };
    use reqwest::{Method, StatusCode};

    use super::person::{ADA, CLIENT, MACHINE, MACHINE_SECRET, server, signs_in};
    use crate::Server;

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
        let (code, state) = signs_in(&server, &address).await;
        assert_eq!(&state, csrf.secret());
        let trade = client.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(verifier);
        let tokens = trade.request_async(&server.client).await.unwrap();
        let path = format!("/api/v2/users/{ADA}/identities/github/18151210");
        let (status, left) = server.manage(Method::DELETE, &path, tokens.access_token().secret()).await;
        assert_eq!((status, left.as_array().unwrap().len()), (StatusCode::OK, 4));
    }

    #[tokio::test]
    async fn gets_a_machine_token_and_reads_a_user() {
        let (_room, server) = server();
        let client = client(&server, MACHINE).set_client_secret(ClientSecret::new(MACHINE_SECRET.to_owned()));
        let audience = format!("{}/api/v2/", server.base);
        let asked = client.exchange_client_credentials().add_extra_param("audience", audience);
        let token = asked.request_async(&server.client).await.unwrap();
        let (status, user) =
            server.manage(Method::GET, &format!("/api/v2/users/{ADA}"), token.access_token().secret()).await;
        assert_eq!((status, &user["user_id"]), (StatusCode::OK, &ADA.into()));
    }

    #[tokio::test]
    async fn meets_invalid_grant() {
        let (_room, server) = server();
        let client = client(&server, CLIENT);
        let trade = client.exchange_code(AuthorizationCode::new("never given".to_owned()));
        let Err(RequestTokenError::ServerResponse(refusal)) = trade.request_async(&server.client).await
        else {
            panic!("not refused")
        };
        assert_eq!(refusal.error(), &BasicErrorResponseType::InvalidGrant);
    }
}

mod openidconnect {
    use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims};
    use openidconnect::{
        AuthorizationCode, ClientId, CsrfToken, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
        RedirectUrl, Scope, TokenResponse,
    };

    use super::person::{ADA, CLIENT, server, signs_in};

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
        let (code, state) = signs_in(&server, &address).await;
        assert_eq!(&state, csrf.secret());
        let trade = client.exchange_code(AuthorizationCode::new(code)).unwrap().set_pkce_verifier(verifier);
        let tokens = trade.request_async(&server.client).await.unwrap();
        let claims = tokens.id_token().unwrap().claims(&client.id_token_verifier(), &nonce).unwrap();
        assert_eq!(claims.subject().as_str(), ADA);
        let info = client.user_info(tokens.access_token().clone(), Some(claims.subject().clone())).unwrap();
        let info: CoreUserInfoClaims = info.request_async(&server.client).await.unwrap();
        assert_eq!(info.email().unwrap().as_str(), "ada@example.com");
    }
}
