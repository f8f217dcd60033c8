//! What changed from one plan to another, as JSON.

use std::io::{self, Write};

use serde_json::{Map, Value, json};
use sexton_core::diff::{Change, Difference};
use sexton_core::explain::{Standing, Verdict};
use sexton_core::harmless::write_json;
use sexton_core::plan::Plan;

use super::{Sort, counts};

/// One document, a change a line.
pub(crate) fn json(plans: [&Plan; 2], difference: &Difference<'_>, out: &mut dyn Write) -> io::Result<()> {
    let [before, after] = plans.map(named);
    out.write_all(b"{\"before\":")?;
    write_json(&mut *out, &before)?;
    out.write_all(b",\"after\":")?;
    write_json(&mut *out, &after)?;
    out.write_all(b",\n\"plans\":")?;
    write_json(&mut *out, &difference.plans)?;
    out.write_all(b",\n\"changes\":[")?;
    for (place, change) in difference.changes.iter().enumerate() {
        out.write_all(if place == 0 { b"\n" } else { b",\n" })?;
        write_json(&mut *out, &record(change))?;
    }
    out.write_all(b"],\n\"summary\":")?;
    write_json(&mut *out, &summary(difference))?;
    out.write_all(b"}\n")
}

/// One tagged object a line: what changed of the plans, then of each resource, and the summary last.
pub(crate) fn lines(plans: [&Plan; 2], difference: &Difference<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut line = |value: Value| {
        write_json(&mut *out, &value)?;
        out.write_all(b"\n")
    };
    for change in &difference.plans {
        line(json!({ "plans": change }))?;
    }
    for change in &difference.changes {
        line(json!({ "change": record(change) }))?;
    }
    let [before, after] = plans.map(named);
    line(json!({ "summary": summary(difference), "before": before, "after": after }))
}

fn named(plan: &Plan) -> Value {
    json!({ "digest": plan.digest, "now": plan.now, "inventory": plan.inventory, "policy": { "digest": plan.policy.digest } })
}

fn summary(difference: &Difference<'_>) -> Value {
    let counts = counts(difference).into_iter().map(|(sort, count)| (sort.word().to_owned(), json!(count)));
    Value::Object(counts.collect::<Map<String, Value>>())
}

fn verdict(verdict: &Verdict<'_>) -> Value {
    match verdict {
        Verdict::Collected(step) => json!({ "verdict": "collected", "step": step }),
        Verdict::Held(held) => json!({ "verdict": "held", "rules": held.rules, "blockers": held.blockers }),
        Verdict::Blocked(held) => json!({ "verdict": "blocked", "rules": held.rules, "blockers": held.blockers }),
        Verdict::Kept(kept) => json!({ "verdict": "kept", "rules": kept.rules, "because": kept.because }),
    }
}

fn record(change: &Change<'_>) -> Value {
    let (before, after) = match change {
        Change::Turned { before, after, .. } => (before.as_ref().map(verdict), after.as_ref().map(verdict)),
        Change::Step { before, after, .. } => {
            (Some(verdict(&Verdict::Collected(before))), Some(verdict(&Verdict::Collected(after))))
        }
        Change::Held { standing, before, after, .. } => {
            let record = |held| match standing {
                Standing::Held => Some(verdict(&Verdict::Held(held))),
                Standing::Blocked => Some(verdict(&Verdict::Blocked(held))),
            };
            (record(before), record(after))
        }
        Change::Kept { before, after, .. } => {
            (Some(verdict(&Verdict::Kept(before))), Some(verdict(&Verdict::Kept(after))))
        }
    };
    let mut record =
        json!({ "address": change.address(), "change": Sort::of(change).word(), "before": before, "after": after });
    match change {
        Change::Step { changes, .. } => record["fields"] = json!(changes),
        Change::Held { rules, blockers, .. } => {
            record["rules"] = json!(rules);
            record["blockers"] = json!(blockers);
        }
        Change::Kept { rules, .. } => record["rules"] = json!(rules),
        Change::Turned { .. } => {}
    }
    record
}
