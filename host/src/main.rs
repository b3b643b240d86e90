//! The `k8shawk` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    k8shawk::cli::start()
}
