//! Times without a time-zone database: RFC 3339, weekly moments and fixed offsets.

use jiff::Timestamp;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60;
const WEEK: i64 = 7 * DAY;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Minutes since Monday 00:00 of a moment such as `Fri 16:00`; `24:00` ends a day.
pub fn weekly(text: &str) -> Option<i64> {
    let (day, time) = text.trim().split_once(' ')?;
    let day = day.to_ascii_lowercase();
    let day = DAYS.iter().position(|known| *known == day)?;
    let (hour, minute) = time.trim().split_once(':')?;
    let (hour, minute) = (digits(hour, 2)?, digits(minute, 2)?);
    let fits = (hour < 24 && minute < 60) || (hour == 24 && minute == 0);
    let day = i64::try_from(day).ok()?;
    fits.then(|| (day * DAY + hour * 60 + minute) % WEEK)
}

/// Minutes since Monday 00:00 of a time in milliseconds, at an offset in minutes.
pub fn minute_of_week(millis: i64, offset: i64) -> i64 {
    // The epoch was a Thursday.
    (millis.div_euclid(MINUTE) + offset + 3 * DAY).rem_euclid(WEEK)
}

/// Minutes east of UTC: `UTC`, `Z`, `+05:30`, `-0800`.
pub fn offset(text: &str) -> Option<i64> {
    if matches!(text, "UTC" | "utc" | "Z" | "z" | "GMT") {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':').or_else(|| rest.split_at_checked(2))?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// Milliseconds since the epoch of an RFC 3339 time, which names its seconds.
pub fn rfc3339(text: &str) -> Option<i64> {
    let (_, time) = text.split_once(['T', 't', ' '])?;
    let named = time
        .get(..8)?
        .split(':')
        .all(|part| digits(part, 2).is_some());
    let plain = !text.contains('[');
    let time: Timestamp = text.parse().ok().filter(|_| named && plain)?;
    Some(time.as_second() * 1000)
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<i64> {
    let fits = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}
