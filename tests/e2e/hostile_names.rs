//! Names from a cloud are harmless in every output.

use crate::scene::{APPLY, Scene, TWO_RULES};

#[test]
fn an_escape_sequence_in_a_name_reaches_no_terminal_and_no_page() {
    let plain = Scene::new(&["--generate", "100", "--seed", "5"]);
    plain.run(&["inventory", "-o", "inv.jsonl"]).exits(0);
    let hostile = plain.read("inv.jsonl").replace("\"name\":\"", "\"name\":\"\\u001b[2J<script>\\u202e\\u0007");
    plain.write("world.jsonl", &hostile);
    let world = plain.path("world.jsonl");
    let scene = Scene::new(&["--world", world.to_str().unwrap()]);
    scene.write("policy.toml", &TWO_RULES.replace("startsWith", "contains"));
    let plan = scene.plan();
    assert!(plan.steps.iter().any(|step| step.name.as_ref().is_some_and(|name| name.contains('\u{1b}'))));
    let address = plan.steps[0].address.as_str().to_owned();
    let mut outputs = vec![
        scene.run(&["explain", "plan.json", &address]).exits(0),
        scene.run(&["explain", "plan.json", "p:a:r:k/\u{1b}[2J"]).exits(0),
        scene.run(&["inventory"]).exits(0),
        scene.run(&["show", "\u{1b}[2J.json"]).exits(1),
    ];
    for format in ["text", "json", "jsonl", "dot", "mermaid", "html"] {
        outputs.push(scene.run(&["show", "plan.json", "--all", "--format", format]).exits(0));
    }
    for held in plan.held.iter().take(2) {
        outputs.push(scene.run(&["explain", "plan.json", held.address.as_str()]).exits(0));
    }
    // A plan whose rules have such names too, so that all that a reviewer reads shows both.
    scene.write("hostile.toml", &scene.read("policy.toml").replace("old-images", "old\\u001b[2J\\u202e"));
    let other = ["plan", "--inventory", "inv.jsonl", "--policy", "hostile.toml", "--out", "other.json"];
    outputs.push(scene.run(&other).exits(0));
    let held = scene.read_plan("other.json").held[0].address.to_string();
    for arguments in [
        &["show", "other.json", "--tree"][..],
        &["show", "other.json", "--explain"],
        &["show", "other.json", "--explain", "--format", "jsonl"],
        &["show", "other.json", "--around", &held, "--format", "dot"],
        &["explain", "other.json", &held, "--format", "json"],
        &["diff", "plan.json", "other.json"],
        &["diff", "plan.json", "other.json", "--format", "json"],
    ] {
        outputs.push(scene.run(arguments).exits(0));
    }
    outputs.push(scene.run(&APPLY).exits(0));
    for ran in outputs {
        for text in [&ran.out, &ran.err] {
            let steering = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
            assert_eq!(steering, None, "{text}");
        }
    }
    let dot = scene.run(&["show", "plan.json", "--format", "dot"]).out;
    assert!(dot.contains("\\\\u{1b}[2J<script>"), "{dot}");
    let mermaid = scene.run(&["show", "plan.json", "--format", "mermaid"]).out;
    assert!(!mermaid.contains("<script>"), "{mermaid}");
    let page = scene.run(&["show", "plan.json", "--format", "html"]).out;
    assert!(page.contains("\\u{1b}[2J&lt;script&gt;") && !page.contains("<script>"), "{page}");
}
