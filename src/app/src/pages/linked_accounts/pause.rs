//! Waiting out a pause that the tenant asked for.

use gloo_timers::future::TimeoutFuture;
use js_sys::{Date, Math};

/// How much later than asked for the next try comes at most, in milliseconds, so that many pages that were told the
/// same second do not come in the same instant.
const JITTER: f64 = 1000.0;

/// Waits `seconds`, telling each second how many are left, and a moment more. `false` as soon as `tell` says that
/// nobody waits any more.
pub(super) async fn pause(seconds: u32, tell: impl Fn(u32) -> bool) -> bool {
    // By the clock, not by counting: timers stand still while a device sleeps.
    let end = Date::now() + f64::from(seconds) * 1000.0;
    loop {
        let left = end - Date::now();
        if left <= 0.0 {
            break;
        }
        if !tell(whole(left / 1000.0)) {
            return false;
        }
        TimeoutFuture::new(whole(left.min(1000.0))).await;
    }
    TimeoutFuture::new(whole(Math::random() * JITTER)).await;
    tell(0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positive, and bounded by an u32"
)]
fn whole(number: f64) -> u32 {
    number.ceil() as u32
}
