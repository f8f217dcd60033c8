//! The policy's conditions, asked of every resource of which a rule speaks. Rules do not depend on each other, so that
//! several threads can read them.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::selection::{Bar, Tally, UnknownIn};
use crate::fact::Fact;
use crate::graph::{Around, Graph, Group, number};
use crate::inventory::ResourceIndex;
use crate::policy::condition::{Condition, KeyNumber, Reading as Purpose, Ready, ReadyKey, Subject, Tri, cause};
use crate::policy::{Candidate, Collect, Draw, MissingKey, Policy, Protect, Retain, retained};
use crate::rulebook::Usable;
use crate::time::Timestamp;

type Unknowns = BTreeMap<UnknownIn, Tally>;

/// What one rule says of the inventory.
pub(super) enum Reading {
    Protect(ProtectReading),
    Collect(Box<CollectReading>),
}

/// What a protect rule says.
pub(super) struct ProtectReading {
    pub(super) bars: Vec<(ResourceIndex, Bar)>,
    pub(super) unknown: Unknowns,
}

/// What a collect rule says.
pub(super) struct CollectReading {
    pub(super) rule: usize,
    pub(super) matched: Vec<ResourceIndex>,
    /// What is retained, and for which slot or other reason.
    pub(super) retained: Vec<(ResourceIndex, String)>,
    pub(super) retention: Retention,
    /// The rows that `cascade` names.
    pub(super) cascade: Vec<Range<usize>>,
    /// The rows that `orphans` names.
    pub(super) orphans: Vec<Range<usize>>,
    pub(super) keyless: u64,
    pub(super) unknown: Unknowns,
}

/// The groups of one rule's population.
#[derive(Debug, Default)]
pub(super) struct Retention {
    /// Members and the numbers of their groups, ascending by member.
    pub(super) groups_of: Vec<(ResourceIndex, u32)>,
    /// By group: the holders of slots.
    pub(super) holders: Vec<Vec<ResourceIndex>>,
}

/// All rules, in the order in which they count: the protect rules first, each sort in the policy's order.
pub(super) fn readings(graph: &Graph<'_>, policy: &Policy, now: Timestamp, workers: NonZeroUsize) -> Vec<Reading> {
    let count = policy.protect.len() + policy.collect.len();
    let read = |place: usize| match place.checked_sub(policy.protect.len()) {
        None => Reading::Protect(protect(graph, place, &policy.protect[place], now)),
        Some(rule) => Reading::Collect(Box::new(collect(graph, rule, &policy.collect[rule], now))),
    };
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= count {
                return done;
            }
            done.push((place, read(place)));
        }
    };
    let mut all: Vec<(usize, Reading)> = thread::scope(|scope| {
        let others: Vec<_> = (1..workers.get().min(count)).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for other in others {
            all.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        all
    });
    all.sort_unstable_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, reading)| reading).collect()
}

fn protect(graph: &Graph<'_>, rule: usize, protect: &Protect, now: Timestamp) -> ProtectReading {
    let mut reading = ProtectReading { bars: Vec::new(), unknown: Unknowns::new() };
    let mut asked = Asked::new(graph, protect.when.as_ref(), UnknownIn::Protect(rule), now);
    for group in graph.groups().iter().filter(|group| group.admitted(&protect.filters)) {
        for index in group.indexes() {
            match asked.truth(index) {
                Tri::True => reading.bars.push((index, Bar::Protect(number(rule)))),
                Tri::Unknown => reading.bars.push((index, Bar::ProtectUnknown(number(rule)))),
                Tri::False => {}
            }
        }
    }
    asked.report(&mut reading.unknown);
    reading
}

fn collect(graph: &Graph<'_>, rule: usize, collect: &Collect, now: Timestamp) -> CollectReading {
    let mut reading = CollectReading {
        rule,
        matched: Vec::new(),
        retained: Vec::new(),
        retention: Retention::default(),
        cascade: Vec::new(),
        orphans: Vec::new(),
        keyless: 0,
        unknown: Unknowns::new(),
    };
    let mut population = Asked::new(graph, collect.population.as_ref(), UnknownIn::Where(rule), now);
    let mut ripe = Asked::new(graph, collect.when.as_ref(), UnknownIn::When(rule), now);
    let mut weighing = collect.retain.as_ref().map(|retain| Weighing::new(graph, retain, now));
    for group in graph.groups() {
        let removable = group.rules.is_some_and(|rules| rules.removal.is_some());
        if !removable || !group.admitted(&collect.filters) {
            continue;
        }
        for index in group.indexes() {
            if population.truth(index) != Tri::True {
                continue;
            }
            if ripe.truth(index) == Tri::True {
                reading.matched.push(index);
            }
            if let Some(weighing) = &mut weighing {
                weighing.weigh(group, index, &mut reading);
            }
        }
    }
    population.report(&mut reading.unknown);
    ripe.report(&mut reading.unknown);
    if let Some(weighing) = weighing {
        for mut group in weighing.groups {
            group.sort_unstable_by(|a, b| b.created_at.cmp(&a.created_at).then(a.item.cmp(&b.item)));
            let kept = retained(weighing.retain, &group);
            reading.retention.holders.push(kept.iter().map(|(index, _)| *index).collect());
            reading.retained.extend(kept);
        }
    }
    reading.cascade = draws(graph, &collect.cascade, UnknownIn::Cascade(rule), now, &mut reading.unknown);
    reading.orphans = draws(graph, &collect.orphans, UnknownIn::Orphans(rule), now, &mut reading.unknown);
    reading
}

fn draws(
    graph: &Graph<'_>,
    draws: &[Draw],
    place: UnknownIn,
    now: Timestamp,
    unknown: &mut Unknowns,
) -> Vec<Range<usize>> {
    let mut rows = Vec::new();
    for draw in draws {
        let mut asked = Asked::new(graph, draw.when.as_ref(), place, now);
        for group in graph.groups().iter().filter(|group| group.kind == draw.kind.as_str()) {
            if draw.when.is_none() {
                rows.push(group.start..group.end);
                continue;
            }
            let named = group.indexes().filter(|index| asked.truth(*index) == Tri::True);
            rows.extend(named.map(|index| index.get()..index.get() + 1));
        }
        asked.report(unknown);
    }
    rows
}

/// A condition that is asked of many resources, ascending, and what was unknown.
struct Asked<'s, 'g, 'a> {
    graph: &'g Graph<'a>,
    condition: Option<(&'s Condition, Ready<'s>)>,
    place: UnknownIn,
    reading: Purpose,
    now: Timestamp,
    unknown: u64,
    first: Option<ResourceIndex>,
}

impl<'s, 'g, 'a> Asked<'s, 'g, 'a> {
    fn new(graph: &'g Graph<'a>, condition: Option<&'s Condition>, place: UnknownIn, now: Timestamp) -> Self {
        let reading = match place {
            UnknownIn::Protect(_) => Purpose::Protect,
            UnknownIn::Where(_) | UnknownIn::When(_) | UnknownIn::Cascade(_) | UnknownIn::Orphans(_) => {
                Purpose::Collect
            }
        };
        let ready = |condition| (condition, Ready::new(condition, reading, &graph.inventory.table, now));
        Self { graph, condition: condition.map(ready), place, reading, now, unknown: 0, first: None }
    }

    /// No condition is true of all.
    fn truth(&mut self, index: ResourceIndex) -> Tri {
        let Some((_, ready)) = &mut self.condition else { return Tri::True };
        let around = Around { graph: self.graph, index };
        let subject = Subject { resource: self.graph.inventory.resource(index), now: self.now, surroundings: &around };
        let truth = ready.truth(subject);
        if truth == Tri::Unknown {
            self.unknown += 1;
            self.first.get_or_insert(index);
        }
        truth
    }

    fn report(self, into: &mut Unknowns) {
        let (Some((condition, _)), Some(at)) = (self.condition, self.first) else { return };
        let around = Around { graph: self.graph, index: at };
        let subject = Subject { resource: self.graph.inventory.resource(at), now: self.now, surroundings: &around };
        let first = cause(condition, subject, self.reading).expect("what is unknown has a cause");
        into.entry(self.place).and_modify(|tally| tally.count += self.unknown).or_insert(Tally {
            count: self.unknown,
            first,
            at,
        });
    }
}

/// A rule's retention while its population is walked.
struct Weighing<'s, 'g, 'a> {
    graph: &'g Graph<'a>,
    retain: &'s Retain,
    now: Timestamp,
    key: ReadyKey<'s>,
    numbers: HashMap<KeyNumber, u32>,
    groups: Vec<Vec<Candidate<ResourceIndex>>>,
}

impl<'s, 'g, 'a> Weighing<'s, 'g, 'a> {
    fn new(graph: &'g Graph<'a>, retain: &'s Retain, now: Timestamp) -> Self {
        let key = ReadyKey::new(retain.per.as_ref(), &graph.inventory.table);
        Self { graph, retain, now, key, numbers: HashMap::new(), groups: Vec::new() }
    }

    /// Puts a member of the population into its group, or retains it outright.
    fn weigh(&mut self, group: &Group<'_>, index: ResourceIndex, reading: &mut CollectReading) {
        let resource = self.graph.inventory.resource(index);
        let around = Around { graph: self.graph, index };
        let key = self.key.of(Subject { resource, now: self.now, surroundings: &around });
        let mut outright = |reason: &str| reading.retained.push((index, reason.to_owned()));
        if let Some(Usable::In(states)) = group.rules.map(|rules| &rules.usable) {
            match resource.state() {
                Fact::Known(state) if states.contains(state) => {}
                Fact::Known(_) => {
                    // Of no use: it takes no slot and is not retained; the group's slots still justify its removal.
                    if let Some(number) = self.number_of(key) {
                        reading.retention.groups_of.push((index, number));
                    }
                    return;
                }
                Fact::Unknown => return outright("unknown state"),
            }
        }
        let created_at = match resource.created_at() {
            Fact::Unknown => return outright("unknown time"),
            Fact::Known(created_at) if created_at > self.now => return outright("future time"),
            Fact::Known(created_at) => created_at,
        };
        match (key, self.retain.per_missing) {
            (KeyNumber::Unknown, _) => return outright("unknown group"),
            (KeyNumber::Null, MissingKey::Retain) => {
                outright("no group");
                reading.keyless += 1;
                return;
            }
            (KeyNumber::Null, MissingKey::Group) | (KeyNumber::Key(_), _) => {}
        }
        if let Some(number) = self.number_of(key) {
            reading.retention.groups_of.push((index, number));
            self.groups[number as usize].push(Candidate { item: index, created_at });
        }
    }

    /// The number of the group of a key; none where the key is not known.
    fn number_of(&mut self, key: KeyNumber) -> Option<u32> {
        if key == KeyNumber::Unknown {
            return None;
        }
        Some(*self.numbers.entry(key).or_insert_with(|| {
            self.groups.push(Vec::new());
            number(self.groups.len() - 1)
        }))
    }
}
