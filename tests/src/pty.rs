//! A program on a terminal of its own, as a person has it: what it shows is read, keys are pressed.

use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, openpty};
use nix::sys::termios::{LocalFlags, tcgetattr};

/// How often it is looked whether something was shown.
const LOOK: Duration = Duration::from_millis(20);

/// The kernel hands over within it what a program wrote, milliseconds.
const SETTLED: u8 = 50;

fn is_readable(file: &std::fs::File, patience: PollTimeout) -> bool {
    let mut files = [PollFd::new(file.as_fd(), PollFlags::POLLIN)];
    poll(&mut files, patience).is_ok_and(|ready| ready > 0)
}

/// A program with its terminal. Dropping it ends the program.
pub struct OnTerminal {
    child: Child,
    master: std::fs::File,
    /// Kept, so that the terminal outlives the program.
    slave: OwnedFd,
    shown: Arc<Mutex<Vec<u8>>>,
    _reader: JoinHandle<()>,
}

impl OnTerminal {
    /// Start a command on a terminal of so many columns, which is its controlling one: ctrl-c is a
    /// signal there. Its environment, arguments and directory are taken over.
    ///
    /// # Errors
    /// There is no terminal, or the command cannot be started.
    pub fn start(command: &Command, columns: u16) -> Result<OnTerminal> {
        let size = Winsize {
            ws_row: 50,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(Some(&size), None)?;
        let mut leader = Command::new("setsid");
        leader
            .args(["--ctty", "--wait"])
            .arg(command.get_program())
            .args(command.get_args())
            .stdin(Stdio::from(pty.slave.try_clone()?))
            .stdout(Stdio::from(pty.slave.try_clone()?))
            .stderr(Stdio::from(pty.slave.try_clone()?));
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => leader.env(name, value),
                None => leader.env_remove(name),
            };
        }
        if let Some(directory) = command.get_current_dir() {
            leader.current_dir(directory);
        }
        let child = leader.spawn().context("setsid")?;
        let master = std::fs::File::from(pty.master);
        let shown = Arc::new(Mutex::new(Vec::new()));
        let (mut from, to) = (master.try_clone()?, shown.clone());
        let reader = std::thread::spawn(move || {
            let mut piece = [0; 4096];
            // Read under the lock: who holds it and sees nothing to read has everything.
            while is_readable(&from, PollTimeout::NONE) {
                let mut to = to.lock().unwrap_or_else(PoisonError::into_inner);
                let Ok(read @ 1..) = from.read(&mut piece) else {
                    return;
                };
                to.extend(piece.iter().take(read));
            }
        });
        Ok(OnTerminal {
            child,
            master,
            slave: pty.slave,
            shown,
            _reader: reader,
        })
    }

    /// Everything that was shown, colours included.
    pub fn shown(&self) -> String {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&shown).replace("\r\n", "\n")
    }

    /// Press keys.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn press(&mut self, keys: &str) -> Result<()> {
        Ok(self.master.write_all(keys.as_bytes())?)
    }

    /// Wait until a text is shown. `meanwhile` is pressed all the time, as by somebody who does not
    /// want to wait; empty for nothing.
    ///
    /// # Errors
    /// It is not shown in time, or the program ended before.
    pub fn until(&mut self, text: &str, meanwhile: &str, patience: Duration) -> Result<()> {
        let until = Instant::now() + patience;
        while !self.shown().contains(text) {
            let ended = self.child.try_wait()?.is_some();
            if ended {
                self.read_to_the_end();
            }
            if (ended && !self.shown().contains(text)) || Instant::now() > until {
                bail!("{text:?} was not shown (ended: {ended}):\n{}", self.shown());
            }
            if !meanwhile.is_empty() && !ended {
                self.press(meanwhile)?;
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Wait until the program ends; `meanwhile` as in [`OnTerminal::until`].
    ///
    /// # Errors
    /// It does not end in time.
    pub fn end(&mut self, meanwhile: &str, patience: Duration) -> Result<ExitStatus> {
        let until = Instant::now() + patience;
        loop {
            if let Some(status) = self.child.try_wait()? {
                self.read_to_the_end();
                return Ok(status);
            }
            if Instant::now() > until {
                bail!("it has not ended:\n{}", self.shown());
            }
            if !meanwhile.is_empty() {
                self.press(meanwhile)?;
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Wait until everything that the program wrote is read: the terminal may still hold it.
    fn read_to_the_end(&self) {
        loop {
            let held = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
            if !is_readable(&self.master, SETTLED.into()) {
                return;
            }
            drop(held);
            std::thread::sleep(LOOK);
        }
    }

    /// True where the terminal shows what is typed and waits for Enter, as a shell needs it.
    ///
    /// # Errors
    /// The terminal does not say.
    pub fn is_sane(&self) -> Result<bool> {
        let flags = tcgetattr(&self.slave)?.local_flags;
        Ok(flags.contains(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG))
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
