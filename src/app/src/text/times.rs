//! Times in values of an open set, read without the browser's own parser, which takes far more for a date than is one.

use super::locale;

/// A time, to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// A moment, shown in the time zone of this device.
    Moment(i64),
    /// A date and a time of day that name no time zone, shown as they are.
    Local(i64),
    /// A date alone, shown as it is.
    Date(i64),
}

impl Time {
    /// Returns the time in words of the language of the page.
    #[must_use]
    pub fn in_words(self) -> String {
        match self {
            Self::Moment(seconds) => locale::date_and_time(seconds),
            Self::Local(seconds) => locale::local_date_and_time(seconds),
            Self::Date(seconds) => locale::date(seconds),
        }
    }

    /// Returns the time for the attribute `datetime` of HTML.
    #[must_use]
    pub fn datetime(self) -> String {
        let (Self::Moment(seconds) | Self::Local(seconds) | Self::Date(seconds)) = self;
        let (year, month, day) = civil(seconds.div_euclid(DAY));
        let date = format!("{year:04}-{month:02}-{day:02}");
        let second = seconds.rem_euclid(DAY);
        let time = format!("T{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
        match self {
            Self::Moment(_) => date + &time + "Z",
            Self::Local(_) => date + &time,
            Self::Date(_) => date,
        }
    }
}

/// The seconds of a day.
const DAY: i64 = 86_400;

/// The last second of the year 9999, since 1970.
const LAST: i64 = 253_402_300_799;

/// Smaller numbers than this (in 1973) are counts of something rather than seconds since 1970.
const FIRST: i64 = 100_000_000;

/// Larger numbers than this (in the year 5138) are milliseconds rather than seconds.
const MILLISECONDS: i64 = 100_000_000_000;

/// Reads seconds or milliseconds since 1970. Numbers that are hardly either are none.
#[must_use]
pub fn time_of_epoch(number: i64) -> Option<Time> {
    let seconds = if number >= MILLISECONDS { number.div_euclid(1000) } else { number };
    (FIRST..=LAST).contains(&seconds).then_some(Time::Moment(seconds))
}

/// Reads a date, or a date and a time, in the forms of ISO 8601 that programs write: `2026-11-26`, `2026-11-26T08:00Z`,
/// `2026-11-26 08:00:00.123+01:00`.
#[must_use]
pub fn time_of_iso(text: &str) -> Option<Time> {
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let date = day_of(date)?.checked_mul(DAY)?;
    if rest.is_empty() {
        return Some(Time::Date(date));
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let zone_at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = (rest.get(..zone_at)?, rest.get(zone_at..)?);
    let seconds = date + second_of(time)?;
    Some(match zone {
        "" => Time::Local(seconds),
        "Z" | "z" => Time::Moment(seconds),
        zone => Time::Moment(seconds - offset_of(zone)?),
    })
}

/// Reads the digits of a text of exactly `length`.
fn digits(text: &str, length: usize) -> Option<i64> {
    let are_digits = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    are_digits.then(|| text.parse().ok()).flatten()
}

/// Reads a date that exists, in days since 1970.
fn day_of(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, month, day) = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
    let days = days(year, month, day);
    // The year 0 stands for one that is not told.
    (parts.next().is_none() && year > 0 && civil(days) == (year, month, day)).then_some(days)
}

/// Reads a time of day, in seconds. Fractions are dropped.
fn second_of(time: &str) -> Option<i64> {
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    digits(fraction, fraction.len()).filter(|_| (1..=9).contains(&fraction.len()))?;
    let mut parts = time.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next().unwrap_or("00"));
    let (hour, minute, second) = (digits(hour, 2)?, digits(minute, 2)?, digits(second, 2)?);
    let is_one = hour < 24 && minute < 60 && second < 60 && parts.next().is_none();
    is_one.then_some(hour * 3600 + minute * 60 + second)
}

/// Reads an offset such as `+01:00` or `-0530`, in seconds.
fn offset_of(zone: &str) -> Option<i64> {
    let (sign, zone) = (if zone.starts_with('-') { -1 } else { 1 }, zone.get(1..)?.replace(':', ""));
    let (hours, minutes) = (digits(zone.get(..2)?, 2)?, digits(zone.get(2..)?, 2)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Returns the days since 1970 of a date of the Gregorian calendar, in years of 365.2425 days that begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Returns year, month and day: the inverse of [`days`].
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        time_of_iso(text).map(Time::datetime)
    }

    #[test]
    fn dates_and_times_are_read_to_the_second() {
        let cases = [
            ("2026-11-26", "2026-11-26"),
            ("2024-02-29", "2024-02-29"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"),
            ("2026-11-26T08:00Z", "2026-11-26T08:00:00Z"),
            ("2026-11-26 08:00:00+01:00", "2026-11-26T07:00:00Z"),
            ("2026-11-26T08:00:00-0530", "2026-11-26T13:30:00Z"),
            ("2026-11-26T08:00:00", "2026-11-26T08:00:00"),
        ];
        for (text, datetime) in cases {
            assert_eq!(read(text).as_deref(), Some(datetime), "{text}");
        }
        assert_eq!(time_of_iso("1970-01-02T00:00:01Z"), Some(Time::Moment(DAY + 1)));
    }

    #[test]
    fn what_is_no_time_stays_text() {
        let texts = [
            "",
            "2026",
            "2026-02-30",
            "0000-12-10",
            "2026-13-01",
            "2026-1-1",
            "20261-1-26",
            "2026-11-26T",
            "2026-11-26T25:00Z",
            "2026-11-26T08:61:00Z",
            "2026-11-26Tnoon",
            "2026-11-26 or later",
            "2026-11-26T08:00:00.Z",
            "2026-11-26T08:00:00+1",
            "２０２６-11-26",
            "2026-11-26T08:00:00+01:00:00",
            "éééééééééé",
        ];
        for text in texts {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_seconds_or_milliseconds_or_no_time() {
        assert_eq!(time_of_epoch(1_700_000_000), Some(Time::Moment(1_700_000_000)));
        assert_eq!(time_of_epoch(1_700_000_000_999), Some(Time::Moment(1_700_000_000)));
        for number in [0, -1, 90, FIRST - 1, (LAST + 1) * 1000, i64::MAX, i64::MIN] {
            assert_eq!(time_of_epoch(number), None, "{number}");
        }
    }

    #[test]
    fn every_day_is_its_own() {
        for day in -800_000..3_000_000 {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, month, of_month), day);
        }
    }
}
