//! The emulator, checked by a client that we did not write.

use crate::scene::Emulator;

/// The Python that has the SDK of `tests/sdk/requirements.txt`.
const PYTHON: &str = "SEXTON_SDK_PYTHON";

#[test]
#[ignore = "needs Python with the vendor's SDK, which .ci/run installs"]
fn the_vendor_s_sdk_is_served_as_by_the_vendor() {
    let python = std::env::var_os(PYTHON).unwrap_or_else(|| panic!("set {PYTHON}; .ci/run does"));
    let emulator = Emulator::start(&["--generate", "400", "--seed", "3"]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/sdk/ecs_sdk_check.py");
    let output = std::process::Command::new(python)
        .args([script, &emulator.url, "sexton-emulator", "sexton-emulator-secret"])
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
}
