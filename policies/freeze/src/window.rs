//! The windows of the settings, parsed.

use crate::time;
use k8shawk_sdk::policy::Risk;
use k8shawk_sdk::settings::{self, Fields, Glob};
use serde_json::Value;

/// When a window is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Every week, in minutes since Monday 00:00 at an offset from UTC.
    Weekly {
        /// First minute.
        start: i64,
        /// First minute after it; before `start` where it spans the turn of the week.
        end: i64,
        /// Minutes east of UTC.
        offset: i64,
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
        match self.when {
            When::Once { from, to } => (from..to).contains(&now),
            When::Weekly { start, end, offset } => {
                let minute = time::minute_of_week(now, offset);
                if start < end {
                    (start..end).contains(&minute)
                } else {
                    minute >= start || minute < end
                }
            }
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
    let (when, spoken) = match (fields.text("start")?, fields.text("end")?) {
        (Some(start), Some(end)) => weekly(&mut fields, start, end)?,
        (None, None) => once(&at, &mut fields)?,
        _ => return Err(format!("{at} needs both start and end")),
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
        time::weekly(text)
            .ok_or_else(|| format!("{key}: {text:?} is not a time such as \"Fri 16:00\""))
    };
    let (first, last) = (moment("start", start)?, moment("end", end)?);
    if first == last {
        return Err(format!(
            "{}: the window ends when it starts",
            fields.key("end")
        ));
    }
    let key = fields.key("timezone");
    let zone = fields.text("timezone")?.unwrap_or("UTC");
    let offset = time::offset(zone).ok_or_else(|| {
        format!(
            "{key}: {zone:?} is neither UTC nor a fixed offset such as \"+05:30\" (a policy \
                 has no time zone database)"
        )
    })?;
    let spoken = format!("{start} to {end} {zone}");
    Ok((
        When::Weekly {
            start: first,
            end: last,
            offset,
        },
        spoken,
    ))
}

fn once(at: &str, fields: &mut Fields) -> Result<(When, String), String> {
    let (Some(from), Some(to)) = (fields.text("from")?, fields.text("to")?) else {
        return Err(format!("{at} needs start and end, or from and to"));
    };
    let moment = |name: &str, text: &str| {
        let key = fields.key(name);
        time::rfc3339(text).ok_or_else(|| {
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
