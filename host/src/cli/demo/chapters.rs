//! The five incidents of the story: which recording, under which names, and what is said of it.

use k8shawk_core::record::State;

/// One recorded incident of the story.
pub(super) struct Chapter {
    /// What happened, in a few words.
    pub title: &'static str,
    /// File of the recording, without `.json`.
    pub recording: &'static str,
    /// What its namespace is called.
    pub namespace: &'static str,
    /// What else has another name here, and that name.
    pub names: &'static [(&'static str, &'static str)],
    /// What is said before the incident.
    pub before: &'static str,
    /// Where the story leaves the incident, unless the person decides otherwise.
    pub ends: State,
    /// What is said when it ended so.
    pub after: &'static str,
}

/// The story, in its order.
pub(super) const STORY: [Chapter; 5] = [
    Chapter {
        title: "A deploy with a wrong tag",
        recording: "image-not-found-rollout",
        namespace: "shop",
        names: &[
            ("web", "checkout"),
            (
                "docker.io/library/app:1",
                "registry.example.com/shop/checkout:v2.4.0",
            ),
            ("app:1", "registry.example.com/shop/checkout:v2.4.0"),
            ("127.0.0.1:15002", "registry.example.com"),
            ("no-such-tag", "v2.4.1"),
        ],
        before: "Somebody deployed checkout v2.4.1, and the registry has no such tag. The old pod \
                 still serves. K8sHawk compares the two revisions, tries the rollback as a \
                 server-side dry run, and asks you.",
        ends: State::Recovered,
        after: "The rollback is the only write, on exactly the object that was shown. Recovery is read from \
                the Deployment and its pods, not assumed; `run` watches them for a minute first.",
    },
    Chapter {
        title: "Eight services down, one page",
        recording: "storm-configmap",
        namespace: "platform",
        names: &[],
        before: "A ConfigMap is gone, and eight Deployments cannot start a pod. One cause, so one incident \
                 for all eight, not eight pages.",
        ends: State::NeedsHuman,
        after: "K8sHawk does not invent the contents of a ConfigMap: it names the object, the services \
                that wait for it, and the next check.",
    },
    Chapter {
        title: "The fix is known, and a policy forbids it",
        recording: "oom",
        namespace: "payments",
        names: &[("web", "ledger"), ("busybox:1", "ledger:7")],
        before: "The ledger is OOM-killed as soon as it starts, on the Sunday before Black Friday. A \
                 higher memory limit would help, and a change freeze covers the namespace.",
        ends: State::NeedsHuman,
        after: "The freeze is a policy plugin, and its window is one line in demo/grants/freeze.toml. \
                Any deny wins: no approver can override it, only the operator who owns the grant.",
    },
    Chapter {
        title: "No safe fix",
        recording: "certificate-expired-log",
        namespace: "orders",
        names: &[
            ("billing.invalid", "billing.example.com"),
            ("busybox:1", "api:12"),
        ],
        before: "The orders API exits because the certificate of another service has expired.",
        ends: State::NeedsHuman,
        after: "Nothing in this namespace can fix another team's certificate, and a restart would not \
                help. K8sHawk says so, and what to check first.",
    },
    Chapter {
        title: "Fixed automatically, and proven",
        recording: "job-retry-dependency",
        namespace: "reports",
        names: &[
            ("import", "nightly-import"),
            ("app:1", "warehouse:3"),
            ("busybox:1", "nightly-import:3"),
        ],
        before: "The nightly import failed while its database was scaled to zero. The database is back. \
                 In this namespace a policy allows the retry of a failed Job without approval.",
        ends: State::Recovered,
        after: "The policy's grant allows retry-job here and nothing else; without such a grant nothing is \
                ever fixed without approval. The Job ran again and completed before it counted as \
                recovered.",
    },
];
