//! Worlds to run plans in: a made-up provider's rulebook, an inventory of clusters, and the plan that the planner makes
//! of them.

use std::sync::Arc;

use sexton_core::address::{Account, Address, NameError, Provider, Region};
use sexton_core::fact::Fact;
use sexton_core::inventory::{BuildError, CensusLine, CensusScope, Inventory, Listing};
use sexton_core::plan::{Plan, PlanWriteError};
use sexton_core::planner::{self, PlanError};
use sexton_core::policy::{Policy, PolicyError};
use sexton_core::resource::Resource;
use sexton_core::rulebook::Rulebook;
use sexton_core::time::{Timestamp, TimestampError};

mod cluster;
#[cfg(test)]
mod tests;

pub use cluster::Turn;
pub(crate) use cluster::{USAGE, created_from, known, usage};

/// The made-up provider's name.
pub const PROVIDER: &str = "sim";
/// The accounts of every world, each with a provider of its own, in this order.
pub const ACCOUNTS: [&str; 2] = ["acct", "other"];
/// Where the clusters of a world are: accounts and regions.
pub const PLACES: [(&str, &str); 3] = [("acct", "r1"), ("acct", "r2"), ("other", "r1")];

const RULEBOOK: &str = include_str!("world/rulebook.json");
const POLICY: &str = include_str!("world/policy.toml");
const TAKEN_AT: &str = "2026-11-21T00:00:00Z";

/// Why a world cannot be made. Each is a fault of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// The rulebook is none.
    #[error("the rulebook of the simulation cannot be read")]
    Rulebook(#[source] serde_json::Error),
    /// The policy is none.
    #[error("the policy of the simulation cannot be read")]
    Policy(#[source] PolicyError),
    /// A time is none.
    #[error("a time of the simulation cannot be read")]
    Time(#[source] TimestampError),
    /// A name is none.
    #[error("a name of the simulation is not possible")]
    Name(#[from] NameError),
    /// The resources make no inventory.
    #[error("the resources of a world make no inventory")]
    Inventory(#[source] BuildError),
    /// No plan can be made.
    #[error("no plan can be made of a world")]
    Plan(#[source] PlanError),
    /// The plan cannot be written.
    #[error("the plan of a world cannot be written")]
    Document(#[source] PlanWriteError),
}

/// What all worlds share.
#[derive(Debug, Clone)]
pub struct Lab {
    /// The made-up provider's rules.
    pub rulebook: Arc<Rulebook>,
    policy: Arc<Policy>,
    /// When every inventory is taken and every run begins.
    pub taken_at: Timestamp,
    census: Arc<Vec<CensusLine>>,
}

/// A world before a run, and what is planned for it.
#[derive(Debug, Clone)]
pub struct World {
    /// The rules.
    pub rulebook: Arc<Rulebook>,
    /// When the inventory was taken, and the run begins.
    pub taken_at: Timestamp,
    /// What is there.
    pub resources: Vec<Resource>,
    /// What changes by itself.
    pub turns: Vec<Turn>,
    /// What the planner makes of it.
    pub plan: Plan,
    /// The plan as a document.
    pub document: Vec<u8>,
}

impl World {
    /// Whether the plan removes a resource by an operation for the state it is in, which may end by itself before: a copy is
    /// cancelled, or is finished.
    pub(crate) fn may_come_too_late(&self, address: &Address) -> bool {
        let own = self.rulebook.operation(address.kind(), &[]);
        let mut of_it = self.plan.steps.iter().filter(|step| step.address == *address);
        of_it.any(|step| Some(step.operation.as_str()) != own)
    }
}

impl Lab {
    /// Reads the rulebook and the policy of the simulation.
    ///
    /// # Errors
    /// They are at fault.
    pub fn new() -> Result<Self, WorldError> {
        let rulebook: Rulebook = serde_json::from_str(RULEBOOK).map_err(WorldError::Rulebook)?;
        let policy = Policy::parse(POLICY).map_err(WorldError::Policy)?;
        let taken_at: Timestamp = TAKEN_AT.parse().map_err(WorldError::Time)?;
        let mut census = Vec::new();
        for (account, region) in PLACES {
            for rules in &rulebook.kinds {
                let scope = CensusScope {
                    provider: Provider::new(PROVIDER)?,
                    account: Account::new(account)?,
                    region: Region::new(region)?,
                    kind: rules.kind.clone(),
                };
                census.push(CensusLine { scope, listing: Listing::Complete, as_of: Fact::Known(taken_at) });
            }
        }
        Ok(Self { rulebook: Arc::new(rulebook), policy: Arc::new(policy), taken_at, census: Arc::new(census) })
    }

    /// The world of these clusters.
    ///
    /// # Errors
    /// The simulation is at fault.
    pub fn world(&self, clusters: &[u64]) -> Result<World, WorldError> {
        let mut resources = Vec::new();
        let mut turns = Vec::new();
        for seed in clusters {
            let cluster = cluster::cluster(*seed, self.taken_at)?;
            resources.extend(cluster.resources);
            turns.extend(cluster.turns);
        }
        let inventory = Inventory::new(self.taken_at, self.census.iter().cloned(), resources.clone())
            .map_err(WorldError::Inventory)?;
        let rulebooks = std::slice::from_ref(self.rulebook.as_ref());
        let plan = planner::plan(&inventory, rulebooks, &self.policy, None).map_err(WorldError::Plan)?;
        let mut document = Vec::new();
        plan.write(&mut document).map_err(WorldError::Document)?;
        Ok(World { rulebook: Arc::clone(&self.rulebook), taken_at: self.taken_at, resources, turns, plan, document })
    }
}
