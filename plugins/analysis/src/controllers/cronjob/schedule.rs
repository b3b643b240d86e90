//! When a CronJob is due.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use k8shawk_sdk::analysis::Finding;
use k8shawk_vocabulary::schedule;
use serde_json::Value;

use super::draft::draft;
use crate::case::Case;
use crate::json::{name, reference, spoken, text};
use crate::near;

/// The time zone of the schedule; UTC where none is set, as the controller's own is not known.
pub fn zone(case: &Case, cron: &Value) -> Result<TimeZone, Box<Finding>> {
    let wanted = text(cron, "/spec/timeZone");
    if wanted.is_empty() {
        return Ok(TimeZone::UTC);
    }
    if let Ok(zone) = TimeZone::get(wanted) {
        return Ok(zone);
    }
    let names: Vec<String> = jiff::tz::db()
        .available()
        .map(|zone| zone.as_str().to_owned())
        .collect();
    let near = near::clause(wanted, names.iter().map(String::as_str));
    let mut draft = draft(case, cron, "cronjob-bad-timezone");
    let cited = draft.cite("spec.timeZone", wanted);
    draft
        .title(format!(
            "time zone {wanted} of CronJob {} is unknown",
            name(cron)
        ))
        .confidence(95)
        .say(format!(
            "{} sets timeZone \"{wanted}\", which is not in the IANA time zone \
             database{near}, so it never runs {cited}.",
            spoken(&reference(cron))
        ));
    Err(Box::new(draft.finish()))
}

/// A schedule in its time zone.
pub struct Schedule {
    /// As it is written.
    pub text: String,
    cron: croner::Cron,
    zone: TimeZone,
}

impl Schedule {
    /// Parse the schedule of a CronJob.
    pub fn of(cron: &Value, zone: TimeZone) -> Result<Self, String> {
        let text = text(cron, "/spec/schedule").trim().to_owned();
        let each_minute = if schedule::is_every(&text) {
            "* * * * *"
        } else {
            &text
        };
        match schedule::parse(each_minute) {
            Ok(cron) => Ok(Schedule { text, cron, zone }),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Start times between two moments, at most `most`.
    pub fn between(&self, from: i64, to: i64, most: usize) -> Vec<Zoned> {
        let Ok(start) = Timestamp::from_millisecond(from) else {
            return Vec::new();
        };
        let mut at = start.to_zoned(self.zone.clone());
        let mut found = Vec::new();
        while found.len() < most {
            match self.cron.find_next_occurrence(&at, false) {
                Ok(next) if next.timestamp().as_millisecond() <= to => {
                    at = next.clone();
                    found.push(next);
                }
                _ => break,
            }
        }
        found
    }

    /// True where no date matches at all.
    pub fn never(&self, now: i64) -> bool {
        let Ok(now) = Timestamp::from_millisecond(now) else {
            return false;
        };
        self.cron
            .find_next_occurrence(&now.to_zoned(self.zone.clone()), false)
            .is_err()
    }
}
