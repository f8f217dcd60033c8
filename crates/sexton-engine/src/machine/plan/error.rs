//! Why a plan cannot be run.

use sexton_core::address::{Address, GuardCode};
use sexton_core::rulebook::RulebookError;

/// Why a plan cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunPlanError {
    /// A limit is exceeded.
    #[error("the plan exceeds a limit of its policy and is not applyable")]
    NotApplyable,
    /// No configured provider has that name.
    #[error("step {step} is at provider {provider}, and none of that name is configured")]
    NoRulebook {
        /// The step.
        step: u32,
        /// The provider's name.
        provider: String,
    },
    /// A rulebook is faulty.
    #[error("the rulebook of provider {provider} is faulty: {fault}")]
    Rulebook {
        /// The provider's name.
        provider: String,
        /// The first of its faults.
        fault: RulebookError,
    },
    /// The rulebook does not remove that kind by that operation.
    #[error("step {step} removes {address} by {operation}: the provider's rulebook has {rulebook} for that kind")]
    Operation {
        /// The step.
        step: u32,
        /// Its resource.
        address: Address,
        /// The plan's operation.
        operation: String,
        /// The rulebook's operation, or that there is none.
        rulebook: String,
    },
    /// A guard that is waited for or forced is not in the rulebook.
    #[error("step {step} names guard {guard}, which the provider's rulebook does not have for its kind")]
    Guard {
        /// The step.
        step: u32,
        /// The guard.
        guard: GuardCode,
    },
    /// A step is not where its index says.
    #[error("the step at place {place} has index {index}")]
    Index {
        /// Its place, from 0.
        place: usize,
        /// What it says.
        index: u32,
    },
    /// A step comes after, or goes with, one that does not precede it.
    #[error("step {step} depends on step {other}, which does not precede it")]
    Order {
        /// The step.
        step: u32,
        /// The step it names.
        other: u32,
    },
    /// A resource is named by two steps.
    #[error("steps {first} and {second} both remove {address}")]
    Repeated {
        /// The first step.
        first: u32,
        /// The second.
        second: u32,
        /// The resource.
        address: Address,
    },
}
