//! Whether a plan is what its inventory, its rulebooks and its policy give: a second reading of the same specification.
//!
//! It shares the model with what makes plans: inventory, rulebooks, policy, conditions, the plan's types. It shares no
//! algorithm: which guards are raised, what was listed, what comes after what, what retention keeps, which set is the
//! largest, and all that a plan says are found here once more, in another way, and compared. A plan that was altered, or
//! that a fault of the planner made, does not pass.

use std::num::NonZeroUsize;

use crate::inventory::Inventory;
use crate::plan::Plan;
use crate::policy::{Policy, PolicyError};
use crate::rulebook::{Rulebook, RulebookError};
use crate::time::Timestamp;

mod arranged;
mod attributes;
mod conditions;
mod facts;
mod groups;
mod holders;
mod largest;
mod listed;
pub mod order;
mod parallel;
mod raised;
mod readings;
mod remade;
mod rules;
mod sequence;
mod slots;
mod standing;
mod stays;
mod steps;
mod totals;
mod violation;
mod world;

pub use conditions::Conditions;
pub use violation::{List, MOST_NAMED, PlanPart, ReportPart, StepPart, Violation, Violations};

use arranged::Order;
use holders::Holders;
use listed::Listed;
use rules::Members;
use sequence::Sequence;
use standing::Standing;
use stays::Stays;
use steps::{Ground, Steps};
use world::World;

/// What a plan is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Grounds<'a> {
    /// What it was made from.
    pub inventory: &'a Inventory,
    /// The providers' rules.
    pub rulebooks: &'a [Rulebook],
    /// The user's rules.
    pub policy: &'a Policy,
}

/// Whether the plan's own digest is compared with its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seal {
    /// It is: the plan is written once, into nothing.
    Check,
    /// It is not: the plan was just read from its document, which checks it, or has none yet.
    Skip,
}

/// A plan that is what its grounds give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Verified {
    /// How many resources were read.
    pub resources: u64,
    /// How many steps hold.
    pub steps: u64,
    /// How many are held.
    pub held: u64,
    /// How many are blocked.
    pub blocked: u64,
    /// How many are kept.
    pub kept: u64,
}

/// Why a plan was not verified.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
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
    /// The plan is not what its grounds give.
    #[error("the plan is not what its inventory and policy give")]
    Violated(Violations),
}

/// Checks everything in a plan, in one thread.
///
/// ```
/// use sexton_core::verify::{Conditions, Grounds, Seal, VerifyError, verify};
/// # use sexton_core::planner;
/// # use std::fs;
/// # use sexton_core::inventory;
/// # use sexton_core::policy::Policy;
/// # use sexton_core::rulebook::Rulebook;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let inventory = inventory::read(fs::File::open("examples/lab/inventory.jsonl")?)?;
/// # let rulebooks: [Rulebook; 1] = [serde_json::from_str(&fs::read_to_string("examples/lab/rulebook.json")?)?];
/// # let policy = Policy::parse(&fs::read_to_string("examples/lab/policy.toml")?)?;
/// # let mut plan = planner::plan(&inventory, &rulebooks, &policy, None)?;
/// let grounds = Grounds { inventory: &inventory, rulebooks: &rulebooks, policy: &policy };
/// assert!(verify(&plan, &grounds, Conditions::Interpreted, Seal::Check).is_ok());
///
/// plan.steps.swap(0, 1);
/// assert!(matches!(verify(&plan, &grounds, Conditions::Interpreted, Seal::Check), Err(VerifyError::Violated(_))));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every violation, the first of them named; or grounds by which no plan can be judged.
pub fn verify(plan: &Plan, grounds: &Grounds<'_>, conditions: Conditions, seal: Seal) -> Result<Verified, VerifyError> {
    Expected::read(grounds, plan.now, conditions, NonZeroUsize::MIN)?.check(plan, seal)
}

/// What the grounds give, read before any plan is looked at: it may be read while the plan is made.
#[derive(Debug)]
pub struct Expected<'a> {
    grounds: Grounds<'a>,
    workers: NonZeroUsize,
    world: World<'a>,
    listed: Listed<'a>,
    sequence: Sequence,
    standing: Standing,
    /// What should go, and who holds it.
    largest: Members,
    holders: Holders,
    /// The same in the order of a plan, with what each comes after.
    steps: Vec<u32>,
    order: Order,
}

impl<'a> Expected<'a> {
    /// Reads the grounds, with so many threads. `now` is the instant at which ages are taken.
    ///
    /// # Errors
    /// Grounds by which no plan can be judged.
    pub fn read(
        grounds: &Grounds<'a>,
        now: Timestamp,
        conditions: Conditions,
        workers: NonZeroUsize,
    ) -> Result<Self, VerifyError> {
        grounds.check()?;
        let Grounds { inventory, rulebooks, policy } = *grounds;
        let world = World::read(inventory, rulebooks, now);
        let listed = Listed::read(&world, policy);
        let sequence = Sequence::read(&world);
        let standing = Standing::read(&world, &listed, policy, conditions, workers);
        let ground = Ground { world: &world, listed: &listed, sequence: &sequence, standing: &standing, policy };
        let (largest, holders) = largest::largest(&world, &standing, &ground.fit());
        let (steps, order) = Order::arrange(ground, &largest);
        Ok(Self { grounds: *grounds, workers, world, listed, sequence, standing, largest, holders, steps, order })
    }

    /// Checks everything in a plan.
    ///
    /// # Errors
    /// Every violation, the first of them named.
    pub fn check(&self, plan: &Plan, seal: Seal) -> Result<Verified, VerifyError> {
        let Grounds { inventory, policy, .. } = self.grounds;
        let Self { world, listed, sequence, standing, .. } = self;
        let mut violations = Violations::default();
        if seal == Seal::Check {
            let digest = plan.write(std::io::sink()).expect("a sink takes every byte and a plan serialises");
            violations.part(PlanPart::Digest, &digest, &plan.digest);
        }
        totals::check_sources(plan, &self.grounds, &mut violations);
        violations.part(PlanPart::Now, &world.now, &plan.now);
        let ground = Ground { world, listed, sequence, standing, policy };
        let steps = Steps::find(world, plan, &self.steps, &mut violations);
        let other;
        let (order, holders) = if steps.are(&self.steps) {
            (&self.order, &self.holders)
        } else {
            for resource in self.largest.iter().filter(|resource| !steps.has(*resource)) {
                violations.add(|| Violation::Omitted { address: world.address(resource) });
            }
            let mut going = Members::new(inventory.len());
            steps.collected.iter().filter(|at| ground.may_go(*at)).for_each(|resource| going.insert(resource));
            let order = Order::read(ground, steps.resources(), |resource| steps.place(resource));
            other = (order, Holders::among(world, standing, &going));
            (&other.0, &other.1)
        };
        steps::check_members(ground, &steps, holders, &mut violations);
        steps::check_steps(ground, plan, &steps, (order, holders), self.workers, &mut violations);
        let stayed = Stays::read(ground, &steps).check(plan, &mut violations);
        totals::check_totals(ground, plan, &steps, holders, stayed, &mut violations);
        totals::check_findings(ground, plan, &mut violations);
        if !violations.is_empty() {
            return Err(VerifyError::Violated(violations));
        }
        let count = |length: usize| length as u64;
        Ok(Verified {
            resources: count(inventory.len()),
            steps: count(plan.steps.len()),
            held: stayed.held,
            blocked: stayed.blocked,
            kept: stayed.kept,
        })
    }
}

impl Grounds<'_> {
    /// Whether a plan can be judged by them at all.
    fn check(&self) -> Result<(), VerifyError> {
        check_rulebooks(self.rulebooks).map_err(|(provider, faults)| {
            if faults.is_empty() {
                VerifyError::RepeatedRulebook { provider }
            } else {
                VerifyError::Rulebook { provider, faults }
            }
        })?;
        self.policy.check(self.rulebooks).map_err(VerifyError::Policy)
    }
}

/// The first provider whose rulebook cannot be used, with its faults; without any where there are two of it.
fn check_rulebooks(rulebooks: &[Rulebook]) -> Result<(), (String, Vec<RulebookError>)> {
    for (position, rulebook) in rulebooks.iter().enumerate() {
        let faults = rulebook.faults();
        let repeated = rulebooks[..position].iter().any(|earlier| earlier.provider == rulebook.provider);
        if repeated || !faults.is_empty() {
            return Err((rulebook.provider.to_string(), if repeated { Vec::new() } else { faults }));
        }
    }
    Ok(())
}
