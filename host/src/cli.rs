//! The command line.

mod approve;
mod artifact;
mod author;
mod bundles;
mod check;
mod compile;
mod complaints;
mod demo;
mod explain;
mod incidents;
mod model;
mod output;
mod plugin;
mod policy;
mod rbac;
mod record;
mod replay;
mod run;
mod scan;
mod signals;
mod sinks;
mod slack;

use self::output::complain;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use k8shawk_core::config::{ConfigFault, LogFormat, namespace};
use k8shawk_core::redact;
use k8shawk_sandbox::{COMPILE, Point};
use k8shawk_scaffold::Language;
use tokio::signal::unix::SignalKind;

use crate::run::load;
use crate::run::settings::{self, Settings};
use crate::services::cluster::{self, ClusterError};
use crate::services::http_server::ListenError;
use crate::services::private_files;
use crate::services::progress;
use crate::services::registry::RegistryError;
use crate::services::socket::ControlError;
use crate::services::store::StoreError;
use crate::services::telemetry::{Telemetry, Traces, logs};

/// Detects what broke in a Kubernetes cluster, finds the cause, proposes a typed fix, asks
/// for approval, applies it, and verifies the recovery.
#[derive(Debug, Parser)]
#[command(name = "k8shawk", version, propagate_version = true)]
pub struct Cli {
    /// Configuration file [env: K8SHAWK_CONFIG] [default: k8shawk.toml in the working directory,
    /// over the one beside the binary]
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    /// File with environment variables, instead of ./.env [env: K8SHAWK_ENV_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Log format: text, or json with one object a line [default: text]
    #[arg(long, global = true, value_name = "FORMAT", value_parser = LogFormat::parse)]
    log_format: Option<LogFormat>,
    /// Output format; the same as -o after the command
    #[arg(short, long, value_name = "FORMAT")]
    output: Option<String>,
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Watch and serve until stopped
    Run(Place),
    /// One read-only pass over what is broken now
    Scan(Scan),
    /// Five recorded incidents as a story, one of which waits for you: no cluster, no keys
    Demo(Demo),
    /// What a failure class means, how to recognize it, and how people fix it; all if none is named
    Explain(Explain),
    /// List incidents, or show one with its evidence, diff and history
    Incidents(Incidents),
    /// Show the fix of an incident, and approve it after confirmation
    Approve(Approve),
    /// Dismiss an incident
    Dismiss {
        /// Incident
        id: String,
        /// Reason
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Record an incident bundle from the cluster
    Record(Record),
    /// Replay recorded bundles and show the findings
    Replay {
        /// Bundle files, or directories of them
        #[arg(required = true)]
        bundles: Vec<PathBuf>,
        /// Output format
        #[arg(short, long, value_enum, default_value_t)]
        output: Format,
    },
    /// Write, test, check and roll back plugins; push them to a registry and pull them
    #[command(subcommand)]
    Plugin(Plugin),
    /// Write, test and inspect policies
    #[command(subcommand)]
    Policy(Policy),
    /// Check the connection to Slack
    #[command(subcommand)]
    Slack(SlackCommand),
    /// Check configuration, grants, plugins and permissions; reports all problems at once
    Check(Place),
    /// Print the minimum RBAC permissions, from the grants and the enabled fixes
    Rbac(Rbac),
    /// Print shell completions
    Completions {
        /// Shell
        shell: clap_complete::Shell,
    },
    /// Print the man page
    Man,
    /// Used by a running host: a component on standard input, machine code on standard output
    #[command(name = COMPILE, hide = true)]
    Compile {
        /// MiB of memory that it may use
        memory_mib: u32,
    },
}

/// Output format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document on standard output; everything else goes to standard error.
    Json,
}

/// Which cluster, and where in it.
#[derive(Debug, Clone, Default, Args)]
pub struct Place {
    /// Namespace [default: all]
    #[arg(short, long, value_parser = name_or_none)]
    namespace: Option<String>,
    /// Kubeconfig file
    #[arg(long)]
    kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig
    #[arg(long)]
    context: Option<String>,
}

/// A namespace; an empty one is none, as scripts pass it.
fn name_or_none(text: &str) -> Result<String, String> {
    match text {
        "" => Ok(String::new()),
        name => namespace(name),
    }
}

/// Where a plugin is called.
fn point(text: &str) -> Result<Point, String> {
    let found = Point::ALL.into_iter().find(|point| point.as_str() == text);
    found.ok_or_else(|| {
        format!(
            "the points are {}",
            Point::ALL.map(Point::as_str).join(", ")
        )
    })
}

/// A prefix of object names.
fn prefix(text: &str) -> Result<String, String> {
    namespace(text).map_err(|_| format!("{text:?} cannot be the prefix of an account name"))
}

/// Output formats of permissions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum RbacFormat {
    /// Manifests, for `kubectl apply`
    #[default]
    Yaml,
    /// The same as one JSON array
    Json,
    /// The table that the Helm chart selects from
    Rights,
}

#[derive(Debug, Args)]
struct Rbac {
    /// Namespace of the two service accounts
    #[arg(long, default_value = "k8shawk", value_parser = namespace)]
    into: String,
    /// Prefix of the names of the accounts and their roles
    #[arg(long, default_value = "k8shawk", value_parser = prefix)]
    name: String,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: RbacFormat,
}

#[derive(Debug, Args)]
struct Scan {
    #[command(flatten)]
    place: Place,
    /// Let the configured model investigate too
    #[arg(long)]
    model: bool,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

#[derive(Debug, Args)]
struct Demo {
    /// Play these bundle files or directories instead of the story
    bundles: Vec<PathBuf>,
    /// Play every recording beside the binary, without a pause
    #[arg(long, conflicts_with = "bundles")]
    all: bool,
    /// Do not wait for a key: approve what is asked
    #[arg(short, long)]
    yes: bool,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

#[derive(Debug, Args)]
struct Explain {
    /// Failure class, such as out-of-memory, or what kubectl shows, such as CrashLoopBackOff
    class: Option<String>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t, conflicts_with = "class")]
    output: explain::ExplainFormat,
}

#[derive(Debug, Args)]
struct Incidents {
    /// Incident to show
    id: Option<String>,
    /// Include incidents that cleared by themselves or are part of another
    #[arg(short, long)]
    all: bool,
    /// Show what was sent outside the cluster for the incident, when and to which host
    #[arg(long, requires = "id")]
    disclosed: bool,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

#[derive(Debug, Args)]
struct Approve {
    /// Incident, such as inc-17 or 17
    id: String,
    /// Do not ask; for scripts, which name the fix by its digest
    #[arg(long, requires = "digest")]
    yes: bool,
    /// Digest of the fix to approve, from `incidents ID -o json`
    #[arg(long, requires = "yes")]
    digest: Option<String>,
}

#[derive(Debug, Args)]
struct Record {
    /// Namespace/Kind/name, such as shop/Deployment/web
    subject: String,
    #[command(flatten)]
    place: Place,
    /// File to write [default: <name>.json]
    #[arg(short = 'f', long)]
    file: Option<PathBuf>,
    /// Ask the configured model too, and record its answers for the replay
    #[arg(long)]
    model: bool,
    /// Keep recording for this many seconds, to capture changes such as a fix and its recovery
    #[arg(long, default_value_t = 0)]
    follow: u64,
}

/// What is the same for a plugin of any point.
#[derive(Debug, Subcommand)]
enum Author {
    /// Build a plugin into `<id>/plugin.toml` and `<id>/<id>.wasm`, as its plugin.toml says
    Build {
        /// Directory of the source
        directory: PathBuf,
        /// Directory to write `<id>/` to [default: policies for a policy, else plugins]
        #[arg(short, long)]
        to: Option<PathBuf>,
    },
    /// Run a plugin's cases.toml against its component
    Test {
        /// Directory with plugin.toml, the component and cases.toml
        directory: PathBuf,
        /// Output format
        #[arg(short, long, value_enum, default_value_t)]
        output: Format,
        /// Also write the results to this file, as JUnit XML
        #[arg(long, value_name = "FILE")]
        junit: Option<PathBuf>,
        /// Run the cases again whenever the component or its cases change
        #[arg(short, long, conflicts_with = "output")]
        watch: bool,
    },
}

#[derive(Debug, Subcommand)]
enum Plugin {
    /// Create a plugin: a first rule, its interfaces, and how it is built
    New {
        /// Directory to create; its name is the plugin's id
        directory: PathBuf,
        /// Point: triage, analysis, fix, policy or voice
        #[arg(long, value_parser = point)]
        point: Point,
        /// Language: rust, go, c, javascript, typescript or python
        #[arg(long, default_value = "rust")]
        language: Language,
    },
    #[command(flatten)]
    Author(Author),
    /// Push a plugin to a registry, and print its reference with its digest
    Push {
        /// Directory with plugin.toml and the component
        directory: PathBuf,
        /// Where to: oci://HOST/REPOSITORY:TAG
        reference: String,
    },
    /// Pull a plugin from a registry, and check its digest and its signature
    Pull {
        /// Which: oci://HOST/REPOSITORY, with :TAG or @sha256:DIGEST
        reference: String,
        /// Directory to write `<id>/` to [default: the cache in the state directory]
        #[arg(short, long)]
        to: Option<PathBuf>,
    },
    /// Compile every plugin and policy into a directory to ship, for plugins.precompiled
    Precompile {
        /// Directory; made if it is not there
        directory: PathBuf,
    },
    /// List the plugins with their digests and state
    List {
        /// Output format
        #[arg(short, long, value_enum, default_value_t)]
        output: Format,
    },
    /// Explain in sentences what a plugin may read
    Explain {
        /// Plugin
        id: String,
    },
    /// Check a component, and list the verdicts that it changes on recorded calls and incidents
    Check {
        /// Directory of the plugin
        directory: PathBuf,
    },
    /// Show the versions of a plugin, the verdicts that they change, their calls and faults
    History {
        /// Plugin
        id: String,
        /// Output format
        #[arg(short, long, value_enum, default_value_t)]
        output: Format,
    },
    /// Accept a version that is held or in shadow: it goes live
    Accept {
        /// Plugin
        id: String,
    },
    /// Roll back to the version before the live one
    Rollback {
        /// Plugin
        id: String,
    },
}

#[derive(Debug, Subcommand)]
enum SlackCommand {
    /// Check token, scopes, channel and socket, and say what is missing
    Check,
}

#[derive(Debug, Subcommand)]
enum Policy {
    /// Create a policy: `plugin new --point policy`
    New {
        /// Directory to create; its name is the policy's id
        directory: PathBuf,
        /// Language of the policy
        #[arg(long, default_value = "rust")]
        language: Language,
    },
    #[command(flatten)]
    Author(Author),
    /// Show what a component imports and exports
    Inspect {
        /// Directory of the policy
        directory: PathBuf,
    },
    /// Stop requiring a policy that was removed on purpose
    Forget {
        /// Policy
        id: String,
    },
}

/// Directory of the demo in the state directory, with a database and RCAs of its own.
const DEMO: &str = "k8shawk-demo";

/// Exit code for "something is broken or refused".
const BROKEN: u8 = 1;
/// Exit code for wrong use or configuration.
const MISUSE: u8 = 2;
/// What shells add to the number of a signal that ended a program.
const SIGNALLED: u8 = 128;

/// Run the command line to its end.
pub fn start() -> ExitCode {
    more_files();
    match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => {
            let code = runtime.block_on(main());
            runtime.shutdown_timeout(std::time::Duration::from_secs(2));
            code
        }
        Err(error) => {
            complain!("k8shawk: cannot start: {}", error);
            ExitCode::FAILURE
        }
    }
}

/// A connection is a file: take as many as the system lets us have, where a shell gives fewer.
fn more_files() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        // Where it is refused, fewer have to do.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

/// The command line; an output format before the command is the command's.
fn parse(arguments: Vec<OsString>) -> Result<Cli, clap::Error> {
    let cli = Cli::try_parse_from(&arguments)?;
    match &cli.output {
        None => Ok(cli),
        Some(format) => Cli::try_parse_from(behind_command(arguments, format)),
    }
}

/// The arguments with the first `-o FORMAT` at their end, in front of a `--`. The first is the one
/// before the command, since a value never begins with a dash.
fn behind_command(mut arguments: Vec<OsString>, format: &str) -> Vec<OsString> {
    let text = |argument: &OsString| argument.to_string_lossy().into_owned();
    let is_output = |argument: &OsString| {
        let argument = text(argument);
        argument.starts_with("--output") || (argument.starts_with("-o") && argument != "--")
    };
    if let Some(at) = arguments.iter().position(is_output) {
        let alone = matches!(text(&arguments.remove(at)).as_str(), "-o" | "--output");
        if alone && at < arguments.len() {
            arguments.remove(at);
        }
    }
    let end = arguments.iter().position(|argument| argument == "--");
    let end = end.unwrap_or(arguments.len());
    arguments.insert(end, OsString::from(format!("--output={format}")));
    arguments
}

async fn main() -> ExitCode {
    let cli = match parse(std::env::args_os().collect()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    // Nothing runs that could say something before every pattern that hides secrets is there.
    if let Err(error) = redact::ready() {
        return exit(Err(error.into()));
    }
    // The child of a host has its task from the host, whatever the configuration says.
    if let Command::Compile { memory_mib } = cli.command {
        logs::start(LogFormat::Text, None, None);
        return exit(compile::component(memory_mib));
    }
    if let Command::Run(_) | Command::Demo(_) = cli.command {
        private_files::close_umask();
    }
    // By clap an empty variable would be a file without a name.
    let path = |name: &str| std::env::var_os(name).filter(|path| !path.is_empty());
    let config = cli.config.or(path("K8SHAWK_CONFIG").map(PathBuf::from));
    let env_file = cli.env_file.or(path("K8SHAWK_ENV_FILE").map(PathBuf::from));
    let named = settings::Named {
        config: config.as_deref(),
        env_file: env_file.as_deref(),
    };
    let mut settings = match settings::load(named) {
        Ok(settings) => settings,
        Err(faults) => return misused(&faults),
    };
    let cluster = match &cli.command {
        Command::Run(place) => {
            place.over(&mut settings);
            Some(cluster::called(&settings.config))
        }
        _ => None,
    };
    let traces = match &cluster {
        Some(cluster) => Traces::from_environment(cluster),
        None => Ok(None),
    };
    let traces = match traces {
        Ok(traces) => traces,
        Err(why) => return exit(Err(Misuse(why.to_string()).into())),
    };
    let format = cli.log_format.unwrap_or(settings.config.log_format);
    logs::start(format, cluster.as_deref(), traces.as_ref());
    exit(dispatch(cli.command, settings, Telemetry::with_traces(traces)).await)
}

fn exit(outcome: anyhow::Result<bool>) -> ExitCode {
    // What failed has left its progress line as it was.
    progress::end();
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(BROKEN),
        Err(error) => {
            if let Some(Signalled(signal)) = error.downcast_ref() {
                return ExitCode::from(SIGNALLED.saturating_add(*signal));
            }
            if !error.is::<Said>() {
                tell(&error);
            }
            ExitCode::from(if is_misuse(&error) { MISUSE } else { BROKEN })
        }
    }
}

/// Say an error; several faults have a line each.
fn tell(error: &anyhow::Error) {
    match error.downcast_ref() {
        Some(Faults(all)) => all.iter().for_each(|fault| complain!("k8shawk: {}", fault)),
        None => complain!("k8shawk: {}", format!("{error:#}")),
    }
}

/// True where the operator has to correct a command or a setting before it can work.
fn is_misuse(error: &anyhow::Error) -> bool {
    let unusable = |e: &ClusterError| matches!(e, ClusterError::Config { .. });
    let no_socket = |e: &ControlError| matches!(e, ControlError::Listen { .. });
    error.is::<Misuse>()
        || error.is::<Faults>()
        || error.is::<Said>()
        || error.is::<Unusable>()
        || error.is::<load::NoDirectory>()
        || error.is::<ListenError>()
        || error.downcast_ref().is_some_and(RegistryError::is_misuse)
        || error.downcast_ref().is_some_and(unusable)
        || error.downcast_ref().is_some_and(no_socket)
        || error.downcast_ref().is_some_and(StoreError::is_misuse)
}

/// Wrong use, as opposed to something that is broken.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Misuse(String);

/// Several faults of one file, each in a sentence that names it.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("; "))]
struct Faults(Vec<String>);

/// Wrong configuration that was already reported, among other faults.
#[derive(Debug, thiserror::Error)]
#[error("the configuration cannot be used")]
struct Said;

/// A signal asked the program to end, and it did, after it left the terminal as it was.
#[derive(Debug, thiserror::Error)]
#[error("ended by signal {0}")]
struct Signalled(u8);

impl Signalled {
    fn by(signal: SignalKind) -> Signalled {
        Signalled(u8::try_from(signal.as_raw_value()).unwrap_or_default())
    }
}

/// A file or directory of the command line cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", path.display())]
struct Unusable {
    path: PathBuf,
    why: String,
}

impl Unusable {
    /// This one, and why.
    fn fault(path: &Path, why: impl std::fmt::Display) -> anyhow::Error {
        let (path, why) = (path.to_owned(), why.to_string());
        Unusable { path, why }.into()
    }
}

/// A directory of the command line.
fn is_directory(path: &Path) -> anyhow::Result<()> {
    match path.is_dir() {
        true => Ok(()),
        false => Err(Unusable::fault(path, "there is no such directory")),
    }
}

fn misused(faults: &[ConfigFault]) -> ExitCode {
    for fault in faults {
        complain!("k8shawk: {}", fault);
    }
    ExitCode::from(MISUSE)
}

impl Place {
    /// Flags over the configuration.
    fn over(&self, settings: &mut Settings) {
        let config = &mut settings.config;
        let given = self.namespace.clone().filter(|n| !n.is_empty());
        config.namespace = given.or(config.namespace.take());
        config.kubeconfig = self.kubeconfig.clone().or(config.kubeconfig.take());
        config.context = self.context.clone().or(config.context.take());
    }
}

/// True where no problems were found, false where something is broken or refused.
async fn dispatch(
    command: Command,
    mut settings: Settings,
    telemetry: Telemetry,
) -> anyhow::Result<bool> {
    match command {
        Command::Run(_) => run::run(settings, telemetry).await,
        Command::Scan(args) => {
            args.place.over(&mut settings);
            scan::run(settings, args.output, args.model).await
        }
        Command::Demo(args) => demo::demo(settings, args).await,
        Command::Replay { bundles, output } => replay::replay(settings, bundles, output).await,
        Command::Explain(args) => explain::explain(&args),
        Command::Incidents(args) => incidents::show(&settings, &args),
        Command::Approve(args) => approve::approve(&settings, args).await,
        Command::Dismiss { id, reason } => incidents::dismiss(&settings, id, reason).await,
        Command::Record(args) => {
            args.place.over(&mut settings);
            record::record(settings, args).await
        }
        Command::Plugin(command) => plugin::plugin(settings, command).await,
        Command::Policy(command) => policy::policy(&settings, command).await,
        Command::Slack(command) => slack::slack(&settings, command).await,
        Command::Check(place) => {
            place.over(&mut settings);
            check::check(settings).await
        }
        Command::Rbac(args) => rbac::print(&settings, &args),
        Command::Completions { shell } => {
            clap_complete::generate(
                shell,
                &mut Cli::command(),
                "k8shawk",
                &mut std::io::stdout(),
            );
            Ok(true)
        }
        Command::Compile { memory_mib } => compile::component(memory_mib),
        Command::Man => {
            clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout())?;
            Ok(true)
        }
    }
}
