//! What the host answers by itself, at every point: these must not wait.

use k8shawk_core::point::Point;

use crate::call::{Call, Level};
use crate::capability::{Capability, Definition, Own};
use crate::wit::imports::k8shawk::host::{clock, log, settings};

/// Lines in the plugin's log.
pub(super) const LOG: Capability = Capability(&Definition {
    package: "host",
    word: "log",
    points: &Point::ALL,
    verbs: &[],
    told: Some("may write to its log"),
    link: |linker| log::add_to_linker::<_, Own>(linker, |call| call),
});

/// The settings of its grant.
pub(crate) const SETTINGS: Capability = Capability(&Definition {
    package: "host",
    word: "settings",
    points: &Point::ALL,
    verbs: &[],
    told: Some("may read its settings"),
    link: |linker| settings::add_to_linker::<_, Own>(linker, |call| call),
});

/// The time of the call.
pub(crate) const CLOCK: Capability = Capability(&Definition {
    package: "host",
    word: "clock",
    points: &[Point::Policy],
    verbs: &[],
    told: Some("may read the clock"),
    link: |linker| clock::add_to_linker::<_, Own>(linker, |call| call),
});

impl log::Host for Call {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        Ok(self.journal.say(level.into(), message)?)
    }
}

impl settings::Host for Call {
    /// Answered even where the limits are used up: a setting that vanishes in the middle of a
    /// call would change what the plugin says.
    fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        self.journal.charge(key.len())?;
        Ok(self.granted.settings.get(&key).cloned())
    }
}

impl clock::Host for Call {
    fn now(&mut self) -> wasmtime::Result<i64> {
        self.journal.charge(0)?;
        Ok(self.now_ms)
    }
}

impl From<log::Level> for Level {
    fn from(level: log::Level) -> Self {
        match level {
            log::Level::Debug => Level::Debug,
            log::Level::Info => Level::Info,
            log::Level::Warn => Level::Warn,
            log::Level::Error => Level::Error,
        }
    }
}
