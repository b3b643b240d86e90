//! What `k8shawk plugin new` writes: a first rule, its interfaces and bindings, and how it is built,
//! for each language and each point.

mod templates;

use std::fmt::{self, Write as _};
use std::str::FromStr;

use k8shawk_core::point::{Point, WIT_VERSION};

include!(concat!(env!("OUT_DIR"), "/bindings.rs"));

/// A file: its path in the plugin's directory, and its bytes.
pub type File = (String, Vec<u8>);
/// Names and bytes that are built in.
type Table = &'static [(&'static str, &'static [u8])];

/// The first line of `wit/world.wit` where the build writes it.
pub const GENERATED: &str = "// Written by `k8shawk plugin build` from `wants` in plugin.toml.";

/// A language that has templates. Others are built by what `[build]` of their `plugin.toml` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// By cargo.
    Rust,
    /// By upstream Go.
    Go,
    /// By zig's C compiler.
    C,
    /// By QuickJS.
    JavaScript,
    /// Checked by tsc, then as JavaScript.
    TypeScript,
    /// By CPython.
    Python,
}

impl Language {
    /// Every one, in the order of the help.
    pub const ALL: [Language; 6] = [
        Language::Rust,
        Language::Go,
        Language::C,
        Language::JavaScript,
        Language::TypeScript,
        Language::Python,
    ];

    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Language::Rust => "rust",
            Language::Go => "go",
            Language::C => "c",
            Language::JavaScript => "javascript",
            Language::TypeScript => "typescript",
            Language::Python => "python",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Language::Rust => "Rust",
            Language::Go => "Go",
            Language::C => "C",
            Language::JavaScript => "JavaScript",
            Language::TypeScript => "TypeScript",
            Language::Python => "Python",
        }
    }

    /// The file with the rule.
    fn source(self, point: Point) -> String {
        match self {
            Language::Rust => "src/lib.rs".to_owned(),
            Language::Go => format!("export_k8shawk_{point}_{point}/{point}.go"),
            Language::C => format!("{point}.c"),
            Language::JavaScript => format!("{point}.js"),
            Language::TypeScript => format!("{point}.ts"),
            Language::Python => format!("{point}.py"),
        }
    }

    /// What its author should know of it, in a sentence.
    fn note(self) -> &'static str {
        match self {
            Language::Rust => "Rebuilds are byte for byte the same with the same toolchain.",
            Language::Go => "Go 1.25 or newer; `fmt.Println` and panics go to the plugin's log.",
            Language::C => {
                "`fprintf(stderr, ...)` goes to the plugin's log; the C compiler is zig's, from PyPI."
            }
            Language::JavaScript | Language::TypeScript => {
                "`console` writes to the plugin's log; there is no network and no file system."
            }
            Language::Python => {
                "The component has all of CPython, 18 MB; the host compiles it once."
            }
        }
    }
}

impl FromStr for Language {
    type Err = String;

    fn from_str(text: &str) -> Result<Language, String> {
        let known = Language::ALL.into_iter().find(|l| l.as_str() == text);
        known.ok_or_else(|| {
            let all = Language::ALL.map(Language::as_str).join(", ");
            format!(
                "there are templates for {all}; for another language, write [build] in plugin.toml"
            )
        })
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// All files of a new plugin but its `wit/`.
pub fn files(language: Language, point: Point, id: &str) -> Vec<File> {
    let fill = |text: &str| {
        text.replace("{{id}}", id)
            .replace("{{crate}}", &id.replace('-', "_"))
            .replace("{{point}}", point.as_str())
            .replace("{{Language}}", language.title())
            .replace("{{source}}", &language.source(point))
            .replace("{{directory}}", point.directory())
            .replace("{{plugin}}", &point.plugin())
            .replace("{{note}}", language.note())
            .replace("{{settings}}", settings(point))
            .replace("{{names}}", &python_names(point))
    };
    let text = |(name, text): &(&str, &str)| ((*name).to_owned(), fill(text).into_bytes());
    let mut files: Vec<File> = templates::around(language).iter().map(text).collect();
    let rule = templates::rule(language, point);
    files.push((language.source(point), fill(rule).into_bytes()));
    files.push(text(&("cases.toml", templates::cases(point))));
    files.extend(interfaces(language, point));
    files.extend(helpers(language));
    files
}

/// The interfaces of the point in this language: bindings for C and Go, types for TypeScript. Like `wit/`, no
/// author changes them.
pub fn interfaces(language: Language, point: Point) -> Vec<File> {
    match language {
        Language::C => under("bindings", bindings(point).c).collect(),
        Language::Go => {
            let own = |(name, _): &File| name != "go.mod";
            let packages = under("", bindings(point).go).filter(own);
            let runtime = under("runtime", GO_RUNTIME).map(at_most_go);
            packages.chain(runtime).collect()
        }
        Language::TypeScript => vec![owned(&templates::TYPES)],
        Language::Rust | Language::JavaScript | Language::Python => Vec::new(),
    }
}

/// What the first rule uses beside them, which its author may change.
pub fn helpers(language: Language) -> Vec<File> {
    templates::helpers(language).iter().map(owned).collect()
}

fn owned((name, text): &(&str, &str)) -> File {
    ((*name).to_owned(), text.as_bytes().to_vec())
}

/// The settings of the first rule.
fn settings(point: Point) -> &'static str {
    match point {
        Point::Policy => "\n[settings]\nfrozen = \"kube-system\"",
        Point::Triage => "\n[settings]\nquiet = \"sandbox\"",
        Point::Analysis | Point::Fix | Point::Voice => "",
    }
}

/// `wit/world.wit` with these imports, and `wit/deps/` with what they are made of.
pub fn wit(point: Point, imports: &[String]) -> Vec<File> {
    let mut world = format!("{GENERATED}\npackage local:plugin;\n\nworld plugin {{\n");
    for import in imports {
        // Writing to a String cannot fail.
        let _ = writeln!(world, "    import {import};");
    }
    let _ = writeln!(world, "    export {}@{WIT_VERSION};\n}}", point.interface());
    let mut files = vec![("wit/world.wit".to_owned(), world.into_bytes())];
    let shared = ["incident", "host", "kubectl"];
    for (package, text) in templates::WIT {
        if shared.contains(package) || *package == point.as_str() {
            files.push((
                format!("wit/deps/{package}/{package}.wit"),
                text.as_bytes().to_vec(),
            ));
        }
    }
    files
}

/// The section that makes a component of a bare module: all that a plugin of the point may import.
pub fn component_type(point: Point) -> &'static [u8] {
    bindings(point).world
}

/// The adapter from WASI preview 1: standard output goes to the plugin's log, everything else is
/// answered without WASI.
pub fn adapter() -> &'static [u8] {
    ADAPTER
}

/// What is made from `wit/` for one point.
struct Bindings {
    c: Table,
    go: Table,
    world: &'static [u8],
}

fn bindings(point: Point) -> &'static Bindings {
    match point {
        Point::Triage => &TRIAGE,
        Point::Analysis => &ANALYSIS,
        Point::Fix => &FIX,
        Point::Policy => &POLICY,
        Point::Voice => &VOICE,
    }
}

fn under(directory: &str, table: Table) -> impl Iterator<Item = File> {
    let place = match directory {
        "" => String::new(),
        name => format!("{name}/"),
    };
    table
        .iter()
        .map(move |(name, bytes)| (format!("{place}{name}"), bytes.to_vec()))
}

/// The module names the newest Go; it uses nothing that 1.25 has not.
fn at_most_go((name, bytes): File) -> File {
    if name != "runtime/go.mod" {
        return (name, bytes);
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().map(|line| {
        if line.starts_with("go ") {
            "go 1.25"
        } else {
            line
        }
    });
    (name, lines.collect::<Vec<_>>().join("\n").into_bytes())
}

/// Without these, both interfaces `types` would get long names.
fn python_names(point: Point) -> String {
    let kubectl = match point {
        Point::Analysis | Point::Fix | Point::Policy => {
            " --import-interface-name k8shawk:kubectl/types@0.1.0=kubectl"
        }
        Point::Triage | Point::Voice => "",
    };
    format!("--import-interface-name k8shawk:incident/types@0.1.0=incident{kubectl}")
}
