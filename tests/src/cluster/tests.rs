use std::time::Duration;

use anyhow::{Result, anyhow};

use super::{Cluster, Options, wait_until};

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

#[test]
#[ignore = "starts a real cluster: needs root, and minutes for the first build"]
fn a_real_cluster_fails_as_real_ones_do_and_leaves_nothing() {
    let cluster = Cluster::start(Options {
        kwok: true,
        ..Options::default()
    })
    .unwrap();
    let state = cluster.logs().unwrap().parent().unwrap().to_owned();
    let minute = Duration::from_secs(60);

    let namespace = cluster.namespace("self-test").unwrap();
    namespace.apply(OUT_OF_MEMORY).unwrap();
    let path = "jsonpath={.status.containerStatuses[0].lastState.terminated.reason}";
    let reason = cluster.wait_until(minute, "the pod has failed", || {
        let reason = namespace.kubectl(&["get", "pod", "hungry", "-o", path])?;
        Ok((!reason.is_empty()).then_some(reason))
    });
    assert_eq!(reason.unwrap(), "OOMKilled");
    assert_eq!(
        namespace
            .kubectl(&["logs", "hungry", "--previous"])
            .unwrap(),
        "eating\n"
    );

    cluster.stop_apiserver().unwrap();
    cluster.kubectl(&["get", "nodes"]).unwrap_err();
    cluster.start_apiserver().unwrap();
    namespace.kubectl(&["get", "pod", "hungry"]).unwrap();

    cluster.add_fake_nodes(0..3).unwrap();

    drop(namespace);
    cluster.stop().unwrap();
    assert!(!state.exists());
}

const OUT_OF_MEMORY: &str = "
apiVersion: v1
kind: Pod
metadata: { name: hungry }
spec:
  containers:
    - name: main
      image: busybox:1
      command: [sh, -c, echo eating; exec tail /dev/zero]
      resources: { limits: { memory: 16Mi } }
";
