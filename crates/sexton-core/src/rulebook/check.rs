//! What makes a rulebook unusable, found before anything is planned by it.

use super::{End, Follows, Goes, Guard, KindRules, Other, RaisedBy, Remedy, Rulebook};
use crate::address::{GuardCode, Kind, Relation};

/// A fault of a rulebook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulebookError {
    /// One kind has two sets of rules.
    #[error("kind {kind} is described twice")]
    RepeatedKind {
        /// The kind.
        kind: Kind,
    },
    /// One option of a removal has two descriptions, or one of its values has.
    #[error("option {option} of kind {kind} is described twice, or one of its values is")]
    RepeatedOption {
        /// The kind.
        kind: Kind,
        /// The option.
        option: String,
    },
    /// A guard names a kind that is not described.
    #[error("guard {code} names kind {kind}, which the rulebook does not describe")]
    UnknownKind {
        /// The guard.
        code: GuardCode,
        /// The kind.
        kind: Kind,
    },
    /// Something that goes *with* its target has to hang on it.
    #[error("guard {code}: what goes with a target must be its dependent")]
    WithByDependency {
        /// The guard.
        code: GuardCode,
    },
    /// A guard of sort *with* has only one remedy.
    #[error("guard {code}: what goes with a target can only be removed with it, not forced or waited for")]
    WithRemedies {
        /// The guard.
        code: GuardCode,
    },
    /// A state or an attribute cannot be removed.
    #[error("guard {code}: there is no other resource to remove")]
    NothingToRemove {
        /// The guard.
        code: GuardCode,
    },
    /// Two guards of a kind could each ask for an operation, and a step has one; or a code does not tell whether it asks.
    #[error(
        "guard {code}: only one guard on a kind can be forced by an operation, under a code that no other there has"
    )]
    AmbiguousOperation {
        /// The guard.
        code: GuardCode,
    },
    /// What makes a kind anew is of a kind that is not described.
    #[error("kind {kind} is made anew by kind {maker}, which the rulebook does not describe")]
    UnknownMaker {
        /// The kind that is made.
        kind: Kind,
        /// The kind of what makes it.
        maker: Kind,
    },
    /// An attribute follows what no plan removes first.
    #[error(
        "attribute {attribute} of kind {kind} follows a {holder} {relation} it, and no guard has that removed before it"
    )]
    FollowsUnguarded {
        /// The kind that has the attribute.
        kind: Kind,
        /// The attribute.
        attribute: String,
        /// The relation of what it follows.
        relation: Relation,
        /// The kind of what it follows.
        holder: Kind,
    },
    /// What comes before a resource does not tell whether its attribute follows that.
    #[error(
        "attribute {attribute} of kind {kind} follows a {holder} {relation} it, and a {holder} can come before it for another reason"
    )]
    FollowsAmbiguous {
        /// The kind that has the attribute.
        kind: Kind,
        /// The attribute.
        attribute: String,
        /// The relation of what it follows.
        relation: Relation,
        /// The kind of what it follows.
        holder: Kind,
    },
}

impl Rulebook {
    /// Every fault of the rulebook.
    pub fn faults(&self) -> Vec<RulebookError> {
        let mut faults = Vec::new();
        for (position, rules) in self.kinds.iter().enumerate() {
            if self.kinds[..position].iter().any(|earlier| earlier.kind == rules.kind) {
                faults.push(RulebookError::RepeatedKind { kind: rules.kind.clone() });
            }
            faults.extend(repeated_option(rules));
            for remade in rules.remade.iter().filter(|remade| self.kind(remade.maker.as_str()).is_none()) {
                faults.push(RulebookError::UnknownMaker { kind: rules.kind.clone(), maker: remade.maker.clone() });
            }
            faults.extend(rules.follows.iter().filter_map(|follows| self.fault_of(&rules.kind, follows)));
        }
        for guard in &self.guards {
            let code = || guard.code.clone();
            for kind in std::iter::once(&guard.target).chain(guard.other().map(|other| &other.kind)) {
                if self.kind(kind.as_str()).is_none() {
                    faults.push(RulebookError::UnknownKind { code: code(), kind: kind.clone() });
                }
            }
            if self.is_ambiguous(guard) {
                faults.push(RulebookError::AmbiguousOperation { code: code() });
            }
            match &guard.raised_by {
                RaisedBy::Other(other) => {
                    if other.goes == Goes::With {
                        if other.end == End::Dependency {
                            faults.push(RulebookError::WithByDependency { code: code() });
                        }
                        if guard.remedies != [Remedy::Remove] {
                            faults.push(RulebookError::WithRemedies { code: code() });
                        }
                    }
                }
                RaisedBy::State(_) | RaisedBy::Attribute(_) | RaisedBy::Claim { .. } => {
                    if guard.remedies.contains(&Remedy::Remove) {
                        faults.push(RulebookError::NothingToRemove { code: code() });
                    }
                }
            }
        }
        faults
    }

    /// Whether a guard is forced by an operation, and another on the same kind is too or has the same code.
    fn is_ambiguous(&self, guard: &Guard) -> bool {
        let has_operation = |guard: &Guard| guard.force().is_some_and(|force| force.operation.is_some());
        has_operation(guard)
            && self
                .guards_of(guard.target.as_str())
                .any(|other| !std::ptr::eq(other, guard) && (other.code == guard.code || has_operation(other)))
    }

    /// A step's predecessors tell what was removed before it, and not why: an attribute may follow only holders whose
    /// kind comes before it by one relation.
    fn fault_of(&self, kind: &Kind, follows: &Follows) -> Option<RulebookError> {
        let Follows { attribute, relation, kind: holder } = follows.clone();
        let is_meant = |other: &Other| other.relation == relation && other.end == End::Dependent;
        if !self
            .others(kind, &holder, Goes::Before)
            .any(|(guard, other)| is_meant(other) && guard.remedies.contains(&Remedy::Remove))
        {
            return Some(RulebookError::FollowsUnguarded { kind: kind.clone(), attribute, relation, holder });
        }
        // What goes with a carrier comes after that.
        let by_another = self.others(kind, &holder, Goes::Before).any(|(_, other)| !is_meant(other))
            || self.others(&holder, kind, Goes::With).next().is_some();
        by_another.then(|| RulebookError::FollowsAmbiguous { kind: kind.clone(), attribute, relation, holder })
    }

    /// The guards on a kind that others of a kind raise.
    fn others<'a>(
        &'a self,
        target: &'a Kind,
        kind: &'a Kind,
        goes: Goes,
    ) -> impl Iterator<Item = (&'a Guard, &'a Other)> + 'a {
        self.guards_of(target.as_str())
            .filter_map(|guard| Some((guard, guard.other()?)))
            .filter(move |(_, other)| other.kind == *kind && other.goes == goes)
    }
}

/// The first option whose description, or a value's, says two things.
fn repeated_option(rules: &KindRules) -> Option<RulebookError> {
    let options = rules.removal.as_ref().map_or(&[][..], |removal| &removal.options);
    let repeated = options.iter().enumerate().find(|(position, option)| {
        let values = &option.values;
        let twice = |(at, value): (usize, &super::OptionValue)| values[..at].iter().any(|one| one.value == value.value);
        options[..*position].iter().any(|earlier| earlier.name == option.name) || values.iter().enumerate().any(twice)
    });
    repeated.map(|(_, option)| RulebookError::RepeatedOption { kind: rules.kind.clone(), option: option.name.clone() })
}
