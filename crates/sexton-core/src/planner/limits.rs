//! Judges the finished plan: counts, and the limits that it exceeds.

use std::collections::BTreeMap;

use super::blockers::Report;
use super::selection::Selection;
use crate::graph::Graph;
use crate::plan::{Exceeded, FreedBytes, Step, Summary};
use crate::policy::Policy;
use crate::rulebook::DataHeld;

/// Groups smaller than this are exempt from `max_percent`, unless all of the group would go.
const SMALL_GROUP: u64 = 20;

pub(super) fn judge(
    graph: &Graph<'_>,
    policy: &Policy,
    selection: &Selection,
    steps: &[Step],
    report: &Report,
) -> (Vec<Exceeded>, Summary) {
    let limits = &policy.limits;
    let mut remove: BTreeMap<String, u64> = BTreeMap::new();
    let mut by_group: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let mut freed = FreedBytes { min: 0, max: 0 };
    let (mut forced, mut drawn) = (0_u64, 0_u64);
    for step in steps {
        *remove.entry(step.address.kind().to_owned()).or_insert(0) += 1;
        *by_group.entry((step.address.scope(), step.address.kind())).or_insert(0) += 1;
        forced += u64::from(!step.force.is_empty());
        let index = graph.inventory.find(step.address.as_str()).expect("a step names a resource of the inventory");
        drawn += u64::from(!selection.is_selected(index));
        let size = step.size_bytes.unwrap_or(0);
        match graph.kind_rules(index).map(|rules| rules.data) {
            Some(DataHeld::Own) => {
                freed.min = freed.min.saturating_add(size);
                freed.max = freed.max.saturating_add(size);
            }
            Some(DataHeld::Shared) => freed.max = freed.max.saturating_add(size),
            Some(DataHeld::Nothing | DataHeld::Elsewhere) | None => {}
        }
    }
    let mut exceeded = Vec::new();
    let mut over = |limit: String, allowed: u64, actual: u64, scope: Option<String>| {
        if actual > allowed {
            exceeded.push(Exceeded { limit, allowed, actual, scope });
        }
    };
    over("max_steps".to_owned(), limits.max_steps, steps.len() as u64, None);
    over("max_drawn".to_owned(), limits.max_drawn, drawn, None);
    over("max_forced".to_owned(), limits.max_forced, forced, None);
    for (kind, allowed) in &limits.kind_max_steps {
        let actual = remove.get(kind.as_str()).copied().unwrap_or(0);
        over(format!("kind.{kind}.max_steps"), *allowed, actual, None);
    }
    for group in graph.groups() {
        if group.rules.is_none_or(|rules| rules.data == DataHeld::Nothing) {
            continue;
        }
        let size = (group.end - group.start) as u64;
        let going = by_group.get(&(group.scope, group.kind)).copied().unwrap_or(0);
        if size < SMALL_GROUP && going < size {
            continue;
        }
        if going.saturating_mul(100) > limits.max_percent.saturating_mul(size) {
            let percent = going.saturating_mul(100).div_ceil(size);
            over(
                "max_percent".to_owned(),
                limits.max_percent,
                percent,
                Some(format!("{}:{}", group.scope, group.kind)),
            );
        }
    }
    let summary = Summary {
        remove,
        forced,
        drawn,
        held: report.held.len() as u64,
        kept: report.kept.len() as u64,
        freed_bytes: freed,
    };
    (exceeded, summary)
}
