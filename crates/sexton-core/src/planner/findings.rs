//! Remarks on what was read: dangling links, conditions that were unknown, waivers, rules without effect, work that will be undone.

use std::collections::BTreeMap;

use super::remade::remade;
use super::selection::{Selection, UnknownIn};
use crate::graph::{Graph, dangling_links};
use crate::inventory::ResourceIndex;
use crate::plan::{Finding, Severity, Step};
use crate::policy::Policy;
use crate::rulebook::Active;

pub(super) fn findings(graph: &Graph<'_>, policy: &Policy, selection: &Selection, steps: &[Step]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |code: &str, severity: Severity, count: u64, message: String| {
        findings.push(Finding { code: code.to_owned(), severity, count, message });
    };
    for ((kind, relation, target), count) in dangling_links(graph.inventory) {
        add(
            "dangling-link",
            Severity::Note,
            count,
            format!("{count} links {kind} {relation} {target} lead to resources that are not in the inventory"),
        );
    }
    for (place, tally) in &selection.unknown {
        let (rule, part, severity) = match place {
            UnknownIn::Protect(rule) => (&policy.protect[*rule].name, "protect", Severity::Warning),
            UnknownIn::Where(rule) => (&policy.collect[*rule].name, "where", Severity::Note),
            UnknownIn::When(rule) => (&policy.collect[*rule].name, "when", Severity::Note),
            UnknownIn::Cascade(rule) => (&policy.collect[*rule].name, "cascade", Severity::Note),
            UnknownIn::Orphans(rule) => (&policy.collect[*rule].name, "orphans", Severity::Note),
        };
        let meaning = match place {
            UnknownIn::Protect(_) => "they are protected",
            UnknownIn::Where(_) | UnknownIn::When(_) | UnknownIn::Cascade(_) | UnknownIn::Orphans(_) => {
                "they are left alone"
            }
        };
        add(
            "unknown-condition",
            severity,
            tally.count,
            format!(
                "rule {rule:?}: `{part}` is unknown of {} resources, so {meaning}; of {}: {}",
                tally.count,
                graph.inventory.resource(tally.at).address(),
                tally.first
            ),
        );
    }
    for (rule, count) in &selection.keyless {
        let name = &policy.collect[*rule].name;
        add(
            "no-group",
            Severity::Note,
            *count,
            format!(
                "rule {name:?}: {count} resources have no group key and are retained (per_missing = \"group\" makes them a group)"
            ),
        );
    }
    for (rule, collect) in policy.collect.iter().enumerate() {
        if selection.matches[rule] == 0 {
            add("rule-matches-nothing", Severity::Note, 1, format!("rule {:?} matches no resource", collect.name));
        }
    }
    for waiver in &policy.assume_none {
        add(
            "assumed-none",
            Severity::Warning,
            1,
            format!("kind {} is taken as empty where it was not listed: {}", waiver.kind, waiver.reason),
        );
    }
    for ((provider, kind), (active, count)) in active(graph) {
        let states: Vec<&str> = active.states.iter().map(String::as_str).collect();
        let (states, consequence) = (states.join(" or "), &active.consequence);
        add(
            "still-active",
            Severity::Note,
            count,
            format!("{count} resources {provider} {kind} are {states}: {consequence}"),
        );
    }
    let mut foreign: BTreeMap<&str, u64> = BTreeMap::new();
    for group in graph.groups().iter().filter(|group| group.rulebook.is_none()) {
        let provider = group.scope.split(':').next().unwrap_or_default();
        *foreign.entry(provider).or_insert(0) += (group.end - group.start) as u64;
    }
    for (provider, count) in foreign {
        add(
            "no-rulebook",
            Severity::Warning,
            count,
            format!("{count} resources of provider {provider:?}, of which there is no rulebook, are left alone"),
        );
    }
    for (maker, count) in remade(graph, steps) {
        add(
            "keeps-re-creating",
            Severity::Warning,
            count,
            format!("{maker} makes new ones in place of {count} resources that the plan removes"),
        );
    }
    findings.sort();
    findings
}

/// By provider and kind: how many resources are in a state in which they go on making others.
fn active<'g>(graph: &'g Graph<'_>) -> BTreeMap<(&'g str, &'g str), (&'g Active, u64)> {
    let mut found = BTreeMap::new();
    for group in graph.groups() {
        let Some(rules) = group.rules else { continue };
        let Some(active) = &rules.active else { continue };
        let members = (group.start..group.end).map(|index| graph.inventory.resource(ResourceIndex::new(index)));
        let count =
            members.filter(|resource| resource.state().known().is_some_and(|state| active.states.contains(state)));
        let count = count.count() as u64;
        if count > 0 {
            let provider = group.scope.split(':').next().unwrap_or_default();
            found.entry((provider, rules.kind.as_str())).or_insert((active, 0)).1 += count;
        }
    }
    found
}
