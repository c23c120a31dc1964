//! Waiting out a pause that the tenant asks for.

use gloo_timers::future::TimeoutFuture;
use js_sys::Math;

use crate::api::ApiError;
use crate::clock::milliseconds;

/// The most that is added to a pause, in milliseconds, so that pages that were told the same second do not all come
/// back in the same instant.
const JITTER: f64 = 1000.0;

/// Sends a request, and once more after the pause that the tenant asks for (429 and 503). `wait` waits so many seconds
/// and returns `false` when the person stops it; then the refusal is returned.
pub(super) async fn send_with_pause<T, F>(
    send: impl Fn() -> F,
    wait: impl AsyncFn(u32) -> bool,
) -> Result<T, ApiError>
where
    F: Future<Output = Result<T, ApiError>>,
{
    let refused = match send().await {
        Err(error) => error,
        done => return done,
    };
    match refused.kind.pause() {
        Some(seconds) if wait(seconds).await => send().await,
        _ => Err(refused),
    }
}

/// Waits `seconds` and a moment more. Calls `on_second` each second with the seconds that are left, and returns
/// `false` as soon as that does.
pub(super) async fn pause(seconds: u32, on_second: impl Fn(u32) -> bool) -> bool {
    // By the clock, not by counting: a browser slows the timers of a page that nobody sees.
    let end = milliseconds() + f64::from(seconds) * 1000.0;
    loop {
        let left = end - milliseconds();
        if left <= 0.0 {
            break;
        }
        if !on_second(whole(left / 1000.0)) {
            return false;
        }
        TimeoutFuture::new(whole(left.min(1000.0))).await;
    }
    TimeoutFuture::new(whole(Math::random() * JITTER)).await;
    on_second(0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positive, and bounded by an u32"
)]
fn whole(number: f64) -> u32 {
    number.ceil() as u32
}
