//! Controllers that do not get where they should.

use super::{Class, NONE, ROLLBACK};

pub(super) const CLASSES: &[Class] = &[
    Class {
        name: "rollout-stuck",
        means: "A Deployment's rollout makes no progress, and no pod says why.",
        apart: "Progressing is False with ProgressDeadlineExceeded. Where a pod has a cause, the incident has the class of that cause.",
        people: "Compare the two newest revisions; roll back.",
        fix: ROLLBACK,
    },
    Class {
        name: "statefulset-stuck",
        means: "A StatefulSet waits for one ordinal, and every later pod waits with it.",
        apart: "The lowest ordinal that is not ready is named; a pod of an old revision is not replaced while it is unready.",
        people: "Repair that pod; delete it by hand where it still runs the broken revision.",
        fix: "delete-pod of a stale pod",
    },
    Class {
        name: "statefulset-service-missing",
        means: "The headless Service that serviceName names does not exist, so the pods have no names of their own.",
        apart: "Pods may run; peers do not find each other.",
        people: "Create the headless Service under that name.",
        fix: NONE,
    },
    Class {
        name: "daemonset-incomplete",
        means: "A DaemonSet does not run on every node that it should.",
        apart: "Nodes and reasons are told. Nodes that its selector or missing tolerations exclude do not count.",
        people: "Look at the nodes named: room, taints, the pod's own cause.",
        fix: NONE,
    },
    Class {
        name: "job-failed",
        means: "A Job reached its backoffLimit, or its pod failure policy ended it.",
        apart: "Failed with BackoffLimitExceeded or PodFailurePolicy; the last pod's exit code is told. A time limit is job-deadline-exceeded.",
        people: "Read the last pod's log before it is cleaned up; run it again where a second run is harmless.",
        fix: "retry-job, where the cause is gone",
    },
    Class {
        name: "job-deadline-exceeded",
        means: "A Job ran longer than its activeDeadlineSeconds.",
        apart: "Failed with DeadlineExceeded: its pods were killed, they did not fail.",
        people: "Raise the deadline, or find out why it took longer than before.",
        fix: "retry-job, where the cause is gone",
    },
    Class {
        name: "cronjob-blocked",
        means: "A Job of the CronJob does not end, and concurrencyPolicy: Forbid keeps the next one from starting.",
        apart: "JobAlreadyActive; the Job that blocks is named.",
        people: "Find out why it does not end; delete it; give it an activeDeadlineSeconds.",
        fix: "delete-job",
    },
    Class {
        name: "cronjob-bad-schedule",
        means: "The schedule does not parse.",
        apart: "Event UnparseableSchedule or InvalidSchedule. A schedule that parses and never comes (31 February) is cronjob-never-ran.",
        people: "Correct the five fields.",
        fix: NONE,
    },
    Class {
        name: "cronjob-bad-timezone",
        means: "`timeZone` is not a name of the IANA database.",
        apart: "Event UnknownTimeZone.",
        people: "Write a name such as Europe/Berlin.",
        fix: NONE,
    },
    Class {
        name: "cronjob-too-many-missed",
        means: "More than 100 runs were missed, so the controller starts none.",
        apart: "Event TooManyMissedTimes.",
        people: "Set startingDeadlineSeconds; find out why the controller was away so long.",
        fix: NONE,
    },
    Class {
        name: "cronjob-never-ran",
        means: "The CronJob is due and has not started a Job.",
        apart: "Schedule and zone are good, it is not suspended, and lastScheduleTime is missing or older than the schedule allows.",
        people: "Compare startingDeadlineSeconds with how late the controller is; look at its events.",
        fix: NONE,
    },
];
