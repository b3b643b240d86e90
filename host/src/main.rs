//! The `k8shawk` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => {
            let code = runtime.block_on(k8shawk::cli::main());
            runtime.shutdown_timeout(std::time::Duration::from_secs(2));
            code
        }
        Err(error) => {
            eprintln!("k8shawk: cannot start: {error}");
            ExitCode::FAILURE
        }
    }
}
