//! Registries that lie: what they want to get, and what they get.

use std::convert::Infallible;
use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use std::thread;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use futures::stream;
use tokio::net::TcpListener;

use super::base64;
use super::world::{Person, USER};

const PASSWORD: &str = "tr0ub4dor-unmistakable";

/// What was asked: method and path, and the credentials.
type Asked = Arc<Mutex<Vec<(String, Option<String>)>>>;

/// A server that answers as `answer` says, who is told the path and whether there were credentials; it lives as long as the test's process.
fn serve(
    answer: impl Fn(&str, bool) -> Response<Body> + Clone + Send + Sync + 'static,
) -> (SocketAddr, Asked) {
    let asked = Asked::default();
    let (tell, told) = std::sync::mpsc::channel();
    let seen = asked.clone();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            let handler = move |request: Request| {
                let path = request.uri().path().to_owned();
                let auth = request.headers().get("authorization");
                let auth = auth.map(|value| value.to_str().unwrap().to_owned());
                let method = request.method().clone();
                let response = answer(&path, auth.is_some());
                seen.lock()
                    .unwrap()
                    .push((format!("{method} {path}"), auth));
                async move { Ok::<_, Infallible>(response) }
            };
            let router = Router::new().fallback(handler);
            axum::serve(listener, router).await.unwrap();
        });
    });
    (told.recv().unwrap(), asked)
}

fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap());
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(body.into()).unwrap()
}

fn challenge() -> Response<Body> {
    answer(401, &[("www-authenticate", "Basic realm=\"x\"")], "")
}

/// The manifest of the shipped policy, with its component.
fn freeze(person: &Person) -> (Vec<u8>, Vec<u8>) {
    let package = k8shawk::services::registry::Package::read(&person.freeze("0.1.0")).unwrap();
    (package.manifest, package.component)
}

fn pull(person: &Person, address: SocketAddr) -> super::world::Said {
    person.run(&["plugin", "pull", &format!("oci://{address}/acme/freeze:1")])
}

#[test]
fn a_redirect_to_another_host_gets_the_request_and_no_credentials() {
    let person = Person::new();
    let (manifest, component) = freeze(&person);
    let (other, elsewhere) = serve(move |_, _| answer(200, &[], component.clone()));
    let (address, asked) = serve(move |path, knows| match path {
        _ if !knows => challenge(),
        path if path.contains("/manifests/") => answer(200, &[], manifest.clone()),
        path if path.contains("/blobs/") => {
            answer(307, &[("location", &format!("http://{other}/open"))], "")
        }
        _ => answer(200, &[], "{}"),
    });
    person.log_in(&address.to_string(), PASSWORD);
    let said = pull(&person, address);
    let seen = elsewhere.lock().unwrap().clone();
    assert_eq!(seen, [("GET /open".to_owned(), None)], "{said:?}");
    let sent = format!("Basic {}", base64(format!("{USER}:{PASSWORD}").as_bytes()));
    assert!(
        asked
            .lock()
            .unwrap()
            .iter()
            .any(|(_, auth)| auth.as_ref() == Some(&sent))
    );
    assert!(
        said.err.is_empty() || !said.err.contains(PASSWORD),
        "{said:?}"
    );
}

#[test]
fn a_registry_that_sends_the_credentials_elsewhere_gets_none() {
    let person = Person::new();
    let (other, elsewhere) = serve(|_, _| challenge());
    let away = format!("http://{other}/open");
    let (address, asked) = serve(move |_, _| answer(302, &[("location", &away)], ""));
    person.log_in(&address.to_string(), PASSWORD);
    let said = pull(&person, address);
    assert!(
        said.err.contains("no credentials are sent: ") && said.err.contains("redirects"),
        "{said:?}"
    );
    assert!(elsewhere.lock().unwrap().is_empty());
    let realm = "Bearer realm=\"http://tokens.example/token\",service=\"x\"";
    let (clear, asked_too) = serve(move |_, _| answer(401, &[("www-authenticate", realm)], ""));
    person.log_in(&clear.to_string(), PASSWORD);
    let said = pull(&person, clear);
    assert!(
        said.err.contains("without encryption at its token service"),
        "{said:?}"
    );
    for asked in [asked, asked_too] {
        assert!(asked.lock().unwrap().iter().all(|(_, auth)| auth.is_none()));
    }
}

#[test]
fn what_a_registry_says_in_its_errors_is_not_repeated() {
    let person = Person::new();
    let echo = base64(format!("{USER}:{PASSWORD}").as_bytes());
    let body = format!(
        "{{\"errors\": [{{\"code\": \"TOOMANYREQUESTS\", \"message\": \"{PASSWORD} {echo}\"}}]}}"
    );
    let (address, _) = serve(move |path, knows| match path {
        _ if !knows => challenge(),
        "/v2/" => answer(200, &[], ""),
        _ => answer(429, &[], body.clone()),
    });
    person.log_in(&address.to_string(), PASSWORD);
    let said = pull(&person, address);
    assert!(said.err.contains("answered with the error"), "{said:?}");
    assert!(!said.err.contains(PASSWORD), "{said:?}");
}

#[test]
fn bytes_that_are_not_those_of_the_digest_and_bytes_without_an_end_are_refused() {
    let person = Person::new();
    let (manifest, _) = freeze(&person);
    let other = manifest.clone();
    let (address, _) = serve(move |path, _| match path {
        path if path.contains("/blobs/") => answer(200, &[], "something else"),
        _ => answer(200, &[], manifest.clone()),
    });
    let said = pull(&person, address);
    assert!(
        said.err
            .contains("sent something else than its digest names"),
        "{said:?}"
    );
    let (address, _) = serve(move |path, _| match path {
        path if path.contains("/blobs/") => {
            let piece = Ok::<_, Infallible>(vec![0_u8; 1 << 20]);
            let endless = stream::repeat_with(move || piece.clone());
            answer(200, &[], Body::from_stream(endless))
        }
        _ => answer(200, &[], other.clone()),
    });
    let said = pull(&person, address);
    assert!(
        said.err.contains("its component has 67108865 bytes"),
        "{said:?}"
    );
}

#[test]
fn a_registry_that_does_not_end_is_left() {
    let mut person = Person::new();
    let (address, _) = serve(|_, _| {
        answer(
            200,
            &[],
            Body::from_stream(stream::pending::<Result<Vec<u8>, Infallible>>()),
        )
    });
    person.set("K8SHAWK_REGISTRY_TIMEOUT_SECONDS", "1");
    let said = pull(&person, address);
    assert!(said.err.contains("it takes longer than 1s"), "{said:?}");
}

#[test]
fn a_found_env_file_starts_no_credential_helper() {
    let mut person = Person::new();
    let programs = person.path("programs");
    std::fs::create_dir(&programs).unwrap();
    let (helper, started) = (
        programs.join("docker-credential-evil"),
        person.path("started"),
    );
    let script = format!("#!/bin/sh\ntouch {}\nexit 1\n", started.display());
    std::fs::write(&helper, script).unwrap();
    std::fs::set_permissions(&helper, Permissions::from_mode(0o755)).unwrap();
    std::fs::write(
        person.path("docker/config.json"),
        "{\"credsStore\": \"evil\"}",
    )
    .unwrap();
    person.set("PATH", &format!("{}:/usr/bin:/bin", programs.display()));
    let away = "oci://127.0.0.1:1/acme/freeze:1";
    let said = person.run(&["plugin", "pull", away]);
    assert!(
        started.exists(),
        "the operator's own file starts it: {said:?}"
    );
    assert!(
        said.err.contains("its credential helper failed"),
        "{said:?}"
    );
    std::fs::remove_file(&started).unwrap();
    person.unset("DOCKER_CONFIG");
    let found = format!("DOCKER_CONFIG={}\n", person.path("docker").display());
    std::fs::write(person.path(".env"), found).unwrap();
    let said = person.run(&["plugin", "pull", away]);
    assert!(!started.exists(), "{said:?}");
}
