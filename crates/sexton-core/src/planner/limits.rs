//! Judges the finished plan: counts, and the limits that it exceeds.

use std::collections::BTreeMap;

use super::blockers::Report;
use super::collected::Collected;
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
    collected: &Collected,
    steps: &[Step],
    report: &Report,
) -> (Vec<Exceeded>, Summary) {
    let limits = &policy.limits;
    let mut by_group: Vec<u64> = vec![0; graph.groups().len()];
    let mut freed = FreedBytes { min: 0, max: 0 };
    let mut drawn = 0_u64;
    for index in collected.members() {
        by_group[graph.group_number(index)] += 1;
        drawn += u64::from(!selection.is_selected(index));
        let size = graph.inventory.resource(index).size_bytes().known().unwrap_or(0);
        match graph.kind_rules(index).map(|rules| rules.data) {
            Some(DataHeld::Own) => {
                freed.min = freed.min.saturating_add(size);
                freed.max = freed.max.saturating_add(size);
            }
            Some(DataHeld::Shared) => freed.max = freed.max.saturating_add(size),
            Some(DataHeld::Nothing | DataHeld::Elsewhere) | None => {}
        }
    }
    let forced = steps.iter().filter(|step| !step.force.is_empty()).count() as u64;
    let mut remove: BTreeMap<String, u64> = BTreeMap::new();
    for (group, going) in graph.groups().iter().zip(&by_group).filter(|(_, going)| **going > 0) {
        *remove.entry(group.kind.to_owned()).or_insert(0) += going;
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
    for (group, going) in graph.groups().iter().zip(by_group) {
        if group.rules.is_none_or(|rules| rules.data == DataHeld::Nothing) {
            continue;
        }
        let size = (group.end - group.start) as u64;
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
