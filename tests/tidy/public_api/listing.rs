//! The lines of the list: every item that can be named from outside, with what it offers.

#![expect(clippy::wildcard_enum_match_arm, reason = "the enums of syn are open: an arm for the rest is needed")]

use std::collections::{BTreeMap, BTreeSet};

use syn::{Field, Fields, ImplItem, Item, ItemImpl, Signature, TraitItem, Type, Visibility};

use super::items::{attributes, derives, is_non_exhaustive, is_public};
use super::resolve::{Declared, ModulePath, Sources, leaves};
use super::tokens::text;

/// The lines, ascending by path; each of a path and what is said of it.
#[derive(Default)]
struct Lines(BTreeSet<(String, String)>);

impl Lines {
    fn add(&mut self, path: &str, line: String) {
        self.0.insert((path.to_owned(), line));
    }
}

/// What can be named from outside, under which names.
type Exported = BTreeMap<Declared, BTreeSet<String>>;

/// The list of a crate.
pub(crate) fn listing(sources: &Sources) -> Vec<String> {
    let mut lines = Lines::default();
    let mut exported = Exported::new();
    export(sources, &Vec::new(), "", &mut exported, &mut lines);
    let mut traits: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let shortest = |declared: &Declared| {
        let names = exported.get(declared)?;
        names.iter().min_by_key(|name| (name.len(), *name)).map(String::as_str)
    };
    for (declared, names) in &exported {
        let path = shortest(declared).expect("what is exported has a name");
        for other in names.iter().filter(|name| *name != path) {
            lines.add(other, format!("use {other} = {path}"));
        }
        let item = sources.item(declared);
        describe(item, path, &mut lines);
        let derived = derives(attributes(item)).into_iter().chain(conversions(item));
        traits.entry(path).or_default().extend(derived);
    }
    for (module, items) in &sources.modules {
        for item in items {
            let Item::Impl(block) = item else { continue };
            let Some(path) = subject(sources, module, &block.self_ty).as_ref().and_then(shortest) else { continue };
            match &block.trait_ {
                Some(_) => traits.entry(path).or_default().extend(implemented(block)),
                None => methods(block, path, &mut lines),
            }
        }
    }
    for (path, names) in traits.into_iter().filter(|(_, names)| !names.is_empty()) {
        let names: Vec<String> = names.into_iter().collect();
        // Sorts before what is below the path, and after the item itself.
        lines.add(&format!("{path} "), format!("impl {path}: {}", names.join(", ")));
    }
    lines.0.into_iter().map(|(_, line)| line).collect()
}

/// Finds what a module that can be named exports.
fn export(sources: &Sources, module: &ModulePath, prefix: &str, exported: &mut Exported, lines: &mut Lines) {
    let called = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}::{name}") };
    for item in sources.modules[module].iter().filter(|item| is_public(item)) {
        let targets: Vec<(String, Declared)> = match item {
            Item::Use(import) => leaves(&import.tree)
                .into_iter()
                .map(|leaf| {
                    let declared = sources.at(module, &leaf.path);
                    let declared = declared.unwrap_or_else(|| {
                        panic!("`pub use` of {} in {module:?}: name what it is, one by one", leaf.path.join("::"))
                    });
                    (leaf.name, declared)
                })
                .collect(),
            other => {
                let name = super::items::name(other).expect("what is public has a name");
                vec![(name.clone(), (module.clone(), name))]
            }
        };
        for (name, declared) in targets {
            let path = called(&name);
            if let Item::Mod(_) = sources.item(&declared) {
                let (mut inside, own) = declared;
                inside.push(own);
                lines.add(&path, format!("mod {path}"));
                export(sources, &inside, &path, exported, lines);
            } else {
                exported.entry(declared).or_default().insert(path);
            }
        }
    }
}

/// What an impl block is of, if it is of something of the crate.
fn subject(sources: &Sources, module: &ModulePath, of: &Type) -> Option<Declared> {
    match of {
        Type::Path(path) => {
            let segments: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            sources.at(module, &segments)
        }
        Type::Reference(reference) => subject(sources, module, &reference.elem),
        _ => None,
    }
}

/// The lines of one item.
fn describe(item: &Item, path: &str, lines: &mut Lines) {
    let open = if is_non_exhaustive(attributes(item)) { ", non-exhaustive" } else { "" };
    match item {
        Item::Const(item) => lines.add(path, format!("const {path}: {}", text(&item.ty))),
        Item::Static(item) => lines.add(path, format!("static {path}: {}", text(&item.ty))),
        Item::Fn(item) => lines.add(path, function(&item.sig, path)),
        Item::Type(item) => lines.add(path, format!("type {path}{} = {}", text(&item.generics), text(&item.ty))),
        Item::Struct(item) => {
            let hidden = item.fields.iter().any(|field| !is_open(field));
            let hidden = if hidden { " with private fields" } else { "" };
            lines.add(path, format!("struct {path}{}{hidden}{open}", text(&item.generics)));
            for (place, field) in item.fields.iter().enumerate().filter(|(_, field)| is_open(field)) {
                let name = field.ident.as_ref().map_or_else(|| place.to_string(), ToString::to_string);
                let path = format!("{path}::{name}");
                lines.add(&path, format!("field {path}: {}", text(&field.ty)));
            }
        }
        Item::Enum(item) => {
            lines.add(path, format!("enum {path}{}{open}", text(&item.generics)));
            for variant in &item.variants {
                let path = format!("{path}::{}", variant.ident);
                lines.add(&path, format!("variant {path}{}", content(&variant.fields)));
            }
        }
        Item::Trait(item) => {
            let above =
                if item.supertraits.is_empty() { String::new() } else { format!(": {}", text(&item.supertraits)) };
            lines.add(path, format!("trait {path}{}{above}", text(&item.generics)));
            for member in &item.items {
                offer(member, path, lines);
            }
        }
        other => panic!("{path}: an item of a sort that is not listed yet: {}", text(other)),
    }
}

/// The line of one member of a trait.
fn offer(member: &TraitItem, path: &str, lines: &mut Lines) {
    match member {
        TraitItem::Fn(member) => {
            let path = format!("{path}::{}", member.sig.ident);
            let provided = if member.default.is_some() { ", provided" } else { "" };
            lines.add(&path, format!("{}{provided}", function(&member.sig, &path)));
        }
        TraitItem::Const(member) => {
            let path = format!("{path}::{}", member.ident);
            lines.add(&path, format!("const {path}: {}", text(&member.ty)));
        }
        TraitItem::Type(member) => {
            let path = format!("{path}::{}", member.ident);
            lines.add(&path, format!("type {path}: {}", text(&member.bounds)));
        }
        other => panic!("{path}: a member of a sort that is not listed yet: {}", text(other)),
    }
}

/// What an impl block of a type adds to it.
fn methods(block: &ItemImpl, path: &str, lines: &mut Lines) {
    for member in &block.items {
        match member {
            ImplItem::Fn(member) if matches!(member.vis, Visibility::Public(_)) => {
                let path = format!("{path}::{}", member.sig.ident);
                lines.add(&path, function(&member.sig, &path));
            }
            ImplItem::Const(member) if matches!(member.vis, Visibility::Public(_)) => {
                let path = format!("{path}::{}", member.ident);
                lines.add(&path, format!("const {path}: {}", text(&member.ty)));
            }
            _ => {}
        }
    }
}

/// The trait of an impl block, with the types that belong to it.
fn implemented(block: &ItemImpl) -> Option<String> {
    let (path, _) = block.trait_.as_ref()?;
    let last = text(path.segments.last()?);
    let types: Vec<String> = block
        .items
        .iter()
        .filter_map(|member| match member {
            ImplItem::Type(member) => Some(format!("{} = {}", member.ident, text(&member.ty))),
            _ => None,
        })
        .collect();
    let of = if let Type::Reference(_) = &*block.self_ty { " by reference" } else { "" };
    if types.is_empty() { Some(format!("{last}{of}")) } else { Some(format!("{last}<{}>{of}", types.join(", "))) }
}

/// The conversions that `thiserror` derives.
fn conversions(item: &Item) -> Vec<String> {
    let Item::Enum(item) = item else { return Vec::new() };
    let fields = item.variants.iter().flat_map(|variant| &variant.fields);
    let from = fields.filter(|field| field.attrs.iter().any(|attribute| attribute.path().is_ident("from")));
    from.map(|field| format!("From<{}>", text(&field.ty))).collect()
}

fn is_open(field: &Field) -> bool {
    matches!(field.vis, Visibility::Public(_))
}

/// What a variant holds.
fn content(fields: &Fields) -> String {
    let types = |field: &Field| text(&field.ty);
    match fields {
        Fields::Unit => String::new(),
        Fields::Unnamed(fields) => format!("({})", fields.unnamed.iter().map(types).collect::<Vec<_>>().join(", ")),
        Fields::Named(fields) => {
            let named = |field: &Field| {
                let name = field.ident.as_ref().expect("a named field has a name");
                format!("{name}: {}", text(&field.ty))
            };
            format!(" {{ {} }}", fields.named.iter().map(named).collect::<Vec<_>>().join(", "))
        }
    }
}

/// A signature, with the path in the place of the name.
fn function(signature: &Signature, path: &str) -> String {
    let whole = text(signature);
    let own = format!("fn {}", signature.ident);
    let (before, after) = whole.split_once(own.as_str()).expect("a signature holds its name");
    format!("{before}fn {path}{after}")
}
