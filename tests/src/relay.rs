//! A relay between a client and the API server that can spoil what the server says.
//!
//! `kubectl proxy` takes the encryption off; behind it texts are exchanged for others of the same
//! length, so that the frames of HTTP stay whole.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, ensure};

use crate::cluster::Cluster;

/// A running relay; dropping it ends it.
pub struct Relay {
    proxy: Child,
    directory: tempfile::TempDir,
    spoils: Spoils,
}

/// What is exchanged for what.
#[derive(Debug, Clone, Default)]
struct Spoils(Arc<Mutex<Vec<Spoil>>>);

#[derive(Debug)]
struct Spoil {
    from: Vec<u8>,
    to: Vec<u8>,
    /// How often it may happen yet.
    left: usize,
    done: usize,
}

impl Relay {
    /// Start one in front of a cluster.
    ///
    /// # Errors
    /// `kubectl proxy` does not serve.
    pub fn start(cluster: &Cluster) -> Result<Relay> {
        let mut proxy = cluster
            .kubectl_client()
            .command()
            .args(["proxy", "--port=0"])
            .stdout(Stdio::piped())
            .spawn()?;
        let out = proxy.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let address = line.rsplit(' ').next().unwrap_or_default().trim();
        let server: SocketAddr = address.parse().with_context(|| line.clone())?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let directory = tempfile::tempdir()?;
        let config = kubeconfig(&listener.local_addr()?);
        std::fs::write(directory.path().join("kubeconfig"), config)?;
        let spoils = Spoils::default();
        let relayed = spoils.clone();
        // It ends with the process: a test process lives for a few minutes.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let spoils = relayed.clone();
                thread::spawn(move || relay(client, server, &spoils));
            }
        });
        Ok(Relay {
            proxy,
            directory,
            spoils,
        })
    }

    /// A kubeconfig that leads to the relay.
    pub fn kubeconfig(&self) -> PathBuf {
        self.directory.path().join("kubeconfig")
    }

    /// Exchange a text for another of the same length, from now on, at most so often.
    ///
    /// # Errors
    /// The lengths differ.
    pub fn spoil(&self, from: &str, to: &str, times: usize) -> Result<()> {
        ensure!(
            from.len() == to.len(),
            "{from:?} and {to:?} differ in length"
        );
        self.spoils.lock().push(Spoil {
            from: from.into(),
            to: to.into(),
            left: times,
            done: 0,
        });
        Ok(())
    }

    /// How often a text was exchanged.
    pub fn spoiled(&self, from: &str) -> usize {
        let spoils = self.spoils.lock();
        let of = spoils.iter().find(|spoil| spoil.from == from.as_bytes());
        of.map_or(0, |spoil| spoil.done)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.proxy.kill();
        let _ = self.proxy.wait();
    }
}

impl Spoils {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Spoil>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Exchange what is whole in `held`; returns how much of it can be passed on.
    fn apply(&self, held: &mut [u8]) -> usize {
        let mut spoils = self.lock();
        for spoil in spoils.iter_mut() {
            let mut start = 0;
            while spoil.left > 0
                && let Some(at) = find(held.get(start..).unwrap_or_default(), &spoil.from)
            {
                start += at;
                let end = start + spoil.from.len();
                if let Some(place) = held.get_mut(start..end) {
                    place.copy_from_slice(&spoil.to);
                }
                spoil.left -= 1;
                spoil.done += 1;
                start = end;
            }
        }
        let partial = spoils.iter().filter(|spoil| spoil.left > 0);
        held.len()
            - partial
                .map(|spoil| begun(held, &spoil.from))
                .max()
                .unwrap_or(0)
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|part| part == wanted)
}

/// How many bytes at the end of a text may be the start of what is wanted.
fn begun(text: &[u8], wanted: &[u8]) -> usize {
    let longest = wanted.len().saturating_sub(1).min(text.len());
    (1..=longest)
        .rev()
        .find(|length| text.ends_with(wanted.get(..*length).unwrap_or_default()))
        .unwrap_or(0)
}

fn relay(client: TcpStream, server: SocketAddr, spoils: &Spoils) -> Option<()> {
    let server = TcpStream::connect(server).ok()?;
    let (mut asks, mut asked) = (client.try_clone().ok()?, server.try_clone().ok()?);
    thread::spawn(move || {
        let _ = std::io::copy(&mut asks, &mut asked);
        let _ = asked.shutdown(Shutdown::Both);
        let _ = asks.shutdown(Shutdown::Both);
    });
    let (mut answers, mut answered) = (server, client);
    let mut held = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = answers.read(&mut buffer).ok().filter(|read| *read > 0);
        held.extend_from_slice(buffer.get(..read.unwrap_or(0)).unwrap_or_default());
        let ready = match read {
            Some(_) => spoils.apply(&mut held),
            None => held.len(),
        };
        let passed: Vec<u8> = held.drain(..ready).collect();
        if answered.write_all(&passed).is_err() || read.is_none() {
            break;
        }
    }
    let _ = answered.shutdown(Shutdown::Both);
    let _ = answers.shutdown(Shutdown::Both);
    Some(())
}

fn kubeconfig(address: &SocketAddr) -> String {
    format!(
        "apiVersion: v1
kind: Config
current-context: relay
clusters: [{{ name: relay, cluster: {{ server: 'http://{address}' }} }}]
users: [{{ name: relay, user: {{}} }}]
contexts: [{{ name: relay, context: {{ cluster: relay, user: relay }} }}]
"
    )
}

/// A kubeconfig whose API server does not exist.
///
/// # Errors
/// It cannot be written.
pub fn to_nowhere(directory: &Path) -> Result<PathBuf> {
    let path = directory.join("nowhere");
    // Nothing listens on the port of a listener that is closed again.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    std::fs::write(&path, kubeconfig(&address))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_spoiled_wherever_reads_cut_it() {
        let spoils = Spoils::default();
        spoils.lock().push(Spoil {
            from: b"good".to_vec(),
            to: b"evil".to_vec(),
            left: 2,
            done: 0,
        });
        let (mut held, mut out) = (Vec::new(), Vec::new());
        for part in ["so go", "od and g", "o", "od, good"] {
            held.extend_from_slice(part.as_bytes());
            let ready = spoils.apply(&mut held);
            out.extend(held.drain(..ready));
        }
        out.extend(held);
        assert_eq!(String::from_utf8(out).unwrap(), "so evil and evil, good");
    }
}
