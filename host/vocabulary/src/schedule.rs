//! Schedules of CronJobs: five fields or a nickname, as the controller reads them.

use croner::Cron;
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};

/// True for `@every 90s` and the like: it counts from the start of the controller, and has no times.
pub fn is_every(schedule: &str) -> bool {
    schedule.trim().starts_with("@every")
}

/// The times of a schedule.
///
/// # Errors
/// What is wrong with it, in a sentence; also where it [has no times](is_every).
pub fn parse(schedule: &str) -> Result<Cron, CronError> {
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build();
    parser.parse(schedule.trim())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::five_fields("*/5 0-6,12 1 * MON")]
    #[case::spaces(" 0 3 * * * ")]
    #[case::nickname("@daily")]
    fn what_the_controller_takes_is_a_schedule(#[case] text: &str) {
        assert!(parse(text).is_ok() && !is_every(text));
    }

    #[rstest]
    #[case::seconds("0 0 3 * * *")]
    #[case::year("0 0 3 * * * 2030")]
    #[case::four("0 3 * *")]
    #[case::beyond("61 * * * *")]
    #[case::nothing("")]
    #[case::every("@every 90s")]
    fn what_has_no_times_is_refused(#[case] text: &str) {
        assert!(parse(text).is_err(), "{text:?}");
    }
}
