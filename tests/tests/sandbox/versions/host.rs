//! A host process with a policy `guard` of which there are several versions, on recorded incidents.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use k8shawk_tests::api_server::ApiServer;
use k8shawk_tests::fault::Product;
use k8shawk_tests::prometheus::get;
use k8shawk_tests::recorded::dist;
use rusqlite::Connection;
use serde_json::Value;

use crate::versions::in_time;
use crate::workshop::{Guest, Workshop};

/// Times that let an incident be decided within seconds.
const QUICK: [(&str, &str); 4] = [
    ("K8SHAWK_SETTLE_MS", "1000"),
    ("K8SHAWK_SWEEP_SECONDS", "1"),
    ("K8SHAWK_APPROVERS", ""),
    ("RUST_LOG", "k8shawk=info"),
];

/// The process, its state and its plugins. Dropping it ends the process.
pub struct Host {
    workshop: Workshop,
    product: Product,
    crashing: Product,
    child: Option<Child>,
}

impl Host {
    /// Not started yet. The other plugins are the shipped ones.
    pub fn new(server: &ApiServer, component: &[u8], grant: &str) -> Host {
        let workshop = Workshop::new();
        for entry in fs::read_dir(dist().join("grants")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, workshop.grants().join(path.file_name().unwrap())).unwrap();
        }
        workshop.plugin("guard", Guest::Policy, component);
        fs::rename(
            workshop.plugins().join("guard"),
            workshop.policies().join("guard"),
        )
        .unwrap();
        workshop.grant("guard", grant);
        fs::create_dir(workshop.path().join("home")).unwrap();
        let kubeconfig = server.kubeconfig("host").unwrap();
        let crashing = Path::new(env!("CARGO_BIN_EXE_crashing"));
        Host {
            workshop,
            product: Product::with_kubeconfig(&kubeconfig).unwrap(),
            crashing: Product::with_kubeconfig(&kubeconfig)
                .unwrap()
                .with_program(crashing),
            child: None,
        }
    }

    /// Where its state is.
    pub fn directory(&self) -> PathBuf {
        self.workshop.path().join("home")
    }

    fn command(&self, product: &Product) -> Command {
        let mut command = product.command(&self.directory());
        command
            .env("K8SHAWK_PLUGINS", dist().join("plugins"))
            .env("K8SHAWK_POLICIES", self.workshop.policies())
            .env("K8SHAWK_GRANTS", self.workshop.grants())
            .envs(QUICK);
        command
    }

    fn run(&mut self, mut command: Command) {
        let path = self.directory().join("log");
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        command.arg("run").stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.spawn().unwrap());
    }

    /// Start it.
    pub fn start(&mut self, environment: &[(&str, &str)]) {
        let mut command = self.command(&self.product);
        command.envs(environment.iter().copied());
        self.run(command);
    }

    /// Start the program whose crash points are armed.
    pub fn start_crashing_at(&mut self, point: &str) {
        let mut command = self.command(&self.crashing);
        command.env("K8SHAWK_CRASH_AT", point);
        self.run(command);
    }

    /// Start it so that it ends at a crash point.
    pub fn crash_at(&mut self, point: &str) {
        self.start_crashing_at(point);
        self.until_ended();
    }

    /// Until it ended by itself.
    pub fn until_ended(&mut self) {
        let child = self.child.as_mut().unwrap();
        in_time("the host ends", || Ok(child.try_wait()?.map(|_| ()))).unwrap();
        self.child = None;
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Replace the component of the policy.
    pub fn install(&self, component: &[u8]) {
        let home = self.workshop.policies().join("guard");
        fs::write(home.join("new"), component).unwrap();
        fs::rename(home.join("new"), home.join("plugin.wasm")).unwrap();
    }

    /// The policy with another component, in a directory that no host looks at.
    pub fn beside(&self, component: &[u8]) -> PathBuf {
        let home = self.workshop.path().join("new/guard");
        fs::create_dir_all(&home).unwrap();
        let manifest = self.workshop.policies().join("guard/plugin.toml");
        fs::copy(manifest, home.join("plugin.toml")).unwrap();
        fs::write(home.join("plugin.wasm"), component).unwrap();
        home
    }

    /// Write the grant of the policy.
    pub fn grant(&self, text: &str) {
        self.workshop.grant("guard", text);
    }

    /// Pin the policy to a component.
    pub fn pin(&self, component: &[u8]) {
        let manifest = fs::read(self.workshop.policies().join("guard/plugin.toml")).unwrap();
        let grant = self.workshop.grants().join("guard.toml");
        let text = fs::read_to_string(&grant).unwrap();
        let pin = k8shawk_sandbox::plugin_digest(&manifest, component);
        self.workshop
            .grant("guard", &format!("digest = \"{pin}\"\n{text}"));
    }

    /// A command beside it, with what it printed.
    pub fn try_ask(&self, arguments: &[&str]) -> Output {
        self.output(arguments, &[])
    }

    fn output(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut command = self.command(&self.product);
        command.envs(environment.iter().copied());
        command.args(arguments).output().unwrap()
    }

    /// What a command prints that succeeds.
    pub fn ask(&self, arguments: &[&str]) -> String {
        self.ask_with(arguments, &[])
    }

    /// The same in another environment.
    pub fn ask_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> String {
        let output = self.output(arguments, environment);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{arguments:?}: {told}{}",
            self.log()
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What a command says that does not succeed.
    pub fn refused(&self, arguments: &[&str]) -> String {
        let output = self.try_ask(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    /// `plugin list`, of the host that runs.
    pub fn list(&self) -> String {
        let output = self.try_ask(&["plugin", "list"]);
        let told = String::from_utf8_lossy(&output.stderr);
        if told.contains("no host runs here") || !output.status.success() {
            return String::new();
        }
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Until something holds.
    pub fn until(&self, what: &str, holds: impl Fn(&Host) -> bool) {
        let waited = in_time(what, || Ok(holds(self).then_some(())));
        assert!(waited.is_ok(), "{what}: {}{}", self.list(), self.log());
    }

    /// Until `plugin list` shows a text.
    pub fn until_listed(&self, text: &str) {
        self.until(text, |host| host.list().contains(text));
    }

    /// Until it does not.
    pub fn until_not_listed(&self, text: &str) {
        self.until(text, |host| {
            let list = host.list();
            !list.is_empty() && !list.contains(text)
        });
    }

    fn incidents(&self) -> Vec<Value> {
        let output = self.try_ask(&["incidents", "--all", "-o", "json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// Until this many incidents wait for people.
    pub fn until_waiting(&self, number: usize) {
        self.until("incidents wait", |host| {
            let waiting = host.incidents();
            waiting.iter().filter(|i| i["state"] == "waiting").count() == number
        });
    }

    /// Whether the policy allows the fix of a namespace's incident, once that is decided.
    pub fn allows(&self, namespace: &str) -> bool {
        let allowed = |host: &Host| {
            // There may be two: of a pod that was seen before its Deployment was.
            let all = host.incidents().into_iter();
            let of: Vec<_> = all
                .filter(|i| i["owner"]["namespace"] == namespace)
                .collect();
            let no = |i: &Value| i["refused_fixes"].to_string().contains("guard: no undo");
            let denied = of.iter().any(no);
            (denied || of.iter().any(|i| i["state"] == "waiting")).then_some(!denied)
        };
        self.until(namespace, |host| allowed(host).is_some());
        allowed(self).unwrap()
    }

    /// A number out of its database.
    pub fn stored(&self, sql: &str) -> i64 {
        let Ok(database) = Connection::open(self.database()) else {
            return -1;
        };
        database.query_row(sql, [], |row| row.get(0)).unwrap_or(-1)
    }

    fn database(&self) -> PathBuf {
        let state = self.directory().join("k8shawk.sqlite");
        assert!(state.is_file(), "{}", self.log());
        state
    }

    /// Its metrics.
    pub fn metrics(&self) -> String {
        let log = self.log();
        let mut words = log.split_whitespace().skip_while(|word| *word != "http");
        let address = words.nth(1).unwrap();
        get(&format!("http://{address}/metrics"), &[]).unwrap().1
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory().join("log")).unwrap_or_default()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.kill();
    }
}
