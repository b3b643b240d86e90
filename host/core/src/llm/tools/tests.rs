use super::*;

fn call(name: &str, arguments: Value) -> Call {
    Call {
        name: name.to_owned(),
        arguments: arguments
            .as_object()
            .cloned()
            .ok_or_else(|| arguments.to_string()),
    }
}

#[test]
fn calls_are_read_as_people_write_them() {
    for (name, arguments, words) in [
        ("kubectl_get", json!({"kind": "pods"}), "get Pod -n shop"),
        (
            "kubectl_get",
            json!({"kind": "deploy/api"}),
            "get Deployment/api -n shop",
        ),
        (
            "kubectl_get",
            json!({"kind": "nodes", "namespace": "x"}),
            "get Node",
        ),
        (
            "kubectl_describe",
            json!({"kind": "cm", "name": "c", "namespace": "b"}),
            "describe ConfigMap/c -n b",
        ),
        (
            "kubectl_logs",
            json!({"pod": "p", "lines": "5000", "previous": "true"}),
            "logs p -n shop --previous --tail=200",
        ),
        ("kubectl_top", json!({}), "top pod -n shop"),
        (
            "kubectl_events",
            json!({"kind": "Pod", "name": null}),
            "events Pod -n shop",
        ),
    ] {
        let read = read_of(&call(name, arguments), "shop").unwrap();
        assert_eq!(shown(&read), words);
    }
    for (name, arguments) in [
        ("kubectl_get", json!({"kind": "Spaceship"})),
        ("kubectl_get", json!("pods")),
        ("kubectl_exec", json!({})),
        ("kubectl_get", json!({"kind": ["Pod"]})),
    ] {
        assert!(read_of(&call(name, arguments), "shop").is_err(), "{name}");
    }
}

#[test]
fn arguments_that_no_tool_has_are_not_repeated() {
    let given = call("kubectl_top", json!({"pod": "p", "password": "hunter2"}));
    assert_eq!(
        arguments_of(&given).keys().copied().collect::<Vec<_>>(),
        ["pod"]
    );
}

#[test]
fn every_needed_parameter_is_in_the_schema() {
    for tool in TOOLS {
        let schema = tool.schema();
        for name in schema["required"].as_array().unwrap() {
            assert!(schema["properties"].get(name.as_str().unwrap()).is_some());
        }
    }
}
