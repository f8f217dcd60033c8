//! From an inventory, rulebooks and a policy to a plan: the largest set of resources that the policy allows to go and
//! the rulebooks say can go, in an order that the providers accept.

use std::num::NonZeroUsize;

use crate::inventory::Inventory;
use crate::plan::{AssumedNone, CensusEntry, InventoryReference, Plan, PolicyReference};
use crate::policy::{Policy, PolicyError};
use crate::rulebook::{Rulebook, RulebookError};
use crate::time::{Span, Timestamp};

mod blockers;
mod collected;
mod findings;
mod foundations;
mod limits;
mod masks;
mod reading;
mod remade;
mod selection;
mod shrinking;
mod steps;
#[cfg(test)]
mod tests;

use crate::graph::{Graph, ListedWhere};
use selection::Selection;

/// How long after the inventory was taken a plan is carried out at the latest.
pub const LIFETIME: Span = Span::from_hours(24);

/// Why no plan can be made from these inputs.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Ages would be taken at a time when the inventory did not exist.
    #[error("now ({now}) is before the inventory was taken ({taken_at})")]
    NowBeforeInventory {
        /// The instant asked for.
        now: Timestamp,
        /// When the inventory was taken.
        taken_at: Timestamp,
    },
    /// Two rulebooks of one provider.
    #[error("there are two rulebooks of {provider}")]
    RepeatedRulebook {
        /// The provider.
        provider: String,
    },
    /// A rulebook contradicts itself.
    #[error("the rulebook of {provider} is faulty: {}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Rulebook {
        /// The provider.
        provider: String,
        /// Its faults.
        faults: Vec<RulebookError>,
    },
    /// The policy speaks of kinds or guards that no rulebook has.
    #[error("the policy does not fit the rulebooks")]
    Policy(#[source] PolicyError),
}

/// Makes the plan. `now` is the instant at which ages are taken; by default when the inventory was taken.
///
/// The same input gives the same plan, whatever the order of the inventory's lines.
///
/// ```
/// use sexton_core::planner::{self, PlanError};
/// # use sexton_core::time::Timestamp;
/// # use std::fs;
/// # use sexton_core::inventory;
/// # use sexton_core::policy::Policy;
/// # use sexton_core::rulebook::Rulebook;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let inventory = inventory::read(fs::File::open("examples/lab/inventory.jsonl")?)?;
/// # let rulebooks: [Rulebook; 1] = [serde_json::from_str(&fs::read_to_string("examples/lab/rulebook.json")?)?];
/// # let policy = Policy::parse(&fs::read_to_string("examples/lab/policy.toml")?)?;
/// let plan = planner::plan(&inventory, &rulebooks, &policy, None)?;
/// assert_eq!(plan.now, inventory.taken_at());
/// assert_eq!(plan.steps.len(), 2);
///
/// let before: Timestamp = "2026-11-20T23:59:59Z".parse()?;
/// let refused = planner::plan(&inventory, &rulebooks, &policy, Some(before));
/// assert!(matches!(refused, Err(PlanError::NowBeforeInventory { .. })));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Inputs of which no plan can be made. A plan without steps, or one that exceeds a limit, is not an error.
pub fn plan(
    inventory: &Inventory,
    rulebooks: &[Rulebook],
    policy: &Policy,
    now: Option<Timestamp>,
) -> Result<Plan, PlanError> {
    propose(inventory, rulebooks, policy, now, NonZeroUsize::MIN).map(Plan::sealed)
}

/// Makes the plan by that many threads, without its digest, which writing it finds ([`Plan::write`]): for large plans
/// that are written anyway. What is planned does not depend on the number of threads.
///
/// ```
/// # use std::num::NonZeroUsize;
/// use sexton_core::planner;
/// # use std::fs;
/// # use sexton_core::inventory;
/// # use sexton_core::policy::Policy;
/// # use sexton_core::rulebook::Rulebook;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let inventory = inventory::read(fs::File::open("examples/lab/inventory.jsonl")?)?;
/// # let rulebooks: [Rulebook; 1] = [serde_json::from_str(&fs::read_to_string("examples/lab/rulebook.json")?)?];
/// # let policy = Policy::parse(&fs::read_to_string("examples/lab/policy.toml")?)?;
/// # let workers = NonZeroUsize::MIN.saturating_add(1);
/// let proposed = planner::propose(&inventory, &rulebooks, &policy, None, workers)?;
/// let mut document = Vec::new();
/// let digest = proposed.write(&mut document)?;
/// assert_eq!(digest, planner::plan(&inventory, &rulebooks, &policy, None)?.digest);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`plan`].
pub fn propose(
    inventory: &Inventory,
    rulebooks: &[Rulebook],
    policy: &Policy,
    now: Option<Timestamp>,
    workers: NonZeroUsize,
) -> Result<Plan, PlanError> {
    let now = now.unwrap_or(inventory.taken_at());
    check(inventory, rulebooks, policy, now)?;
    let listed = ListedWhere { now, max_age: policy.limits.max_inventory_age, waivers: &policy.assume_none };
    let graph = Graph::build(inventory, rulebooks, now, &listed, workers);
    let selection = Selection::of(&graph, policy, now, workers);
    let collected = collected::collect(&graph, policy, &selection);
    let steps = steps::steps(&graph, policy, &selection, &collected, workers);
    let report = blockers::report(&graph, policy, &selection, &collected);
    let (exceeded, summary) = limits::judge(&graph, policy, &selection, &collected, &steps, &report);
    let findings = findings::findings(&graph, policy, &selection, &steps);
    let expires_at = inventory.taken_at().checked_add(LIFETIME).unwrap_or(inventory.taken_at());
    let mut assumed: Vec<AssumedNone> = policy.assume_none.clone();
    assumed.sort();
    Ok(Plan {
        now,
        expires_at,
        inventory: InventoryReference { digest: inventory.digest().to_owned(), taken_at: inventory.taken_at() },
        policy: PolicyReference { digest: policy.digest().to_owned(), text: policy.text().to_owned() },
        census: inventory
            .census()
            .lines()
            .map(|line| CensusEntry {
                provider: line.scope.provider,
                account: line.scope.account,
                region: line.scope.region,
                kind: line.scope.kind,
                complete: line.listing == crate::inventory::Listing::Complete,
                as_of: line.as_of.known(),
            })
            .collect(),
        assumed,
        applyable: exceeded.is_empty(),
        complete: !report
            .held
            .iter()
            .chain(&report.blocked)
            .any(|held| held.blockers.iter().any(|blocker| blocker.because == crate::plan::Because::Unlisted)),
        exceeded,
        summary,
        steps,
        held: report.held,
        blocked: report.blocked,
        kept: report.kept,
        findings,
        digest: String::new(),
    })
}

fn check(inventory: &Inventory, rulebooks: &[Rulebook], policy: &Policy, now: Timestamp) -> Result<(), PlanError> {
    if now < inventory.taken_at() {
        return Err(PlanError::NowBeforeInventory { now, taken_at: inventory.taken_at() });
    }
    for (position, rulebook) in rulebooks.iter().enumerate() {
        if rulebooks[..position].iter().any(|earlier| earlier.provider == rulebook.provider) {
            return Err(PlanError::RepeatedRulebook { provider: rulebook.provider.to_string() });
        }
        let faults = rulebook.faults();
        if !faults.is_empty() {
            return Err(PlanError::Rulebook { provider: rulebook.provider.to_string(), faults });
        }
    }
    policy.check(rulebooks).map_err(PlanError::Policy)
}
