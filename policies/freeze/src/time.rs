//! Times without a time-zone database: RFC 3339, weekly moments and fixed offsets.

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

/// Milliseconds since the epoch of an RFC 3339 time.
pub fn rfc3339(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let zone = rest.find(['Z', 'z', '+', '-'])?;
    let (time, zone) = rest.split_at_checked(zone)?;
    let mut date = date.splitn(3, '-');
    let (year, month, day) = (
        digits(date.next()?, 4)?,
        digits(date.next()?, 2)?,
        digits(date.next()?, 2)?,
    );
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut time = time.splitn(3, ':');
    let (hour, minute, second) = (
        digits(time.next()?, 2)?,
        digits(time.next()?, 2)?,
        digits(time.next()?, 2)?,
    );
    let plain = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
    let fits = plain
        && (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    let minutes = days_since_epoch(year, month, day) * DAY + hour * 60 + minute - offset(zone)?;
    fits.then_some(minutes * MINUTE + second * 1000)
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<i64> {
    let fits = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the Gregorian calendar.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that a leap day is the last of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}
