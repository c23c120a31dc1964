//! The page's clock.

/// Returns the current time by the clock of this device, in seconds since 1970.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit into 53 bits")]
pub fn now() -> i64 {
    (js_sys::Date::now() / 1000.0) as i64
}
