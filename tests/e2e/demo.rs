//! `sexton demo` shows all of it and asks nothing.

use crate::scene::Ran;

#[test]
fn the_demo_proves_itself() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sexton"));
    let output = command.arg("demo").env_clear().current_dir(folder.path()).output().unwrap();
    let ran = Ran::of(&output).exits(0);
    for wanted in ["Wave 0", "was refused: SnapshotCreatedImage", "Plan: ", " removed of ", "Exactly the "] {
        assert!(ran.out.contains(wanted), "{wanted:?} in {}", ran.out);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it leaves nothing behind");
}
