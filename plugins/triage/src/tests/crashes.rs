use super::*;

fn with(
    phase: &str,
    ready: bool,
    lasting: u32,
    containers: Vec<ContainerSummary>,
) -> ObjectSummary {
    ObjectSummary {
        ready,
        lasting_seconds: lasting,
        containers,
        ..broken(phase)
    }
}

#[rstest]
#[case::first_exit_of_a_container(
    "ContainerFailed",
    container("terminated", "Error", 0),
    1,
    "pass"
)]
#[case::stays_down_without_restart(
    "ContainerFailed",
    container("terminated", "Error", 0),
    30,
    "open"
)]
#[case::down_after_one_restart("ContainerFailed", container("terminated", "Error", 1), 1, "open")]
#[case::runs_after_one_restart("ContainerFailed", container("running", "", 1), 1, "pass")]
#[case::runs_after_two_restarts("ContainerFailed", container("running", "", 2), 1, "open")]
#[case::back_off(
    "CrashLoopBackOff",
    container("waiting", "CrashLoopBackOff", 1),
    1,
    "open"
)]
#[case::out_of_memory_once("OOMKilled", container("running", "", 1), 1, "open")]
#[case::init_fails_once("InitFailed", container("terminated", "Error", 0), 1, "pass")]
#[case::init_fails_again("InitFailed", container("waiting", "CrashLoopBackOff", 2), 1, "open")]
#[case::cannot_start(
    "RunContainerError",
    container("waiting", "RunContainerError", 0),
    1,
    "open"
)]
fn counts_a_crash_from_the_second_restart_or_when_nothing_runs(
    #[case] reason: &str,
    #[case] state: ContainerSummary,
    #[case] lasting: u32,
    #[case] expected: &str,
) {
    let summary = with("Running", false, lasting, vec![state]);
    assert_eq!(word(&judge(&status("Pod", reason, ""), &summary)), expected);
}

#[rstest]
#[case::long_ago("ContainerFailed", 5, 86_400, "drop")]
#[case::killed_long_ago("OOMKilled", 1, 86_400, "drop")]
#[case::a_hiccup("ContainerFailed", 1, 30, "pass")]
#[case::ready_between_two_crashes("ContainerFailed", 3, 30, "open")]
#[case::just_killed_for_memory("OOMKilled", 1, 30, "open")]
fn tells_an_old_restart_from_a_loop_that_is_ready_for_an_instant(
    #[case] reason: &str,
    #[case] restarts: u32,
    #[case] lasting: u32,
    #[case] expected: &str,
) {
    let summary = with(
        "Running",
        true,
        lasting,
        vec![container("running", "", restarts)],
    );
    assert_eq!(word(&judge(&status("Pod", reason, ""), &summary)), expected);
}

#[test]
fn passes_a_restart_of_unknown_age_on_an_old_healthy_pod() {
    let summary = with("Running", true, 0, vec![container("running", "", 4)]);
    assert_eq!(
        word(&judge(&status("Pod", "ContainerFailed", ""), &summary)),
        "pass"
    );
}

#[test]
fn a_failed_pod_needs_no_restart() {
    let summary = with(
        "Failed",
        false,
        0,
        vec![container("terminated", "Error", 0)],
    );
    let opening = opened(&status("Pod", "ContainerFailed", ""), &summary);
    assert_eq!(
        (opening.severity, opening.class.as_str()),
        (Severity::High, "workload")
    );
}

#[rstest]
#[case("Liveness probe failed: connection refused", 2, "open")]
#[case("Startup probe failed: connection refused", 3, "open")]
#[case("Liveness probe failed: connection refused", 0, "drop")]
#[case("Readiness probe failed: connection refused", 3, "drop")]
fn a_failed_probe_counts_only_with_restarts(
    #[case] message: &str,
    #[case] restarts: u32,
    #[case] expected: &str,
) {
    let summary = with(
        "Running",
        false,
        5,
        vec![container("running", "", restarts)],
    );
    let judgement = judge(&event("Pod", "Unhealthy", message), &summary);
    assert_eq!(word(&judgement), expected, "{judgement:?}");
}

#[test]
fn a_completed_init_container_is_not_down() {
    let mut init = container("terminated", "Completed", 1);
    init.init = true;
    let summary = with(
        "Running",
        false,
        30,
        vec![init, container("running", "", 1)],
    );
    assert_eq!(
        word(&judge(&status("Pod", "ContainerFailed", ""), &summary)),
        "pass"
    );
}

#[test]
fn an_unknown_waiting_reason_is_believed_once_it_lasts() {
    let signal = status("Pod", "SomethingNewInKubernetes", "");
    let young = ObjectSummary {
        lasting_seconds: 3,
        age_seconds: 3,
        ..broken("Pending")
    };
    assert_eq!(word(&judge(&signal, &young)), "pass");
    assert_eq!(
        opened(&signal, &broken("Pending")).severity,
        Severity::Medium
    );
}

#[test]
fn an_unknown_warning_is_low_and_only_when_repeated() {
    let mut signal = event("Widget", "WidgetJammed", "it is jammed");
    assert_eq!(word(&judge(&signal, &broken(""))), "pass");
    signal.count = 3;
    assert_eq!(opened(&signal, &broken("")).severity, Severity::Low);
    assert_eq!(
        word(&judge(
            &signal,
            &ObjectSummary {
                ready: true,
                ..broken("")
            }
        )),
        "pass"
    );
}
