use super::*;
use crate::inventory::Inventory;
use crate::policy::Policy;

fn written(plan: &Plan) -> String {
    let mut bytes = Vec::new();
    plan.write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn plan() -> Plan {
    let inventory = Inventory::new("2026-11-21T00:00:00Z".parse().unwrap(), [], Vec::new()).unwrap();
    crate::planner::plan(&inventory, &[], &Policy::parse("version = 1").unwrap(), None).unwrap()
}

#[test]
fn a_plan_reads_back_as_it_was_written() {
    let plan = plan();
    let text = written(&plan);
    assert_eq!(Plan::read(text.as_bytes()).unwrap(), plan);
    let cut = text.rfind("\"digest\":").unwrap();
    assert_eq!(plan.digest, format!("blake3:{}", blake3::hash(&text.as_bytes()[..cut]).to_hex()));
}

#[test]
fn every_changed_byte_is_noticed() {
    let text = written(&plan());
    for position in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[position] ^= 1;
        let Ok(changed) = Plan::read(&bytes) else { continue };
        // Only the space behind the document may differ.
        assert_eq!((position, changed), (text.len() - 1, plan()));
    }
}

#[test]
fn other_documents_and_versions_are_refused_by_name() {
    let text = written(&plan());
    for (text, expected) in [
        ("".to_owned(), "line 1, column 0: not a plan"),
        ("{".to_owned(), "line 1, column 1: not a plan"),
        ("{}".to_owned(), "not a plan: expected \"format\":\"sexton.plan\", found no \"format\""),
        (
            text.replace("sexton.plan", "sexton.play"),
            "not a plan: expected \"format\":\"sexton.plan\", found \"sexton.play\"",
        ),
        (text.replace("\"version\":1", "\"version\":2"), "plan version 2 is not supported"),
        (text.replace("\"applyable\":true", "\"applyable\":false"), "the plan was altered after it was written"),
    ] {
        let error = Plan::read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error:?}");
    }
}
