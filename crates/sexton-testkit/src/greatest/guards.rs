//! Which guards are raised: section 4 of the specification.

use std::collections::BTreeMap;

use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::resource::{Attribute, AttributeValue, Resource};
use sexton_core::rulebook::{
    AttributePredicate, AttributeTest, End, Goes, Guard, Other, RaisedBy, StateTest, WhenCarried, WhenMissing,
};

use super::{By, Greatest, Raised};

/// What a fact says to a guard: raised, clear, or (`None`) not known.
type Says = Option<bool>;

impl<'a> Greatest<'a> {
    pub(super) fn raise(&self) -> Vec<Raised<'a>> {
        let mut holders: BTreeMap<&Address, Vec<(&str, usize)>> = BTreeMap::new();
        for (index, resource) in self.resources.iter().enumerate() {
            for link in resource.known_links() {
                holders.entry(&link.target).or_default().push((link.relation.as_str(), index));
            }
        }
        let holders_of = |index: usize, relation: &str, kind: &str| -> Vec<usize> {
            let all = holders.get(&self.resources[index].address).map_or(&[][..], Vec::as_slice);
            let of_that_sort =
                all.iter().filter(|(name, holder)| *name == relation && self.resources[*holder].address.kind() == kind);
            of_that_sort.map(|(_, holder)| *holder).collect()
        };

        let mut raised: Vec<Raised<'a>> = Vec::new();
        for (target, guard, rule) in self.guards_between() {
            match rule.end {
                End::Dependent => {
                    for other in holders_of(target, rule.relation.as_str(), rule.kind.as_str()) {
                        let says = self.say(rule, Some(other), target);
                        push(&mut raised, guard, target, By::Listed(other), says);
                    }
                }
                End::Dependency => match &self.resources[target].links {
                    Fact::Unknown => push(&mut raised, guard, target, By::UnknownLinks, None),
                    Fact::Known(links) => {
                        let named = links
                            .iter()
                            .filter(|link| link.relation == rule.relation && link.target.kind() == rule.kind.as_str());
                        for link in named {
                            let other = self.number.get(&link.target).copied();
                            let by = other.map_or_else(|| By::Dangling(link.target.clone()), By::Listed);
                            push(&mut raised, guard, target, by, self.say(rule, other, target));
                        }
                    }
                },
            }
        }
        let is_carried = |index: usize| {
            raised.iter().any(|raised| {
                raised.other() == Some(index) && raised.guard.other().is_some_and(|other| other.goes == Goes::With)
            })
        };
        let mut own = Vec::new();
        for (target, guard) in self.guards() {
            let resource = &self.resources[target];
            let says = match &guard.raised_by {
                RaisedBy::Other(_) => continue,
                RaisedBy::State(test) => state_says(test, resource),
                RaisedBy::Attribute(test) if test.when_carried == WhenCarried::Clear && is_carried(target) => continue,
                RaisedBy::Attribute(test) => self.attribute_says(test, resource),
                RaisedBy::Claim { attribute, holders } => match resource.attribute(attribute) {
                    Attribute::Missing => Some(false),
                    Attribute::Known(AttributeValue::String(value)) => Some(holders.iter().any(|claim| {
                        claim.value == *value
                            && holders_of(target, claim.relation.as_str(), claim.kind.as_str()).is_empty()
                    })),
                    Attribute::Known(_) | Attribute::Unknown => None,
                },
            };
            push(&mut own, guard, target, By::Itself, says);
        }
        raised.extend(own);
        // Two links of one relation to one target are one link.
        raised.sort_by(|a, b| (a.target, &a.guard.code, &a.by).cmp(&(b.target, &b.guard.code, &b.by)));
        raised.dedup_by(|a, b| std::ptr::eq(a.guard, b.guard) && a.target == b.target && a.by == b.by);
        raised
    }

    /// Every resource with every guard on its kind.
    fn guards(&self) -> impl Iterator<Item = (usize, &'a Guard)> + '_ {
        (0..self.resources.len()).flat_map(move |index| {
            let guards = self.rulebook(index).map_or(&[][..], |rulebook| rulebook.guards.as_slice());
            guards
                .iter()
                .filter(move |guard| guard.target.as_str() == self.resources[index].address.kind())
                .map(move |guard| (index, guard))
        })
    }

    fn guards_between(&self) -> impl Iterator<Item = (usize, &'a Guard, &'a Other)> + '_ {
        self.guards().filter_map(|(index, guard)| guard.other().map(|other| (index, guard, other)))
    }

    /// What the other, which may be out of sight, and the target say between them.
    fn say(&self, rule: &Other, other: Option<usize>, target: usize) -> Says {
        let other = other.map(|other| &self.resources[other]);
        let mut says = Vec::new();
        if let Some(test) = &rule.state {
            says.push(other.and_then(|other| state_says(test, other)));
        }
        if let Some(test) = &rule.attribute {
            says.push(other.and_then(|other| self.attribute_says(test, other)));
        }
        if let Some(test) = &rule.target_attribute {
            says.push(self.attribute_says(test, &self.resources[target]));
        }
        if says.contains(&Some(false)) {
            Some(false)
        } else if says.contains(&None) {
            None
        } else {
            Some(true)
        }
    }

    fn attribute_says(&self, test: &AttributeTest, resource: &Resource) -> Says {
        let value = match resource.attribute(&test.name) {
            Attribute::Known(value) => value,
            Attribute::Unknown => return None,
            Attribute::Missing => {
                return match test.when_missing {
                    WhenMissing::Raise => None,
                    WhenMissing::Clear => Some(false),
                };
            }
        };
        match &test.raises {
            AttributePredicate::Equals(wanted) => Some(value == wanted),
            AttributePredicate::NotEquals(wanted) => Some(value != wanted),
            AttributePredicate::Contains(wanted) => Some(value.as_array()?.contains(wanted)),
            AttributePredicate::InFuture => {
                let instant: Fact<sexton_core::time::Timestamp> = value.as_str()?.parse().ok().into();
                instant.known().map(|instant| instant > self.now)
            }
            AttributePredicate::NotEmpty => match value {
                AttributeValue::Null => None,
                AttributeValue::Bool(flag) => Some(*flag),
                AttributeValue::Number(_) => Some(true),
                AttributeValue::String(text) => Some(!text.is_empty()),
                AttributeValue::Array(values) => Some(!values.is_empty()),
                AttributeValue::Object(values) => Some(!values.is_empty()),
            },
        }
    }
}

fn push<'a>(raised: &mut Vec<Raised<'a>>, guard: &'a Guard, target: usize, by: By, says: Says) {
    match says {
        Some(false) => {}
        Some(true) => raised.push(Raised { guard, target, by, unknown: false }),
        None => raised.push(Raised { guard, target, by, unknown: true }),
    }
}

fn state_says(test: &StateTest, resource: &Resource) -> Says {
    let state = resource.state.as_ref().known()?;
    Some(match test {
        StateTest::In(states) => states.contains(state),
        StateTest::NotIn(states) => !states.contains(state),
    })
}
