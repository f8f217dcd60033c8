//! The steps of the collected set: their order, who holds them, and what has to be found when they are carried out.

use std::collections::{BTreeMap, BTreeSet};

use super::collected::{Collected, Met, met};
use super::masks::{rules, union};
use super::selection::Selection;
use crate::address::GuardCode;
use crate::graph::{Graph, RaisedByWhat, attributes_read, number};
use crate::inventory::{ResourceIndex, TagsRef};
use crate::plan::{DrawRole, DrawnBy, Expect, Options, Step, WaitFor};
use crate::policy::condition::Condition;
use crate::policy::{Draw, Policy};
use crate::resource::{Attribute, AttributeValue};
use crate::rulebook::Visibility;
use crate::time::Span;

/// The steps, by wave and then address.
pub(super) fn steps(graph: &Graph<'_>, policy: &Policy, selection: &Selection, collected: &Collected) -> Vec<Step> {
    let members: Vec<ResourceIndex> = collected.members().collect();
    let waves = waves(graph, collected, &members);
    let mut order: Vec<(u32, ResourceIndex)> = members.iter().map(|index| (waves[index], *index)).collect();
    order.sort_unstable();
    let place: BTreeMap<ResourceIndex, u32> =
        order.iter().enumerate().map(|(position, (_, index))| (*index, number(position))).collect();
    let attributes = AttributesRead::default();
    let mut maker = Maker { graph, policy, selection, collected, place: &place, attributes };
    order.iter().map(|(wave, index)| maker.step(*index, *wave)).collect()
}

/// 0 without predecessors, else one more than the largest of theirs.
fn waves(graph: &Graph<'_>, collected: &Collected, members: &[ResourceIndex]) -> BTreeMap<ResourceIndex, u32> {
    let mut waiting: BTreeMap<ResourceIndex, usize> = BTreeMap::new();
    let mut successors: BTreeMap<ResourceIndex, Vec<ResourceIndex>> = BTreeMap::new();
    for index in members {
        let before: Vec<ResourceIndex> = graph.predecessors(*index).filter(|before| collected.holds(*before)).collect();
        waiting.insert(*index, before.len());
        for before in before {
            successors.entry(before).or_default().push(*index);
        }
    }
    let mut waves: BTreeMap<ResourceIndex, u32> = BTreeMap::new();
    let mut current: Vec<ResourceIndex> = members.iter().filter(|index| waiting[*index] == 0).copied().collect();
    let mut wave = 0;
    while !current.is_empty() {
        let mut next = Vec::new();
        for index in current {
            waves.insert(index, wave);
            for after in successors.get(&index).into_iter().flatten() {
                if let Some(left) = waiting.get_mut(after) {
                    *left -= 1;
                    if *left == 0 {
                        next.push(*after);
                    }
                }
            }
        }
        current = next;
        wave += 1;
    }
    assert_eq!(waves.len(), members.len(), "no member of the collected set lies on a cycle");
    waves
}

/// The attributes that rulebooks and conditions read, by what they depend on.
#[derive(Default)]
struct AttributesRead {
    by_kind: BTreeMap<(String, String), Vec<String>>,
}

struct Maker<'p, 'g, 'a> {
    graph: &'g Graph<'a>,
    policy: &'p Policy,
    selection: &'g Selection,
    collected: &'g Collected,
    place: &'g BTreeMap<ResourceIndex, u32>,
    attributes: AttributesRead,
}

impl Maker<'_, '_, '_> {
    fn step(&mut self, index: ResourceIndex, wave: u32) -> Step {
        let (graph, policy, collected) = (self.graph, self.policy, self.collected);
        let resource = graph.inventory.resource(index);
        let row = index.get();
        let held = (collected.strong.row(row), collected.weak.row(row));
        let holding: Vec<usize> = rules(&union(held.0, held.1)).collect();
        let removal = graph
            .kind_rules(index)
            .and_then(|rules| rules.removal.as_ref())
            .expect("only what has a removal operation is collected");

        let mut force: BTreeSet<GuardCode> = BTreeSet::new();
        let mut consequences: Vec<String> = removal.consequence.iter().cloned().collect();
        let mut lost = Vec::new();
        let mut wait = Vec::new();
        let timeout = holding.iter().filter_map(|rule| policy.collect[*rule].wait).max().unwrap_or(Span::ZERO);
        for raised in graph.raised_on(index) {
            let guard = graph.guard(raised.guard);
            match met(graph, self.selection, &collected.forces, raised, held, |other| collected.holds(other)) {
                Met::OtherGoes => {}
                Met::Waited => {
                    wait.push(WaitFor { guard: guard.code.clone(), by: graph.by_address(raised.by), timeout })
                }
                Met::Forced => {
                    force.insert(guard.code.clone());
                    consequences.extend(guard.force().map(|(_, consequence)| consequence.to_owned()));
                    lost.extend(graph.by_address(raised.by));
                }
                Met::Not => unreachable!("every guard raised on a member of the collected set is met"),
            }
        }
        if let Some(rulebook) = graph.rulebook(index) {
            for guard in rulebook.guards_of(resource.kind()) {
                if let Visibility::Unobservable { consequence } = &guard.visibility {
                    consequences.push(consequence.clone());
                }
            }
        }
        let mut seen = BTreeSet::new();
        consequences.retain(|consequence| seen.insert(consequence.clone()));
        wait.sort();
        wait.dedup();
        lost.sort();
        lost.dedup();

        // A member that no rule matches has none; one that rules of different options match is no member.
        let options: Options = self
            .selection
            .options(policy, index)
            .expect("the rules that match a member of the collected set agree in options")
            .cloned()
            .unwrap_or_default();
        let mut after: Vec<u32> =
            graph.predecessors(index).filter_map(|before| self.place.get(&before).copied()).collect();
        after.sort_unstable();
        let with = graph
            .raised_by(index)
            .filter(|raised| graph.goes_with(raised.guard) && raised.target != index)
            .filter_map(|raised| self.place.get(&raised.target).copied())
            .min();
        Step {
            index: self.place[&index],
            operation: removal.operation.clone(),
            address: resource.address(),
            name: resource.name().map(str::to_owned).known(),
            created_at: resource.created_at().known(),
            size_bytes: resource.size_bytes().known(),
            tags: resource.tags().map(TagsRef::to_tags).known(),
            wave,
            after,
            with,
            rules: holding.iter().map(|rule| policy.collect[*rule].name.clone()).collect(),
            drawn_by: self.drawn_by(index),
            expect: Expect {
                created_at: resource.created_at().known(),
                state: resource.state().map(str::to_owned).known(),
                tags: resource.tags().map(TagsRef::to_tags).known(),
                attrs: self.expected_attributes(index, &holding),
                dependents: (!force.is_empty()).then_some(lost),
                retained: self
                    .selection
                    .justifying(index, holding.iter().copied())
                    .into_iter()
                    .map(|retained| graph.inventory.resource(retained).address())
                    .collect(),
            },
            force: force.into_iter().collect(),
            consequences,
            wait,
            options,
        }
    }

    fn drawn_by(&self, index: ResourceIndex) -> Vec<DrawnBy> {
        let (graph, collected) = (self.graph, self.collected);
        let mut drawn = Vec::new();
        let mut push = |rule: usize, by: ResourceIndex, code: &GuardCode, role: DrawRole| {
            drawn.push(DrawnBy {
                rule: self.policy.collect[rule].name.clone(),
                by: graph.inventory.resource(by).address(),
                guard: code.clone(),
                role,
            });
        };
        for raised in graph.raised_by(index) {
            let target = raised.target;
            if !graph.by_dependent(raised.guard) || !collected.holds(target) || target == index {
                continue;
            }
            for rule in rules(collected.strong.row(target.get())) {
                if rules(self.selection.cascade.row(index.get())).any(|named| named == rule) {
                    push(rule, target, &graph.guard(raised.guard).code, DrawRole::Cascade);
                }
            }
        }
        for raised in graph.raised_on(index) {
            let RaisedByWhat::Listed(other) = raised.by else { continue };
            if !graph.by_dependent(raised.guard) || !collected.holds(other) || other == index {
                continue;
            }
            for rule in rules(&union(collected.strong.row(other.get()), collected.weak.row(other.get()))) {
                if rules(self.selection.orphans.row(index.get())).any(|named| named == rule) {
                    push(rule, other, &graph.guard(raised.guard).code, DrawRole::Orphan);
                }
            }
        }
        drawn.sort();
        drawn.dedup();
        drawn
    }

    /// Every attribute that a guard, a condition of the rules that hold the resource, or a protection reads.
    fn expected_attributes(&mut self, index: ResourceIndex, holding: &[usize]) -> BTreeMap<String, AttributeValue> {
        let resource = self.graph.inventory.resource(index);
        let (provider, kind) = (resource.provider(), resource.kind());
        let mut names: BTreeSet<String> = BTreeSet::new();
        let by_kind = self.attributes.by_kind.entry((provider.to_owned(), kind.to_owned())).or_insert_with(|| {
            let rulebook = self.graph.rulebook(index);
            rulebook.map_or_else(Vec::new, |rulebook| {
                attributes_read(rulebook, kind).into_iter().map(str::to_owned).collect()
            })
        });
        names.extend(by_kind.iter().cloned());
        let mut all = Reach::Named;
        let mut read = |condition: &Condition| {
            names.extend(condition.reads().attributes.iter().cloned());
            if condition.reads().any_attribute {
                all = Reach::All;
            }
        };
        for rule in holding {
            let collect = &self.policy.collect[*rule];
            let per = collect.retain.as_ref().and_then(|retain| retain.per.as_ref());
            collect.population.iter().chain(&collect.when).chain(per).for_each(&mut read);
            let here = |draw: &&Draw| draw.kind.as_str() == kind;
            let draws = collect.cascade.iter().chain(&collect.orphans).filter(here);
            draws.filter_map(|draw| draw.when.as_ref()).for_each(&mut read);
        }
        for protect in self.policy.protect.iter().filter(|protect| protect.filters.admit(resource)) {
            protect.when.iter().for_each(&mut read);
        }
        if let (Reach::All, Some(attributes)) = (all, resource.attributes().known()) {
            names.extend(attributes.iter().map(|(name, _)| name.to_owned()));
        }
        names
            .into_iter()
            .map(|name| {
                let value = match resource.attribute(&name) {
                    Attribute::Known(value) => value.clone(),
                    Attribute::Missing | Attribute::Unknown => AttributeValue::Null,
                };
                (name, value)
            })
            .collect()
    }
}

#[derive(Clone, Copy)]
enum Reach {
    Named,
    All,
}
