//! Which guards are raised: those between resources along the links, then those by a resource's own facts.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use super::facts::{self, Says};
use super::groups::{Class, Group, Groups, number};
use super::world::{By, Certainty, Raised};
use crate::address::Address;
use crate::fact::Fact;
use crate::inventory::{Inventory, LinkRef, ResourceIndex, ResourceRef, Target};
use crate::resource::{Attribute, AttributeValue};
use crate::rulebook::{HolderClaim, Other, RaisedBy, WhenCarried};
use crate::time::Timestamp;

/// What was found.
pub(super) struct Raising<'a> {
    pub(super) found: Vec<Raised>,
    pub(super) dangling: Vec<&'a Address>,
    pub(super) unknown_links: Vec<bool>,
    pub(super) dangling_links: BTreeMap<(&'a str, &'a str, &'a str), u64>,
}

/// What it means that a resource of one kind refers to one of another by a relation.
#[derive(Debug, Default)]
struct Meaning<'a> {
    /// Guards on the dependency.
    on_dependency: Vec<(u32, &'a Other)>,
    /// Guards on the dependent.
    on_dependent: Vec<(u32, &'a Other)>,
    /// Claims of the dependency that the dependent fulfils.
    claims: Vec<usize>,
}

/// What it means that a resource of one kind refers by a relation to one that is not listed.
#[derive(Debug)]
struct DanglingMeaning<'a> {
    /// Guards on the dependent.
    on_dependent: Vec<(u32, &'a Other)>,
    /// How many such links there are.
    count: u64,
}

/// Values by key, of which there are few and the same ones are asked for again and again.
#[derive(Debug)]
struct Few<K, V> {
    entries: Vec<(K, V)>,
    /// Where they are, once there are more than a few.
    places: HashMap<K, usize>,
}

impl<K: Copy + Eq + Hash, V> Few<K, V> {
    fn new() -> Self {
        Self { entries: Vec::new(), places: HashMap::new() }
    }

    fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        const FEW: usize = 8;
        let few = self.entries.iter().take(FEW).position(|(own, _)| *own == key);
        let known = few.or_else(|| if self.entries.len() > FEW { self.places.get(&key).copied() } else { None });
        let place = known.unwrap_or_else(|| {
            self.entries.push((key, make()));
            self.places.insert(key, self.entries.len() - 1);
            self.entries.len() - 1
        });
        &mut self.entries[place].1
    }
}

/// The meanings of a group's links so far.
struct Meanings<'g, 'a> {
    groups: &'g Groups<'a>,
    holder: &'g Class<'a>,
    /// By relation and the target's class.
    listed: Few<(&'a str, usize), Meaning<'a>>,
    /// By relation and the target's kind.
    dangling: Few<(&'a str, &'a str), DanglingMeaning<'a>>,
}

impl<'g, 'a> Meanings<'g, 'a> {
    fn new(groups: &'g Groups<'a>, holder: &'g Class<'a>) -> Self {
        Self { groups, holder, listed: Few::new(), dangling: Few::new() }
    }

    fn listed(&mut self, relation: &'a str, target: usize) -> &Meaning<'a> {
        let (holder, class) = (self.holder, &self.groups.classes[target]);
        self.listed.get_or_insert_with((relation, target), || Meaning {
            on_dependency: along(&class.by_dependent, relation, holder.kind),
            on_dependent: along(&holder.by_dependency, relation, class.kind),
            claims: (0..class.claims.len()).filter(|at| class.claims[*at] == (relation, holder.kind)).collect(),
        })
    }

    fn dangling(&mut self, relation: &'a str, kind: &'a str) -> &DanglingMeaning<'a> {
        let holder = self.holder;
        let meaning = self.dangling.get_or_insert_with((relation, kind), || DanglingMeaning {
            on_dependent: along(&holder.by_dependency, relation, kind),
            count: 0,
        });
        meaning.count += 1;
        meaning
    }
}

/// The guards among some whose other is of that kind, at the far end of that relation.
fn along<'a>(guards: &[(u32, &'a Other)], relation: &str, kind: &str) -> Vec<(u32, &'a Other)> {
    let wanted = |other: &Other| other.relation.as_str() == relation && other.kind.as_str() == kind;
    guards.iter().filter(|(_, other)| wanted(other)).copied().collect()
}

struct Reader<'g, 'a> {
    inventory: &'a Inventory,
    groups: &'g Groups<'a>,
    now: Timestamp,
    found: Vec<Raised>,
    dangling: Vec<&'a Address>,
    /// By resource, in so many words: which of its kind's claims somebody fulfils.
    holders: Vec<u64>,
    words: usize,
}

/// Finds every raised guard. `goes_with` says of which guards the other goes with the target.
pub(super) fn raise<'a>(
    inventory: &'a Inventory,
    groups: &Groups<'a>,
    now: Timestamp,
    goes_with: impl Fn(u32) -> bool,
) -> Raising<'a> {
    let words = groups.classes.iter().map(|class| class.claims.len().div_ceil(64)).max().unwrap_or(0);
    let mut reader = Reader {
        inventory,
        groups,
        now,
        found: Vec::new(),
        dangling: Vec::new(),
        holders: vec![0; inventory.len() * words],
        words,
    };
    let mut unknown_links = vec![false; groups.groups.len()];
    let mut dangling_links = BTreeMap::new();
    for (group, unknown) in groups.groups.iter().zip(&mut unknown_links) {
        let class = &groups.classes[group.class];
        let mut meanings = Meanings::new(groups, class);
        for at in group.members() {
            let resource = reader.resource(at);
            match resource.links() {
                Fact::Known(links) => links.for_each(|link| reader.link(at, resource, link, &mut meanings)),
                Fact::Unknown => {
                    *unknown = true;
                    let raised =
                        |(guard, _): &(u32, &Other)| Raised::new(at, *guard, By::UnknownLinks, Certainty::Unknown);
                    reader.found.extend(class.by_dependency.iter().map(raised));
                }
            }
        }
        for ((relation, kind), meaning) in meanings.dangling.entries {
            *dangling_links.entry((class.kind, relation, kind)).or_insert(0) += meaning.count;
        }
    }
    let mut carried = vec![false; inventory.len()];
    for raised in &reader.found {
        if let (By::Listed(other), true) = (raised.by(), goes_with(raised.guard())) {
            carried[other as usize] = true;
        }
    }
    let mut of_class: Vec<Vec<&Group<'_>>> = groups.classes.iter().map(|_| Vec::new()).collect();
    groups.groups.iter().for_each(|group| of_class[group.class].push(group));
    for (class, members) in groups.classes.iter().zip(&of_class) {
        for guard in &class.by_itself {
            reader.by_itself(class, members, *guard, &carried);
        }
    }
    Raising { found: reader.found, dangling: reader.dangling, unknown_links, dangling_links }
}

impl<'a> Reader<'_, 'a> {
    fn resource(&self, at: u32) -> ResourceRef<'a> {
        self.inventory.resource(ResourceIndex::new(at as usize))
    }

    fn push(&mut self, target: u32, guard: u32, by: By, says: Says) {
        let certainty = match says {
            Says::Clear => return,
            Says::Unknown => Certainty::Unknown,
            Says::Raised => Certainty::Known,
        };
        self.found.push(Raised::new(target, guard, by, certainty));
    }

    fn link(&mut self, at: u32, dependent: ResourceRef<'a>, link: LinkRef<'a>, meanings: &mut Meanings<'_, 'a>) {
        match link.target {
            Target::Listed(target) => {
                let dependency = number(target.get());
                let group = self.groups.group_of[target.get()] as usize;
                let meaning = meanings.listed(link.relation, self.groups.groups[group].class);
                for claim in &meaning.claims {
                    self.holders[target.get() * self.words + claim / 64] |= 1 << (claim % 64);
                }
                for (guard, rule) in &meaning.on_dependency {
                    let says = self.between(rule, dependent, dependency);
                    self.push(dependency, *guard, By::Listed(at), says);
                }
                for (guard, rule) in &meaning.on_dependent {
                    let says = self.between(rule, self.resource(dependency), at);
                    self.push(at, *guard, By::Listed(dependency), says);
                }
            }
            Target::Dangling(address) => {
                let guards = &meanings.dangling(link.relation, address.kind()).on_dependent;
                if guards.is_empty() {
                    return;
                }
                let place = number(self.dangling.len());
                self.dangling.push(address);
                for (guard, rule) in guards {
                    // Nothing is known of what is not listed.
                    let asked = rule.state.is_some() || rule.attribute.is_some();
                    let other = if asked { Says::Unknown } else { Says::Raised };
                    let own = rule
                        .target_attribute
                        .as_ref()
                        .map_or(Says::Raised, |test| facts::attribute(test, dependent.attribute(&test.name), self.now));
                    self.push(at, *guard, By::Dangling(place), other.and(own));
                }
            }
        }
    }

    /// What a guard between two resources that are both listed says: nothing more is asked once a test is clear.
    fn between(&self, rule: &Other, other: ResourceRef<'_>, target: u32) -> Says {
        let mut says = Says::Raised;
        if let Some(test) = &rule.state {
            says = says.and(facts::state(test, other.state()));
        }
        if let (Some(test), true) = (&rule.attribute, says != Says::Clear) {
            says = says.and(facts::attribute(test, other.attribute(&test.name), self.now));
        }
        if let (Some(test), true) = (&rule.target_attribute, says != Says::Clear) {
            says = says.and(facts::attribute(test, self.resource(target).attribute(&test.name), self.now));
        }
        says
    }

    /// Reads a guard that its target's own facts raise, over all groups of a kind. States and sets of attributes are
    /// numbered in an inventory, and each is judged once.
    fn by_itself(&mut self, class: &Class<'a>, groups: &[&Group<'a>], guard: u32, carried: &[bool]) {
        let members = || groups.iter().flat_map(|group| group.members());
        match &self.groups.guards[guard as usize].raised_by {
            RaisedBy::State(test) => {
                let mut judged = Judged::new(self.inventory.table.symbols.len());
                for at in members() {
                    let facts = self.resource(at);
                    let says = judged.says(facts.state_number(), || facts::state(test, facts.state()));
                    self.push(at, guard, By::Itself, says);
                }
            }
            RaisedBy::Attribute(test) => {
                let mut judged = Judged::new(self.inventory.table.attributes.len());
                for at in members() {
                    if test.when_carried == WhenCarried::Clear && carried[at as usize] {
                        continue;
                    }
                    let facts = self.resource(at);
                    let says = judged
                        .says(facts.attribute_set(), || facts::attribute(test, facts.attribute(&test.name), self.now));
                    self.push(at, guard, By::Itself, says);
                }
            }
            RaisedBy::Claim { attribute, holders } => {
                let place = |claim: &HolderClaim| {
                    let holder = (claim.relation.as_str(), claim.kind.as_str());
                    class
                        .claims
                        .iter()
                        .position(|own| *own == holder)
                        .expect("a kind's claims hold those of its guards")
                };
                let places: Vec<(&str, usize)> =
                    holders.iter().map(|claim| (claim.value.as_str(), place(claim))).collect();
                for at in members() {
                    let says = match self.resource(at).attribute(attribute) {
                        Attribute::Missing => Says::Clear,
                        Attribute::Known(AttributeValue::String(value)) => {
                            let unheld = |(claimed, place): &(&str, usize)| {
                                claimed == value
                                    && self.holders[at as usize * self.words + place / 64] >> (place % 64) & 1 == 0
                            };
                            if places.iter().any(unheld) { Says::Raised } else { Says::Clear }
                        }
                        Attribute::Known(_) | Attribute::Unknown => Says::Unknown,
                    };
                    self.push(at, guard, By::Itself, says);
                }
            }
            RaisedBy::Other(_) => {}
        }
    }
}

/// What a test says of each of many numbered facts, and of an unknown one.
struct Judged {
    known: Vec<Option<Says>>,
    unknown: Option<Says>,
}

impl Judged {
    fn new(count: usize) -> Self {
        Self { known: vec![None; count], unknown: None }
    }

    fn says(&mut self, number: Option<usize>, judge: impl FnOnce() -> Says) -> Says {
        let slot = match number {
            Some(number) => &mut self.known[number],
            None => &mut self.unknown,
        };
        *slot.get_or_insert_with(judge)
    }
}
