//! What the guards of one kind say of a resource that was looked at again.
//!
//! A fact that is not known raises whatever guard reads it: only a known fact clears one.

use std::collections::BTreeSet;

use sexton_core::address::{Address, GuardCode, Kind, Relation};
use sexton_core::fact::Fact;
use sexton_core::resource::{Attribute, AttributeValue, Resource};
use sexton_core::rulebook::{
    AttributeTest, DataHeld, End, Guard, HolderClaim, Other, RaisedBy, Rulebook, StateTest, Strength,
};
use sexton_core::time::Timestamp;

/// The guards on removals of one kind, and when a resource of it counts as gone although it is listed.
#[derive(Debug)]
pub(super) struct KindGuards {
    guards: Vec<Guard>,
    /// Tests of all guards that a resource of the kind raises on another, where it raises them by its state alone
    /// and holds no data: once none is raised, nothing is left of it that matters (a finished task).
    spent_by: Vec<StateTest>,
}

impl KindGuards {
    pub(super) fn of(rulebook: &Rulebook, kind: &str) -> Self {
        let holds_nothing = rulebook.kind(kind).is_some_and(|rules| rules.data == DataHeld::Nothing);
        let raised: Option<Vec<StateTest>> = rulebook
            .guards
            .iter()
            .filter_map(Guard::other)
            .filter(|other| other.kind.as_str() == kind)
            .map(|other| other.state.clone())
            .collect();
        Self {
            guards: rulebook.guards_of(kind).cloned().collect(),
            spent_by: raised.filter(|_| holds_nothing).unwrap_or_default(),
        }
    }

    pub(super) fn guards(&self) -> &[Guard] {
        &self.guards
    }

    /// Whether some guard of the kind would not be enforced by the provider and is raised by a dependent.
    pub(super) fn assumes_dependents(&self) -> bool {
        self.guards.iter().any(|guard| {
            guard.strength == Strength::Assumed && guard.other().is_some_and(|other| other.end == End::Dependent)
        })
    }

    /// Whether a resource of the kind guards nothing any more and is only still listed.
    pub(super) fn is_spent(&self, resource: &Resource) -> bool {
        !self.spent_by.is_empty()
            && self.spent_by.iter().all(|test| !test.reads(resource.state.as_ref().map(String::as_str)).is_raised())
    }

    /// The first guard of the kind that the resource's own state raises, of those that are wanted.
    pub(super) fn raised_by_state(
        &self,
        resource: &Resource,
        wanted: impl Fn(&GuardCode) -> bool,
    ) -> Option<&GuardCode> {
        self.guards.iter().filter(|guard| wanted(&guard.code)).find_map(|guard| match &guard.raised_by {
            RaisedBy::State(test) => {
                test.reads(resource.state.as_ref().map(String::as_str)).is_raised().then_some(&guard.code)
            }
            RaisedBy::Other(_) | RaisedBy::Attribute(_) | RaisedBy::Claim { .. } => None,
        })
    }

    /// The attribute that the guard of that code reads, where an attribute alone raises it.
    pub(super) fn attribute_test(&self, code: &GuardCode) -> Option<&AttributeTest> {
        self.guards.iter().filter(|guard| guard.code == *code).find_map(|guard| match &guard.raised_by {
            RaisedBy::Attribute(test) => Some(test),
            RaisedBy::Other(_) | RaisedBy::State(_) | RaisedBy::Claim { .. } => None,
        })
    }

    /// Which holders a value of an attribute claims; none where no guard reads claims out of it.
    pub(super) fn claims<'a>(
        &'a self,
        attribute: &str,
        value: Attribute<'_>,
    ) -> Option<BTreeSet<(&'a Relation, &'a Kind)>> {
        let mut reads: Option<BTreeSet<_>> = None;
        for guard in &self.guards {
            let RaisedBy::Claim { attribute: name, holders } = &guard.raised_by else { continue };
            if name == attribute {
                reads.get_or_insert_default().extend(holders.iter().filter_map(|holder| claimed(holder, value)));
            }
        }
        reads
    }

    /// Whether the other resource, looked at again, still raises a guard of that code.
    pub(super) fn raised_by_other(&self, code: &GuardCode, other: &Resource, now: Timestamp) -> bool {
        self.guards
            .iter()
            .filter(|guard| guard.code == *code)
            .filter_map(Guard::other)
            .filter(|rule| rule.kind.as_str() == other.address.kind())
            .any(|rule| other_raises(rule, other, now))
    }

    /// The guard that a dependent raises on a target now.
    pub(super) fn raised_by_dependent(
        &self,
        target: &Resource,
        dependent: &Resource,
        now: Timestamp,
    ) -> Option<&GuardCode> {
        self.guards.iter().find_map(|guard| {
            let other = guard.other()?;
            let raises = other.end == End::Dependent
                && other.kind.as_str() == dependent.address.kind()
                && refers(dependent, &other.relation, &target.address)
                && other_raises(other, dependent, now)
                && other
                    .target_attribute
                    .as_ref()
                    .is_none_or(|test| test.reads(target.attribute(&test.name), now).is_raised());
            raises.then_some(&guard.code)
        })
    }
}

fn claimed<'a>(holder: &'a HolderClaim, value: Attribute<'_>) -> Option<(&'a Relation, &'a Kind)> {
    match value {
        Attribute::Known(AttributeValue::String(text)) => {
            (*text == holder.value).then_some((&holder.relation, &holder.kind))
        }
        Attribute::Known(
            AttributeValue::Null
            | AttributeValue::Bool(_)
            | AttributeValue::Number(_)
            | AttributeValue::Array(_)
            | AttributeValue::Object(_),
        )
        | Attribute::Missing => None,
        Attribute::Unknown => Some((&holder.relation, &holder.kind)),
    }
}

fn refers(dependent: &Resource, relation: &Relation, target: &Address) -> bool {
    match &dependent.links {
        Fact::Known(links) => links.iter().any(|link| link.relation == *relation && link.target == *target),
        Fact::Unknown => true,
    }
}

fn other_raises(rule: &Other, other: &Resource, now: Timestamp) -> bool {
    rule.state.as_ref().is_none_or(|test| test.reads(other.state.as_ref().map(String::as_str)).is_raised())
        && rule.attribute.as_ref().is_none_or(|test| test.reads(other.attribute(&test.name), now).is_raised())
}
