//! Who may import whom, over `cargo metadata` and `cargo tree`.

use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

use super::{none, root};

/// What each crate may import of the workspace. A crate that has no row here has to be given one.
const MAY_IMPORT: [(&str, &[&str]); 12] = [
    ("sexton-core", &[]),
    ("sexton-provider", &["sexton-core"]),
    ("sexton-engine", &["sexton-core", "sexton-provider"]),
    ("sexton-http", &["sexton-core", "sexton-provider"]),
    ("sexton-aliyun", &["sexton-core", "sexton-http", "sexton-provider"]),
    ("sexton-zenlayer", &["sexton-core", "sexton-http", "sexton-provider"]),
    ("sexton-aws", &["sexton-core", "sexton-http", "sexton-provider"]),
    ("sexton-sim", &["sexton-core", "sexton-engine", "sexton-provider"]),
    ("sexton-emulator", &["sexton-core"]),
    ("sexton-testkit", &["sexton-core", "sexton-provider"]),
    (
        "sexton-cli",
        &[
            "sexton-aliyun",
            "sexton-aws",
            "sexton-core",
            "sexton-emulator",
            "sexton-engine",
            "sexton-provider",
            "sexton-zenlayer",
        ],
    ),
    ("sexton-tests", &[]),
];

/// What nothing of a crate's tree may be: the crate has to stay without a runtime and without a network.
const NO_RUNTIME: [&str; 5] = ["hyper", "mio", "reqwest", "rustls", "tokio"];

pub(crate) fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo describes the workspace it was started in")
}

fn is_of_the_workspace(name: &str) -> bool {
    name.starts_with("sexton-")
}

fn row(package: &Package) -> Option<&'static [&'static str]> {
    MAY_IMPORT.iter().find(|(name, _)| *name == package.name.as_str()).map(|(_, row)| *row)
}

/// The names of what a crate depends on in one way.
fn imports(package: &Package, kind: DependencyKind) -> impl Iterator<Item = &str> {
    package.dependencies.iter().filter(move |dependency| dependency.kind == kind).map(|found| found.name.as_str())
}

#[test]
fn every_edge_between_crates_is_an_allowed_one() {
    let mut broken = Vec::new();
    for package in &metadata().packages {
        let Some(allowed) = row(package) else {
            broken.push(format!("{} has no row in MAY_IMPORT", package.name));
            continue;
        };
        for kind in [DependencyKind::Normal, DependencyKind::Build] {
            for name in imports(package, kind).filter(|name| is_of_the_workspace(name)) {
                if !allowed.contains(&name) {
                    broken.push(format!("{} imports {name}", package.name));
                }
            }
        }
        for name in imports(package, DependencyKind::Development).filter(|name| is_of_the_workspace(name)) {
            let cross_crate = package.name.as_str() == "sexton-tests";
            if !cross_crate && !allowed.contains(&name) && name != "sexton-testkit" {
                broken.push(format!("the tests of {} import {name}", package.name));
            }
        }
    }
    none(&broken, "an edge that the architecture forbids");
}

#[test]
fn the_testkit_is_only_ever_a_dev_dependency() {
    let mut broken = Vec::new();
    for package in &metadata().packages {
        for kind in [DependencyKind::Normal, DependencyKind::Build] {
            let taken = imports(package, kind).filter(|name| ["proptest", "sexton-testkit"].contains(name));
            if package.name.as_str() != "sexton-testkit" {
                broken.extend(taken.map(|name| format!("{} ships {name}", package.name)));
            }
        }
    }
    none(&broken, "what tests are made with does not ship");
}

#[test]
fn only_the_core_imports_petgraph() {
    let metadata = metadata();
    let takers: Vec<&str> = metadata
        .packages
        .iter()
        .filter(|package| package.dependencies.iter().any(|dependency| dependency.name == "petgraph"))
        .map(|package| package.name.as_str())
        .collect();
    assert_eq!(takers, ["sexton-core"]);
}

#[test]
fn the_core_and_the_contract_have_no_runtime_below_them() {
    let mut broken = Vec::new();
    for package in ["sexton-core", "sexton-provider"] {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--edges", "normal,build", "--prefix", "none", "--package", package])
            .arg("--manifest-path")
            .arg(root().join("Cargo.toml"))
            .output()
            .expect("cargo, which runs this test, can be started");
        let tree = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
        let names: Vec<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
        assert!(names.contains(&"sexton-core"), "the tree of {package} is there: {tree}");
        let found = NO_RUNTIME.iter().filter(|name| names.contains(name));
        broken.extend(found.map(|name| format!("{package} takes in {name}")));
    }
    none(&broken, "the core and the provider contract have no runtime");
}

#[test]
fn the_core_imports_no_source_of_time_or_chance() {
    let metadata = metadata();
    let core = metadata.packages.iter().find(|package| package.name.as_str() == "sexton-core").expect("the core");
    let forbidden = ["chrono", "fastrand", "getrandom", "rand", "tempfile", "time", "uuid"];
    let found: Vec<String> = imports(core, DependencyKind::Normal)
        .filter(|name| forbidden.contains(name))
        .map(|name| format!("sexton-core imports {name}"))
        .collect();
    none(&found, "time and seeds are arguments of the core");
}

#[test]
fn every_version_is_said_once_in_the_workspace() {
    let manifest = |package: &Package| std::fs::read_to_string(&package.manifest_path).expect("a manifest is readable");
    let mut broken = Vec::new();
    for package in &metadata().packages {
        let mut section = String::new();
        for line in manifest(package).lines().map(str::trim) {
            if line.starts_with('[') {
                section = line.to_owned();
            } else if section.ends_with("dependencies]") && line.contains('=') && !line.contains("workspace = true") {
                broken.push(format!("{}: {line}", package.name));
            }
        }
    }
    none(&broken, "a dependency names its version outside [workspace.dependencies]");
}
