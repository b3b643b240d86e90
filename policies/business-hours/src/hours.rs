//! The hours of the settings, parsed.

use k8shawk_sdk::calendar::{Holiday, Zone, time_of_day, weekday};
use k8shawk_sdk::settings::{Fields, Glob};
use serde_json::Value;

/// Where no days are named.
const WORKING_DAYS: [&str; 5] = ["Mon", "Tue", "Wed", "Thu", "Fri"];

/// When people are at work, and what may run by itself then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// Days since Monday.
    days: Vec<i64>,
    /// First minute of a day.
    from: i64,
    /// First minute after it.
    to: i64,
    /// Days on which nobody is at work.
    holidays: Vec<Holiday>,
    /// Whose clocks and calendars.
    zone: Zone,
    /// Namespaces; all where empty.
    namespaces: Vec<Glob>,
    /// Actions by name; all where empty.
    actions: Vec<String>,
}

impl Hours {
    /// True where a fix of this namespace may run by itself at such hours.
    pub fn covers(&self, place: &str, action: &str) -> bool {
        (self.namespaces.is_empty() || self.namespaces.iter().any(|glob| glob.matches(place)))
            && (self.actions.is_empty() || self.actions.iter().any(|a| a == action))
    }

    /// True while people are at work.
    pub fn are_open(&self, now: i64) -> bool {
        self.zone.at(now).is_some_and(|local| {
            self.days.contains(&local.day)
                && (self.from..self.to).contains(&local.minute)
                && !self.holidays.iter().any(|day| day.is(local.date))
        })
    }
}

/// Parse the JSON text of `hours`.
///
/// # Errors
/// Names the key that is wrong.
pub fn parse(text: &str) -> Result<Vec<Hours>, String> {
    let value: Value = serde_json::from_str(text).map_err(|e| format!("hours is not JSON: {e}"))?;
    let list = value.as_array().ok_or("hours is not a list of tables")?;
    list.iter()
        .enumerate()
        .map(|(i, hours)| parse_one(format!("hours[{i}]"), hours))
        .collect()
}

fn parse_one(at: String, value: &Value) -> Result<Hours, String> {
    let mut fields = Fields::of(at, value)?;
    let days = each(&mut fields, "days", "a day such as \"Mon\"", weekday)?;
    let working = || WORKING_DAYS.iter().filter_map(|day| weekday(day)).collect();
    let days = days.unwrap_or_else(working);
    let from = moment(&mut fields, "from")?;
    let to = moment(&mut fields, "to")?;
    if from >= to {
        return Err(format!("{} is not after from", fields.key("to")));
    }
    let form = "a day such as \"2026-12-24\" or \"12-24\"";
    let holidays = each(&mut fields, "holidays", form, Holiday::parse)?.unwrap_or_default();
    let zone = zone(&mut fields)?;
    let key = fields.key("namespaces");
    let namespaces = fields.texts("namespaces")?.unwrap_or_default();
    let namespaces = namespaces
        .iter()
        .map(|text| Glob::parse(&key, text))
        .collect::<Result<_, _>>()?;
    let actions = fields.texts("actions")?.unwrap_or_default();
    let actions = actions.into_iter().map(str::to_owned).collect();
    fields.end()?;
    Ok(Hours {
        days,
        from,
        to,
        holidays,
        zone,
        namespaces,
        actions,
    })
}

fn moment(fields: &mut Fields, name: &str) -> Result<i64, String> {
    let key = fields.key(name);
    let text = fields
        .text(name)?
        .ok_or_else(|| format!("{key} is missing"))?;
    time_of_day(text).ok_or_else(|| format!("{key}: {text:?} is not a time such as \"09:00\""))
}

fn zone(fields: &mut Fields) -> Result<Zone, String> {
    let key = fields.key("timezone");
    match fields.text("timezone")? {
        None => Ok(Zone::utc()),
        Some(text) => Zone::parse(text)
            .ok_or_else(|| format!("{key}: {text:?} is not a zone such as \"Europe/Berlin\"")),
    }
}

fn each<T>(
    fields: &mut Fields,
    name: &str,
    form: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<Vec<T>>, String> {
    let key = fields.key(name);
    let one = |text: &str| parse(text).ok_or_else(|| format!("{key}: {text:?} is not {form}"));
    let texts = fields.texts(name)?;
    texts
        .map(|texts| texts.into_iter().map(one).collect())
        .transpose()
}
