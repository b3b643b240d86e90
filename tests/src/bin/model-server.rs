//! A scripted model server for other programs: the script comes as JSON on standard input, the
//! base URL goes to standard output, and it serves until standard input of a second line ends.

use std::io::{BufRead, Write};

use anyhow::Context;
use k8shawk_tests::model_server::{ModelServer, Script};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut input = std::io::stdin().lock();
    let mut line = String::new();
    input.read_line(&mut line)?;
    let script: Script =
        serde_json::from_str(&line).context("the script is not JSON of a script")?;
    let server = ModelServer::start(script).await?;
    let mut output = std::io::stdout();
    writeln!(output, "{}", server.url())?;
    output.flush()?;
    // Until the caller closes the pipe.
    let mut rest = String::new();
    while input.read_line(&mut rest)? > 0 {}
    Ok(())
}
