//! The emulator, checked by a client that we did not write.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sexton_emulator::{Credential, Ec2World, Emulator, EmulatorConfig, Generate};

/// The Python that has the SDK of `tests/sdk/requirements.txt`.
const PYTHON: &str = "SEXTON_SDK_PYTHON";

/// The keys that the check wants to find, beside those that it is given.
fn others(now: Timestamp) -> [Credential; 3] {
    let with_token = |id: &str| Credential {
        security_token: Some("the-token".to_owned()),
        expires_at: Some(now.checked_add(SignedDuration::from_hours(1)).unwrap()),
        ..Credential::new(id, "secret")
    };
    let expired = Credential { expires_at: Some(now), ..with_token("expired") };
    let denied = ["DescribeSnapshots", "DescribeLaunchConfigurations", "ListRules"].map(str::to_owned);
    let denied = Credential { deny: denied.to_vec(), ..Credential::new("denied", "secret") };
    [with_token("temporary"), expired, denied]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python with the vendor's SDK, which .ci/run installs"]
async fn the_vendor_s_sdk_of_ec2_is_served_as_by_the_vendor() {
    let python = std::env::var_os(PYTHON).unwrap_or_else(|| panic!("set {PYTHON}; .ci/run does"));
    let now = Timestamp::now();
    let world = Ec2World::generate(&Generate {
        resources: 600,
        seed: 3,
        account: "123456789012".to_owned(),
        region: "eu-west-1".to_owned(),
        now,
    })
    .unwrap();
    let mut config = EmulatorConfig::new(([127, 0, 0, 1], 0).into());
    let throttled = |operation: &str, calls: &[u64]| json!({ "operation": operation, "when": { "calls": calls }, "answer": { "throttle": {} } });
    config.faults = serde_json::from_value(json!({ "fault": [
        throttled("DescribeAvailabilityZones", &[1, 2]),
        throttled("DescribeLaunchConfigurations", &[1]),
        throttled("ListRules", &[1]),
    ] }))
    .unwrap();
    config.faults.credential.extend(others(now));
    config.credential = Credential::new("the-id", "the-secret");
    let emulator = Emulator::start(config, world).await.unwrap();
    let url = emulator.listening().listening.clone();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/sdk/ec2_sdk_check.py");
    let run = move || std::process::Command::new(python).args([script, &url, "the-id", "the-secret"]).output();
    let output = tokio::task::spawn_blocking(run).await.unwrap().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
}
