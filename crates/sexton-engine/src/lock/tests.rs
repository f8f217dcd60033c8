//! Who may run beside whom.

use super::*;
use crate::testing::{plan, resource, step};

fn run(name: &str) -> RunId {
    RunId::new(name).unwrap()
}

#[test]
fn one_plan_and_one_account_have_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let first = plan(vec![step(&resource("snapshot", "a"), &[])]);
    let second = plan(vec![step(&resource("snapshot", "b"), &[])]);
    let held = RunLocks::acquire(folder.path(), &first, &run("run-1")).unwrap();

    let error = RunLocks::acquire(folder.path(), &first, &run("run-2")).unwrap_err();
    assert!(matches!(error, LockError::Held { .. }), "{error}");
    let error = RunLocks::acquire(folder.path(), &second, &run("run-2")).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("account acct of test is being worked on by another run (run run-1, process {})", std::process::id())
    );

    drop(held);
    RunLocks::acquire(folder.path(), &second, &run("run-2")).unwrap();
}

#[test]
fn a_refused_run_holds_no_lock() {
    let folder = tempfile::tempdir().unwrap();
    let first = plan(vec![step(&resource("snapshot", "a"), &[])]);
    let second = plan(vec![step(&resource("snapshot", "b"), &[])]);
    let empty = plan(Vec::new());
    let held = RunLocks::acquire(folder.path(), &first, &run("run-1")).unwrap();
    RunLocks::acquire(folder.path(), &second, &run("run-2")).unwrap_err();
    drop(held);
    RunLocks::acquire(folder.path(), &second, &run("run-3")).unwrap();
    RunLocks::acquire(folder.path(), &empty, &run("run-3")).unwrap();
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = RunLocks::acquire(&file, &plan(Vec::new()), &run("run-1")).unwrap_err();
    assert!(matches!(error, LockError::NotWritable { .. }), "{error}");
}

#[test]
fn different_names_have_different_files() {
    assert_eq!(in_file_name("blake3:ab-c_d"), "blake3%3aab-c_d");
    assert_ne!(in_file_name("a/b"), in_file_name("a%2fb"));
}
