//! Tells applications that a session has ended, by a signed logout token (OpenID Connect Back-Channel Logout 1.0, contract
//! [C4](model::contract#c4)).
//!
//! The unit of work that ends a session records which applications knew it. Deliveries start when the request that ended it
//! has its response, one run at a time, and never delay anybody: each has the time limit of requests to providers, and is
//! tried once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use model::route;
use serde_json::json;
use store::EndedSession;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::secret::random_hex;
use crate::state::Tenant;
use crate::token::{LogoutClaims, sign_logout_token};

/// The lifetime of a logout token: two minutes, as the specification recommends.
const LIFETIME: Duration = Duration::from_mins(2);

/// How many applications are told at once. The next ones wait in the database.
const AT_ONCE: i64 = 16;

/// The event of a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The runs of deliveries: one works, and at most one more waits for its turn.
struct Deliveries {
    tenant: Tenant,
    turn: Semaphore,
    waiting: AtomicBool,
}

/// Returns the router with deliveries after each request that can have ended a session, if any application is told of ends.
pub(crate) fn deliver_after(tenant: &Tenant, router: Router<Tenant>) -> Router<Tenant> {
    let is_told =
        tenant.0.configuration.clients().iter().any(|client| client.backchannel_logout.url.is_some());
    if !is_told {
        return router;
    }
    let deliveries =
        Deliveries { tenant: tenant.clone(), turn: Semaphore::new(1), waiting: AtomicBool::new(false) };
    router.layer(from_fn_with_state(Arc::new(deliveries), start_after))
}

async fn start_after(State(deliveries): State<Arc<Deliveries>>, request: Request, next: Next) -> Response {
    let signs_out = matches!(request.uri().path(), route::LOGOUT | route::END_SESSION);
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let response = next.run(request).await;
    if (signs_out || changes) && !deliveries.waiting.swap(true, Ordering::AcqRel) {
        tokio::spawn(run(deliveries));
    }
    response
}

async fn run(deliveries: Arc<Deliveries>) {
    let Ok(_turn) = deliveries.turn.acquire().await else { return };
    // What ends from now on is found by this run, or by the next.
    deliveries.waiting.store(false, Ordering::Release);
    if let Err(error) = deliver_all(&deliveries.tenant).await {
        crate::http::error::log_failure(&error);
    }
}

async fn deliver_all(tenant: &Tenant) -> Result<(), store::Error> {
    while tenant.0.store.read().await?.has_ended_sessions().await? {
        let take = tenant.0.store.write::<_, store::Error, _>(|unit| {
            Box::pin(async move { unit.take_ended_sessions(AT_ONCE).await })
        });
        let mut told = JoinSet::new();
        for ended in take.await? {
            let tenant = tenant.clone();
            told.spawn(async move { deliver(&tenant, &ended).await });
        }
        while told.join_next().await.is_some() {}
    }
    Ok(())
}

/// Tells one application, if it is told of such an end. A failure is logged without the token.
async fn deliver(tenant: &Tenant, ended: &EndedSession) {
    let client = tenant.client(&ended.client_id);
    let Some(url) = client.and_then(|client| client.backchannel_logout.url_for(ended.ended_by)) else {
        return;
    };
    let now = tenant.now();
    let claims = LogoutClaims {
        iss: tenant.0.issuer.as_str(),
        sub: ended.user_id.as_str(),
        aud: &ended.client_id,
        iat: now.seconds(),
        exp: now.after(LIFETIME).seconds(),
        jti: random_hex::<16>(),
        events: json!({ EVENT: {} }),
        sid: &ended.sid,
    };
    let Some(token) = sign_logout_token(tenant.keys(), &claims).await else { return };
    let form = form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", &token).finish();
    let client_id = &ended.client_id;
    match tenant.0.providers.post_form(url, form).await {
        Ok(status) if status.is_success() => {}
        Ok(status) => tracing::warn!(client_id, %status, "an application refused to end a session"),
        Err(error) => tracing::warn!(
            client_id,
            error = &error as &dyn std::error::Error,
            "an application could not be told that a session has ended"
        ),
    }
}
