use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use super::programs::source;
use super::wait_until;

/// Namespaces of their own (process ids, mounts, network) in which every component runs.
///
/// They end with the pipe to their first process, therefore also when this process is killed.
#[derive(Debug)]
pub(super) struct Jail {
    state: PathBuf,
    unshare: Child,
    orders: Mutex<Option<ChildStdin>>,
}

impl Jail {
    /// Makes the namespaces; `state` must exist.
    pub(super) fn start(state: &Path) -> Result<Self> {
        for dir in ["jobs", "logs"] {
            fs::create_dir_all(state.join(dir))?;
        }
        let log = File::create(state.join("logs/init.log"))?;
        let path = std::env::var("PATH").unwrap_or_default();
        let mut unshare = Command::new("unshare")
            .args([
                "--pid",
                "--fork",
                "--kill-child",
                "--mount",
                "--net",
                "--ipc",
                "--uts",
            ])
            .args(["--propagation", "private", "sh"])
            .arg(source().join("init.sh"))
            .arg(state)
            .env_clear()
            .env("PATH", format!("{path}:/usr/sbin:/usr/bin:/sbin:/bin"))
            .env("HOME", state)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()
            .context("start unshare")?;
        let orders = Mutex::new(unshare.stdin.take());
        let mut jail = Self {
            state: state.to_owned(),
            unshare,
            orders,
        };
        jail.wait_for_first_process()?;
        Ok(jail)
    }

    /// The first process as this process sees it.
    pub(super) fn pid(&self) -> Result<u32> {
        recorded_pid(&self.state).ok_or_else(|| anyhow!("the cluster's first process is not known"))
    }

    /// Starts a program in the namespaces; its output goes to a log of the job's name.
    pub(super) fn start_job(&self, job: &str, program: &Path, arguments: &[String]) -> Result<()> {
        let file = |kind: &str| self.state.join(format!("jobs/{job}.{kind}"));
        let mut script = format!("echo $$ >{}\nexec ", quote(&file("pid").to_string_lossy()));
        script.push_str(&quote(&program.to_string_lossy()));
        for argument in arguments {
            script.push(' ');
            script.push_str(&quote(argument));
        }
        fs::write(file("sh"), script + "\n")?;
        self.start_job_again(job)
    }

    /// Starts a job that ended, as it was started before.
    pub(super) fn start_job_again(&self, job: &str) -> Result<()> {
        let _ = fs::remove_file(self.state.join(format!("jobs/{job}.exit")));
        self.order(&format!("start {job}\n"))
    }

    /// Kills a job and waits for its end.
    pub(super) fn kill_job(&self, job: &str) -> Result<()> {
        self.order(&format!("signal {job} KILL\n"))?;
        wait_until(Duration::from_secs(10), &format!("{job} ends"), || {
            Ok(self.exit_code(job))
        })?;
        Ok(())
    }

    /// Waits for a job that is to end by itself, with success.
    pub(super) fn finish_job(&self, job: &str, deadline: Duration) -> Result<()> {
        match wait_until(deadline, &format!("{job} ends"), || Ok(self.exit_code(job))) {
            Ok(0) => Ok(()),
            Ok(code) => bail!("{job} failed with code {code}\n{}", self.log_tail(job)),
            Err(error) => Err(error.context(self.log_tail(job))),
        }
    }

    /// What a job that ended left as exit code.
    pub(super) fn exit_code(&self, job: &str) -> Option<i32> {
        let text = fs::read_to_string(self.state.join(format!("jobs/{job}.exit"))).ok()?;
        text.trim().parse().ok()
    }

    /// The last lines of a job's log.
    pub(super) fn log_tail(&self, job: &str) -> String {
        let path = self.state.join(format!("logs/{job}.log"));
        let log = fs::read(&path).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines.iter().skip(lines.len().saturating_sub(20)).copied();
        format!(
            "the end of {job}'s log:\n{}",
            tail.collect::<Vec<_>>().join("\n")
        )
    }

    /// Ends every process in the namespaces and waits until they are gone.
    pub(super) fn stop(&mut self) -> Result<()> {
        if let Ok(mut orders) = self.orders.lock() {
            orders.take();
        }
        let ended = wait_until(
            Duration::from_secs(15),
            "the cluster's processes end",
            || Ok(self.unshare.try_wait()?),
        );
        if ended.is_err() {
            self.unshare.kill()?;
            self.unshare.wait()?;
        }
        Ok(())
    }

    fn wait_for_first_process(&mut self) -> Result<()> {
        let state = self.state.clone();
        let unshare = &mut self.unshare;
        let ready = wait_until(Duration::from_secs(60), "namespaces are made", || {
            let ended = unshare.try_wait()?.is_some();
            Ok((ended || recorded_pid(&state).is_some()).then_some(ended))
        });
        match ready {
            Ok(false) => Ok(()),
            _ => bail!(
                "cannot make namespaces (is this root?)\n{}",
                self.log_tail("init")
            ),
        }
    }

    fn order(&self, line: &str) -> Result<()> {
        let mut orders = self
            .orders
            .lock()
            .map_err(|_| anyhow!("the order pipe is poisoned"))?;
        let pipe = orders
            .as_mut()
            .ok_or_else(|| anyhow!("the cluster is stopped"))?;
        pipe.write_all(line.as_bytes())
            .context("give an order to the cluster's first process")
    }
}

impl Drop for Jail {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

/// The first process that a state directory records.
pub(super) fn recorded_pid(state: &Path) -> Option<u32> {
    fs::read_to_string(state.join("pid"))
        .ok()?
        .trim()
        .parse()
        .ok()
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn quotes_what_a_shell_would_split() {
        assert_eq!(quote("it's $1"), r"'it'\''s $1'");
    }
}
