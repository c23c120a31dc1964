//! The page's clock, and bounds for what the page waits for.
//!
//! The date of a device may be minutes or years off, so it is never compared with a time of the tenant. The page
//! compares the tenant's times with each other, and what has passed since with its own clock.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use gloo_timers::future::TimeoutFuture;
use js_sys::Date;
use leptos::prelude::window;

/// Returns the time of the page's clock in milliseconds. It advances evenly while the page lives, whatever happens to the
/// device's date, and goes on from page to page of this browser.
#[must_use]
pub fn milliseconds() -> f64 {
    let clock = window().performance();
    clock.map_or_else(Date::now, |clock| clock.time_origin() + clock.now())
}

/// Returns the time of the page's clock in whole seconds.
#[must_use]
pub fn now() -> i64 {
    seconds(milliseconds())
}

/// Returns the date of this device, in seconds since 1970: to be shown on this device and compared with nothing.
#[must_use]
pub fn date() -> i64 {
    seconds(Date::now())
}

/// Reads a date of an HTTP header, in seconds since 1970.
#[must_use]
pub fn parse(date: &str) -> Option<i64> {
    let time = Date::parse(date);
    (!time.is_nan()).then(|| seconds(time))
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit into 53 bits")]
fn seconds(milliseconds: f64) -> i64 {
    (milliseconds / 1000.0).floor() as i64
}

/// Waits for `future`, but no longer than `limit` milliseconds; then it returns `None`.
pub async fn within<T>(limit: u32, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut timer = pin!(TimeoutFuture::new(limit));
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => timer.as_mut().poll(context).map(|()| None),
    })
    .await
}
