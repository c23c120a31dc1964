//! The check of a token and searches, as requests to the router without a network: `cargo bench -p tenant`.

use std::error::Error;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use criterion::{BatchSize, Criterion};
use http_body_util::BodyExt;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use model::{ConnectionName, Identity, IdentityId, Profile, Provider, User, UserId};
use serde_json::json;
use store::Store;
use tenant::configuration::{Connection, Parts};
use tenant::mail::{Mail, MailTransport};
use tenant::seed::SeedUser;
use tenant::{Clock, Configuration, Issuer, Moment, Tenant};
use tokio::runtime::Runtime;
use tower::ServiceExt;

const ISSUER: &str = "http://localhost:3000/";
/// 2026-01-01T00:00:00Z, in seconds.
const NOW: i64 = 1_767_225_600;
const USERS: u32 = 1_000;

/// The searches: a name for the report, and the query.
const SEARCHES: [(&str, &str); 3] = [
    ("search by an address", "q=email%3A%22u7%40example.com%22"),
    ("search by the beginning of a name", "q=name%3AUser%5C%2099*"),
    ("search by two fields", "q=name%3A%22User%207%22%20AND%20NOT%20email_verified%3Atrue"),
];

/// Discards mails; none is sent.
struct Nowhere;

impl MailTransport for Nowhere {
    fn send(&self, _: &Mail) -> std::io::Result<()> {
        Ok(())
    }
}

/// A key of the tenant, and what its tokens say.
struct Signer {
    key: EncodingKey,
    header: Header,
}

impl Signer {
    /// A valid token. `number` makes it another one.
    fn token(&self, number: u64) -> String {
        let claims = json!({
            "iss": ISSUER, "sub": "machine@clients", "aud": format!("{ISSUER}api/v2/"), "azp": "machine", "iat": NOW,
            "exp": NOW + 3600, "scope": "read:users", "jti": number.to_string(), "gty": "client-credentials"
        });
        encode(&self.header, &claims, &self.key).unwrap_or_default()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = Runtime::new()?;
    let folder = tempfile::tempdir()?;
    let address = format!("sqlite:{}", folder.path().join("bench.db").display());
    let (router, signer) = runtime.block_on(open(&address))?;
    let mut criterion = Criterion::default().configure_from_args();
    let known = signer.token(0);
    let get = |path: &str, token: &str| runtime.block_on(status(&router, path, token));
    let user = "/api/v2/users/auth0%7Cu7";
    assert_eq!(get(user, &known), StatusCode::OK, "the token is valid");
    criterion.bench_function("GET user by a token that was seen before", |bencher| {
        bencher.iter(|| get(user, &known));
    });
    let mut number = 0;
    criterion.bench_function("GET user by a new token", |bencher| {
        let fresh = || {
            number += 1;
            signer.token(number)
        };
        bencher.iter_batched(fresh, |token| get(user, &token), BatchSize::SmallInput);
    });
    let cut = &known[..known.len() - 4];
    assert_eq!(get(user, cut), StatusCode::UNAUTHORIZED, "the token has no valid signature");
    criterion.bench_function("refuse a token with another signature", |bencher| {
        bencher.iter(|| get(user, cut));
    });
    for (name, query) in SEARCHES {
        let path = format!("/api/v2/users?{query}");
        assert_eq!(get(&path, &known), StatusCode::OK, "{path}");
        criterion.bench_function(name, |bencher| bencher.iter(|| get(&path, &known)));
    }
    criterion.final_summary();
    Ok(())
}

async fn open(address: &str) -> Result<(Router, Signer), Box<dyn Error>> {
    let store = Store::open(address).await?;
    let connections = vec![Connection::new("auth0", "auth0"), Connection::new("github", "github")];
    let configuration = Configuration::new(Parts { connections, ..Parts::default() })?;
    let clock = Clock::settable(Moment::from_millis(NOW * 1000));
    let issuer = Issuer::parse(ISSUER)?;
    let tenant = Tenant::open(store.clone(), issuer, configuration, clock, Arc::new(Nowhere)).await?;
    tenant.seed((0..USERS).map(user).collect()).await?;
    let key = store.read().await?.list_signing_keys().await?.remove(0);
    let header = Header { kid: Some(key.kid), ..Header::new(Algorithm::RS256) };
    Ok((tenant.router(), Signer { key: EncodingKey::from_rsa_pem(key.pem.as_bytes())?, header }))
}

fn user(number: u32) -> SeedUser {
    let identity = |provider: &str, user_id: String, profile_data| Identity {
        profile_data,
        connection: ConnectionName::new(provider),
        provider: Provider::new(provider),
        user_id: IdentityId::text(user_id),
        is_social: provider != "auth0",
    };
    let linked = Profile::default().with("name", "linked");
    SeedUser {
        password: None,
        user: User {
            user_id: UserId::new(format!("auth0|u{number}")),
            identities: vec![
                identity("auth0", format!("u{number}"), None),
                identity("github", number.to_string(), Some(linked)),
            ],
            created_at: None,
            updated_at: None,
            last_login: None,
            last_ip: None,
            logins_count: None,
            blocked: None,
            user_metadata: None,
            app_metadata: None,
            profile: Profile::default()
                .with("email", format!("u{number}@example.com"))
                .with("name", format!("User {number}")),
        },
    }
}

async fn status(router: &Router, path: &str, token: &str) -> StatusCode {
    let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
    let Ok(request) = request.body(Body::empty()) else { return StatusCode::BAD_REQUEST };
    // The router's error cannot happen.
    let Ok(answer) = router.clone().oneshot(request).await;
    let status = answer.status();
    let whole = answer.into_body().collect().await;
    if whole.is_ok() { status } else { StatusCode::INTERNAL_SERVER_ERROR }
}
