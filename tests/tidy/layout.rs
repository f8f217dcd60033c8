//! Where files stand and what they look like.

use std::collections::BTreeSet;
use std::fs;

use super::source::{Use, files, modules};
use super::{none, root};

/// What the top of the repository holds, besides names that begin with a dot.
const TOP: [&str; 10] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "crates",
    "docs",
    "rust-toolchain.toml",
    "target",
    "tests",
];

/// Names that say nothing about what is in a file.
const CATCH_ALL: [&str; 12] = [
    "common", "helper", "helpers", "manager", "managers", "misc", "mod", "prelude", "shared", "types", "util", "utils",
];

/// Longer than any file of one purpose, tests aside.
const LONGEST: usize = 800;

#[test]
fn the_top_holds_only_what_belongs_there() {
    let mut broken = Vec::new();
    let mut present = BTreeSet::new();
    for entry in fs::read_dir(root()).expect("the workspace is readable") {
        let name = entry.expect("an entry of the workspace is readable").file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && !TOP.contains(&name.as_str()) {
            broken.push(format!("{name} does not belong there"));
        }
        present.insert(name);
    }
    let wanted = TOP.iter().filter(|name| **name != "target");
    broken.extend(wanted.filter(|name| !present.contains(**name)).map(|name| format!("{name} is missing")));
    none(&broken, "the top of the repository");
}

#[test]
fn every_file_is_part_of_a_target() {
    let reached: BTreeSet<String> = modules().into_iter().map(|module| module.path).collect();
    let forgotten: Vec<String> = files().into_iter().filter(|file| !reached.contains(file)).collect();
    none(&forgotten, "no `mod` declaration leads to these");
}

#[test]
fn every_module_opens_by_saying_what_it_is() {
    let silent: Vec<String> = modules()
        .into_iter()
        // A module of tests stands beside what it tests.
        .filter(|module| !(module.use_ == Use::Tests && module.path.contains("/src/")))
        .filter(|module| !module.path.contains("/tests/") || module.path.ends_with("/main.rs"))
        .filter(|module| !module.text.starts_with("//! "))
        .map(|module| module.path)
        .collect();
    none(&silent, "the first line of a module is a `//!` line");
}

#[test]
fn no_name_is_a_catch_all() {
    let mut broken = Vec::new();
    for file in files() {
        let parts = file.trim_end_matches(".rs").split('/');
        if parts.clone().any(|part| CATCH_ALL.contains(&part)) {
            broken.push(file);
        }
    }
    none(&broken, "a file is named by what it is about, and `foo.rs` stands beside `foo/`");
}

#[test]
fn no_file_is_too_long_to_have_one_purpose() {
    let long: Vec<String> = modules()
        .into_iter()
        .filter(|module| module.use_ == Use::Ships)
        .map(|module| (module.code.lines().count(), module.path))
        .filter(|(lines, _)| *lines > LONGEST)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    none(&long, "split it by the question that each part answers");
}
