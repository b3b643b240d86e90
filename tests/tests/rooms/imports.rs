//! Which module of a crate imports which, as its source says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

/// A module by its path from the root of its crate, which is empty.
pub type Module = Vec<String>;
/// What each module imports, with one of the names that it takes from there.
pub type Imports = BTreeMap<Module, BTreeMap<Module, String>>;

/// The imports of the crate whose sources are in `root`. Tests are left out, and what stands in the
/// arguments of a macro is not looked at.
pub fn of(root: &Path) -> Imports {
    let mut files = BTreeMap::new();
    read(root, &Vec::new(), &mut files);
    let known: BTreeSet<Module> = files.keys().cloned().collect();
    let sources: BTreeMap<Module, Source> = files
        .iter()
        .map(|(module, file)| (module.clone(), Source::of(module, file, &known)))
        .collect();
    let resolve = |path: &[String]| resolve(path, &sources, 8);
    let mut imports = Imports::new();
    for (module, source) in &sources {
        let of_module = imports.entry(module.clone()).or_default();
        let named = source.paths.iter().filter_map(|path| resolve(path));
        for (other, name) in named.filter(|(other, _)| other != module) {
            of_module.entry(other).or_insert(name);
        }
    }
    imports
}

fn read(directory: &Path, parent: &Module, files: &mut BTreeMap<Module, syn::File>) {
    let mut untested = BTreeSet::new();
    let entries: Vec<_> = fs::read_dir(directory).unwrap().flatten().collect();
    for path in entries.iter().map(fs::DirEntry::path) {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_none_or(|e| e != "rs") || (parent.is_empty() && name == "main") {
            continue;
        }
        let file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
        let mut module = parent.clone();
        if !(parent.is_empty() && name == "lib") {
            module.push(name);
        }
        for item in &file.items {
            if let Item::Mod(child) = item
                && is_test(&child.attrs)
            {
                let mut tests = module.clone();
                tests.push(child.ident.to_string());
                untested.insert(tests);
            }
        }
        files.insert(module, file);
    }
    for path in entries
        .iter()
        .map(fs::DirEntry::path)
        .filter(|p| p.is_dir())
    {
        let mut module = parent.clone();
        module.push(path.file_name().unwrap().to_str().unwrap().to_owned());
        read(&path, &module, files);
    }
    files.retain(|module, _| !untested.iter().any(|tests| module.starts_with(tests)));
}

fn is_test(attributes: &[Attribute]) -> bool {
    let test = |a: &&Attribute| {
        a.path().is_ident("cfg") && a.parse_args::<syn::Ident>().is_ok_and(|i| i == "test")
    };
    attributes.iter().any(|a| test(&a))
}

/// What one file says.
struct Source<'k> {
    module: &'k Module,
    known: &'k BTreeSet<Module>,
    /// Paths from the root of the crate.
    paths: Vec<Module>,
    /// Names that it takes from elsewhere in the crate.
    taken: BTreeMap<String, Module>,
    /// Names that it passes on, with what they are; none where that is of another crate.
    passed_on: BTreeMap<String, Option<Module>>,
}

impl<'k> Source<'k> {
    fn of(module: &'k Module, file: &syn::File, known: &'k BTreeSet<Module>) -> Source<'k> {
        let mut source = Source {
            module,
            known,
            paths: Vec::new(),
            taken: BTreeMap::new(),
            passed_on: BTreeMap::new(),
        };
        for item in &file.items {
            if let Item::Use(item) = item {
                let public = !matches!(item.vis, Visibility::Inherited);
                source.take(&mut Vec::new(), &item.tree, public);
            }
        }
        source.visit_file(file);
        source
    }

    /// A path as it is written, from the root of the crate; none where it leads to another crate.
    fn absolute(&self, path: &[String]) -> Option<Module> {
        let first = path.first()?;
        let mut base = self.module.clone();
        let mut rest = path;
        match first.as_str() {
            "crate" => return Some(rest[1..].to_vec()),
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|word| word == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            name => {
                if let Some(taken) = self.taken.get(name) {
                    return Some([taken.clone(), rest[1..].to_vec()].concat());
                }
                base.push(name.to_owned());
                if !self.known.contains(&base) {
                    return None;
                }
                rest = &rest[1..];
            }
        }
        base.extend_from_slice(rest);
        Some(base)
    }

    fn take(&mut self, before: &mut Vec<String>, tree: &UseTree, public: bool) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.take(before, &path.tree, public);
                before.pop();
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.take(before, tree, public);
                }
            }
            UseTree::Name(name) => self.took(before, &name.ident, &name.ident, public),
            UseTree::Rename(name) => self.took(before, &name.ident, &name.rename, public),
            UseTree::Glob(_) => {
                before.push("*".to_owned());
                self.paths.extend(self.absolute(before));
                before.pop();
            }
        }
    }

    fn took(&mut self, before: &[String], name: &syn::Ident, called: &syn::Ident, public: bool) {
        let (mut path, mut called) = (before.to_vec(), called.to_string());
        if name == "self" {
            called = before.last().unwrap().clone();
        } else {
            path.push(name.to_string());
        }
        let path = self.absolute(&path);
        if public {
            self.passed_on.insert(called.clone(), path.clone());
        }
        if let Some(path) = path {
            self.paths.push(path.clone());
            self.taken.insert(called, path);
        }
    }
}

impl<'ast> Visit<'ast> for Source<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        if words.len() > 1 {
            self.paths.extend(self.absolute(&words));
        }
        visit::visit_path(self, path);
    }
}

/// The module that a path leads to, with the name that it takes there; none where it names a module
/// alone, or something of another crate.
fn resolve(
    path: &[String],
    sources: &BTreeMap<Module, Source>,
    deepest: u8,
) -> Option<(Module, String)> {
    let mut module = Module::new();
    for (at, word) in path.iter().enumerate() {
        let mut child = module.clone();
        child.push(word.clone());
        if sources.contains_key(&child) {
            module = child;
            continue;
        }
        return match sources.get(&module)?.passed_on.get(word) {
            Some(None) => None,
            Some(Some(from)) if deepest > 0 => {
                let path = [from.clone(), path[at + 1..].to_vec()].concat();
                resolve(&path, sources, deepest - 1)
            }
            _ => Some((module, word.clone())),
        };
    }
    None
}
