//! The Unix socket (mode 0600) through which commands reach a running host: one JSON line asks,
//! one JSON line answers. Who asks is what the kernel says of the other end.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use k8shawk_core::approval::{Person, Question};
use k8shawk_core::redact::RedactedJson;
use k8shawk_sandbox::Status;
use nix::unistd::{Group, Uid, User};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;

use crate::services::commands::{Act, Commands, OfVersion};
use crate::services::connections::{Connections, Turn};
use crate::services::private_files;
use crate::services::store::VersionId;
use crate::services::tasks::Task;
use crate::services::telemetry::Telemetry;

/// Longest line that is read.
const MAX_LINE: u64 = 16 << 10;
/// Longest time for one question.
const PATIENCE: Duration = Duration::from_secs(10);

/// Commands at the same time.
const CONNECTIONS: usize = 64;

/// What a command asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ask {
    /// Yes to the fix of an incident.
    Approve {
        /// Incident.
        id: String,
        /// What was shown.
        shown: Question,
    },
    /// No to it.
    Dismiss {
        /// Incident.
        id: String,
        /// Why, or empty.
        reason: String,
    },
    /// How the plugins are.
    Plugins,
    /// A version of a plugin that waits goes live.
    AcceptVersion {
        /// Plugin.
        plugin: String,
        /// The version, as a grant pins it.
        pin: String,
    },
    /// The live version of a plugin is taken back.
    RollBack {
        /// Plugin.
        plugin: String,
    },
}

/// What the host answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// True where it was done.
    pub done: bool,
    /// What was done, or why not.
    pub message: String,
    /// How the plugins are, where that was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<Status>,
}

/// Why the socket cannot be used.
#[derive(Debug, Error)]
pub enum ControlError {
    /// No host listens there: start one with `k8shawk run`, in the same working directory.
    #[error("no running k8shawk answers at {}: {why}; start `k8shawk run` here, or go to the directory where it runs (K8SHAWK_STATE names it)", path.display())]
    NoHost {
        /// Socket.
        path: PathBuf,
        /// What happened.
        why: String,
    },
    /// The socket cannot be made.
    #[error("cannot listen at {}: {why}", path.display())]
    Listen {
        /// Socket.
        path: PathBuf,
        /// What happened.
        why: String,
    },
}

/// The socket, bound; its file is removed when this is dropped.
#[derive(Debug)]
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Make the socket. One without a listener is replaced.
///
/// # Errors
/// [`ControlError::Listen`], also where another host listens already.
pub async fn bind(path: &Path) -> Result<Control, ControlError> {
    let fault = |why: String| ControlError::Listen {
        path: path.to_owned(),
        why,
    };
    if UnixStream::connect(path).await.is_ok() {
        return Err(fault("another k8shawk is running here".to_owned()));
    }
    use std::os::unix::fs::FileTypeExt;
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => {
            std::fs::remove_file(path).map_err(|e| fault(e.to_string()))?;
        }
        Ok(_) => {
            return Err(fault(
                "a file that is not a socket is in the way".to_owned(),
            ));
        }
        Err(_) => {}
    }
    let listener = private_files::bind(path).and_then(UnixListener::from_std);
    let listener = listener.map_err(|e| fault(e.to_string()))?;
    let path = path.to_owned();
    Ok(Control { listener, path })
}

impl Control {
    /// Answer commands until cancelled. It may be called again after it ended.
    pub async fn serve(
        &self,
        commands: Arc<dyn Commands>,
        telemetry: Telemetry,
        stop: CancellationToken,
    ) {
        let accept = || async { Ok(self.listener.accept().await?.0) };
        let serve = |stream, turn| {
            let commands = commands.clone();
            async move {
                let answering = answer(stream, &*commands, &turn);
                let _ = tokio::time::timeout(PATIENCE, answering).await;
            }
        };
        Connections::new(Task::Control, CONNECTIONS, telemetry)
            .serve(accept, serve, &stop)
            .await;
    }
}

async fn answer(stream: UnixStream, commands: &dyn Commands, turn: &Turn) -> std::io::Result<()> {
    let who = stream.peer_cred().map(|c| person(c.uid()))?;
    let (reading, mut writing) = stream.into_split();
    let mut line = String::new();
    BufReader::new(reading.take(MAX_LINE))
        .read_line(&mut line)
        .await?;
    turn.begins();
    let answer = match serde_json::from_str::<Ask>(&line) {
        Ok(ask) => act(commands, &ask, &who),
        Err(error) => Answer {
            done: false,
            message: format!("cannot parse the command: {error}"),
            plugins: Vec::new(),
        },
    };
    tell(
        &mut writing,
        &RedactedJson::of(serde_json::to_value(answer)?),
    )
    .await
}

/// One line, the only thing that leaves by the socket.
async fn tell(
    writing: &mut (impl AsyncWriteExt + Unpin),
    answer: &RedactedJson,
) -> std::io::Result<()> {
    writing.write_all(format!("{answer}\n").as_bytes()).await
}

/// The user that this host runs as, named as the socket names who comes.
pub fn account() -> String {
    let uid = Uid::effective();
    match User::from_uid(uid) {
        Ok(Some(user)) => user.name,
        _ => nameless(uid.as_raw()),
    }
}

fn nameless(uid: u32) -> String {
    format!("uid:{uid}")
}

/// A user of this machine with its groups, `%name` each; `uid:N` where it has no name, as in a
/// container.
fn person(uid: u32) -> Person {
    let Ok(Some(user)) = User::from_uid(Uid::from_raw(uid)) else {
        return Person::named(&nameless(uid));
    };
    let groups = std::ffi::CString::new(user.name.as_str())
        .ok()
        .and_then(|name| nix::unistd::getgrouplist(&name, user.gid).ok())
        .unwrap_or_default();
    let names = groups
        .into_iter()
        .filter_map(|gid| Group::from_gid(gid).ok().flatten())
        .map(|group| format!("%{}", group.name));
    Person {
        groups: names.collect(),
        ..Person::named(&user.name)
    }
}

fn act(commands: &dyn Commands, ask: &Ask, who: &Person) -> Answer {
    let done = match ask.clone() {
        Ask::Approve { id, shown } => commands.act(who, &Act::Approve { id, shown }),
        Ask::Dismiss { id, reason } => commands.act(who, &Act::Dismiss { id, reason }),
        Ask::Plugins => {
            return Answer {
                done: true,
                message: String::new(),
                plugins: commands.plugins(),
            };
        }
        Ask::AcceptVersion { plugin, pin } => {
            commands.version(who, &OfVersion::Accept(VersionId { plugin, pin }))
        }
        Ask::RollBack { plugin } => commands.version(who, &OfVersion::RollBack(plugin)),
    };
    let (done, message) = match done {
        Ok(message) => (true, message),
        Err(why) => (false, why),
    };
    Answer {
        done,
        message,
        plugins: Vec::new(),
    }
}

/// Ask a running host.
///
/// # Errors
/// [`ControlError::NoHost`].
pub async fn ask(path: &Path, ask: &Ask) -> Result<Answer, ControlError> {
    let fault = |why: String| ControlError::NoHost {
        path: path.to_owned(),
        why,
    };
    let stream = UnixStream::connect(path)
        .await
        .map_err(|e| fault(e.to_string()))?;
    let (reading, mut writing) = stream.into_split();
    let mut text = serde_json::to_string(ask).map_err(|e| fault(e.to_string()))?;
    text.push('\n');
    writing
        .write_all(text.as_bytes())
        .await
        .map_err(|e| fault(e.to_string()))?;
    let mut line = String::new();
    let mut reading = BufReader::new(reading);
    tokio::time::timeout(PATIENCE, reading.read_line(&mut line))
        .await
        .map_err(|_| fault("no answer within 10 s".to_owned()))?
        .map_err(|e| fault(e.to_string()))?;
    serde_json::from_str(&line).map_err(|e| fault(format!("cannot parse the answer: {e}")))
}
