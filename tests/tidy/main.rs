//! Rules of the workspace that are checked by a test: who may import whom, what the sources may name, where files
//! stand, and that the documents speak of what is there.
//!
//! Every check gathers all that breaks its rule, so that one run says everything.

mod contract;
mod dependencies;
mod documents;
mod layout;
mod public_api;
mod source;
mod words;

use std::path::PathBuf;

/// The folder of the workspace. Read at run time, so that a built test can be pointed at another checkout.
fn root() -> PathBuf {
    let tests = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    tests.parent().expect("the tests stand in a folder of the workspace").to_owned()
}

/// Fails with everything that breaks a rule.
#[track_caller]
fn none(broken: &[String], rule: &str) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}
