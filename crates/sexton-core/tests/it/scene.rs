//! A small inventory of provider `p`, account `1`, region `r`, listed completely, and what is planned of it.

use serde_json::{Value, json};
use sexton_core::inventory;
use sexton_core::plan::{KeepReason, Plan};
use sexton_core::planner;
use sexton_core::policy::Policy;
use sexton_testkit::rulebook::synthetic;

/// When the inventory was taken, and `now`.
pub(crate) const NOW: &str = "2026-11-21T00:00:00Z";

/// A resource line. Nothing of it is unknown, and nothing hangs on it, until said otherwise.
#[derive(Debug, Clone)]
pub(crate) struct Thing(Value);

/// A usable resource, made on the first of October.
pub(crate) fn thing(kind: &str, id: &str) -> Thing {
    let state = match kind {
        "image" => "Available",
        "snapshot" => "accomplished",
        _ => "any",
    };
    Thing(json!({"provider": "p", "account": "1", "region": "r", "kind": kind, "id": id, "name": id, "state": state,
        "created_at": "2026-10-01T00:00:00Z", "size_bytes": 10, "tags": {}, "attrs": {}, "links": []}))
}

impl Thing {
    /// Another value of one of its keys.
    pub(crate) fn with(mut self, key: &str, value: Value) -> Self {
        self.0[key] = value;
        self
    }

    pub(crate) fn at(self, created_at: &str) -> Self {
        self.with("created_at", json!(created_at))
    }

    /// One more link.
    pub(crate) fn link(mut self, relation: &str, kind: &str, id: &str) -> Self {
        let links = self.0["links"].as_array_mut().unwrap();
        links.push(json!({"relation": relation, "kind": kind, "id": id}));
        self
    }
}

/// So many resources of a kind, `a00`, `a01`, ….
pub(crate) fn things(kind: &str, letter: &str, count: usize) -> Vec<Thing> {
    (0..count).map(|number| thing(kind, &format!("{letter}{number:02}"))).collect()
}

/// The plan of what there is. Every census is complete.
pub(crate) fn plan(things: &[Thing], policy: &str) -> Plan {
    plan_at(things, policy, NOW)
}

/// The plan with ages as of another time.
pub(crate) fn plan_at(things: &[Thing], policy: &str, now: &str) -> Plan {
    let mut lines = vec![json!({"format": "sexton.inventory", "version": 1, "taken_at": NOW})];
    let kinds = synthetic().kinds.into_iter().map(|rules| rules.kind.to_string());
    for kind in kinds.chain(["snapshot-lock".to_owned()]) {
        let census =
            json!({"provider": "p", "account": "1", "region": "r", "kind": kind, "complete": true, "as_of": NOW});
        lines.push(json!({ "census": census }));
    }
    lines.extend(things.iter().map(|thing| json!({"resource": thing.0})));
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let policy = Policy::parse(&format!("version = 1\n{policy}")).unwrap_or_else(|error| panic!("{error}"));
    planner::plan(&inventory::read(text.as_bytes()).unwrap(), &[synthetic()], &policy, Some(now.parse().unwrap()))
        .unwrap()
}

/// The ids of what goes, in the plan's order.
pub(crate) fn gone(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.address.id()).collect()
}

/// Each kept resource as `ID slot`, or `ID protected by NAME`.
pub(crate) fn kept(plan: &Plan) -> Vec<String> {
    let line = |kept: &sexton_core::plan::Kept| match &kept.because {
        KeepReason::Retain(slot) => format!("{} {slot}", kept.address.id()),
        KeepReason::Protect(rule) => format!("{} protected by {rule}", kept.address.id()),
        KeepReason::ProtectUnknown(rule) => format!("{} perhaps protected by {rule}", kept.address.id()),
    };
    plan.kept.iter().map(line).collect()
}
