//! Single keys of a person, read without Enter.

use std::io::{self, IsTerminal, Stdin};
use std::os::fd::AsFd;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{FlushArg, LocalFlags, SetArg, Termios, tcflush, tcgetattr, tcsetattr};

/// How often it is looked whether a key was pressed: sooner than anybody notices.
const LOOK: Duration = Duration::from_millis(30);

/// A terminal that gives each key as it is pressed, and does not show it. ctrl-c is a signal as
/// ever. Dropping it leaves the terminal as it was.
pub struct Keys {
    input: Stdin,
    before: Termios,
}

impl Keys {
    /// Of standard input; none where that is no terminal.
    ///
    /// # Errors
    /// The terminal does not say how it is set, or cannot be set.
    pub fn of_stdin() -> io::Result<Option<Keys>> {
        let input = io::stdin();
        if !input.is_terminal() {
            return Ok(None);
        }
        let before = tcgetattr(&input)?;
        let mut single = before.clone();
        single.local_flags -= LocalFlags::ICANON | LocalFlags::ECHO;
        tcsetattr(&input, SetArg::TCSANOW, &single)?;
        Ok(Some(Keys { input, before }))
    }

    /// The next key; none where the terminal is gone.
    pub async fn next(&self) -> Option<u8> {
        // A read that waits could not be given up when the program is asked to end.
        while !self.is_ready() {
            tokio::time::sleep(LOOK).await;
        }
        let mut key = [0; 1];
        match nix::unistd::read(&self.input, &mut key) {
            Ok(1..) => key.first().copied(),
            _ => None,
        }
    }

    /// Wait so long, or until a key is pressed.
    pub async fn pause(&self, time: Duration) {
        let _ = tokio::time::timeout(time, self.next()).await;
    }

    /// Forget the keys that were pressed before anything was asked.
    pub fn forget(&self) {
        let _ = tcflush(&self.input, FlushArg::TCIFLUSH);
    }

    fn is_ready(&self) -> bool {
        let mut asked = [PollFd::new(self.input.as_fd(), PollFlags::POLLIN)];
        poll(&mut asked, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.input, SetArg::TCSANOW, &self.before);
    }
}
