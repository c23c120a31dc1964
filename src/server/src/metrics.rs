//! Numbers about requests in Prometheus' text format, and readiness, on an address of their own: whoever can reach the
//! page cannot read them.

use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use http::Method;
use http::header::CONTENT_TYPE;
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::time::Instant;

/// The path of the numbers.
const METRICS: &str = "/metrics";

/// The requests that were answered, by method, route and status.
const REQUESTS: &str = "http_requests_total";
/// The time from the head of a request to the head of its response, in seconds, by method and route.
const DURATION: &str = "http_request_duration_seconds";
/// The requests that wait for their response.
const IN_FLIGHT: &str = "http_requests_in_flight";

/// The upper bounds of the histogram in seconds: from a read out of memory to the limit for a response.
const BUCKETS: [f64; 11] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// The time between two compactions of what was measured, so that it stays small where nobody asks.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Starts to measure. Returns what renders the numbers.
///
/// # Errors
/// When the buckets are not valid, or when something measures already.
pub(crate) fn start() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(DURATION.to_owned()), &BUCKETS)?
        .install_recorder()?;
    metrics::describe_counter!(REQUESTS, "Requests that were answered.");
    metrics::describe_histogram!(DURATION, metrics::Unit::Seconds, "Time to the head of the response.");
    metrics::describe_gauge!(IN_FLIGHT, "Requests that wait for their response.");
    metrics::describe_gauge!("linked_accounts_build_info", "The version of the program; its value is 1.");
    gauge!("linked_accounts_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    gauge!(IN_FLIGHT).set(0.0);
    Ok(handle)
}

/// Adds a layer that measures every request.
pub(crate) fn measure(router: Router) -> Router {
    router.layer(from_fn(observe))
}

async fn observe(request: Request, next: Next) -> Response {
    let method = method_label(request.method());
    // The pattern of the route, not the path: strangers choose paths, and each label is kept for ever.
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let waiting = gauge!(IN_FLIGHT);
    waiting.increment(1.0);
    let _guard = Decrement(waiting);
    let start = Instant::now();
    let response = next.run(request).await;
    histogram!(DURATION, "method" => method, "route" => route.clone()).record(start.elapsed());
    let status = response.status().as_u16().to_string();
    counter!(REQUESTS, "method" => method, "route" => route, "status" => status).increment(1);
    response
}

/// Decrements the gauge on drop: a client that goes away drops its request.
struct Decrement(metrics::Gauge);

impl Drop for Decrement {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// Returns the name of a method that is known, so that strangers cannot add labels.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Serves the numbers and the routes of `readiness` on `listener`. Never returns, unless the listener fails.
pub(crate) async fn serve(listener: TcpListener, handle: PrometheusHandle, readiness: Router) {
    let upkeep = handle.clone();
    let text = async move || ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render());
    let router = readiness.route(METRICS, get(text));
    tokio::select! {
        ended = axum::serve(listener, router) => {
            if let Err(error) = ended {
                tracing::error!(%error, "the numbers are served no longer");
            }
        }
        () = async { loop { tokio::time::sleep(UPKEEP_INTERVAL).await; upkeep.run_upkeep(); } } => {}
    }
}
