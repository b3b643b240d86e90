use std::time::Duration;

use anyhow::{Result, anyhow};

use super::wait_until;

#[test]
fn a_wait_returns_the_first_answer() {
    let mut left = 2;
    let answer = wait_until(Duration::from_secs(5), "it counts down", || {
        left -= 1;
        Ok((left == 0).then_some("done"))
    });
    assert_eq!(answer.unwrap(), "done");
}

#[test]
fn a_wait_in_vain_names_what_and_the_last_error() {
    let failure = || -> Result<Option<()>> { Err(anyhow!("connection refused")) };
    let error = wait_until(Duration::ZERO, "the door opens", failure).unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "waited 0ns in vain until the door opens: connection refused"
    );
}
