//! A proxy before the tenant that plays what goes wrong in front of a real one: a rate limit of its own, 429s, 5xx, and
//! connections that are cut before a request arrives or after it was carried out. It counts every change that it lets
//! through.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::Instant;

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// 429 with `Retry-After`, although the limit is not used up.
    RateLimited,
    /// 500 in place of carrying it out.
    Failed,
    /// The connection is cut before it arrives.
    CutBefore,
    /// It is carried out, and the answer is 502.
    BadGateway,
    /// It is carried out, and the connection is cut in place of the answer.
    CutAfter,
    /// 503 in place of carrying it out.
    Unavailable,
}

/// The faults in their order. A pause for all costs a second, so that there are few of them.
const FAULTS: [Fault; 5] =
    [Fault::Failed, Fault::CutBefore, Fault::BadGateway, Fault::CutAfter, Fault::Unavailable];

/// How the proxy behaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behaviour {
    /// Requests at once, and per second.
    pub(super) limit: u32,
    /// Every how many requests there is a fault; 0 for none.
    pub(super) fault_every: u64,
    /// Every how many faults there is a 429 in place of another one.
    pub(super) rate_limited_every: u64,
    /// Whether `from` and `take` are taken away, as a tenant of Auth0 ignores them.
    pub(super) without_checkpoints: bool,
}

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Requests to the Management API.
    pub(super) requests: u64,
    /// Those that the limit did not allow.
    pub(super) overruns: u64,
    /// Those that were played a fault.
    pub(super) faults: u64,
    /// Pauses that were asked for by 429.
    pub(super) pauses: u64,
    /// How often each change was let through to the tenant.
    pub(super) changes: HashMap<String, u32>,
}

/// A running proxy.
pub(super) struct FaultyProxy {
    /// Its origin.
    pub(super) base: String,
    shared: Arc<Shared>,
}

struct Shared {
    tenant: String,
    behaviour: Behaviour,
    client: reqwest::Client,
    seen: Mutex<Seen>,
    bucket: Mutex<(f64, Instant)>,
    /// The number of changes that were carried out.
    changes: watch::Sender<u64>,
    /// The number of requests that the tenant is working on.
    under_way: watch::Sender<u64>,
}

impl FaultyProxy {
    /// Starts a proxy before the tenant at the origin `tenant`.
    pub(super) async fn start(tenant: &str, behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            tenant: tenant.replace("localhost", "127.0.0.1"),
            behaviour,
            client: reqwest::Client::builder()
                .use_preconfigured_tls(crate::tls::client_config(None))
                .no_proxy()
                .build()
                .unwrap(),
            seen: Mutex::default(),
            bucket: Mutex::new((f64::from(behaviour.limit), Instant::now())),
            changes: watch::Sender::new(0),
            under_way: watch::Sender::new(0),
        });
        let accepting = Arc::clone(&shared);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, Arc::clone(&accepting)));
            }
        });
        Self { base, shared }
    }

    /// Waits until so many changes were carried out.
    pub(super) async fn until_changes(&self, number: u64) {
        self.shared.changes.subscribe().wait_for(|changes| *changes >= number).await.unwrap();
    }

    /// Waits until the tenant works on nothing.
    pub(super) async fn settled(&self) {
        self.shared.under_way.subscribe().wait_for(|requests| *requests == 0).await.unwrap();
    }

    /// Looks at what was seen.
    pub(super) fn seen<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.shared.seen.lock().unwrap())
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        // A cut connection does not stop what the tenant does.
        async move { tokio::spawn(async move { shared.answer(request).await }).await.unwrap() }
    });
    // A cut connection is what is played.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

type Answer = Result<Response<Full<Bytes>>, &'static str>;

impl Shared {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Answer {
        if !request.uri().path().starts_with("/api/v2/") {
            return self.forward(request).await;
        }
        let (allowed, remaining, reset_in) = self.take();
        let fault = {
            let mut seen = self.seen.lock().unwrap();
            seen.requests += 1;
            seen.overruns += u64::from(!allowed);
            self.fault(&mut seen)
        };
        let mut answer = match fault {
            _ if !allowed => Ok(status(StatusCode::TOO_MANY_REQUESTS)),
            Some(Fault::RateLimited) => {
                let mut answer = status(StatusCode::TOO_MANY_REQUESTS);
                answer.headers_mut().insert("retry-after", 1.into());
                Ok(answer)
            }
            Some(Fault::Failed) => Ok(status(StatusCode::INTERNAL_SERVER_ERROR)),
            Some(Fault::Unavailable) => Ok(status(StatusCode::SERVICE_UNAVAILABLE)),
            Some(Fault::CutBefore) => Err("cut before"),
            Some(Fault::CutAfter) => self.forward(request).await.and(Err("cut after")),
            Some(Fault::BadGateway) => self.forward(request).await.map(|_| status(StatusCode::BAD_GATEWAY)),
            None => self.forward(request).await,
        }?;
        let headers = answer.headers_mut();
        headers.insert("x-ratelimit-limit", self.behaviour.limit.into());
        headers.insert("x-ratelimit-remaining", remaining.into());
        let now = seconds_now();
        headers.insert("x-ratelimit-reset", (now + reset_in.as_secs() + 1).into());
        Ok(answer)
    }

    /// Takes a token of the bucket. Returns whether there was one, how many remain, and when they are all back.
    fn take(&self) -> (bool, u64, Duration) {
        let limit = f64::from(self.behaviour.limit);
        let mut bucket = self.bucket.lock().unwrap();
        let now = Instant::now();
        let level = (bucket.0 + (now - bucket.1).as_secs_f64() * limit).min(limit);
        let allowed = level >= 1.0;
        let level = if allowed { level - 1.0 } else { level };
        *bucket = (level, now);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
        let remaining = level as u64;
        (allowed, remaining, Duration::from_secs_f64((limit - level) / limit))
    }

    /// Returns what goes wrong with the request that was counted last.
    fn fault(&self, seen: &mut Seen) -> Option<Fault> {
        let Behaviour { fault_every, rate_limited_every, .. } = self.behaviour;
        if fault_every == 0 || !seen.requests.is_multiple_of(fault_every) {
            return None;
        }
        seen.faults += 1;
        if seen.faults.is_multiple_of(rate_limited_every) {
            seen.pauses += 1;
            return Some(Fault::RateLimited);
        }
        Some(FAULTS[usize::try_from(seen.faults).unwrap() % FAULTS.len()])
    }

    /// Lets a request through to the tenant.
    async fn forward(&self, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        let mut target = head.uri.path_and_query().unwrap().to_string();
        if self.behaviour.without_checkpoints {
            target = target.replace("take=", "ignored=").replace("from=", "ignored_too=");
        }
        let is_change = head.method == Method::DELETE;
        if is_change {
            *self.seen.lock().unwrap().changes.entry(target.clone()).or_default() += 1;
        }
        self.under_way.send_modify(|requests| *requests += 1);
        let mut onward = self.client.request(head.method, format!("{}{target}", self.tenant));
        for name in ["authorization", "content-type"] {
            if let Some(value) = head.headers.get(name) {
                onward = onward.header(name, value);
            }
        }
        let body = body.collect().await.unwrap().to_bytes();
        let response = onward.body(body).send().await.unwrap();
        let mut answer = status(response.status());
        *answer.body_mut() = Full::new(response.bytes().await.unwrap());
        self.under_way.send_modify(|requests| *requests -= 1);
        if is_change {
            self.changes.send_modify(|changes| *changes += 1);
        }
        Ok(answer)
    }
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::new()));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", "application/json".parse().unwrap());
    response
}

/// The time in seconds since 1970, as the `Date` of the answer has it.
#[expect(clippy::disallowed_methods, reason = "a server that plays a tenant has the time of day")]
fn seconds_now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}
