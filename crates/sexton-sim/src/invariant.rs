//! What has to hold of every run, whatever goes wrong. The checks read the log of a run, its plan and its world, and
//! follow the cloud's changes by themselves: they share no code with the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::plan::Step;
use sexton_core::resource::Resource;
use sexton_core::time::Timestamp;
use sexton_engine::Receipt;
use sexton_engine::journal::Entry;
use sexton_engine::machine::{MonoTime, RunFailure};
use sexton_provider::RemovalCall;

use crate::case::{Case, Shown};
use crate::cloud::wall;
use crate::estate::Estate;
use crate::log::{By, Call, Logged, Moment, Said, Ticket};
use crate::world::World;

mod balance;
mod bounds;
mod completes;
mod dependents;
mod ends;
mod identity;
mod intent;
mod looks;
mod named;
mod order;
mod outcome;
mod rechecked;
#[cfg(test)]
mod tests;

use looks::{Looks, Seen};

/// Every invariant, by its name and what it says.
pub const INVARIANTS: [(&str, &str); 11] = [
    (
        "identity",
        "nothing is called where it is not known who serves it; and another account or region ends the session",
    ),
    ("named", "nothing is removed that the plan does not name, and nothing otherwise than it says"),
    ("order", "nothing is removed before what guards it"),
    ("dependents", "no forced removal, and none that only an assumed guard speaks against, with unnamed dependents"),
    ("rechecked", "nothing is removed without a fresh look that found what the plan was made for"),
    ("intent", "no call without a durable intent of its own"),
    ("bounds", "nothing is called while paused, once stopped, out of time or after too many failures"),
    ("outcome", "every step ends in one outcome, and the receipt says what the journal says"),
    ("ends", "the run ends, with nothing under way"),
    ("balance", "removed and kept are all: what is said to be gone or parked is so, and all else is there"),
    ("completes", "what passes does not keep a run from its end; and where nothing goes wrong, nothing is refused"),
];

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: &'static str,
    /// When it showed.
    pub at: MonoTime,
    /// What was seen.
    pub seen: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:?}: {}", self.invariant, self.at.since_start(), self.seen)
    }
}

/// One invariant. It is shown what happens in turn, with the scene as it was before that.
trait Check {
    fn name(&self) -> &'static str;

    /// A session began.
    fn began(&mut self, _: &Scene<'_>, _: &mut Findings) {}
    fn durable(&mut self, _: &Scene<'_>, _: &[Entry], _: &mut Findings) {}
    /// Any call was sent.
    fn sent(&mut self, _: &Scene<'_>, _: Ticket, _: usize, _: &Call, _: &mut Findings) {}
    /// A removal was sent.
    fn removal(&mut self, _: &Scene<'_>, _: Ticket, _: &RemovalCall, _: &mut Findings) {}
    fn answered(&mut self, _: &Scene<'_>, _: Ticket, _: &Said, _: &mut Findings) {}
    fn refreshed(&mut self, _: usize) {}
    fn taken(&mut self, _: &Scene<'_>, _: Ticket, _: &Address, _: &mut Findings) {}
    fn refused(&mut self, _: &Scene<'_>, _: &Address, _: &str, _: &mut Findings) {}
    /// A resource is gone, or in a bin.
    fn gone(&mut self, _: &Scene<'_>, _: &Address, _: By, _: &mut Findings) {}
    fn told(&mut self, _: Told) {}
    fn crashed(&mut self) {}
    fn finished(&mut self, _: &Scene<'_>, _: Result<&Receipt, &RunFailure>, _: &mut Findings) {}
    fn broken(&mut self, _: &str, _: &mut Findings) {}
    fn end(&mut self, _: &Scene<'_>, _: &mut Findings) {}
}

fn show(check: &mut dyn Check, scene: &Scene<'_>, moment: &Moment, found: &mut Findings) {
    match moment {
        Moment::Began { .. } => check.began(scene, found),
        Moment::Durable(entries) => check.durable(scene, entries, found),
        Moment::Sent { ticket, provider, call } => {
            check.sent(scene, *ticket, *provider, call, found);
            if let Call::Remove(removal) = call {
                check.removal(scene, *ticket, removal, found);
            }
        }
        Moment::Answered { ticket, said } => check.answered(scene, *ticket, said, found),
        Moment::Refreshed { provider } => check.refreshed(*provider),
        Moment::Taken { ticket, target } => check.taken(scene, *ticket, target, found),
        Moment::Refused { target, code, .. } => check.refused(scene, target, code, found),
        Moment::Gone { target, by } | Moment::Parked { target, by, .. } => check.gone(scene, target, *by, found),
        Moment::Paused => check.told(Told::Pause),
        Moment::Unpaused => check.told(Told::GoOn),
        Moment::StopAsked => check.told(Told::Stop),
        Moment::Crashed { .. } => check.crashed(),
        Moment::Finished(finished) => check.finished(scene, finished.as_ref().map(AsRef::as_ref), found),
        Moment::Broken(what) => check.broken(what, found),
        Moment::AppendBegan
        | Moment::Arrived { .. }
        | Moment::Purged { .. }
        | Moment::Put { .. }
        | Moment::Fired { .. } => {}
    }
}

/// What a run is told from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Pause,
    GoOn,
    Stop,
}

/// What a check finds.
#[derive(Debug, Default)]
struct Findings(Vec<String>);

impl Findings {
    fn add(&mut self, seen: String) {
        self.0.push(seen);
    }
}

/// What is known of a run up to a moment.
struct Scene<'r> {
    world: &'r World,
    case: &'r Case,
    steps: BTreeMap<&'r Address, &'r Step>,
    /// What was there before the run.
    at_first: Estate,
    /// What is there.
    estate: Estate,
    /// When a resource last became what it is, where that was during the run.
    changed_at: BTreeMap<Address, MonoTime>,
    /// Who took what is gone.
    gone: BTreeMap<Address, By>,
    /// What lies in a bin, and what readings show of it.
    parked: BTreeMap<Address, Shown>,
    /// What was ever put into one.
    binned: BTreeSet<Address>,
    calls: BTreeMap<Ticket, Sent<'r>>,
    looks: Looks,
    now: MonoTime,
}

/// A call on its way.
struct Sent<'r> {
    at: MonoTime,
    call: &'r Call,
    /// What had been looked at when it was sent.
    looks: Looks,
}

/// Checks the log of a run of a case.
#[must_use]
pub fn examine(world: &World, case: &Case, log: &[Logged]) -> Vec<Violation> {
    let mut checks: Vec<Box<dyn Check>> = vec![
        Box::new(identity::WhoServes::default()),
        Box::new(named::Named),
        Box::new(order::Order),
        Box::new(dependents::Dependents),
        Box::new(rechecked::Rechecked),
        Box::new(intent::Intent::default()),
        Box::new(bounds::Bounds::default()),
        Box::new(outcome::OneOutcome::new(world.plan.steps.len())),
        Box::new(ends::Ends::default()),
        Box::new(balance::Balance),
        Box::new(completes::Completes::default()),
    ];
    let mut scene = Scene::new(world, case);
    let mut violations = Vec::new();
    let report = |violations: &mut Vec<Violation>, check: &dyn Check, at: MonoTime, found: Findings| {
        violations.extend(found.0.into_iter().map(|seen| Violation { invariant: check.name(), at, seen }));
    };
    for logged in log {
        scene.now = logged.at;
        for check in &mut checks {
            let mut found = Findings::default();
            show(check.as_mut(), &scene, &logged.moment, &mut found);
            report(&mut violations, check.as_ref(), logged.at, found);
        }
        scene.follow(logged);
    }
    for check in &mut checks {
        let mut found = Findings::default();
        check.end(&scene, &mut found);
        report(&mut violations, check.as_ref(), scene.now, found);
    }
    violations
}

impl<'r> Scene<'r> {
    fn new(world: &'r World, case: &'r Case) -> Self {
        let estate = Estate::new(world.resources.iter().cloned());
        Self {
            world,
            case,
            steps: world.plan.steps.iter().map(|step| (&step.address, step)).collect(),
            at_first: estate.clone(),
            estate,
            changed_at: BTreeMap::new(),
            gone: BTreeMap::new(),
            parked: BTreeMap::new(),
            binned: BTreeSet::new(),
            calls: BTreeMap::new(),
            looks: Looks::default(),
            now: MonoTime::START,
        }
    }

    fn follow(&mut self, logged: &'r Logged) {
        match &logged.moment {
            Moment::Sent { ticket, call, .. } => {
                let looks = match call {
                    Call::Remove(_) => self.looks.clone(),
                    Call::Identity(_) | Call::Probe(_) | Call::Dependents(_) => Looks::default(),
                };
                self.calls.insert(*ticket, Sent { at: logged.at, call, looks });
            }
            Moment::Arrived { ticket } => {
                if let Some(sent) = self.calls.get(ticket) {
                    let seen = Seen { estate: &self.estate, steps: &self.steps, world: self.world };
                    self.looks.arrived(&seen, *ticket, sent.at, sent.call);
                }
            }
            Moment::Answered { ticket, said } => self.looks.answered(*ticket, *said != Said::Nothing),
            Moment::Gone { target, by } => {
                self.estate.take(target);
                self.gone.insert(target.clone(), *by);
            }
            Moment::Parked { target, by, shown } => {
                self.estate.take(target);
                self.gone.insert(target.clone(), *by);
                self.parked.insert(target.clone(), *shown);
                self.binned.insert(target.clone());
            }
            Moment::Purged { target } => {
                self.parked.remove(target);
            }
            Moment::Put { resource, .. } => {
                self.changed_at.insert(resource.address.clone(), logged.at);
                self.gone.remove(&resource.address);
                self.parked.remove(&resource.address);
                self.estate.put(resource.as_ref().clone());
            }
            // A new process has seen nothing.
            Moment::Began { .. } => self.looks = Looks::default(),
            Moment::AppendBegan
            | Moment::Durable(_)
            | Moment::Taken { .. }
            | Moment::Refused { .. }
            | Moment::Refreshed { .. }
            | Moment::Fired { .. }
            | Moment::Paused
            | Moment::Unpaused
            | Moment::StopAsked
            | Moment::Crashed { .. }
            | Moment::Finished(_)
            | Moment::Broken(_) => {}
        }
    }

    fn wall(&self) -> Timestamp {
        wall(self.world.taken_at, self.now)
    }

    /// The step that removes a resource.
    fn step(&self, address: &Address) -> Option<&'r Step> {
        self.steps.get(address).copied()
    }

    fn at(&self, index: u32) -> Option<&'r Step> {
        self.world.plan.steps.get(usize::try_from(index).ok()?)
    }

    /// The step's own resource, where it is still in the way.
    fn in_the_way(&self, step: &Step) -> Option<&Resource> {
        self.estate
            .get(&step.address)
            .filter(|resource| is_same(resource, step) && !Estate::is_spent(&self.world.rulebook, resource))
    }

    /// Whether a resource came to be what it is only after a moment.
    fn changed_since(&self, address: &Address, since: Option<MonoTime>) -> bool {
        match (self.changed_at.get(address), since) {
            (Some(changed), Some(since)) => *changed >= since,
            (Some(_) | None, None) | (None, Some(_)) => false,
        }
    }

    /// How old a look may be when a call is sent: the engine's setting, and the time that a reading and an append take.
    fn oldest_look() -> Duration {
        sexton_engine::Settings::default().recheck_valid_for + Duration::from_secs(4)
    }
}

/// Whether a resource is the one that a step was planned for, and not another of its name.
fn is_same(resource: &Resource, step: &Step) -> bool {
    let created_at = match &resource.created_at {
        Fact::Known(at) => Some(*at),
        Fact::Unknown => None,
    };
    created_at == step.expect.created_at
}
