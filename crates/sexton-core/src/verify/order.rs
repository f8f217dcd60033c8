//! Whether an order of removals, whoever made it, keeps to the rulebooks.

use std::collections::BTreeSet;

use super::check_rulebooks;
use super::groups::number;
pub use super::world::Certainty;
use super::world::{By, Raised, World};
use crate::address::{Address, GuardCode};
use crate::inventory::Inventory;
use crate::plan::Plan;
use crate::rulebook::{Rulebook, RulebookError, Strength};
use crate::time::Timestamp;

/// Which guards an order has to respect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// Those by which the provider would refuse a removal.
    Enforced,
    /// Also those that are only assumed: the provider would let it happen, and users would regret it.
    All,
}

/// A raised guard that does not count: it is forced, or waited for, by whoever removes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lifted {
    /// What it guards.
    pub target: Address,
    /// The guard.
    pub guard: GuardCode,
    /// What raises it; none for a state or an attribute of the target.
    pub by: Option<Address>,
}

/// On what terms an order is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Which guards count.
    pub judged: Judged,
    /// Which of those that are raised do not.
    pub lifted: BTreeSet<Lifted>,
}

impl Terms {
    /// All guards count, and none is lifted.
    pub fn strict() -> Self {
        Self { judged: Judged::All, lifted: BTreeSet::new() }
    }

    /// The terms on which a plan removes: all guards count, but for those that its steps force or wait for.
    pub fn of_plan(plan: &Plan) -> Self {
        let mut terms = Self::strict();
        for step in &plan.steps {
            let lift = |guard: &GuardCode, by| Lifted { target: step.address.clone(), guard: guard.clone(), by };
            for guard in &step.force {
                let others = step.expect.dependents.iter().flatten().cloned().map(Some);
                terms.lifted.extend(others.chain([None]).map(|by| lift(guard, by)));
            }
            terms.lifted.extend(step.wait.iter().map(|wait| lift(&wait.guard, wait.by.clone())));
        }
        terms
    }
}

/// The first thing in which an order does not keep to the rulebooks.
///
/// `removal` is the place in the order, from 0.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OrderViolation {
    /// The inventory has no such resource.
    #[error("removal {removal}: {address} is not in the inventory")]
    NotInInventory {
        /// Which removal.
        removal: usize,
        /// What it removes.
        address: Address,
    },
    /// No rulebook describes the resource's kind.
    #[error("removal {removal}: no rulebook describes the kind of {address}")]
    NoRules {
        /// Which removal.
        removal: usize,
        /// What it removes.
        address: Address,
    },
    /// An earlier removal removed it.
    #[error("removal {removal}: {address} was removed by removal {earlier}")]
    Repeated {
        /// Which removal.
        removal: usize,
        /// What it removes.
        address: Address,
        /// The earlier one.
        earlier: usize,
    },
    /// A guard is raised on what is removed, or on what goes with it.
    #[error("removal {removal}: {address} cannot go: {raised}")]
    Guarded {
        /// Which removal.
        removal: usize,
        /// What it removes.
        address: Address,
        /// The guard.
        raised: Box<RaisedGuard>,
    },
    /// Something goes with what is removed, and the order does not name it.
    #[error("removal {removal}: {with} goes with {address} ({guard}), and the order does not name it")]
    Unnamed {
        /// Which removal.
        removal: usize,
        /// What it removes.
        address: Address,
        /// What goes with it.
        with: Address,
        /// The guard that says so.
        guard: GuardCode,
    },
    /// Two rulebooks of one provider.
    #[error("there are two rulebooks of {provider}")]
    RepeatedRulebook {
        /// The provider.
        provider: String,
    },
    /// A rulebook contradicts itself.
    #[error("the rulebook of {provider} is faulty")]
    Rulebook {
        /// The provider.
        provider: String,
        /// Its faults.
        faults: Vec<RulebookError>,
    },
}

/// A guard that refuses a removal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RaisedGuard {
    /// What is guarded: what is removed, or something that goes with it.
    pub target: Address,
    /// The guard.
    pub guard: GuardCode,
    /// Who enforces it.
    pub strength: Strength,
    /// What raises it; none where a state or an attribute does, or where links are not known.
    pub by: Option<Address>,
    /// Whether it is known to be raised.
    pub certainty: Certainty,
}

impl std::fmt::Display for RaisedGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { target, guard, .. } = self;
        match &self.by {
            Some(by) => write!(f, "{by} raises {guard} on {target}"),
            None => write!(f, "{guard} is raised on {target}"),
        }
    }
}

/// What became of a resource so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    There,
    /// It went with a carrier, and may be named once more: that is how it is confirmed.
    Carried,
    RemovedBy(usize),
}

/// Judges an order of removals in a world: the first removal that a guard refuses, or that is of nothing.
///
/// What was removed guards no longer, and what goes *with* another is gone when its carrier is. It may stand in the order
/// before or after its carrier, but has to stand there. There is no policy: what is protected, retained or not listed is
/// not asked.
///
/// ```
/// use sexton_core::inventory;
/// use sexton_core::rulebook::Rulebook;
/// use sexton_core::verify::order::{OrderViolation, Terms, order};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // A rulebook by which a snapshot cannot go while an image is made from it.
/// # let text = r#"{"provider":"shop","kinds":[
/// #     {"kind":"snapshot","removal":{"operation":"DeleteSnapshot","consequence":null,"batch_limit":1,
/// #      "batch_key":"region","completion":"sync"},"probe_limit":1,"usable":"always","data":"shared"},
/// #     {"kind":"image","removal":{"operation":"DeleteImage","consequence":null,"batch_limit":1,
/// #      "batch_key":"region","completion":"async"},"probe_limit":1,"usable":"always","data":"elsewhere"}],
/// #   "guards":[{"code":"SnapshotCreatedImage","target":"snapshot","raised_by":{"other":{"relation":"created-from",
/// #      "kind":"image","end":"dependent","state":null,"attribute":null,"target_attribute":null,"goes":"before"}},
/// #      "strength":"enforced","remedies":["remove"],"visibility":"region"}]}"#;
/// let rulebook: Rulebook = serde_json::from_str(text)?;
/// let inventory = inventory::read(
///     r#"{"format":"sexton.inventory","version":1,"taken_at":"2026-11-21T00:00:00Z"}
/// {"resource":{"provider":"shop","account":"1","region":"here","kind":"snapshot","id":"s-1","links":[]}}
/// {"resource":{"provider":"shop","account":"1","region":"here","kind":"image","id":"m-1","links":[{"relation":"created-from","kind":"snapshot","id":"s-1"}]}}"#
///         .as_bytes(),
/// )?;
/// let (rulebooks, now) = ([rulebook], inventory.taken_at());
/// let (image, snapshot) = ("shop:1:here:image/m-1".parse()?, "shop:1:here:snapshot/s-1".parse()?);
///
/// let mut removals = vec![image, snapshot];
/// assert_eq!(order(&inventory, &rulebooks, now, &removals, &Terms::strict()), Ok(()));
///
/// removals.reverse();
/// let Err(OrderViolation::Guarded { removal, raised, .. }) =
///     order(&inventory, &rulebooks, now, &removals, &Terms::strict())
/// else {
///     panic!("the image still needs its snapshot");
/// };
/// assert_eq!((removal, raised.guard.as_str()), (0, "SnapshotCreatedImage"));
/// assert_eq!(raised.by.as_ref(), Some(&removals[1]));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The first violation.
pub fn order(
    inventory: &Inventory,
    rulebooks: &[Rulebook],
    now: Timestamp,
    removals: &[Address],
    terms: &Terms,
) -> Result<(), OrderViolation> {
    check_rulebooks(rulebooks).map_err(|(provider, faults)| {
        if faults.is_empty() {
            OrderViolation::RepeatedRulebook { provider }
        } else {
            OrderViolation::Rulebook { provider, faults }
        }
    })?;
    let world = World::read(inventory, rulebooks, now);
    let resources: Vec<Option<u32>> = removals.iter().map(|address| world.find(address)).collect();
    let mut named = vec![false; inventory.len()];
    resources.iter().flatten().for_each(|resource| named[*resource as usize] = true);
    let fates = vec![Fate::There; inventory.len()];
    let mut going = Going { world: &world, terms, named, fates, with: Vec::new(), stamps: vec![0; inventory.len()] };
    for (removal, (resource, address)) in resources.into_iter().zip(removals).enumerate() {
        let Some(resource) = resource else {
            return Err(OrderViolation::NotInInventory { removal, address: address.clone() });
        };
        if world.class_of(resource).rules.is_none() {
            return Err(OrderViolation::NoRules { removal, address: address.clone() });
        }
        match going.fates[resource as usize] {
            Fate::There => going.remove(removal, resource)?,
            Fate::Carried => {}
            Fate::RemovedBy(earlier) => {
                return Err(OrderViolation::Repeated { removal, address: address.clone(), earlier });
            }
        }
        going.fates[resource as usize] = Fate::RemovedBy(removal);
    }
    Ok(())
}

/// The world while removals proceed.
struct Going<'r, 'a> {
    world: &'r World<'a>,
    terms: &'r Terms,
    named: Vec<bool>,
    fates: Vec<Fate>,
    /// What goes in the call under way, what is called for first.
    with: Vec<u32>,
    /// By resource: the last removal in whose call it goes, from 1.
    stamps: Vec<u32>,
}

impl Going<'_, '_> {
    fn is_there(&self, resource: u32) -> bool {
        self.fates[resource as usize] == Fate::There
    }

    fn remove(&mut self, removal: usize, resource: u32) -> Result<(), OrderViolation> {
        let stamp = number(removal + 1);
        self.gather(resource, stamp);
        for target in &self.with {
            for raised in self.world.raised_on(*target) {
                self.judge(removal, resource, *raised, stamp)?;
            }
        }
        for target in &self.with[1..] {
            self.fates[*target as usize] = Fate::Carried;
        }
        Ok(())
    }

    /// Finds what goes in the call that removes a resource.
    fn gather(&mut self, resource: u32, stamp: u32) {
        let world = self.world;
        self.with.clear();
        self.with.push(resource);
        self.stamps[resource as usize] = stamp;
        let mut next = 0;
        while let Some(carrier) = self.with.get(next).copied() {
            next += 1;
            for raised in world.raised_on(carrier).iter().filter(|raised| world.goes_with(raised.guard())) {
                if let By::Listed(other) = raised.by()
                    && self.is_there(other)
                    && self.stamps[other as usize] != stamp
                {
                    self.stamps[other as usize] = stamp;
                    self.with.push(other);
                }
            }
        }
    }

    /// Whether a guard lets its target go in the call that removes a resource.
    fn judge(&self, removal: usize, resource: u32, raised: Raised, stamp: u32) -> Result<(), OrderViolation> {
        let world = self.world;
        let guard = world.guard(raised.guard());
        let target = raised.target();
        let counts = match (self.terms.judged, guard.strength) {
            (Judged::All, Strength::Enforced | Strength::Assumed) | (Judged::Enforced, Strength::Enforced) => true,
            (Judged::Enforced, Strength::Assumed) => false,
        };
        let goes = match raised.by() {
            By::Itself | By::UnknownLinks | By::Dangling(_) => false,
            By::Listed(other) if other == target || !self.is_there(other) => true,
            By::Listed(other) if world.goes_with(raised.guard()) => {
                if counts && !self.named[other as usize] {
                    return Err(OrderViolation::Unnamed {
                        removal,
                        address: world.address(resource),
                        with: world.address(other),
                        guard: guard.code.clone(),
                    });
                }
                true
            }
            // What is called for meets whatever refuses its own call. What goes with it is not called for.
            By::Listed(other) => target != resource && self.stamps[other as usize] == stamp,
        };
        if goes || !counts {
            return Ok(());
        }
        let by = world.by_address(raised.by());
        let lifted = Lifted { target: world.address(target), guard: guard.code.clone(), by };
        if self.terms.lifted.contains(&lifted) {
            return Ok(());
        }
        let Lifted { target, guard: code, by } = lifted;
        Err(OrderViolation::Guarded {
            removal,
            address: world.address(resource),
            raised: Box::new(RaisedGuard {
                target,
                guard: code,
                strength: guard.strength,
                by,
                certainty: raised.certainty(),
            }),
        })
    }
}
