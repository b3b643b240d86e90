//! The page about the interfaces of plugins is written from their WIT.

mod types;

use std::fmt::Write;
use std::fs;

use k8shawk_tests::markdown::root;
use wit_parser::{
    Docs, Function, Interface, InterfaceId, Resolve, Type, TypeDef, TypeDefKind, TypeOwner,
    WorldId, WorldItem,
};

use self::types::{kind_of, named};
use super::pages::is_written;

/// Every package, behind those that it uses.
const PACKAGES: [&str; 8] = [
    "host", "incident", "kubectl", "triage", "analysis", "fix", "policy", "voice",
];

/// What comes before the generated part.
const HEAD: &str = "\
# Interfaces

This page is generated from `wit/`. A plugin exports the interface of its point and imports what it
uses. Types are those of [WIT](https://component-model.bytecodealliance.org/design/wit.html).

## Who may import what

A plugin names its imports in `wants`, and its [grant](grants.md) may refuse them.

";

/// The whole page, in Markdown.
fn page(resolve: &Resolve) -> String {
    let mut page = HEAD.to_owned();
    imports(&mut page, resolve);
    for (_, package) in &resolve.packages {
        let _ = writeln!(page, "\n## `{}`\n\n{}", package.name, text(&package.docs));
        for interface in package.interfaces.values() {
            describe(&mut page, resolve, *interface);
        }
    }
    page
}

/// A table: interfaces by worlds.
fn imports(page: &mut String, resolve: &Resolve) {
    let worlds: Vec<WorldId> = resolve.worlds.iter().map(|(id, _)| id).collect();
    let point = |id: &WorldId| {
        resolve.worlds[*id]
            .name
            .trim_end_matches("-plugin")
            .to_owned()
    };
    let names: Vec<String> = worlds.iter().map(point).collect();
    let _ = writeln!(page, "| interface | {} |", names.join(" | "));
    let _ = writeln!(page, "|---|{}", "---|".repeat(names.len()));
    for (id, interface) in &resolve.interfaces {
        let uses = |world: &&WorldId| imported(resolve, **world, id);
        if interface.functions.is_empty() || !worlds.iter().any(|world| uses(&world)) {
            continue;
        }
        let cells: Vec<&str> = worlds
            .iter()
            .map(|w| if uses(&w) { "yes" } else { "" })
            .collect();
        let name = qualified(resolve, interface);
        let _ = writeln!(
            page,
            "| [`{name}`](#{}) | {} |",
            anchor(&name),
            cells.join(" | ")
        );
    }
}

fn imported(resolve: &Resolve, world: WorldId, interface: InterfaceId) -> bool {
    let mut items = resolve.worlds[world].imports.values();
    items.any(|item| matches!(item, WorldItem::Interface { id, .. } if *id == interface))
}

/// `kubectl/get`.
fn qualified(resolve: &Resolve, interface: &Interface) -> String {
    let package = interface
        .package
        .map(|id| resolve.packages[id].name.name.as_str());
    let name = interface.name.as_deref().unwrap_or_default();
    format!("{}/{name}", package.unwrap_or_default())
}

/// As mdBook makes one from a heading.
fn anchor(heading: &str) -> String {
    let keeps = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '_');
    heading.chars().filter(keeps).collect()
}

fn describe(page: &mut String, resolve: &Resolve, id: InterfaceId) {
    let interface = &resolve.interfaces[id];
    let name = qualified(resolve, interface);
    let _ = writeln!(page, "\n### `{name}`\n\n{}", text(&interface.docs));
    let foreign = foreign(resolve, interface);
    if !foreign.is_empty() {
        let _ = writeln!(page, "\nTypes of other interfaces: {}.", foreign.join(", "));
    }
    for function in interface.functions.values() {
        let signature = signature(resolve, function);
        let _ = writeln!(
            page,
            "\n```wit\n{signature}\n```\n\n{}",
            text(&function.docs)
        );
    }
    for id in interface.types.values() {
        define(page, resolve, &resolve.types[*id]);
    }
}

/// Links to the interfaces that define the types that this one uses.
fn foreign(resolve: &Resolve, interface: &Interface) -> Vec<String> {
    let used = interface.types.iter().filter_map(|(name, id)| {
        let TypeDefKind::Type(Type::Id(of)) = resolve.types[*id].kind else {
            return None;
        };
        let TypeOwner::Interface(owner) = resolve.types[of].owner else {
            return None;
        };
        let owner = qualified(resolve, &resolve.interfaces[owner]);
        Some(format!("`{name}` of [`{owner}`](#{})", anchor(&owner)))
    });
    used.collect()
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let params = function.params.iter();
    let params: Vec<String> = params
        .map(|param| format!("{}: {}", param.name, named(resolve, &param.ty)))
        .collect();
    let name = function.item_name();
    let line = format!("{name}: func({})", params.join(", "));
    match &function.result {
        Some(result) => format!("{line} -> {}", named(resolve, result)),
        None => line,
    }
}

/// A type that an interface defines; not one that it uses of another.
fn define(page: &mut String, resolve: &Resolve, defined: &TypeDef) {
    if matches!(defined.kind, TypeDefKind::Type(Type::Id(_))) {
        return;
    }
    let name = defined.name.as_deref().unwrap_or_default();
    let kind = defined.kind.as_str();
    let _ = writeln!(page, "\n#### {kind} `{name}`\n\n{}", text(&defined.docs));
    let cases = |names: Vec<(&String, &Docs)>| {
        let row = |(name, docs): (&String, &Docs)| format!("| `{name}` | {} |\n", cell(docs));
        let rows: String = names.into_iter().map(row).collect();
        format!("| case | |\n|---|---|\n{rows}")
    };
    let typed = |what: &str, names: Vec<(&String, Option<&Type>, &Docs)>| {
        let row = |(name, ty, docs): (&String, Option<&Type>, &Docs)| {
            let ty = ty.map(|ty| format!("`{}`", named(resolve, ty)));
            format!(
                "| `{name}` | {} | {} |\n",
                ty.unwrap_or_default(),
                cell(docs)
            )
        };
        let rows: String = names.into_iter().map(row).collect();
        format!("| {what} | type | |\n|---|---|---|\n{rows}")
    };
    let table = match &defined.kind {
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter();
            typed(
                "field",
                fields.map(|f| (&f.name, Some(&f.ty), &f.docs)).collect(),
            )
        }
        TypeDefKind::Variant(variant) => {
            let all = variant.cases.iter();
            typed(
                "case",
                all.map(|c| (&c.name, c.ty.as_ref(), &c.docs)).collect(),
            )
        }
        TypeDefKind::Enum(of) => cases(of.cases.iter().map(|c| (&c.name, &c.docs)).collect()),
        TypeDefKind::Flags(of) => cases(of.flags.iter().map(|f| (&f.name, &f.docs)).collect()),
        other => format!("`{}`\n", kind_of(resolve, other)),
    };
    let _ = write!(page, "\n{table}");
}

fn cell(docs: &Docs) -> String {
    text(docs).replace('\n', " ").replace('|', "\\|")
}

fn text(docs: &Docs) -> &str {
    docs.contents.as_deref().unwrap_or_default().trim()
}

#[test]
fn the_page_about_interfaces_is_written_from_the_wit() {
    let mut resolve = Resolve::default();
    for package in PACKAGES {
        let file = root()
            .join("wit")
            .join(package)
            .join(format!("{package}.wit"));
        let source = fs::read_to_string(&file).unwrap();
        resolve.push_source(package, &source).unwrap();
    }
    let directories = fs::read_dir(root().join("wit")).unwrap().flatten();
    let directories = directories.filter(|entry| entry.path().is_dir()).count();
    assert_eq!(directories, PACKAGES.len(), "a package is missing");
    is_written(&root().join("docs/src/interfaces.md"), &page(&resolve));
}
