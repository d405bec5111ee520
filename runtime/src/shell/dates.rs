//! Dates: `_dateVal` and `_dateStr` (LANGUAGE 8.7).
//!
//! A date value counts seconds from the start of the year 2000 in the host's time zone. Called through the table, and by
//! `file.info`. Invariant: clock and zone come from the host, so that a silent run gives the same dates everywhere.

mod format;

use crate::host::Zone;
use crate::intrinsics::{Answer, Early, IntrinsicCall};
use crate::realm::Realm;
use crate::text;
use crate::value::Value;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// How a date looks if nothing else is asked for.
const DEFAULT_FORMAT: &str = "yyyy-MM-dd HH:mm:ss";

/// `_dateVal`
pub(crate) fn date_val(call: &mut IntrinsicCall) -> Answer {
    let date = call.arg(0);
    if date.is_error() || date.is_number() {
        return Ok(date);
    }
    let seconds = match date {
        date if date.is_null() => call.realm.host().date().trunc(),
        date => parse_value(call, date)?,
    };
    let zone = zone(call.realm);
    Ok(Value::number(seconds - epoch(&zone)))
}

/// `_dateStr`
pub(crate) fn date_str(call: &mut IntrinsicCall) -> Answer {
    call.pass_any_error()?;
    let format = match call.arg(1) {
        format if format.is_null() => DEFAULT_FORMAT.to_owned(),
        format => text::plain(call.realm, format)?,
    };
    let zone = zone(call.realm);
    let seconds = match call.arg(0) {
        date if date.is_null() => call.realm.host().date().trunc(),
        date => match date.as_number() {
            Some(number) => number + epoch(&zone),
            None => parse_value(call, date)?,
        },
    };
    call.realm.charge(1 + format.len() as u64)?;
    let text = civil(seconds, &zone).map_or_else(String::new, |at| format::format(at, seconds, &format));
    Ok(call.realm.string_value(&text))
}

/// A time (in seconds since 1970, UTC) as text in the host's zone.
pub(super) fn text(realm: &mut Realm, seconds: f64) -> String {
    let zone = zone(realm);
    civil(seconds, &zone).map_or_else(String::new, |at| format::format(at, seconds, DEFAULT_FORMAT))
}

fn zone(realm: &mut Realm) -> TimeZone {
    match realm.host().zone() {
        Zone::Utc => TimeZone::UTC,
        Zone::System => TimeZone::system(),
    }
}

/// Seconds since 1970 at which the year 2000 starts.
fn epoch(zone: &TimeZone) -> f64 {
    seconds_at(&Parts { year: 2000, month: 1, day: 1, ..Parts::default() }, zone).unwrap_or(0.0)
}

/// The clock and calendar of a place at a time; `None` far from the calendar's years.
fn civil(seconds: f64, zone: &TimeZone) -> Option<DateTime> {
    if !seconds.is_finite() {
        return None;
    }
    Timestamp::from_second(seconds as i64).ok().map(|at| zone.to_datetime(at))
}

/// What stands in a date text. Numbers may be too large: `2020-02-30` is the first of March.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Parts {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
}

/// Seconds since 1970 of a date on the calendar of a place.
fn seconds_at(parts: &Parts, zone: &TimeZone) -> Option<f64> {
    const DAY: i64 = 86_400;
    let months = parts.year.checked_mul(12)?.checked_add(parts.month - 1)?;
    let days = days_before(months.div_euclid(12), months.rem_euclid(12) + 1).checked_add(parts.day - 1)?;
    let clock = parts.hour.checked_mul(3600)?.checked_add(parts.minute.checked_mul(60)?)?.checked_add(parts.second)?;
    let wall = days.checked_mul(DAY)?.checked_add(clock)?;
    let at = TimeZone::UTC.to_datetime(Timestamp::from_second(wall).ok()?);
    zone.to_timestamp(at).ok().map(|at| at.as_second() as f64)
}

/// Days from the start of 1970 to the first of a month, by the rules of the Gregorian calendar.
fn days_before(year: i64, month: i64) -> i64 {
    // Years start in March here, so that the day of a leap year is the last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let month = (month + 9) % 12;
    let day_of_year = (153 * month + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719_468
}

/// The date that a value says, or the error value for one that says none.
fn parse_value(call: &mut IntrinsicCall, value: Value) -> Result<f64, Early> {
    let said = text::plain(call.realm, value)?;
    call.realm.charge(1 + said.len() as u64 / 16)?;
    let zone = zone(call.realm);
    let today = call.realm.host().date();
    let parts = parse(&said, || civil(today, &zone));
    match parts.and_then(|parts| seconds_at(&parts, &zone)) {
        Some(seconds) => Ok(seconds),
        None => Err(call.error(&format!("Format error: '{said}' is not a valid date"))),
    }
}

/// Reads parts divided by spaces: `y-m-d`, `h:m:s`, `P` or `PM`. Without a date it is today.
fn parse(said: &str, today: impl FnOnce() -> Option<DateTime>) -> Option<Parts> {
    let (mut date, mut time, mut is_afternoon) = (None, None, false);
    for part in said.split(' ').filter(|part| !part.is_empty()) {
        if part.contains('-') {
            let mut fields = part.split('-').map(leading_number);
            date = Some((fields.next()?, fields.next().unwrap_or(1), fields.next().unwrap_or(1)));
        } else if part.contains(':') {
            let mut fields = part.split(':').map(leading_number);
            time = Some((fields.next()?, fields.next().unwrap_or(0), fields.next().unwrap_or(0)));
        } else {
            is_afternoon |= part.eq_ignore_ascii_case("p") || part.eq_ignore_ascii_case("pm");
        }
    }
    if date.is_none() && time.is_none() {
        return None;
    }
    let (year, month, day) = match date {
        Some(date) => date,
        None => today().map(|now| (i64::from(now.year()), i64::from(now.month()), i64::from(now.day())))?,
    };
    let (mut hour, minute, second) = time.unwrap_or_default();
    if is_afternoon && hour < 12 {
        hour += 12;
    }
    Some(Parts { year, month, day, hour, minute, second })
}

/// The whole number at the start of a text, 0 if there is none.
fn leading_number(text: &str) -> i64 {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    // More digits than a calendar can use: as large as it gets, which no calendar reaches.
    if end == 0 { 0 } else { text[..end].parse().unwrap_or(i64::from(i32::MAX)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(said: &str) -> Option<f64> {
        let today = || civil(946_684_800.0, &TimeZone::UTC);
        parse(said, today).and_then(|parts| seconds_at(&parts, &TimeZone::UTC))
    }

    #[test]
    fn days_are_counted_as_the_calendar_does_it() {
        assert_eq!(days_before(1970, 1), 0);
        assert_eq!(days_before(2000, 3), 11_017);
        assert_eq!(days_before(1900, 3) - days_before(1900, 2), 28);
        assert_eq!(days_before(2000, 3) - days_before(2000, 2), 29);
        assert_eq!(days_before(1969, 12), -31);
    }

    #[test]
    fn texts_are_read_as_dates() {
        let start = 946_684_800.0;
        let rows = [
            ("2000-01-01 00:00:00", Some(0.0)),
            ("2000-01-02", Some(86_400.0)),
            ("2000-02", Some(31.0 * 86_400.0)),
            ("01:02:03", Some(3723.0)),
            ("1:30 pm", Some(13.5 * 3600.0)),
            ("12:00 PM", Some(43_200.0)),
            ("2000-02-30", Some((31.0 + 29.0) * 86_400.0)),
            ("2000-13-01", Some(366.0 * 86_400.0)),
            ("2000-01-01 25:61", Some((25.0 * 60.0 + 61.0) * 60.0)),
            ("not a date", None),
            ("", None),
            ("pm", None),
            ("99999999999999999999-1-1", None),
        ];
        for (said, expected) in rows {
            assert_eq!(utc(said).map(|at| at - start), expected, "{said}");
        }
    }
}
