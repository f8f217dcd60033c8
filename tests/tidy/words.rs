//! What the sources may not name: clocks, files, the environment and chance in the core, a runtime in the machine,
//! providers in core and engine.

use super::none;
use super::source::{Module, Use, modules};

/// Whether a name stands in the code as a whole path segment or path.
fn names(code: &str, wanted: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(wanted).any(|(start, _)| {
        let before = code[..start].chars().next_back();
        let after = code[start + wanted.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

/// Every line of the code that names one of the words.
fn lines_naming(module: &Module, wanted: &[&str]) -> Vec<String> {
    let code = module.code.lines();
    code.filter(|line| wanted.iter().any(|word| names(line, word)))
        .map(|line| format!("{}: {}", module.path, line.trim()))
        .collect()
}

fn shipped(folders: &[&str]) -> Vec<Module> {
    let here = |module: &Module| folders.iter().any(|folder| module.path.starts_with(folder));
    let modules: Vec<Module> =
        modules().into_iter().filter(|module| module.use_ == Use::Ships && here(module)).collect();
    assert!(modules.len() >= folders.len(), "sources are found in {folders:?}");
    modules
}

#[test]
fn the_core_reads_no_clock_file_environment_or_chance() {
    let forbidden = [
        "SystemTime",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "std::env",
        "std::fs",
        "std::io::stdin",
        "std::net",
        "std::os",
        "std::process",
        "thread::spawn",
        "thread::sleep",
        "available_parallelism",
        "env!",
        "option_env!",
        "rand",
        "getrandom",
        "RandomState",
        "tokio",
        "async",
        "await",
    ];
    let found: Vec<String> =
        shipped(&["crates/sexton-core/src/"]).iter().flat_map(|module| lines_naming(module, &forbidden)).collect();
    none(&found, "the core is a function of its arguments");
}

#[test]
fn the_machine_knows_no_runtime_and_no_clock() {
    let forbidden = ["tokio", "async", "await", "Instant", "SystemTime", "Timestamp::now", "std::fs", "std::thread"];
    let found: Vec<String> = shipped(&["crates/sexton-engine/src/machine"])
        .iter()
        .flat_map(|module| lines_naming(module, &forbidden))
        .collect();
    none(&found, "the machine does no IO and has no runtime");
}

#[test]
fn petgraph_stays_inside_the_graph() {
    let found: Vec<String> = shipped(&["crates/sexton-core/src/"])
        .iter()
        .filter(|module| !module.path.starts_with("crates/sexton-core/src/graph"))
        .flat_map(|module| lines_naming(module, &["petgraph", "NodeIndex", "EdgeIndex"]))
        .collect();
    none(&found, "no index of a graph leaves its module");
}

#[test]
fn planner_and_verification_share_no_algorithm() {
    let core = "crates/sexton-core/src/";
    let mut found = Vec::new();
    for module in shipped(&[core]) {
        let inside = |part: &str| {
            let path = module.path.strip_prefix(core).unwrap_or_default();
            path == format!("{part}.rs") || path.starts_with(&format!("{part}/"))
        };
        if inside("verify") {
            // The planner, what it reads the inventory with, and its reading of retention.
            found.extend(lines_naming(&module, &["planner", "graph", "Candidate", "petgraph"]));
            assert!(!module.code.contains("policy::retained"), "{} has a reading of retention of its own", module.path);
        }
        if inside("planner") || inside("graph") {
            found.extend(lines_naming(&module, &["verify"]));
        }
    }
    none(&found, "a second reading that shares code repeats its faults");
}

#[test]
fn core_contract_and_engine_name_no_provider() {
    let mut found = Vec::new();
    for module in shipped(&["crates/sexton-core/src/", "crates/sexton-provider/src/", "crates/sexton-engine/src/"]) {
        for line in module.code.lines() {
            let lower = line.to_lowercase();
            let named = ["aliyun", "alibaba", "zenlayer"].iter().any(|name| lower.contains(name));
            if named || ["aws", "ecs", "amazon"].iter().any(|name| names(&lower, name)) {
                found.push(format!("{}: {}", module.path, line.trim()));
            }
        }
    }
    none(&found, "what providers there are is not known in core and engine");
}

#[test]
fn every_ignored_test_says_why_and_stands_in_the_testing_page() {
    let page = super::documents::document("docs/testing.md");
    let mut broken = Vec::new();
    for module in modules() {
        let lines: Vec<&str> = module.text.lines().map(str::trim).collect();
        for (place, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("#[ignore")) {
            let name = lines[place..].iter().find_map(|line| line.split("fn ").nth(1)?.split('(').next());
            let name = name.unwrap_or("(no function)");
            if !line.starts_with("#[ignore = \"") {
                broken.push(format!("{}: {name} does not say why it is ignored", module.path));
            }
            if !page.contains(&format!("`{name}`")) {
                broken.push(format!("{}: {name} is not in docs/testing.md", module.path));
            }
        }
    }
    none(&broken, "a test that does not run by default says why and who runs it");
}

#[test]
fn a_word_is_found_as_a_word() {
    assert!(names("use rand::Rng;", "rand") && names("x = std::env::var()", "std::env"));
    assert!(!names("let random = brand + rand_core;", "rand") && !names("draws laws", "aws"));
}
