//! The emulator, checked by clients that we did not write.

use crate::scene::Emulator;

/// The Python that has the SDKs of `tests/sdk/requirements.txt`.
const PYTHON: &str = "SEXTON_SDK_PYTHON";

/// Runs a check against an emulator.
pub(crate) fn check(script: &str, emulator: &Emulator, more: &[&str]) {
    let python = std::env::var_os(PYTHON).unwrap_or_else(|| panic!("set {PYTHON}; .ci/run does"));
    let script = format!("{}/../../tests/sdk/{script}", env!("CARGO_MANIFEST_DIR"));
    let output = std::process::Command::new(python)
        .args([script.as_str(), &emulator.url, "sexton-emulator", "sexton-emulator-secret"])
        .args(more)
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
}

#[test]
#[ignore = "needs Python with the vendor's SDK, which .ci/run installs"]
fn the_vendor_s_sdk_is_served_as_by_the_vendor() {
    let emulator = Emulator::start(&["--generate", "400", "--seed", "3"]);
    check("ecs_sdk_check.py", &emulator, &[]);
}

#[test]
#[ignore = "needs Python with the vendor's SDK, which .ci/run installs"]
fn the_vendor_s_sdk_lists_and_deletes_live_snapshots() {
    let objects = tempfile::tempdir().unwrap();
    let folder = objects.path().to_str().unwrap();
    let emulator = Emulator::start(&["--service", "ice", "--generate", "2000", "--seed", "3", "--objects", folder]);
    check("ice_sdk_check.py", &emulator, &[folder]);
}

#[test]
#[ignore = "needs Python with the vendor's older SDK, which .ci/run installs"]
fn the_vendor_s_older_sdk_is_served_as_by_the_vendor() {
    let emulator = Emulator::start(&["--generate", "400", "--seed", "3"]);
    check("ecs_legacy_sdk_check.py", &emulator, &[]);
}
