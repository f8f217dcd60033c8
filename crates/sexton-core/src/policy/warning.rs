//! What of a policy can have no effect, or surely has another than was meant. Warnings are no faults: a plan can be made.

use std::fmt;

use super::condition::Cause;
use super::passage::Passage;
use crate::address::{GuardCode, Kind, Provider};

/// A warning with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedWarning {
    /// Where.
    pub passage: Passage,
    /// What.
    pub warning: PolicyWarning,
}

/// What is proved of a policy before there is an inventory. The diagnostics page has a row for each.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyWarning {
    /// A collect rule that matches nothing, or nothing that is not protected.
    NeverMatches {
        /// The rule.
        rule: String,
        /// Why.
        because: Never,
        /// Whether it still keeps what its population retains.
        retains: Retains,
    },
    /// A protect rule that is never true.
    NeverProtects {
        /// The rule.
        rule: String,
        /// Why.
        because: Never,
    },
    /// A protect rule whose condition is unknown of every resource, so that all are protected.
    ProtectsAll {
        /// The rule.
        rule: String,
        /// Why it is unknown.
        cause: Option<Cause>,
    },
    /// A force of a guard that nothing has which the rule may force.
    ForceWithoutEffect {
        /// The rule.
        rule: String,
        /// The guard.
        code: GuardCode,
        /// Why.
        because: NoForce,
    },
    /// A kind to take along that never hangs on anything the rule takes.
    CascadeWithoutEffect {
        /// The rule.
        rule: String,
        /// The kind.
        kind: Kind,
        /// Why.
        because: NoDraw,
    },
    /// A kind to take along of which nothing that the rule takes ever hangs.
    OrphansWithoutEffect {
        /// The rule.
        rule: String,
        /// The kind.
        kind: Kind,
        /// Why.
        because: NoDraw,
    },
    /// A wait that no guard has a use for.
    WaitWithoutEffect {
        /// The rule.
        rule: String,
    },
    /// A limit on a kind that no rule removes.
    LimitWithoutEffect {
        /// The kind.
        kind: Kind,
    },
    /// A waiver of a kind that nobody asks for.
    WaiverWithoutEffect {
        /// The kind.
        kind: Kind,
    },
    /// A group key that is the same of all, so that there is one group.
    OneGroup {
        /// The rule.
        rule: String,
    },
    /// A group key that nothing has, so that all of the population is retained.
    RetainsAll {
        /// The rule.
        rule: String,
    },
    /// A rule that says what another one says.
    Repeated {
        /// The rule.
        rule: String,
        /// The other.
        earlier: String,
    },
    /// A rule whose `when` says what its `where` says.
    RepeatedCondition {
        /// The rule.
        rule: String,
    },
}

/// Why a rule is never true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Never {
    /// Its condition is never true; where it is always unknown, this is why.
    Condition(Option<Cause>),
    /// Its `where` and its `when` are never true together.
    WhereAndWhen,
    /// Its provider has no such kind, or none that can be removed.
    Kind(Provider, Kind),
    /// All that it could match is protected by these rules.
    Protected(Vec<String>),
}

/// Whether a rule that matches nothing retains something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retains {
    /// It has a `retain`, which bars what it keeps from other rules too.
    Yes,
    /// It has none.
    No,
}

/// Why a force is never granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoForce {
    /// The guard is not one of these kinds, which are all that the rule may force.
    OtherKind(Vec<Kind>),
    /// The rule waits for it instead.
    Waits,
}

/// Why a kind is never drawn in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoDraw {
    /// No guard leads from one of these kinds to it.
    NoGuard(Vec<Kind>),
    /// Its `when` is never true; where it is always unknown, this is why.
    Condition(Option<Cause>),
}

impl PolicyWarning {
    /// Its code, as the diagnostics page and scripts name it.
    pub fn code(&self) -> &'static str {
        match self {
            PolicyWarning::NeverMatches { .. } => "never-matches",
            PolicyWarning::NeverProtects { .. } => "never-protects",
            PolicyWarning::ProtectsAll { .. } => "protects-all",
            PolicyWarning::ForceWithoutEffect { .. } => "force-without-effect",
            PolicyWarning::CascadeWithoutEffect { .. } => "cascade-without-effect",
            PolicyWarning::OrphansWithoutEffect { .. } => "orphans-without-effect",
            PolicyWarning::WaitWithoutEffect { .. } => "wait-without-effect",
            PolicyWarning::LimitWithoutEffect { .. } => "limit-without-effect",
            PolicyWarning::WaiverWithoutEffect { .. } => "waiver-without-effect",
            PolicyWarning::OneGroup { .. } => "one-group",
            PolicyWarning::RetainsAll { .. } => "retains-all",
            PolicyWarning::Repeated { .. } => "repeated",
            PolicyWarning::RepeatedCondition { .. } => "repeated-condition",
        }
    }
}

impl fmt::Display for PolicyWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PolicyWarning::NeverMatches { rule, because, retains } => {
                write!(f, "rule {rule:?} can never match: {because}")?;
                match retains {
                    Retains::Yes => f.write_str("; only its `retain` has an effect"),
                    Retains::No => Ok(()),
                }
            }
            PolicyWarning::NeverProtects { rule, because } => {
                write!(f, "rule {rule:?} protects at most what is not known: {because}")
            }
            PolicyWarning::ProtectsAll { rule, cause } => {
                write!(f, "rule {rule:?} is unknown of every resource, and protects all of them")?;
                said(f, cause.as_ref())
            }
            PolicyWarning::ForceWithoutEffect { rule, code, because } => match because {
                NoForce::OtherKind(kinds) => {
                    write!(f, "rule {rule:?} never forces {code}: it cannot be forced on {}", listed(kinds))
                }
                NoForce::Waits => write!(f, "rule {rule:?} never forces {code}: it has a `wait`, which goes first"),
            },
            PolicyWarning::CascadeWithoutEffect { rule, kind, because } => {
                write!(f, "rule {rule:?} never takes along kind `{kind}`: ")?;
                match because {
                    NoDraw::NoGuard(kinds) => {
                        write!(f, "as a dependent it guards nothing of kind {}", listed(kinds))
                    }
                    NoDraw::Condition(cause) => write!(f, "{}", Never::Condition(cause.clone())),
                }
            }
            PolicyWarning::OrphansWithoutEffect { rule, kind, because } => {
                write!(f, "rule {rule:?} never takes along kind `{kind}`: ")?;
                match because {
                    NoDraw::NoGuard(kinds) => write!(f, "nothing of kind {} guards it as a dependent", listed(kinds)),
                    NoDraw::Condition(cause) => write!(f, "{}", Never::Condition(cause.clone())),
                }
            }
            PolicyWarning::WaitWithoutEffect { rule } => {
                write!(f, "rule {rule:?} never waits: no guard on what it takes passes by waiting")
            }
            PolicyWarning::LimitWithoutEffect { kind } => {
                write!(f, "no rule removes kind `{kind}`, so that its limit limits nothing")
            }
            PolicyWarning::WaiverWithoutEffect { kind } => {
                write!(f, "nothing that a rule takes can be guarded by kind `{kind}`, so that nobody asks for it")
            }
            PolicyWarning::OneGroup { rule } => {
                write!(f, "rule {rule:?}: `per` is the same of every resource, so that there is one group")
            }
            PolicyWarning::RetainsAll { rule } => write!(
                f,
                "rule {rule:?}: `per` gives no text, whole number or truth value, so that all of the population is retained"
            ),
            PolicyWarning::Repeated { rule, earlier } => {
                write!(f, "rule {rule:?} speaks of the same resources as rule {earlier:?}")
            }
            PolicyWarning::RepeatedCondition { rule } => {
                write!(f, "rule {rule:?}: `when` says again what `where` says")
            }
        }
    }
}

impl fmt::Display for Never {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Never::Condition(cause) => {
                f.write_str("its condition is never true")?;
                said(f, cause.as_ref())
            }
            Never::WhereAndWhen => f.write_str("its `where` and its `when` are never true together"),
            Never::Kind(provider, kind) => {
                write!(f, "the rulebook of {provider} has no kind `{kind}` that can be removed")
            }
            Never::Protected(rules) => {
                write!(f, "all that it could match is protected by {}", listed(rules))
            }
        }
    }
}

/// A cause, where there is one.
fn said(f: &mut fmt::Formatter<'_>, cause: Option<&Cause>) -> fmt::Result {
    match cause {
        Some(cause) => write!(f, " ({cause})"),
        None => Ok(()),
    }
}

fn listed<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
