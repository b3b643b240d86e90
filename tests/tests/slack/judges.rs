//! Judged by code that nobody here wrote: `slack_sdk`, `slackblocks`, `@slack/types`, Bolt.

use std::path::Path;
use std::process::Command;

#[test]
fn slacks_own_sdks_agree_with_all_that_is_sent_and_with_the_slack_of_the_tests() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("slack/judge.sh");
    let output = Command::new(script)
        .arg(env!("CARGO_BIN_EXE_slack"))
        .output()
        .unwrap();
    let (said, faults) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{said}\n{faults}");
    for verdict in [
        "views are Slack's",
        "Slack's SDK agrees",
        "views fit @slack/types",
        "Bolt took 4",
    ] {
        assert!(said.contains(verdict), "{verdict}: {said}\n{faults}");
    }
}
