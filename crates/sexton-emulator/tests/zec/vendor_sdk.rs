//! The emulator, checked by a client that we did not write.

use jiff::Timestamp;
use sexton_emulator::{Credential, Emulator, EmulatorConfig, ZecGenerate, ZecWorld};

/// The Python that has the SDK of `tests/sdk/requirements.txt`.
const PYTHON: &str = "SEXTON_SDK_PYTHON";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python with the vendor's SDK, which .ci/run installs"]
async fn the_vendor_s_sdk_of_zec_is_served_as_by_the_vendor() {
    let python = std::env::var_os(PYTHON).unwrap_or_else(|| panic!("set {PYTHON}; .ci/run does"));
    let world =
        ZecWorld::generate(&ZecGenerate { resources: 400, seed: 3, account: "acme".to_owned(), now: Timestamp::now() })
            .unwrap();
    let mut config = EmulatorConfig::new(([127, 0, 0, 1], 0).into());
    config.credential =
        Credential { security_token: Some("the-token".to_owned()), ..Credential::new("the-id", "the-password") };
    let emulator = Emulator::start(config, world).await.unwrap();
    let url = emulator.listening().listening.clone();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/sdk/zec_sdk_check.py");
    let run =
        move || std::process::Command::new(python).args([script, &url, "the-id", "the-password", "the-token"]).output();
    let output = tokio::task::spawn_blocking(run).await.unwrap().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
}
