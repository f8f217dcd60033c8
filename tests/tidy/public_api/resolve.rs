//! The modules of a crate, and what a path in one of them leads to.

#![expect(clippy::wildcard_enum_match_arm, reason = "the enums of syn are open: an arm for the rest is needed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path as FilePath;

use syn::{Attribute, Item, UseTree};

use super::items::{attributes, name};
use super::tokens::expand;

/// A module's path below the crate; none for the root.
pub(crate) type ModulePath = Vec<String>;

/// Where something is declared, and as what.
pub(crate) type Declared = (ModulePath, String);

/// Every module of a crate with its items, those for tests left out.
pub(crate) struct Sources {
    pub(crate) modules: BTreeMap<ModulePath, Vec<Item>>,
}

/// What a `use` brings in.
pub(crate) struct Import {
    /// What it is called here.
    pub(crate) name: String,
    /// The path to it.
    pub(crate) path: Vec<String>,
}

impl Sources {
    /// Reads a crate from its root file.
    pub(crate) fn read(root: &FilePath) -> Self {
        let mut sources = Self { modules: BTreeMap::new() };
        let folder = root.parent().expect("a source stands in a folder");
        sources.follow(parse(root), Vec::new(), Some(folder));
        sources
    }

    /// Reads a crate of one file.
    pub(crate) fn of_text(text: &str) -> Self {
        let mut sources = Self { modules: BTreeMap::new() };
        sources.follow(syn::parse_file(text).expect("it is Rust").items, Vec::new(), None);
        sources
    }

    fn follow(&mut self, items: Vec<Item>, path: ModulePath, folder: Option<&FilePath>) {
        let items = expanded(items.into_iter().filter(|item| !is_for_tests(attributes(item))).collect());
        for item in &items {
            let Item::Mod(module) = item else { continue };
            let name = module.ident.to_string();
            let mut below = path.clone();
            below.push(name.clone());
            let inside = folder.map(|folder| folder.join(&name));
            match (&module.content, folder) {
                (Some((_, items)), _) => self.follow(items.clone(), below, inside.as_deref()),
                (None, Some(folder)) => {
                    self.follow(parse(&folder.join(format!("{name}.rs"))), below, inside.as_deref());
                }
                (None, None) => panic!("a text by itself has no module in another file"),
            }
        }
        self.modules.insert(path, items);
    }

    /// What a name of a module leads to; none where that is outside of the crate.
    pub(crate) fn declared(&self, module: &ModulePath, wanted: &str) -> Option<Declared> {
        let items = self.modules.get(module)?;
        if items.iter().any(|item| name(item).is_some_and(|own| own == wanted)) {
            return Some((module.clone(), wanted.to_owned()));
        }
        let imports = items.iter().filter_map(|item| match item {
            Item::Use(import) => Some(leaves(&import.tree)),
            _ => None,
        });
        let import = imports.flatten().find(|import| import.name == wanted)?;
        self.at(module, &import.path)
    }

    /// What a path leads to, read in a module.
    pub(crate) fn at(&self, module: &ModulePath, path: &[String]) -> Option<Declared> {
        let (last, before) = path.split_last()?;
        let mut place = module.clone();
        for segment in before {
            match segment.as_str() {
                "crate" => place.clear(),
                "self" => {}
                "super" => drop(place.pop()?),
                other => {
                    let (mut inside, name) = self.declared(&place, other)?;
                    inside.push(name);
                    if !self.modules.contains_key(&inside) {
                        return None;
                    }
                    place = inside;
                }
            }
        }
        match last.as_str() {
            // `use a::{self}` is `a`.
            "self" => self.at(module, before),
            name => self.declared(&place, name),
        }
    }

    /// The item of that name in a module.
    pub(crate) fn item(&self, declared: &Declared) -> &Item {
        let (module, wanted) = declared;
        let found = self.modules[module].iter().find(|item| name(item).is_some_and(|own| own == *wanted));
        found.expect("what is declared is there")
    }
}

/// Everything a `use` brings in.
pub(crate) fn leaves(tree: &UseTree) -> Vec<Import> {
    match tree {
        UseTree::Path(path) => {
            let first = path.ident.to_string();
            let mut inside = leaves(&path.tree);
            for import in &mut inside {
                import.path.insert(0, first.clone());
                if import.name == "self" {
                    import.name.clone_from(&first);
                }
            }
            inside
        }
        UseTree::Name(name) => vec![Import { name: name.ident.to_string(), path: vec![name.ident.to_string()] }],
        UseTree::Rename(renamed) => {
            vec![Import { name: renamed.rename.to_string(), path: vec![renamed.ident.to_string()] }]
        }
        UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
        // The workspace has none outside of tests; one that is `pub` fails where it is listed.
        UseTree::Glob(_) => vec![Import { name: "*".to_owned(), path: vec!["*".to_owned()] }],
    }
}

fn parse(file: &FilePath) -> Vec<Item> {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display())).items
}

/// The items with calls of macros of the same module replaced by what they declare.
fn expanded(items: Vec<Item>) -> Vec<Item> {
    let mut rules = BTreeMap::new();
    let mut all = Vec::new();
    for item in items {
        match item {
            Item::Macro(found) => match &found.ident {
                Some(name) => {
                    rules.insert(name.to_string(), found.mac.tokens);
                }
                None => {
                    let called = found.mac.path.require_ident().map(ToString::to_string).unwrap_or_default();
                    let rules = rules.get(&called).cloned();
                    let rules = rules.unwrap_or_else(|| panic!("what {called}! declares cannot be listed"));
                    let declared = syn::parse2::<syn::File>(expand(rules, found.mac.tokens));
                    all.extend(declared.unwrap_or_else(|error| panic!("what {called}! declares: {error}")).items);
                }
            },
            other => all.push(other),
        }
    }
    all
}

/// Whether something is built for tests or documentation tests only.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).any(|attribute| {
        let condition = attribute.parse_args::<syn::Path>();
        condition.is_ok_and(|condition| condition.is_ident("test") || condition.is_ident("doctest"))
    })
}
