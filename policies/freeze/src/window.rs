//! The windows of the settings, parsed.

use k8shawk_sdk::calendar::{self, Holiday, Zone};
use k8shawk_sdk::policy::Risk;
use k8shawk_sdk::settings::{self, Fields, Glob};
use serde_json::Value;

/// When a window is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Every week, in minutes since Monday 00:00 by the clocks of a zone.
    Weekly {
        /// First minute.
        start: i64,
        /// First minute after it; before `start` where it spans the turn of the week.
        end: i64,
        /// Whose clocks.
        zone: Zone,
    },
    /// Whole days by the calendars of a zone.
    Days {
        /// Which.
        days: Vec<Holiday>,
        /// Whose calendars.
        zone: Zone,
    },
    /// Once, in milliseconds since the epoch.
    Once {
        /// First millisecond.
        from: i64,
        /// First millisecond after it.
        to: i64,
    },
}

/// A change freeze.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// When it is open.
    pub when: When,
    /// The same as the operator wrote it.
    pub spoken: String,
    /// Namespaces; all where empty.
    pub namespaces: Vec<Glob>,
    /// Risk classes; all where empty.
    pub risks: Vec<Risk>,
    /// Why, in the operator's words.
    pub reason: String,
}

impl Window {
    /// True while the window is open.
    pub fn is_open(&self, now: i64) -> bool {
        match &self.when {
            When::Once { from, to } => (*from..*to).contains(&now),
            When::Weekly { start, end, zone } => zone.at(now).is_some_and(|local| {
                let minute = local.minute_of_week();
                if start < end {
                    (*start..*end).contains(&minute)
                } else {
                    minute >= *start || minute < *end
                }
            }),
            When::Days { days, zone } => zone
                .at(now)
                .is_some_and(|local| days.iter().any(|day| day.is(local.date))),
        }
    }
}

/// Parse the JSON text of `windows`.
///
/// # Errors
/// Names the key that is wrong.
pub fn parse(text: &str) -> Result<Vec<Window>, String> {
    let value: Value =
        serde_json::from_str(text).map_err(|e| format!("windows is not JSON: {e}"))?;
    let list = value.as_array().ok_or("windows is not a list of tables")?;
    list.iter()
        .enumerate()
        .map(|(i, window)| parse_one(format!("windows[{i}]"), window))
        .collect()
}

fn parse_one(at: String, value: &Value) -> Result<Window, String> {
    let mut fields = Fields::of(at.clone(), value)?;
    let (when, spoken) = match fields.texts("days")? {
        Some(days) => whole_days(&mut fields, &days)?,
        None => match (fields.text("start")?, fields.text("end")?) {
            (Some(start), Some(end)) => weekly(&mut fields, start, end)?,
            (None, None) => once(&at, &mut fields)?,
            _ => return Err(format!("{at} needs both start and end")),
        },
    };
    let key = fields.key("namespaces");
    let namespaces = fields.texts("namespaces")?.unwrap_or_default();
    let namespaces = namespaces
        .iter()
        .map(|n| Glob::parse(&key, n))
        .collect::<Result<_, _>>()?;
    let key = fields.key("risks");
    let risks = fields.texts("risks")?.unwrap_or_default();
    let risks = risks
        .iter()
        .map(|r| risk(&key, r))
        .collect::<Result<_, _>>()?;
    let reason = fields
        .text("reason")?
        .unwrap_or("no reason given")
        .to_owned();
    fields.end()?;
    Ok(Window {
        when,
        spoken,
        namespaces,
        risks,
        reason,
    })
}

fn weekly(fields: &mut Fields, start: &str, end: &str) -> Result<(When, String), String> {
    let moment = |name: &str, text: &str| {
        let key = fields.key(name);
        calendar::weekly(text)
            .ok_or_else(|| format!("{key}: {text:?} is not a time such as \"Fri 16:00\""))
    };
    let (first, last) = (moment("start", start)?, moment("end", end)?);
    if first == last {
        return Err(format!(
            "{}: the window ends when it starts",
            fields.key("end")
        ));
    }
    let zone = zone(fields)?;
    let spoken = format!("{start} to {end} {}", zone.name());
    Ok((
        When::Weekly {
            start: first,
            end: last,
            zone,
        },
        spoken,
    ))
}

fn whole_days(fields: &mut Fields, texts: &[&str]) -> Result<(When, String), String> {
    let key = fields.key("days");
    let day = |text: &&str| {
        Holiday::parse(text).ok_or_else(|| {
            format!("{key}: {text:?} is not a day such as \"2026-12-24\" or \"12-24\"")
        })
    };
    let days = texts.iter().map(day).collect::<Result<_, _>>()?;
    let zone = zone(fields)?;
    let spoken = format!("{} {}", texts.join(", "), zone.name());
    Ok((When::Days { days, zone }, spoken))
}

fn zone(fields: &mut Fields) -> Result<Zone, String> {
    let key = fields.key("timezone");
    let Some(text) = fields.text("timezone")? else {
        return Ok(Zone::utc());
    };
    Zone::parse(text).ok_or_else(|| {
        format!(
            "{key}: {text:?} is neither UTC nor an offset such as \"+05:30\" nor a zone such as \
             \"Europe/Berlin\""
        )
    })
}

fn once(at: &str, fields: &mut Fields) -> Result<(When, String), String> {
    let (Some(from), Some(to)) = (fields.text("from")?, fields.text("to")?) else {
        return Err(format!("{at} needs start and end, from and to, or days"));
    };
    let moment = |name: &str, text: &str| {
        let key = fields.key(name);
        calendar::rfc3339(text).ok_or_else(|| {
            format!("{key}: {text:?} is not a time such as \"2026-12-24T00:00:00Z\"")
        })
    };
    let (first, last) = (moment("from", from)?, moment("to", to)?);
    if first >= last {
        return Err(format!(
            "{}: the window ends before it starts",
            fields.key("to")
        ));
    }
    Ok((
        When::Once {
            from: first,
            to: last,
        },
        format!("{from} to {to}"),
    ))
}

fn risk(key: &str, text: &str) -> Result<Risk, String> {
    settings::risk(text).ok_or_else(|| format!("{key}: {text:?} is not known"))
}
