//! What the author of a plugin does: create it, build it, run its cases.

mod build;
mod cases;
mod new;
mod own;

pub use new::new;

use super::{Author, is_directory};

/// What is the same for a plugin of any point.
pub(super) async fn author(command: Author) -> anyhow::Result<bool> {
    match command {
        Author::Build { directory, to } => {
            is_directory(&directory)?;
            build::build(&directory, to.as_deref())
        }
        Author::Test {
            directory,
            output,
            junit,
            watch,
        } => {
            is_directory(&directory)?;
            let wish = cases::Wish {
                directory: &directory,
                output,
                junit: junit.as_deref(),
            };
            cases::test(&wish, watch).await
        }
    }
}
