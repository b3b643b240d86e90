use std::path::Path;

use k8shawk_core::grant::{Allow, Grant, Verb};
use k8shawk_core::guard::{Answer, Guard, Read, ReadError};

use super::*;

const CASE: &str = r#"
objects = [
  { kind = "Pod", metadata = { namespace = "shop", name = "web-1", labels = { app = "web" } }, spec = { containers = [{ name = "web" }] } },
  { kind = "Pod", metadata = { namespace = "shop", name = "db-1", labels = { app = "db" } } },
  { kind = "Node", metadata = { name = "n1" } },
]
events = [{ object = { kind = "Pod", namespace = "shop", name = "web-1" }, reason = "BackOff", message = "again", count = 4, reporter = "kubelet" }]
logs = [{ namespace = "shop", pod = "web-1", container = "web", previous = true, text = "first\nlast\n" }]
usage = [{ namespace = "shop", pod = "web-1", container = "web", cpu_milli = 7, memory_bytes = 9 }]
"#;

async fn read(case: &str, read: Read) -> Result<Answer, ReadError> {
    let given: Given = toml::from_str(case).unwrap();
    let place = Place {
        directory: Path::new("."),
        now_ms: Some(60_000),
    };
    let cluster = given.cluster(&place).unwrap();
    let grant = Grant {
        allow: vec![Allow::everything(&Verb::ALL)],
        ..Grant::default()
    };
    let permit = Guard::new(Arc::new(grant)).permit(read).unwrap();
    cluster.context().reader.read(permit).await
}

fn text(answer: Result<Answer, ReadError>) -> String {
    match answer.unwrap() {
        Answer::Text(text) => text,
        other => panic!("{other:?}"),
    }
}

fn list(namespace: &str, selector: &str) -> Read {
    Read::List {
        kind: "Pod".to_owned(),
        namespace: namespace.to_owned(),
        selector: selector.to_owned(),
    }
}

fn events(name: &str) -> Read {
    Read::Events {
        kind: "Pod".to_owned(),
        namespace: "shop".to_owned(),
        name: name.to_owned(),
    }
}

#[tokio::test]
async fn a_list_has_what_the_selector_fits_and_other_namespaces_are_empty() {
    let web = text(read(CASE, list("shop", "app=web")).await);
    assert!(web.contains("web-1") && !web.contains("db-1"), "{web}");
    assert!(text(read(CASE, list("", "")).await).contains("db-1"));
    assert_eq!(text(read(CASE, list("other", "")).await), "[]");
}

#[tokio::test]
async fn events_are_those_of_the_object() {
    let told = text(read(CASE, events("web-1")).await);
    for part in [
        "\"BackOff\"",
        "\"again\"",
        "\"count\":4",
        "\"lastSeen\":60000",
        "\"kubelet\"",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(text(read(CASE, events("db-1")).await), "[]");
    let describe = Read::Describe {
        kind: "Pod".to_owned(),
        namespace: "shop".to_owned(),
        name: "web-1".to_owned(),
    };
    let Ok(Answer::Described(told)) = read(CASE, describe).await else {
        panic!("not described");
    };
    assert_eq!((told.events.len(), told.at), (1, 60_000));
}

#[tokio::test]
async fn lines_and_usage_are_those_of_the_container() {
    let logs = |previous| Read::Logs {
        namespace: "shop".to_owned(),
        pod: "web-1".to_owned(),
        container: String::new(),
        previous,
        lines: 1,
    };
    assert_eq!(text(read(CASE, logs(true)).await), "last\n");
    assert_eq!(read(CASE, logs(false)).await, Err(ReadError::NotFound));
    let top = |namespace: &str| Read::Top {
        namespace: namespace.to_owned(),
        pod: String::new(),
    };
    let Ok(Answer::Usage(usage)) = read(CASE, top("shop")).await else {
        panic!("no usage");
    };
    assert_eq!((usage[0].cpu_milli, usage[0].memory_bytes), (7, 9));
    assert_eq!(
        read(CASE, top("other")).await,
        Ok(Answer::Usage(Vec::new()))
    );
    let none = read("", top("shop")).await;
    assert!(matches!(none, Err(ReadError::Unavailable(_))), "{none:?}");
}

#[tokio::test]
async fn a_read_that_is_refused_is_so_whether_the_object_exists_or_not() {
    for name in ["web-1", "missing"] {
        let denied = format!("denied = [\"events\"]\n{CASE}");
        assert_eq!(read(&denied, events(name)).await, Err(ReadError::Denied));
    }
}
