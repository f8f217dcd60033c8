//! Which guards of the rulebooks are met in the inventory.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::thread;

use super::facts::{ReadyAttribute, ReadyClaim, ReadyState};
use super::{ByUnknown, Group, GuardIndex, RaisedByWhat, RaisedGuard, number};
use crate::fact::Fact;
use crate::inventory::{Inventory, Leads, ResourceIndex, Symbol, Table};
use crate::rulebook::{End, Goes, Other, Raised, RaisedBy, Rulebook, WhenCarried};
use crate::time::Timestamp;

/// Where a claimed holder was seen: the claiming resource, the guard, and the place among its claims.
type Holder = (ResourceIndex, GuardIndex, usize);
type Holders = HashSet<Holder>;

/// A guard that a link may raise, with its tests made ready.
struct LinkGuard<'a> {
    index: GuardIndex,
    end: End,
    state: Option<ReadyState>,
    attribute: Option<ReadyAttribute<'a>>,
    target_attribute: Option<ReadyAttribute<'a>>,
}

impl<'a> LinkGuard<'a> {
    fn new(index: GuardIndex, other: &'a Other, table: &Table, now: Timestamp) -> Self {
        Self {
            index,
            end: other.end,
            state: other.state.as_ref().map(|test| ReadyState::new(test, table)),
            attribute: other.attribute.as_ref().map(|test| ReadyAttribute::new(test, table, now)),
            target_attribute: other.target_attribute.as_ref().map(|test| ReadyAttribute::new(test, table, now)),
        }
    }

    /// What the other and the target say. An other that is not in the inventory says nothing that is known.
    fn says(&mut self, table: &Table, other: Option<ResourceIndex>, target: ResourceIndex) -> Raised {
        let state = self.state.as_ref().map_or(Raised::Known, |test| match other {
            Some(other) => test.reads(table, other),
            None => Raised::Unknown,
        });
        let attribute = self.attribute.as_mut().map_or(Raised::Known, |test| match other {
            Some(other) => test.reads(table, other),
            None => Raised::Unknown,
        });
        let own = self.target_attribute.as_mut().map_or(Raised::Known, |test| test.reads(table, target));
        state.and(attribute).and(own)
    }
}

/// What a link from one place to another can mean.
#[derive(Clone, Default)]
struct Meaning {
    /// Places among the guards that links may raise.
    guards: Vec<usize>,
    /// Claims that the dependent answers.
    claims: Vec<(GuardIndex, usize)>,
}

/// The rulebooks as links meet them.
struct ByLink<'a> {
    rulebooks: &'a [Rulebook],
    first_guard: &'a HashMap<&'a str, usize>,
    table: &'a Table,
    now: Timestamp,
    guards: Vec<LinkGuard<'a>>,
    made: HashMap<GuardIndex, usize>,
}

impl<'a> ByLink<'a> {
    fn rulebook(&self, place: usize) -> Option<&'a Rulebook> {
        let provider = self.table.places[place].provider();
        self.rulebooks.iter().find(|rulebook| rulebook.provider.as_str() == provider)
    }

    /// What a relation between two places means. A guard is a rule of its target's provider.
    fn meaning(&mut self, relation: Symbol, dependent: usize, dependency: usize) -> Meaning {
        let table = self.table;
        let relation = table.symbols.text(relation);
        let (dependent_kind, dependency_kind) =
            (table.places[dependent].kind_text(), table.places[dependency].kind_text());
        let mut meaning = Meaning::default();
        for (place, end) in [(dependency, End::Dependent), (dependent, End::Dependency)] {
            let Some(rulebook) = self.rulebook(place) else { continue };
            let first = self.first_guard[rulebook.provider.as_str()];
            for (position, guard) in rulebook.guards.iter().enumerate() {
                let index = GuardIndex(number(first + position));
                match &guard.raised_by {
                    RaisedBy::Other(other) => {
                        let (target, by) = match end {
                            End::Dependent => (dependency_kind, dependent_kind),
                            End::Dependency => (dependent_kind, dependency_kind),
                        };
                        let meets = other.end == end
                            && other.relation.as_str() == relation
                            && guard.target.as_str() == target
                            && other.kind.as_str() == by;
                        if meets {
                            let made = *self.made.entry(index).or_insert_with(|| {
                                self.guards.push(LinkGuard::new(index, other, table, self.now));
                                self.guards.len() - 1
                            });
                            meaning.guards.push(made);
                        }
                    }
                    RaisedBy::Claim { holders, .. } if end == End::Dependent => {
                        for (at, claim) in holders.iter().enumerate() {
                            let answers = guard.target.as_str() == dependency_kind
                                && claim.relation.as_str() == relation
                                && claim.kind.as_str() == dependent_kind;
                            if answers {
                                meaning.claims.push((index, at));
                            }
                        }
                    }
                    RaisedBy::Claim { .. } | RaisedBy::State(_) | RaisedBy::Attribute(_) => {}
                }
            }
        }
        meaning
    }
}

/// All guards that are raised, in no order, some of them more than once.
pub(super) fn raise<'a>(
    inventory: &'a Inventory,
    rulebooks: &'a [Rulebook],
    first_guard: &HashMap<&str, usize>,
    groups: &[Group<'a>],
    now: Timestamp,
    workers: NonZeroUsize,
) -> Vec<Vec<RaisedGuard>> {
    let reader = Reader { inventory, rulebooks, first_guard, now };
    let size = inventory.len().div_ceil(workers.get()).max(1);
    let parts: Vec<Range<usize>> =
        (0..inventory.len()).step_by(size).map(|start| start..inventory.len().min(start + size)).collect();
    let by_links = in_parallel(&parts, |rows| reader.by_links(rows));
    let mut raised = Vec::with_capacity(2 * by_links.len());
    let mut holders = Holders::new();
    for (part, seen) in by_links {
        raised.push(part);
        holders.extend(seen);
    }
    let carried = carried(inventory, raised.iter().flatten(), rulebooks);
    raised.extend(in_parallel(&parts, |rows| reader.by_itself(groups, rows, &holders, &carried)));
    raised
}

/// Calls a function with every part, each on a thread of its own but for the only one.
fn in_parallel<T: Send>(parts: &[Range<usize>], work: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    if let [only] = parts {
        return vec![work(only.clone())];
    }
    thread::scope(|scope| {
        let tasks: Vec<_> = parts.iter().map(|rows| scope.spawn(|| work(rows.clone()))).collect();
        tasks.into_iter().map(|task| task.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// Reads what the rulebooks say of a range of rows.
struct Reader<'a> {
    inventory: &'a Inventory,
    rulebooks: &'a [Rulebook],
    first_guard: &'a HashMap<&'a str, usize>,
    now: Timestamp,
}

impl Reader<'_> {
    /// What a resource's own state, attributes and unknown links raise on it.
    fn by_itself(
        &self,
        groups: &[Group<'_>],
        range: Range<usize>,
        holders: &Holders,
        carried: &[Carried],
    ) -> Vec<RaisedGuard> {
        let table = &self.inventory.table;
        let mut raised = Vec::new();
        for group in groups {
            let Some(rulebook) = group.rulebook else { continue };
            let first = self.first_guard[rulebook.provider.as_str()];
            let (start, end) = (group.start.max(range.start), group.end.min(range.end));
            for (position, guard) in rulebook.guards.iter().enumerate() {
                if guard.target.as_str() != group.kind {
                    continue;
                }
                let index = GuardIndex(number(first + position));
                let rows = (start..end).map(ResourceIndex::new);
                match &guard.raised_by {
                    RaisedBy::State(test) => {
                        let test = ReadyState::new(test, table);
                        for row in rows {
                            push(&mut raised, row, index, RaisedByWhat::Itself, test.reads(table, row));
                        }
                    }
                    RaisedBy::Attribute(test) => {
                        let mut ready = ReadyAttribute::new(test, table, self.now);
                        for row in rows {
                            if test.when_carried == WhenCarried::Clear && carried[row.get()] == Carried::Yes {
                                continue;
                            }
                            push(&mut raised, row, index, RaisedByWhat::Itself, ready.reads(table, row));
                        }
                    }
                    RaisedBy::Claim { attribute, holders: claims } => {
                        let ready = ReadyClaim::new(attribute, claims, table);
                        for row in rows {
                            let says = match ready.reads(self.inventory, row) {
                                Fact::Unknown => Raised::Unknown,
                                Fact::Known(mut claimed) => {
                                    let unheld = claimed.any(|at| !holders.contains(&(row, index, at)));
                                    if unheld { Raised::Known } else { Raised::No }
                                }
                            };
                            push(&mut raised, row, index, RaisedByWhat::Itself, says);
                        }
                    }
                    RaisedBy::Other(other) if other.end == End::Dependency => {
                        let unknown = table.unknown_links();
                        let from = unknown.partition_point(|row| row.get() < start);
                        for row in unknown[from..].iter().take_while(|row| row.get() < end) {
                            push(&mut raised, *row, index, RaisedByWhat::UnknownLinks, Raised::Unknown);
                        }
                    }
                    RaisedBy::Other(_) => {}
                }
            }
        }
        raised
    }

    /// What the links of resources raise, on either end, and the holders that they show.
    fn by_links(&self, range: Range<usize>) -> (Vec<RaisedGuard>, Vec<Holder>) {
        let table = &self.inventory.table;
        let Self { rulebooks, first_guard, now, .. } = *self;
        let mut by_link = ByLink { rulebooks, first_guard, table, now, guards: Vec::new(), made: HashMap::new() };
        let mut raised = Vec::new();
        let mut holders = Vec::new();
        for (dependent_place, place) in table.places.iter().enumerate() {
            let mut meanings: Vec<((Symbol, usize), Meaning)> = Vec::new();
            let mut numbers: HashMap<(Symbol, usize), usize> = HashMap::new();
            let mut last = 0;
            let rows = place.rows();
            for row in (rows.start.max(range.start)..rows.end.min(range.end)).map(ResourceIndex::new) {
                for link in table.links_of(row.get()) {
                    let leads = link.target.leads();
                    let dependency_place = match leads {
                        Leads::To(target) => table.place_of(target),
                        Leads::Out(dangling) => table.dangling_place(dangling),
                    };
                    let key = (link.relation, dependency_place);
                    if meanings.get(last).is_none_or(|(known, _)| *known != key) {
                        last = *numbers.entry(key).or_insert_with(|| {
                            let meaning = by_link.meaning(link.relation, dependent_place, dependency_place);
                            meanings.push((key, meaning));
                            meanings.len() - 1
                        });
                    }
                    let (_, meaning) = &meanings[last];
                    for place in &meaning.guards {
                        let guard = &mut by_link.guards[*place];
                        match (guard.end, leads) {
                            (End::Dependent, Leads::To(target)) => {
                                let says = guard.says(table, Some(row), target);
                                push(&mut raised, target, guard.index, RaisedByWhat::Listed(row), says);
                            }
                            (End::Dependent, Leads::Out(_)) => {}
                            (End::Dependency, Leads::To(other)) => {
                                let says = guard.says(table, Some(other), row);
                                push(&mut raised, row, guard.index, RaisedByWhat::Listed(other), says);
                            }
                            (End::Dependency, Leads::Out(dangling)) => {
                                let says = guard.says(table, None, row);
                                push(&mut raised, row, guard.index, RaisedByWhat::Dangling(dangling), says);
                            }
                        }
                    }
                    if let Leads::To(target) = leads {
                        holders.extend(meaning.claims.iter().map(|(guard, at)| (target, *guard, *at)));
                    }
                }
            }
        }
        (raised, holders)
    }
}

fn push(raised: &mut Vec<RaisedGuard>, target: ResourceIndex, guard: GuardIndex, by: RaisedByWhat, says: Raised) {
    let by_unknown = match says {
        Raised::No => return,
        Raised::Known => ByUnknown::No,
        Raised::Unknown => ByUnknown::Yes,
    };
    raised.push(RaisedGuard { target, guard, by, by_unknown });
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Carried {
    No,
    Yes,
}

/// Which resources are the other of a raised guard of sort *with*.
fn carried<'r>(
    inventory: &Inventory,
    raised: impl Iterator<Item = &'r RaisedGuard>,
    rulebooks: &[Rulebook],
) -> Vec<Carried> {
    let goes: Vec<Option<Goes>> = rulebooks
        .iter()
        .flat_map(|rulebook| rulebook.guards.iter().map(|guard| guard.other().map(|other| other.goes)))
        .collect();
    let mut carried = vec![Carried::No; inventory.len()];
    for guard in raised {
        if let (RaisedByWhat::Listed(other), Some(Goes::With)) = (guard.by, goes[guard.guard.0 as usize]) {
            carried[other.get()] = Carried::Yes;
        }
    }
    carried
}

/// Links that lead out of the inventory, counted by the dependent's kind, the relation and the target's kind.
pub(crate) fn dangling_links(inventory: &Inventory) -> BTreeMap<(String, String, String), u64> {
    let table = &inventory.table;
    let mut counts: BTreeMap<(Symbol, Symbol, Symbol), u64> = BTreeMap::new();
    for place in &table.places {
        for row in place.rows() {
            for link in table.links_of(row) {
                if let Leads::Out(dangling) = link.target.leads() {
                    let target = table.places[table.dangling_place(dangling)].kind;
                    *counts.entry((place.kind, link.relation, target)).or_insert(0) += 1;
                }
            }
        }
    }
    let text = |symbol| table.symbols.text(symbol).to_owned();
    counts
        .into_iter()
        .map(|((kind, relation, target), count)| ((text(kind), text(relation), text(target)), count))
        .collect()
}
