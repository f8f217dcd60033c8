//! A provider that throttles and fails does not change what is removed.

use std::collections::BTreeMap;

use crate::scene::{APPLY, Scene, TWO_RULES, exactly_the_planned_is_gone};

const FAULTS: &str = r#"
seed = 11

[[fault]]
operation = "*"
when = { one_in = 5 }
answer = { throttle = { retry_after_ms = 20 } }

[[fault]]
operation = "*"
when = { one_in = 50 }
answer = { error = { after_effect = true } }

# So that some of the removals are among them, whatever else is called.
[[fault]]
operation = "Delete*"
when = { one_in = 10 }
answer = { error = { after_effect = true } }
"#;

#[test]
fn throttled_and_failed_calls_are_tried_again_and_settled_by_reading() {
    let folder = tempfile::tempdir().unwrap();
    let faults = folder.path().join("faults.toml");
    std::fs::write(&faults, FAULTS).unwrap();
    let scene = Scene::new(&["--generate", "250", "--seed", "7", "--faults", faults.to_str().unwrap()]);
    scene.write("policy.toml", TWO_RULES);
    let plan = scene.plan();
    let before = scene.emulator().state();
    scene.run(&APPLY).exits(0);
    exactly_the_planned_is_gone(&before, &scene.emulator().state(), &plan);

    let mut answers: BTreeMap<String, u32> = BTreeMap::new();
    for call in scene.emulator().removals() {
        *answers.entry(call.code.unwrap_or_default()).or_insert(0) += 1;
    }
    assert!(answers.get("Throttling.User").is_some_and(|count| *count >= 5), "{answers:?}");
    assert!(answers.get("InternalError").is_some_and(|count| *count >= 1), "{answers:?}");
    let refused: Vec<&String> = answers
        .keys()
        .filter(|code| {
            !["", "Throttling.User", "InternalError"].contains(&code.as_str()) && !code.ends_with("NotFound")
        })
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
}
