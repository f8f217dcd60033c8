//! The steps of the collected set: their order, who holds them, and what has to be found when they are carried out.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;

use super::collected::{Collected, Met, met};
use super::masks::{Mask, Word, rules, union};
use super::selection::Selection;
use crate::address::GuardCode;
use crate::graph::{Graph, RaisedByWhat, Rows, attributes_read, number};
use crate::inventory::ResourceIndex;
use crate::plan::{DrawRole, DrawnBy, Expect, Options, Step, WaitFor};
use crate::policy::condition::Condition;
use crate::policy::{Draw, Policy};
use crate::resource::{Attribute, AttributeValue, Tags};
use crate::rulebook::Visibility;
use crate::time::Span;

/// No step.
const NONE: u32 = u32::MAX;

/// The steps, by wave and then address.
pub(super) fn steps(
    graph: &Graph<'_>,
    policy: &Policy,
    selection: &Selection,
    collected: &Collected,
    workers: NonZeroUsize,
) -> Vec<Step> {
    let members: Vec<ResourceIndex> = collected.members().collect();
    let waves = waves(graph, collected, &members);
    let mut order: Vec<(u32, ResourceIndex)> = members.iter().map(|index| (waves[index.get()], *index)).collect();
    order.sort_unstable();
    let mut place = waves;
    place.fill(NONE);
    for (position, (_, index)) in order.iter().enumerate() {
        place[index.get()] = number(position);
    }
    let make = |order: &[(u32, ResourceIndex)]| -> Vec<Step> {
        let mut maker = Maker {
            graph,
            policy,
            selection,
            collected,
            place: &place,
            attributes: HashMap::new(),
            tags: HashMap::new(),
        };
        order.iter().map(|(wave, index)| maker.step(*index, *wave)).collect()
    };
    if workers == NonZeroUsize::MIN {
        return make(&order);
    }
    let parts: Vec<Vec<Step>> = thread::scope(|scope| {
        let parts = order.chunks(order.len().div_ceil(workers.get()).max(1));
        let tasks: Vec<_> = parts.map(|part| scope.spawn(|| make(part))).collect();
        tasks.into_iter().map(|task| task.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    parts.into_iter().flatten().collect()
}

/// By resource: 0 without predecessors, else one more than the largest of theirs.
fn waves(graph: &Graph<'_>, collected: &Collected, members: &[ResourceIndex]) -> Vec<u32> {
    let count = graph.inventory.len();
    let mut waiting = vec![0_u32; count];
    let mut followed: Vec<(u32, u32)> = Vec::new();
    for index in members {
        for before in graph.predecessors(*index).filter(|before| collected.holds(*before)) {
            waiting[index.get()] += 1;
            followed.push((number(before.get()), number(index.get())));
        }
    }
    let successors = Rows::scattered(count, &followed);
    let mut waves = vec![NONE; count];
    let mut current: Vec<u32> =
        members.iter().filter(|index| waiting[index.get()] == 0).map(|index| number(index.get())).collect();
    let (mut wave, mut placed) = (0, 0);
    while !current.is_empty() {
        let mut next = Vec::new();
        placed += current.len();
        for row in current {
            waves[row as usize] = wave;
            for after in successors.row(row as usize) {
                let left = &mut waiting[*after as usize];
                *left -= 1;
                if *left == 0 {
                    next.push(*after);
                }
            }
        }
        current = next;
        wave += 1;
    }
    assert_eq!(placed, members.len(), "no member of the collected set lies on a cycle");
    waves
}

/// The attributes that rulebooks and conditions read of the resources of one group that the same rules hold.
struct AttributesRead {
    names: BTreeSet<String>,
    reach: Reach,
    /// By the number of a set of attributes: what is expected of them.
    expected: HashMap<Option<usize>, Arc<BTreeMap<String, AttributeValue>>>,
}

struct Maker<'p, 'g, 'a> {
    graph: &'g Graph<'a>,
    policy: &'p Policy,
    selection: &'g Selection,
    collected: &'g Collected,
    place: &'g [u32],
    attributes: HashMap<(usize, Vec<Word>), AttributesRead>,
    /// By the number of a set of tags.
    tags: HashMap<usize, Arc<Tags>>,
}

impl Maker<'_, '_, '_> {
    fn step(&mut self, index: ResourceIndex, wave: u32) -> Step {
        let (graph, policy, collected) = (self.graph, self.policy, self.collected);
        let resource = graph.inventory.resource(index);
        let row = index.get();
        let held = (collected.strong.row(row), collected.weak.row(row));
        let holding_mask = union(held.0, held.1);
        let holding: Vec<usize> = rules(&holding_mask).collect();
        let removal = graph
            .kind_rules(index)
            .and_then(|rules| rules.removal.as_ref())
            .expect("only what has a removal operation is collected");

        let mut force: BTreeSet<GuardCode> = BTreeSet::new();
        let mut operation = &removal.operation;
        // A member that no rule matches has none; one that rules of different options match is no member.
        let options: Options = self
            .selection
            .options(policy, index)
            .expect("the rules that match a member of the collected set agree in options")
            .cloned()
            .unwrap_or_default();
        let mut consequences: Vec<String> = removal.consequence.iter().cloned().collect();
        consequences.extend(removal.options.iter().filter_map(|rule| match options.get(&rule.name) {
            None => rule.otherwise.clone(),
            Some(given) => rule.values.iter().find(|known| known.value == *given)?.consequence.clone(),
        }));
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
                    consequences.extend(guard.force().map(|force| force.consequence.clone()));
                    operation = guard.force().and_then(|force| force.operation.as_ref()).unwrap_or(operation);
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

        let place = |of: ResourceIndex| Some(self.place[of.get()]).filter(|place| *place != NONE);
        let mut after: Vec<u32> = graph.predecessors(index).filter_map(place).collect();
        after.sort_unstable();
        let with = graph
            .raised_by(index)
            .filter(|raised| graph.goes_with(raised.guard) && raised.target != index)
            .filter_map(|raised| place(raised.target))
            .min();
        let tags = resource.tags().known().map(|tags| match resource.tag_set() {
            Some(set) => Arc::clone(self.tags.entry(set).or_insert_with(|| Arc::new(tags.to_tags()))),
            None => Arc::new(tags.to_tags()),
        });
        Step {
            index: self.place[index.get()],
            operation: operation.clone(),
            address: resource.address(),
            name: resource.name().map(str::to_owned).known(),
            created_at: resource.created_at().known(),
            size_bytes: resource.size_bytes().known(),
            tags: tags.clone(),
            wave,
            after,
            with,
            rules: holding.iter().map(|rule| policy.collect[*rule].name.clone()).collect(),
            drawn_by: self.drawn_by(index),
            expect: Expect {
                created_at: resource.created_at().known(),
                state: resource.state().map(str::to_owned).known(),
                tags,
                attrs: self.expected_attributes(index, holding_mask),
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
    fn expected_attributes(&mut self, index: ResourceIndex, held: Vec<Word>) -> Arc<BTreeMap<String, AttributeValue>> {
        let resource = self.graph.inventory.resource(index);
        let key = (self.graph.group(index).start, held);
        let read = match self.attributes.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let read = attributes_of(self.graph, self.policy, index, &new.key().1);
                new.insert(read)
            }
        };
        if let Some(known) = read.expected.get(&resource.attribute_set()) {
            return Arc::clone(known);
        }
        let value = |name: &str| match resource.attribute(name) {
            Attribute::Known(value) => value.clone(),
            Attribute::Missing | Attribute::Unknown => AttributeValue::Null,
        };
        let mut expected: BTreeMap<String, AttributeValue> =
            read.names.iter().map(|name| (name.clone(), value(name))).collect();
        if let (Reach::All, Some(attributes)) = (read.reach, resource.attributes().known()) {
            expected.extend(attributes.iter().map(|(name, value)| (name.to_owned(), value.clone())));
        }
        let expected = Arc::new(expected);
        read.expected.insert(resource.attribute_set(), Arc::clone(&expected));
        expected
    }
}

fn attributes_of(graph: &Graph<'_>, policy: &Policy, index: ResourceIndex, held: Mask<'_>) -> AttributesRead {
    let resource = graph.inventory.resource(index);
    let mut names: BTreeSet<String> = BTreeSet::new();
    if let Some(rulebook) = graph.rulebook(index) {
        names.extend(attributes_read(rulebook, resource.kind()).into_iter().map(str::to_owned));
    }
    let mut reach = Reach::Named;
    let mut read = |condition: &Condition| {
        names.extend(condition.reads().attributes.iter().cloned());
        if condition.reads().any_attribute {
            reach = Reach::All;
        }
    };
    for rule in rules(held) {
        let collect = &policy.collect[rule];
        let per = collect.retain.as_ref().and_then(|retain| retain.per.as_ref());
        collect.population.iter().chain(&collect.when).chain(per).for_each(&mut read);
        let here = |draw: &&Draw| draw.kind.as_str() == resource.kind();
        let draws = collect.cascade.iter().chain(&collect.orphans).filter(here);
        draws.filter_map(|draw| draw.when.as_ref()).for_each(&mut read);
    }
    for protect in policy.protect.iter().filter(|protect| protect.filters.admit(resource)) {
        protect.when.iter().for_each(&mut read);
    }
    AttributesRead { names, reach, expected: HashMap::new() }
}

#[derive(Clone, Copy)]
enum Reach {
    Named,
    All,
}
