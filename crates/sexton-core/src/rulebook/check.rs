//! What makes a rulebook unusable, found before anything is planned by it.

use super::{End, Goes, RaisedBy, Remedy, Rulebook};
use crate::address::{GuardCode, Kind};

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
}

impl Rulebook {
    /// Every fault of the rulebook.
    pub fn faults(&self) -> Vec<RulebookError> {
        let mut faults = Vec::new();
        for (position, rules) in self.kinds.iter().enumerate() {
            if self.kinds[..position].iter().any(|earlier| earlier.kind == rules.kind) {
                faults.push(RulebookError::RepeatedKind { kind: rules.kind.clone() });
            }
        }
        for guard in &self.guards {
            let code = || guard.code.clone();
            for kind in std::iter::once(&guard.target).chain(guard.other().map(|other| &other.kind)) {
                if self.kind(kind.as_str()).is_none() {
                    faults.push(RulebookError::UnknownKind { code: code(), kind: kind.clone() });
                }
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
}
