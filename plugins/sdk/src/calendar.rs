//! Times as operators write them: RFC 3339, weekly moments, days, and zones with their daylight saving time.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

const DAY: i64 = 24 * 60;
const WEEK: i64 = 7 * DAY;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Minutes since Monday 00:00 of a moment such as `Fri 16:00`; `24:00` ends a day.
pub fn weekly(text: &str) -> Option<i64> {
    let (day, time) = text.trim().split_once(' ')?;
    Some((weekday(day)? * DAY + time_of_day(time)?) % WEEK)
}

/// Minutes since midnight of a time such as `09:30`; `24:00` ends a day.
pub fn time_of_day(text: &str) -> Option<i64> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute) = (digits(hour, 2)?, digits(minute, 2)?);
    let fits = (hour < 24 && minute < 60) || (hour == 24 && minute == 0);
    fits.then_some(hour * 60 + minute)
}

/// Days since Monday of a word such as `Fri`, in any case.
pub fn weekday(text: &str) -> Option<i64> {
    let position = DAYS.iter().position(|day| day.eq_ignore_ascii_case(text))?;
    i64::try_from(position).ok()
}

/// Where clocks show what: UTC, a fixed offset, or a zone of the IANA database with its daylight saving time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl Zone {
    /// UTC.
    pub fn utc() -> Zone {
        Zone {
            name: "UTC".to_owned(),
            zone: TimeZone::UTC,
        }
    }

    /// `UTC`, `Z`, an offset such as `+05:30` or `-0800`, or a name such as `Europe/Berlin`.
    pub fn parse(text: &str) -> Option<Zone> {
        let zone = if matches!(text, "UTC" | "utc" | "Z" | "z" | "GMT") {
            TimeZone::UTC
        } else if text.starts_with(['+', '-']) {
            offset(text)?
        } else {
            // The database is in the component: a plugin reads no file.
            TimeZoneDatabase::bundled().get(text).ok()?
        };
        let name = text.to_owned();
        Some(Zone { name, zone })
    }

    /// As the operator wrote it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a wall calendar and a wall clock show there; none beyond the year 9999.
    pub fn at(&self, millis: i64) -> Option<Local> {
        let time = Timestamp::from_millisecond(millis).ok()?;
        let civil = self.zone.to_datetime(time);
        let day = i64::from(civil.weekday().to_monday_zero_offset());
        let minute = i64::from(civil.hour()) * 60 + i64::from(civil.minute());
        let date = civil.date();
        Some(Local { date, day, minute })
    }
}

/// A moment as people there see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local {
    /// The date.
    pub date: Date,
    /// Days since Monday.
    pub day: i64,
    /// Minutes since midnight.
    pub minute: i64,
}

impl Local {
    /// Minutes since Monday 00:00.
    pub fn minute_of_week(&self) -> i64 {
        self.day * DAY + self.minute
    }
}

/// A day of one year (`2026-12-24`) or of every year (`12-24`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holiday {
    /// This one.
    Once(Date),
    /// The same month and day of each year.
    Yearly(i8, i8),
}

impl Holiday {
    /// `2026-12-24` or `12-24`; a day that no year has is none.
    pub fn parse(text: &str) -> Option<Holiday> {
        let numbers: Option<Vec<i64>> = text
            .split('-')
            .enumerate()
            .map(|(i, part)| digits(part, if i == 0 && text.len() == 10 { 4 } else { 2 }))
            .collect();
        // 2024 has a 29th of February.
        let (year, month, day) = match numbers?[..] {
            [year, month, day] => (i16::try_from(year).ok()?, month, day),
            [month, day] => (2024, month, day),
            _ => return None,
        };
        let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        Some(match text.len() {
            10 => Holiday::Once(date),
            _ => Holiday::Yearly(date.month(), date.day()),
        })
    }

    /// True where it is that day.
    pub fn is(&self, date: Date) -> bool {
        match *self {
            Holiday::Once(day) => day == date,
            Holiday::Yearly(month, day) => (date.month(), date.day()) == (month, day),
        }
    }
}

/// At most 14 hours from UTC, as `+05:30` or `-0800`.
fn offset(text: &str) -> Option<TimeZone> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':').or_else(|| rest.split_at_checked(2))?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    let fits = hours <= 14 && minutes < 60;
    let seconds = i32::try_from(sign * (hours * 60 + minutes) * 60).ok()?;
    fits.then(|| Offset::from_seconds(seconds).ok())?
        .map(TimeZone::fixed)
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
