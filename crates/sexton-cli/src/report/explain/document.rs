//! Explanations as JSON: one object for each resource, flat however deep its tree.

use std::collections::VecDeque;
use std::io::{self, Write};

use serde_json::{Value, json};
use sexton_core::address::Address;
use sexton_core::explain::{Apart, Barred, Cause, Collected, Explanation, Origin, Reasons, Standing, Told};
use sexton_core::harmless::write_json;

use crate::report::view::View;

/// One explanation. What is held stands with all that its blockers lead to, each once, under `below`.
pub(crate) fn one(reasons: &Reasons<'_>, address: &Address, out: &mut dyn Write) -> io::Result<()> {
    let value = match reasons.explain(address) {
        Explanation::Collected(collected) => step(&collected),
        Explanation::Kept(barred) => kept(&barred),
        Explanation::Held(cause) => {
            let mut record = stays(reasons, &cause);
            record["below"] = Value::Array(below(reasons, cause));
            record
        }
        Explanation::NotSelected(apart) => not_selected(address, &apart),
    };
    write_json(&mut *out, &value)?;
    out.write_all(b"\n")
}

/// What stands before, between and after the records.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Layout {
    /// One array.
    Array,
    /// One object a line.
    Lines,
}

/// The explanations of everything that is shown, one a line.
pub(crate) fn all<'p>(reasons: &Reasons<'p>, view: &View<'p>, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let steps = view.steps().map(|row| {
        let collected = Collected { holdings: Vec::new(), ..reasons.collected(row) };
        let mut record = step(&collected);
        if let Some(fields) = record.as_object_mut() {
            // The way of each step stands at the steps that draw it, as `drawn_by`.
            fields.remove("holdings");
        }
        record
    });
    let causes = reasons.causes().filter(|cause| view.has(cause.held)).map(|cause| stays(reasons, &cause));
    let kept = view.kept().map(|row| kept(&reasons.barred(row)));
    let mut first = true;
    for record in steps.chain(causes).chain(kept) {
        let between: &[u8] = match (layout, first) {
            (Layout::Array, true) => b"[\n",
            (Layout::Array, false) => b",\n",
            (Layout::Lines, true) => b"",
            (Layout::Lines, false) => b"\n",
        };
        out.write_all(between)?;
        first = false;
        write_json(&mut *out, &record)?;
    }
    out.write_all(match (layout, first) {
        (Layout::Array, true) => b"[]\n",
        (Layout::Array, false) => b"\n]\n",
        (Layout::Lines, true) => b"",
        (Layout::Lines, false) => b"\n",
    })
}

fn step(collected: &Collected<'_>) -> Value {
    let origin = |origin| match origin {
        Origin::Selected => "selected",
        Origin::Mutual => "mutual",
    };
    let holdings: Vec<Value> = collected
        .holdings
        .iter()
        .map(|holding| {
            let path: Vec<Value> = holding
                .path
                .iter()
                .map(|link| json!({ "by": link.by.address, "guard": link.guard, "as": link.role }))
                .collect();
            json!({ "rule": holding.rule, "path": path, "origin": origin(holding.origin) })
        })
        .collect();
    let after: Vec<&Address> = collected.after.iter().map(|step| &step.address).collect();
    json!({
        "address": collected.step.address, "verdict": "collected", "holdings": holdings, "after": after,
        "with": collected.with.map(|step| &step.address), "step": collected.step,
    })
}

fn kept(barred: &Barred<'_>) -> Value {
    let kept = barred.kept;
    json!({
        "address": kept.address, "verdict": "kept", "rules": kept.rules, "because": kept.because,
        "lifts": barred.lifts,
    })
}

fn stays<'p>(reasons: &Reasons<'p>, cause: &Cause<'p>) -> Value {
    let verdict = match cause.standing {
        Standing::Held => "held",
        Standing::Blocked => "blocked",
    };
    let blockers: Vec<Value> = cause
        .blockers()
        .iter()
        .map(|blocker| {
            let mut record = json!(blocker);
            record["lifts"] = json!(reasons.lifts(cause, blocker));
            record
        })
        .collect();
    json!({ "address": cause.held.address, "verdict": verdict, "rules": cause.held.rules, "blockers": blockers })
}

/// What the blockers of a resource lead to, nearest first.
fn below<'p>(reasons: &Reasons<'p>, root: Cause<'p>) -> Vec<Value> {
    let mut told = Told::nothing(reasons);
    told.tell(&root);
    let mut queue = VecDeque::from([root]);
    let mut records = Vec::new();
    while let Some(cause) = queue.pop_front() {
        for next in cause.blockers().iter().filter_map(|blocker| reasons.below(blocker)) {
            if !told.has(&next) {
                told.tell(&next);
                records.push(stays(reasons, &next));
                queue.push_back(next);
            }
        }
    }
    records
}

fn not_selected(address: &Address, apart: &Apart<'_>) -> Value {
    json!({ "address": address, "verdict": "not-selected", "census": apart.listed, "closest": apart.closest })
}
