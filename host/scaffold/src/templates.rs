//! The texts of the templates.

use k8shawk_core::point::Point;

use crate::Language;

/// The packages of interfaces.
pub(crate) const WIT: &[(&str, &str)] = &[
    (
        "incident",
        include_str!("../../../wit/incident/incident.wit"),
    ),
    ("host", include_str!("../../../wit/host/host.wit")),
    ("kubectl", include_str!("../../../wit/kubectl/kubectl.wit")),
    ("triage", include_str!("../../../wit/triage/triage.wit")),
    (
        "analysis",
        include_str!("../../../wit/analysis/analysis.wit"),
    ),
    ("fix", include_str!("../../../wit/fix/fix.wit")),
    ("policy", include_str!("../../../wit/policy/policy.wit")),
    ("voice", include_str!("../../../wit/voice/voice.wit")),
];

const README: &str = include_str!("../templates/README.md");
const GRANT: &str = include_str!("../templates/grant.toml");
const IGNORED: &str = include_str!("../templates/gitignore");

/// What stands around the rule of every point.
pub(crate) fn around(language: Language) -> &'static [(&'static str, &'static str)] {
    match language {
        Language::Rust => &[
            ("README.md", README),
            (".gitignore", IGNORED),
            ("grant.toml", GRANT),
            ("plugin.toml", include_str!("../templates/rust/plugin.toml")),
            ("Cargo.toml", include_str!("../templates/rust/Cargo.toml")),
            ("src/panics.rs", include_str!("../templates/rust/panics.rs")),
        ],
        Language::Go => &[
            ("README.md", README),
            (".gitignore", IGNORED),
            ("grant.toml", GRANT),
            ("plugin.toml", include_str!("../templates/go/plugin.toml")),
            ("go.mod", include_str!("../templates/go/go.mod")),
        ],
        Language::C => &[
            ("README.md", README),
            (".gitignore", IGNORED),
            ("grant.toml", GRANT),
            ("plugin.toml", include_str!("../templates/c/plugin.toml")),
            (
                "requirements.txt",
                include_str!("../templates/c/requirements.txt"),
            ),
        ],
        Language::JavaScript => &[
            ("README.md", README),
            (".gitignore", IGNORED),
            ("grant.toml", GRANT),
            (
                "plugin.toml",
                include_str!("../templates/javascript/plugin.toml"),
            ),
            (
                "package.json",
                include_str!("../templates/javascript/package.json"),
            ),
        ],
        Language::TypeScript => &[
            ("README.md", README),
            (".gitignore", IGNORED),
            ("grant.toml", GRANT),
            (
                "plugin.toml",
                include_str!("../templates/typescript/plugin.toml"),
            ),
            (
                "package.json",
                include_str!("../templates/typescript/package.json"),
            ),
            (
                "tsconfig.json",
                include_str!("../templates/typescript/tsconfig.json"),
            ),
        ],
        Language::Python => &[
            ("README.md", README),
            (".gitignore", IGNORED),
            ("grant.toml", GRANT),
            (
                "plugin.toml",
                include_str!("../templates/python/plugin.toml"),
            ),
            (
                "requirements.txt",
                include_str!("../templates/python/requirements.txt"),
            ),
        ],
    }
}

/// The interfaces as TypeScript sees them.
pub(crate) const TYPES: (&str, &str) = (
    "k8shawk.d.ts",
    include_str!("../templates/typescript/k8shawk.d.ts"),
);

/// What the first rule uses beside the interfaces.
pub(crate) fn helpers(language: Language) -> &'static [(&'static str, &'static str)] {
    match language {
        Language::C => &[("k8shawk.h", include_str!("../templates/c/k8shawk.h"))],
        Language::JavaScript | Language::TypeScript => &[(
            "console.js",
            include_str!("../templates/javascript/console.js"),
        )],
        Language::Rust | Language::Go | Language::Python => &[],
    }
}

/// What the first rule must answer, in every language.
pub(crate) fn cases(point: Point) -> &'static str {
    match point {
        Point::Triage => include_str!("../templates/cases/triage.toml"),
        Point::Analysis => include_str!("../templates/cases/analysis.toml"),
        Point::Fix => include_str!("../templates/cases/fix.toml"),
        Point::Policy => include_str!("../templates/cases/policy.toml"),
        Point::Voice => include_str!("../templates/cases/voice.toml"),
    }
}

/// The first rule.
pub(crate) fn rule(language: Language, point: Point) -> &'static str {
    match (language, point) {
        (Language::Rust, Point::Triage) => include_str!("../templates/rust/triage.rs"),
        (Language::Rust, Point::Analysis) => include_str!("../templates/rust/analysis.rs"),
        (Language::Rust, Point::Fix) => include_str!("../templates/rust/fix.rs"),
        (Language::Rust, Point::Policy) => include_str!("../templates/rust/policy.rs"),
        (Language::Rust, Point::Voice) => include_str!("../templates/rust/voice.rs"),
        (Language::Go, Point::Triage) => include_str!("../templates/go/triage.go"),
        (Language::Go, Point::Analysis) => include_str!("../templates/go/analysis.go"),
        (Language::Go, Point::Fix) => include_str!("../templates/go/fix.go"),
        (Language::Go, Point::Policy) => include_str!("../templates/go/policy.go"),
        (Language::Go, Point::Voice) => include_str!("../templates/go/voice.go"),
        (Language::C, Point::Triage) => include_str!("../templates/c/triage.c"),
        (Language::C, Point::Analysis) => include_str!("../templates/c/analysis.c"),
        (Language::C, Point::Fix) => include_str!("../templates/c/fix.c"),
        (Language::C, Point::Policy) => include_str!("../templates/c/policy.c"),
        (Language::C, Point::Voice) => include_str!("../templates/c/voice.c"),
        (Language::JavaScript, Point::Triage) => include_str!("../templates/javascript/triage.js"),
        (Language::JavaScript, Point::Analysis) => {
            include_str!("../templates/javascript/analysis.js")
        }
        (Language::JavaScript, Point::Fix) => include_str!("../templates/javascript/fix.js"),
        (Language::JavaScript, Point::Policy) => include_str!("../templates/javascript/policy.js"),
        (Language::JavaScript, Point::Voice) => include_str!("../templates/javascript/voice.js"),
        (Language::TypeScript, Point::Triage) => include_str!("../templates/typescript/triage.ts"),
        (Language::TypeScript, Point::Analysis) => {
            include_str!("../templates/typescript/analysis.ts")
        }
        (Language::TypeScript, Point::Fix) => include_str!("../templates/typescript/fix.ts"),
        (Language::TypeScript, Point::Policy) => include_str!("../templates/typescript/policy.ts"),
        (Language::TypeScript, Point::Voice) => include_str!("../templates/typescript/voice.ts"),
        (Language::Python, Point::Triage) => include_str!("../templates/python/triage.py"),
        (Language::Python, Point::Analysis) => include_str!("../templates/python/analysis.py"),
        (Language::Python, Point::Fix) => include_str!("../templates/python/fix.py"),
        (Language::Python, Point::Policy) => include_str!("../templates/python/policy.py"),
        (Language::Python, Point::Voice) => include_str!("../templates/python/voice.py"),
    }
}
