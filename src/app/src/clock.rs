//! The page's clock.

/// The current time, in seconds since 1970, by the clock of this device.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit into 53 bits")]
pub fn now() -> i64 {
    (js_sys::Date::now() / 1000.0) as i64
}
