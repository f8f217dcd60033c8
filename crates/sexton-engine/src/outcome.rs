//! What became of a step.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sexton_core::address::{Address, GuardCode};
use sexton_core::resource::{AttributeValue, Tags};
use sexton_core::time::Timestamp;

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// This run removed it and it is gone.
    Removed {
        /// The provider's id of the request that removed it, where one is known.
        request_id: Option<String>,
        /// The step whose call removed it, for what goes with another.
        with: Option<u32>,
    },
    /// It was gone before this run did anything to it.
    AlreadyGone,
    /// It went into a recycle bin.
    Parked {
        /// Until when it can be taken out again.
        until: Option<Timestamp>,
        /// The provider's id of the request.
        request_id: Option<String>,
    },
    /// The provider refused, or what was waited for did not clear in time.
    Refused {
        /// The code: a guard's where the rulebook has one of that code.
        code: String,
        /// The other resource, where the guard names one.
        by: Option<Address>,
        /// In words.
        message: String,
        /// The provider's id of the request.
        request_id: Option<String>,
    },
    /// It is no longer what the plan was made for, and was left alone.
    Stale {
        /// What differs.
        differences: Vec<Difference>,
    },
    /// A call failed, for good or too often.
    Failed {
        /// Of what sort the last failure was.
        class: FailureClass,
        /// The provider's code, where it gave one.
        code: Option<String>,
        /// In words.
        message: String,
        /// The provider's id of the request.
        request_id: Option<String>,
    },
    /// It was asked to go and could not be seen gone.
    Unknown {
        /// In words.
        message: String,
    },
    /// A step that it has to come after did not remove its resource.
    Blocked {
        /// That step, or the first in the chain that leads to it.
        by: u32,
    },
}

impl Outcome {
    /// Whether the resource is out of the way, so that the steps after this one may begin.
    #[must_use]
    pub fn is_done(&self) -> bool {
        match self {
            Outcome::Removed { .. } | Outcome::AlreadyGone | Outcome::Parked { .. } => true,
            Outcome::Refused { .. }
            | Outcome::Stale { .. }
            | Outcome::Failed { .. }
            | Outcome::Unknown { .. }
            | Outcome::Blocked { .. } => false,
        }
    }

    /// The outcome's name, as it stands in a journal.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Removed { .. } => "removed",
            Outcome::AlreadyGone => "already-gone",
            Outcome::Parked { .. } => "parked",
            Outcome::Refused { .. } => "refused",
            Outcome::Stale { .. } => "stale",
            Outcome::Failed { .. } => "failed",
            Outcome::Unknown { .. } => "unknown",
            Outcome::Blocked { .. } => "blocked",
        }
    }
}

/// Of what sort a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailureClass {
    /// Over a quota.
    Throttle,
    /// A passing fault.
    Transient,
    /// Another attempt gives the same answer.
    Permanent,
    /// The credentials are wrong, expired, or lack a permission.
    Auth,
}

impl From<sexton_provider::ErrorClass> for FailureClass {
    fn from(class: sexton_provider::ErrorClass) -> Self {
        match class {
            sexton_provider::ErrorClass::Throttle { .. } => FailureClass::Throttle,
            sexton_provider::ErrorClass::Transient => FailureClass::Transient,
            sexton_provider::ErrorClass::Permanent => FailureClass::Permanent,
            sexton_provider::ErrorClass::Auth => FailureClass::Auth,
        }
    }
}

/// One way in which a resource is not what the plan was made for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Difference {
    /// It was made at another time: another resource of the same id, or one whose age is not known.
    CreatedAt {
        /// By the plan.
        expected: Option<Timestamp>,
        /// By the provider now.
        found: Option<Timestamp>,
    },
    /// Its state.
    State {
        /// By the plan.
        expected: Option<String>,
        /// By the provider now.
        found: Option<String>,
    },
    /// Its tags.
    Tags {
        /// By the plan.
        expected: Option<Tags>,
        /// By the provider now.
        found: Option<Tags>,
    },
    /// An attribute; null is unknown or missing.
    Attribute {
        /// Its name.
        name: String,
        /// By the plan.
        expected: AttributeValue,
        /// By the provider now.
        found: AttributeValue,
    },
    /// A resource refers to it that the plan does not name.
    Dependent {
        /// That resource.
        address: Address,
        /// What it guards it by.
        guard: GuardCode,
    },
    /// A resource whose being kept justified the removal is gone.
    RetainedGone {
        /// That resource.
        address: Address,
    },
    /// What would go with it is stale.
    Carried {
        /// The step of that resource.
        step: u32,
    },
}

impl Difference {
    /// When another resource of the same id was made, where this says that there is one.
    pub(crate) fn replaced_at(&self) -> Option<Timestamp> {
        match self {
            Difference::CreatedAt { expected: Some(_), found } => *found,
            Difference::CreatedAt { expected: None, .. }
            | Difference::State { .. }
            | Difference::Tags { .. }
            | Difference::Attribute { .. }
            | Difference::Dependent { .. }
            | Difference::RetainedGone { .. }
            | Difference::Carried { .. } => None,
        }
    }
}
