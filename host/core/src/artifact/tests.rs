use super::*;

const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn a_reference_is_read_and_printed_as_it_is_written() {
    for text in [
        "oci://ghcr.io/acme/no-friday",
        "oci://ghcr.io/acme/no-friday:1.2",
        "oci://localhost:5000/a",
        "oci://[::1]:5000/a/b_c:_x",
        &format!("oci://ghcr.io/acme/no-friday:1.2@sha256:{HEX}"),
        &format!("oci://ghcr.io/acme/no-friday@sha256:{HEX}"),
    ] {
        assert_eq!(Reference::parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn what_is_no_reference_is_refused() {
    for text in [
        "ghcr.io/acme/x",
        "https://ghcr.io/acme/x",
        "oci://",
        "oci://ghcr.io",
        "oci:///x",
        "oci://ghcr.io/",
        "oci://ghcr.io/Acme",
        "oci://ghcr.io/a//b",
        "oci://ghcr.io/../b",
        "oci://ghcr.io/a..b",
        "oci://ghcr.io/a:",
        "oci://ghcr.io/a:-x",
        "oci://ghcr.io/a?x=y",
        "oci://ghcr.io/a b",
        "oci://ghcr.io/a@sha512:00",
        "oci://ghcr.io/a@sha256:00",
        &format!("oci://ghcr.io/a@sha256:{}", HEX.to_uppercase()),
    ] {
        assert!(Reference::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_password_in_a_reference_is_refused_and_not_repeated() {
    let error = Reference::parse("oci://ann:hunter2@ghcr.io/acme/x").unwrap_err();
    assert!(
        error.contains("config.json") && !error.contains("hunter2"),
        "{error}"
    );
}

#[test]
fn no_word_of_an_error_is_taken_for_a_secret() {
    for text in [
        "oci://ann:hunter2@ghcr.io/acme/x",
        "oci://token@ghcr.io/acme/x",
        "oci://h:99999/x",
        "x",
        "oci://h/a@sha256:00",
    ] {
        let error = Reference::parse(text).unwrap_err();
        assert_eq!(crate::redact::redact(&error), error);
    }
}

#[test]
fn a_port_is_one_that_exists() {
    for port in ["0", "65536", "99999"] {
        let error = Reference::parse(&format!("oci://localhost:{port}/x")).unwrap_err();
        assert_eq!(
            error,
            format!("the port of oci://localhost:{port} must be 1 to 65535")
        );
    }
    assert!(Reference::parse("oci://localhost:65535/x").is_ok());
}

#[test]
fn a_tag_alone_pins_nothing() {
    let error = Pinned::parse("oci://ghcr.io/acme/x:1").unwrap_err();
    assert!(
        error.contains("plugin pull oci://ghcr.io/acme/x:1"),
        "{error}"
    );
    let pinned = Pinned::parse(&format!("oci://ghcr.io/acme/x:1@sha256:{HEX}")).unwrap();
    assert_eq!(pinned.digest().hex(), HEX);
}

#[test]
fn this_machine_is_known_by_name_and_address() {
    for host in [
        "localhost",
        "localhost:5000",
        "127.0.0.1:5000",
        "127.9.9.9",
        "[::1]:5000",
    ] {
        assert!(is_loopback(host), "{host}");
    }
    for host in [
        "ghcr.io",
        "10.0.0.1:5000",
        "localhost.evil.example",
        "127.0.0.1.evil.example:80",
        "[2001:db8::1]:5",
    ] {
        assert!(!is_loopback(host), "{host}");
    }
}
