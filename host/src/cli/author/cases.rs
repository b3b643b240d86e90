//! `plugin test`: a plugin's `cases.toml`, run against its component in the sandbox.
//!
//! A case gives its point's input and the answer that must come out. What every case may say is in
//! `common`, what some points share is in `incident` and `cluster`, and what one point
//! asks and answers has a module of the point's name.

mod cluster;
mod common;
mod difference;
mod file;
mod incident;
mod keys;
mod object;
mod policy;
mod run;
mod text;

use std::path::Path;

use k8shawk_core::point::Point;
use k8shawk_sandbox::Plugin;

use self::common::Common;
use self::keys::Keys;
use self::run::Tried;

/// The name of the file, in the plugin's directory.
pub(super) const FILE: &str = "cases.toml";

/// Run every case; true where all hold.
///
/// # Errors
/// The plugin or its cases cannot be used: nothing was tried.
pub async fn test(directory: &Path) -> anyhow::Result<bool> {
    let report = run::all(directory).await?;
    text::print(&report);
    Ok(report.failed() == 0)
}

/// One case: what every one has, and what its point is asked.
struct Case {
    common: Common,
    asked: Asked,
}

/// What a plugin is asked, and what it must answer.
enum Asked {
    Policy(policy::Case),
}

impl Case {
    /// A case of the plugin's point. Its files are beside `cases.toml`.
    ///
    /// # Errors
    /// A sentence that names the key and what may stand there.
    fn parse(point: Point, mut keys: Keys, directory: &Path) -> Result<Case, String> {
        let _ = directory;
        keys.only(
            point,
            match point {
                Point::Policy => policy::KEYS,
                _ => return Err(format!("{} has no cases", point.plugin())),
            },
        )?;
        let common = Common::parse(&mut keys)?;
        let asked = match point {
            Point::Policy => Asked::Policy(policy::Case::parse(keys, &common)?),
            _ => return Err(format!("{} has no cases", point.plugin())),
        };
        Ok(Case { common, asked })
    }

    /// Ask the plugin.
    async fn run(&self, plugin: &Plugin) -> Tried {
        match &self.asked {
            Asked::Policy(case) => case.run(plugin).await,
        }
    }
}
