//! A panic says its line and its message in the plugin's log: there is no standard error.

use crate::k8shawk::host::log::{self, Level};

pub fn to_log() {
    std::panic::set_hook(Box::new(|panic| log::write(Level::Error, &panic.to_string())));
}
