//! Which attributes a step has to name: every one that a guard or a condition of its rules read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::groups::Class;
use super::rules::either;
use super::steps::Ground;
use crate::fact::Fact;
use crate::inventory::ResourceRef;
use crate::policy::condition::Condition;
use crate::resource::{Attribute, AttributeValue};
use crate::rulebook::RaisedBy;

/// The names, by group and by the rules that hold.
#[derive(Default)]
pub(super) struct AttributesRead<'r> {
    known: HashMap<usize, Vec<(Vec<u64>, Expected<'r>)>>,
}

/// The names that a step has to give, ascending.
#[derive(Debug)]
pub(super) struct Expected<'r> {
    names: Vec<&'r str>,
    /// Whether a condition may have read attributes that it does not name.
    any: bool,
}

impl<'r> AttributesRead<'r> {
    pub(super) fn expected(
        &mut self,
        ground: Ground<'r, '_>,
        resource: u32,
        (strong, weak): (&[u64], &[u64]),
    ) -> &Expected<'r> {
        let group = ground.world.group_of(resource);
        let known = self.known.entry(group).or_default();
        let holding = |own: &[u64]| own.iter().copied().eq(strong.iter().zip(weak).map(|(a, b)| a | b));
        let at = known.iter().position(|(own, _)| holding(own)).unwrap_or_else(|| {
            let rules = strong.iter().zip(weak).map(|(a, b)| a | b).collect();
            known.push((rules, Expected::read(ground, resource, (strong, weak))));
            known.len() - 1
        });
        &known[at].1
    }
}

impl<'r> Expected<'r> {
    fn read(ground: Ground<'r, '_>, resource: u32, (strong, weak): (&[u64], &[u64])) -> Self {
        let class = ground.world.class_of(resource);
        let mut names = BTreeSet::new();
        let mut any = false;
        by_guards(class, &mut names);
        let mut read = |condition: &'r Condition| {
            let reads = condition.reads();
            names.extend(reads.attributes.iter().map(String::as_str));
            any |= reads.any_attribute;
        };
        for rule in either(strong, weak) {
            let rule = &ground.policy.collect[rule];
            rule.population.iter().for_each(&mut read);
            rule.when.iter().for_each(&mut read);
            rule.retain.iter().filter_map(|retain| retain.per.as_ref()).for_each(&mut read);
            let draws = rule.cascade.iter().chain(&rule.orphans).filter(|draw| draw.kind.as_str() == class.kind);
            draws.filter_map(|draw| draw.when.as_ref()).for_each(&mut read);
        }
        for (rule, protect) in ground.policy.protect.iter().enumerate() {
            if ground.standing.protects_group(rule, ground.world.group_of(resource)) {
                protect.when.iter().for_each(&mut read);
            }
        }
        Self { names: names.into_iter().collect(), any }
    }

    /// The first name of which the two differ, with what is expected and found of it.
    pub(super) fn difference(
        &self,
        facts: ResourceRef<'_>,
        found: &BTreeMap<String, AttributeValue>,
    ) -> Option<(Named, Named)> {
        let mut names: Vec<&str> = Vec::new();
        let mut wanted = &self.names;
        if let (true, Fact::Known(attributes)) = (self.any, facts.attributes()) {
            names.extend(&self.names);
            names.extend(attributes.iter().map(|(name, _)| name));
            names.sort_unstable();
            names.dedup();
            wanted = &names;
        }
        let value = |name: &str| match facts.attribute(name) {
            Attribute::Known(value) => value.clone(),
            Attribute::Missing | Attribute::Unknown => AttributeValue::Null,
        };
        let named = |name: &str, value| Some((name.to_owned(), value));
        let (mut wanted, mut found) = (wanted.iter(), found.iter());
        loop {
            match (wanted.next(), found.next()) {
                (None, None) => return None,
                (Some(name), None) => return Some((named(name, value(name)), None)),
                (None, Some((name, value))) => return Some((None, named(name, value.clone()))),
                (Some(name), Some((own, held))) => {
                    let same = name == own
                        && match facts.attribute(name) {
                            Attribute::Known(value) => value == held,
                            Attribute::Missing | Attribute::Unknown => held.is_null(),
                        };
                    if !same {
                        return Some((named(name, value(name)), named(own, held.clone())));
                    }
                }
            }
        }
    }
}

/// An attribute's name and value; none where one is missing.
pub(super) type Named = Option<(String, AttributeValue)>;

/// What the guards of a kind's rulebook read of it, whichever end of a guard it is.
fn by_guards<'r>(class: &Class<'r>, names: &mut BTreeSet<&'r str>) {
    for guard in class.rulebook.iter().flat_map(|rulebook| &rulebook.guards) {
        let guarded = guard.target.as_str() == class.kind;
        if guarded && let Some(only) = guard.force().and_then(|force| force.only.as_ref()) {
            names.insert(&only.attribute);
        }
        match &guard.raised_by {
            RaisedBy::State(_) => {}
            RaisedBy::Attribute(test) => {
                if guarded {
                    names.insert(&test.name);
                }
            }
            RaisedBy::Claim { attribute, .. } => {
                if guarded {
                    names.insert(attribute);
                }
            }
            RaisedBy::Other(other) => {
                if guarded {
                    names.extend(other.target_attribute.iter().map(|test| test.name.as_str()));
                }
                if other.kind.as_str() == class.kind {
                    names.extend(other.attribute.iter().map(|test| test.name.as_str()));
                }
            }
        }
    }
}
