//! `k8shawk compile-component`: the short-lived child that a host starts for one component.

use std::fs;
use std::io::{self, Read, Write};

use anyhow::Context;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// A compiler reserves more than it uses.
const ADDRESS_SPACE: u64 = 4 << 30;
/// All threads together, in seconds; a Python component takes 14.
const CPU_TIME: u64 = 120;

/// A component on standard input, machine code on standard output.
pub fn component(memory_mib: u32) -> anyhow::Result<bool> {
    limit(memory_mib);
    let mut wasm = Vec::new();
    io::stdin()
        .read_to_end(&mut wasm)
        .context("cannot read the component")?;
    let code = k8shawk_sandbox::precompile(&wasm).map_err(anyhow::Error::msg)?;
    io::stdout()
        .write_all(&code)
        .context("cannot write the machine code")?;
    Ok(true)
}

/// Less than we were given, where the system allows it. A component that needs more than this
/// ends this process, and never the host: in a container, memory over the limit of the pod would end both.
fn limit(memory_mib: u32) {
    let limits = [
        // What it can write to: heap and stacks, without what is only reserved.
        (Resource::RLIMIT_DATA, u64::from(memory_mib) << 20),
        (Resource::RLIMIT_AS, ADDRESS_SPACE),
        (Resource::RLIMIT_CPU, CPU_TIME),
        (Resource::RLIMIT_CORE, 0),
    ];
    for (resource, most) in limits {
        if let Ok((_, hard)) = getrlimit(resource) {
            let most = most.min(hard);
            let _ = setrlimit(resource, most, most);
        }
    }
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
}
