use super::*;
use crate::explain::tests::{address, blank, by, record, step};
use crate::plan::{Because, Options, WaitFor};
use crate::resource::AttributeValue;

fn kept(name: &str, reason: &str) -> Kept {
    Kept { address: address(name), rules: vec!["rule".to_owned()], because: KeepReason::Retain(reason.to_owned()) }
}

fn held(name: &str, other: &str) -> Held {
    record(name, &["rule"], vec![by(Because::NotSelected, other)])
}

fn plan(steps: Vec<Step>, held: Vec<Held>, blocked: Vec<Held>, kept: Vec<Kept>) -> Plan {
    Plan { steps, held, blocked, kept, ..blank() }
}

fn verdict(verdict: &Option<Verdict<'_>>) -> &'static str {
    match verdict {
        None => "nothing",
        Some(Verdict::Collected(_)) => "collected",
        Some(Verdict::Held(_)) => "held",
        Some(Verdict::Blocked(_)) => "blocked",
        Some(Verdict::Kept(_)) => "kept",
    }
}

fn said(before: &Plan, after: &Plan) -> Vec<String> {
    let difference = diff(before, after);
    let word = |change: &Change<'_>| {
        let id = change.address().id();
        match change {
            Change::Turned { before, after, .. } => format!("{id}: {} to {}", verdict(before), verdict(after)),
            Change::Step { changes, .. } => format!("{id}: {}", serde_json::to_string(changes).unwrap()),
            Change::Held { rules, blockers, .. } => {
                format!("{id}: rules {:?} blockers -{} +{}", rules, blockers.gone.len(), blockers.come.len())
            }
            Change::Kept { because, .. } => format!("{id}: {:?} to {:?}", because.before, because.after),
        }
    };
    difference.changes.iter().map(word).collect()
}

#[test]
fn every_turn_of_a_verdict_is_told_once_in_the_order_of_addresses() {
    let of = |which: usize| {
        // Four resources, each in another list of each plan; the fifth only in the first plan, the sixth in the second.
        let names = ["k/a", "k/b", "k/c", "k/d"];
        let at = |list: usize| names[(list + which) % 4];
        // Ascending by wave, and not by address.
        let mut steps = vec![step(0, if which == 0 { "k/e" } else { "k/f" }, 0, &["rule"], &[])];
        steps.push(step(1, at(0), 1, &["rule"], &[]));
        plan(steps, vec![held(at(1), "k/x")], vec![held(at(2), "k/x")], vec![kept(at(3), "last 1")])
    };
    assert_eq!(
        said(&of(0), &of(1)),
        [
            "a: collected to kept",
            "b: held to collected",
            "c: blocked to held",
            "d: kept to blocked",
            "e: collected to nothing",
            "f: nothing to collected"
        ]
    );
    for which in 0..4 {
        assert_eq!(said(&of(which), &of(which)), [] as [&str; 0]);
        assert!(diff(&of(which), &of(which)).is_none());
    }
}

#[test]
fn a_step_that_only_moved_is_the_same() {
    let steps = |names: &[&str]| {
        let mut steps: Vec<Step> =
            names.iter().enumerate().map(|(place, name)| step(place, name, 0, &["rule"], &[])).collect();
        let last = steps.len() - 1;
        // The last comes after the one before it, which goes in its call.
        steps[last].after = vec![u32::try_from(last - 1).unwrap()];
        steps[last].with = Some(u32::try_from(last - 1).unwrap());
        plan(steps, Vec::new(), Vec::new(), Vec::new())
    };
    let (before, after) = (steps(&["k/b", "k/c"]), steps(&["k/a", "k/b", "k/c"]));
    assert_eq!(said(&before, &after), ["a: nothing to collected"]);
    assert_eq!(said(&after, &before), ["a: collected to nothing"]);
}

#[test]
fn every_field_of_a_step_is_compared() {
    let base = || {
        let mut steps = vec![step(0, "k/x", 0, &["rule"], &[]), step(1, "k/y", 1, &["one"], &[("one", "k/x")])];
        steps[1].after = vec![0];
        plan(steps, Vec::new(), Vec::new(), Vec::new())
    };
    let changed = |change: fn(&mut Step)| {
        let mut plan = base();
        change(&mut plan.steps[1]);
        said(&base(), &plan).join("; ")
    };
    type Case = (fn(&mut Step), &'static str);
    let cases: [Case; 18] = [
        (
            |step| step.created_at = "2026-01-01T00:00:00Z".parse().ok(),
            r#"{"field":"created-at","before":null,"after":"2026-01-01T00:00:00Z"}"#,
        ),
        (|step| step.operation = "Cut".to_owned(), r#"{"field":"operation","before":"Remove","after":"Cut"}"#),
        (|step| step.name = Some("n".to_owned()), r#"{"field":"name","before":null,"after":"n"}"#),
        (|step| step.size_bytes = Some(1), r#"{"field":"size-bytes","before":null,"after":1}"#),
        (|step| step.tags = Some(Default::default()), r#"{"field":"tags","before":null,"after":{}}"#),
        (|step| step.wave = 2, r#"{"field":"wave","before":1,"after":2}"#),
        (|step| step.after.clear(), r#"{"field":"after","gone":["p:a:r:k/x"],"come":[]}"#),
        (|step| step.with = Some(0), r#"{"field":"with","before":null,"after":"p:a:r:k/x"}"#),
        (|step| step.rules = vec!["two".to_owned()], r#"{"field":"rules","gone":["one"],"come":["two"]}"#),
        (
            |step| step.drawn_by.clear(),
            r#"{"field":"drawn-by","gone":[{"rule":"one","by":"p:a:r:k/x","guard":"G","as":"cascade"}],"come":[]}"#,
        ),
        (|step| step.force = vec!["F".parse().unwrap()], r#"{"field":"force","gone":[],"come":["F"]}"#),
        (|step| step.consequences = vec!["lost".to_owned()], r#"{"field":"consequences","gone":[],"come":["lost"]}"#),
        (
            |step| {
                let guard = "G".parse().unwrap();
                step.wait = vec![WaitFor { guard, by: None, timeout: crate::time::Span::from_hours(1) }];
            },
            r#"{"field":"wait","gone":[],"come":[{"guard":"G","by":null,"timeout":"1h"}]}"#,
        ),
        (
            |step| step.options = Options::from([("o".to_owned(), true.into())]),
            r#"{"field":"options","before":{},"after":{"o":true}}"#,
        ),
        (|step| step.expect.state = Some("ok".to_owned()), r#"{"field":"state","before":null,"after":"ok"}"#),
        (
            |step| step.expect.attrs = std::sync::Arc::new([("a".to_owned(), AttributeValue::Null)].into()),
            r#"{"field":"attribute","name":"a","after":null}"#,
        ),
        (
            |step| step.expect.dependents = Some(vec![address("k/d")]),
            r#"{"field":"dependents","gone":[],"come":["p:a:r:k/d"]}"#,
        ),
        (|step| step.expect.retained = vec![address("k/r")], r#"{"field":"retained","gone":[],"come":["p:a:r:k/r"]}"#),
    ];
    for (change, expected) in cases {
        assert_eq!(changed(change), format!("y: [{expected}]"));
    }
}

#[test]
fn what_stays_in_both_plans_may_stay_for_other_reasons() {
    let before = plan(Vec::new(), vec![held("k/a", "k/x")], vec![held("k/b", "k/x")], vec![kept("k/c", "last 1")]);
    let mut other = held("k/b", "k/x");
    other.rules = vec!["two".to_owned()];
    let after = plan(Vec::new(), vec![held("k/a", "k/y")], vec![other], vec![kept("k/c", "last 2")]);
    assert_eq!(
        said(&before, &after),
        [
            "a: rules Moved { gone: [], come: [] } blockers -1 +1",
            "b: rules Moved { gone: [\"rule\"], come: [\"two\"] } blockers -0 +0",
            "c: Retain(\"last 1\") to Retain(\"last 2\")"
        ]
    );
}

#[test]
fn other_inputs_alone_are_no_difference_of_what_is_done() {
    let before = blank();
    let mut after = blank();
    after.inventory.digest = "other".to_owned();
    after.inventory.taken_at = "2026-11-22T00:00:00Z".parse().unwrap();
    after.now = after.inventory.taken_at;
    after.policy.digest = "other".to_owned();
    let entry = |complete, as_of: &str| CensusEntry {
        provider: "p".parse().unwrap(),
        account: "a".parse().unwrap(),
        region: "r".parse().unwrap(),
        kind: "k".parse().unwrap(),
        complete,
        as_of: as_of.parse().ok(),
    };
    after.census = vec![entry(true, "2026-11-22T00:00:00Z")];
    let difference = diff(&before, &after);
    assert_eq!(difference.plans.len(), 5);
    assert!(difference.is_none());

    let mut later = after.clone();
    later.census = vec![entry(true, "2026-11-23T00:00:00Z")];
    assert_eq!(diff(&after, &later).plans, []);
    later.census = vec![entry(false, "2026-11-23T00:00:00Z")];
    assert!(matches!(diff(&after, &later).plans.as_slice(), [PlanChange::Census(Moved { gone, come })]
        if gone.len() == 1 && come.len() == 1));

    for judge in [
        (|plan| plan.applyable = false) as fn(&mut Plan),
        |plan| plan.complete = false,
        |plan| {
            let limit = "max_steps".to_owned();
            plan.exceeded.push(Exceeded { limit, allowed: 1, actual: 2, scope: None });
        },
    ] {
        let mut judged = before.clone();
        judge(&mut judged);
        assert!(!diff(&before, &judged).is_none());
    }
}
