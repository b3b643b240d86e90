//! What `make fuzz` calls with inputs that nobody thought of: one target for each text and each value
//! that comes from outside. A target panics where the product is wrong, and never for an input.
//!
//! Each has its corpus in `tests/fuzz/corpus`, which the tests of the sandbox run too.

mod arguments;
mod configuration;
mod grant;
mod guest;
mod image;
mod manifest;
mod results;
mod shown;

/// What is called with each input.
pub struct Target {
    /// Its name, and the directory of its corpus.
    pub name: &'static str,
    /// Where what is parsed comes from, for people.
    pub of: &'static str,
    /// Panics where the product does not keep a promise.
    pub run: fn(&[u8]),
}

/// Every one.
pub const TARGETS: [Target; 5] = [
    Target {
        name: "grant",
        of: "grants/ID.toml, and what a grant covers",
        run: grant::run,
    },
    Target {
        name: "manifest",
        of: "plugin.toml",
        run: manifest::run,
    },
    Target {
        name: "configuration",
        of: "k8shawk.toml and the environment",
        run: configuration::run,
    },
    Target {
        name: "arguments",
        of: "the arguments with which a plugin reads the cluster",
        run: arguments::run,
    },
    Target {
        name: "results",
        of: "what a guest's memory holds: the reads that it asks for, and its answer, until people see it",
        run: results::run,
    },
];
