use super::*;
use crate::inventory::Inventory;
use crate::policy::Policy;

fn held(id: &str, because: Because, by: Option<&str>) -> Held {
    let address = |id: &str| format!("p:a:r:k/{id}").parse().unwrap();
    Held {
        address: address(id),
        rules: vec!["rule".to_owned()],
        blockers: vec![Blocker { guard: None, by: by.map(address), because, kind: None }],
    }
}

fn plan(held: Vec<Held>, blocked: Vec<Held>) -> Plan {
    let inventory = Inventory::new("2026-11-21T00:00:00Z".parse().unwrap(), [], Vec::new()).unwrap();
    let mut plan = crate::planner::plan(&inventory, &[], &Policy::parse("version = 1").unwrap(), None).unwrap();
    plan.held = held;
    plan.blocked = blocked;
    plan
}

#[test]
fn a_held_resource_is_walked_down_to_the_root() {
    let plan = plan(
        vec![held("a", Because::Held, Some("b")), held("b", Because::Blocked, Some("c"))],
        vec![held("c", Because::NotSelected, Some("d"))],
    );
    let Explanation::Held(cause) = explain(&plan, "p:a:r:k/a") else { panic!("a is held") };
    let Below::Cause(b) = &cause.blockers[0].below else { panic!("b is explained") };
    let Below::Cause(c) = &b.blockers[0].below else { panic!("c is explained") };
    assert_eq!(c.held.address.id(), "c");
    assert_eq!(c.blockers[0].below, Below::Root);
    assert_eq!(explain(&plan, "p:a:r:k/d"), Explanation::NotSelected);
}

#[test]
fn what_holds_each_other_is_told_once() {
    let plan = plan(vec![held("a", Because::Held, Some("b")), held("b", Because::Held, Some("a"))], Vec::new());
    let Explanation::Held(cause) = explain(&plan, "p:a:r:k/a") else { panic!("a is held") };
    let Below::Cause(b) = &cause.blockers[0].below else { panic!("b is explained") };
    assert_eq!(b.blockers[0].below, Below::Above);
}
