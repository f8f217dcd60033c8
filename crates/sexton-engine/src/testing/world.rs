//! A made-up cloud for the crate's own tests: it holds resources, refuses what is still held, removes some kinds later
//! than it says, and fails by a seed. It is written against the provider contract, not against the engine.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::plan::Plan;
use sexton_core::resource::Resource;
use sexton_provider::{
    Answer, CallError, Effect, ErrorClass, Observed, Refusal, RefusalClass, RemovalCall, RemovalTarget,
};

use crate::machine::MonoTime;

/// How often calls fail, in percent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Faults {
    pub(crate) throttle: u64,
    pub(crate) transient: u64,
    /// A 5xx after the work was done.
    pub(crate) lost_after: u64,
    /// A time-out before any work was done.
    pub(crate) lost_before: u64,
    pub(crate) permanent: u64,
    /// A refusal that outlasts its reason.
    pub(crate) linger: u64,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) resources: BTreeMap<Address, Resource>,
    /// When what is being removed is gone.
    going: BTreeMap<Address, MonoTime>,
    /// What has to be gone before a resource.
    holders: BTreeMap<Address, Vec<Address>>,
    /// What goes with a resource.
    carries: BTreeMap<Address, Vec<Address>>,
    pub(crate) faults: Faults,
    /// What is put into a recycle bin when it goes; what lies in one.
    pub(crate) parks: BTreeSet<Address>,
    pub(crate) parked: BTreeSet<Address>,
    /// Whether removals hold what their caller saw against what is there.
    pub(crate) conditional: bool,
    pub(crate) removal_takes: Duration,
    /// Answers that a target gets before the world's own, first to last.
    pub(crate) scripted: BTreeMap<Address, VecDeque<Answer>>,
    /// What resources become, and when.
    pub(crate) later: BTreeMap<MonoTime, Resource>,
    /// What another resource becomes when one goes.
    pub(crate) becomes: BTreeMap<Address, Resource>,
    /// When which calls were made, for tests of pace.
    pub(crate) removed_at: Vec<MonoTime>,
    pub(crate) probes: Vec<Vec<Address>>,
    /// Removals that were asked for while something held the resource.
    pub(crate) too_early: Vec<Address>,
    /// Every target of every removal call.
    pub(crate) asked: Vec<Address>,
    pub(crate) removal_calls: usize,
    random: u64,
}

impl World {
    /// Holds what a plan would remove, as it would remove it.
    pub(crate) fn of(plan: &Plan, resources: impl IntoIterator<Item = Resource>, seed: u64) -> Self {
        let address = |step: u32| plan.steps[usize::try_from(step).unwrap()].address.clone();
        let mut holders = BTreeMap::new();
        let mut carries: BTreeMap<Address, Vec<Address>> = BTreeMap::new();
        for step in &plan.steps {
            match step.with {
                Some(with) => carries.entry(address(with)).or_default().push(step.address.clone()),
                None => {
                    holders.insert(step.address.clone(), step.after.iter().map(|after| address(*after)).collect());
                }
            }
        }
        Self {
            resources: resources.into_iter().map(|resource| (resource.address.clone(), resource)).collect(),
            going: BTreeMap::new(),
            holders,
            carries,
            faults: Faults::default(),
            parks: BTreeSet::new(),
            parked: BTreeSet::new(),
            conditional: true,
            removal_takes: Duration::from_secs(7),
            scripted: BTreeMap::new(),
            later: BTreeMap::new(),
            becomes: BTreeMap::new(),
            removed_at: Vec::new(),
            probes: Vec::new(),
            too_early: Vec::new(),
            asked: Vec::new(),
            removal_calls: 0,
            random: seed,
        }
    }

    pub(crate) fn has(&self, address: &Address) -> bool {
        self.resources.contains_key(address)
    }

    /// Has a resource go at a time, whoever takes it.
    pub(crate) fn goes(&mut self, address: &Address, at: MonoTime) {
        self.going.insert(address.clone(), at);
    }

    /// Lets time pass: what was to be gone by now is.
    pub(crate) fn pass(&mut self, now: MonoTime) {
        let due: Vec<Address> =
            self.going.iter().filter(|(_, at)| **at <= now).map(|(address, _)| address.clone()).collect();
        for address in due {
            self.going.remove(&address);
            self.take_out(&address);
        }
        while let Some(entry) = self.later.first_entry().filter(|entry| *entry.key() <= now) {
            let resource = entry.remove();
            self.resources.insert(resource.address.clone(), resource);
        }
    }

    fn take_out(&mut self, address: &Address) {
        self.resources.remove(address);
        if self.parks.contains(address) {
            self.parked.insert(address.clone());
        }
        if let Some(changed) = self.becomes.remove(address) {
            self.resources.insert(changed.address.clone(), changed);
        }
        for carried in self.carries.get(address).cloned().unwrap_or_default() {
            self.take_out(&carried);
        }
    }

    fn roll(&mut self) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % 100
    }

    /// A failure of a reading, by the rates.
    pub(crate) fn reading_fails(&mut self, operation: &str) -> Option<CallError> {
        let roll = self.roll();
        let Faults { throttle, transient, lost_before, .. } = self.faults;
        if roll < throttle {
            return Some(error(operation, ErrorClass::Throttle { retry_after: None }, Effect::None));
        }
        (roll < throttle + transient + lost_before).then(|| error(operation, ErrorClass::Transient, Effect::None))
    }

    pub(crate) fn probe(&mut self, targets: &[Address]) -> Vec<Observed> {
        self.probes.push(targets.to_vec());
        targets
            .iter()
            .map(|target| match self.resources.get(target) {
                Some(resource) => Observed::Present(Box::new(resource.clone())),
                None if self.parked.contains(target) => Observed::Parked { until: None },
                None => Observed::Absent,
            })
            .collect()
    }

    pub(crate) fn dependents(&self, target: &Address) -> Vec<Resource> {
        self.resources
            .values()
            .filter(|resource| resource.known_links().iter().any(|link| link.target == *target))
            .cloned()
            .collect()
    }

    pub(crate) fn remove(&mut self, call: &RemovalCall, now: MonoTime) -> Vec<Answer> {
        self.removal_calls += 1;
        self.removed_at.push(now);
        self.asked.extend(call.targets.iter().map(|target| target.address.clone()));
        let distinct: BTreeSet<&Address> = call.targets.iter().map(|target| &target.address).collect();
        assert_eq!(distinct.len(), call.targets.len(), "a call names a resource twice");
        let Faults { throttle, transient, lost_after, lost_before, permanent, .. } = self.faults;
        let roll = self.roll();
        let bounds = [throttle, transient, lost_before, permanent, lost_after];
        let sums: Vec<u64> = bounds
            .iter()
            .scan(0, |sum, rate| {
                *sum += rate;
                Some(*sum)
            })
            .collect();
        let failed = |class, effect| vec![Answer::Failed(error(&call.operation, class, effect)); call.targets.len()];
        match sums.iter().position(|sum| roll < *sum) {
            Some(0) => return failed(ErrorClass::Throttle { retry_after: None }, Effect::None),
            Some(1) => return failed(ErrorClass::Transient, Effect::None),
            Some(2) => return failed(ErrorClass::Transient, Effect::Unknown),
            Some(3) => return failed(ErrorClass::Permanent, Effect::None),
            Some(_) | None => {}
        }
        let answers: Vec<Answer> = call.targets.iter().map(|target| self.remove_one(target, now)).collect();
        if sums.iter().position(|sum| roll < *sum) == Some(4) {
            return failed(ErrorClass::Transient, Effect::Unknown);
        }
        answers
    }

    fn remove_one(&mut self, target: &RemovalTarget, now: MonoTime) -> Answer {
        let address = &target.address;
        if let Some(answer) = self.scripted.get_mut(address).and_then(VecDeque::pop_front) {
            return answer;
        }
        let request_id = Some(format!("request-{}", self.removal_calls));
        if !self.has(address) {
            return Answer::AlreadyGone { request_id };
        }
        if self.going.contains_key(address) {
            return Answer::Refused(Refusal {
                by: None,
                code: "InProgress".to_owned(),
                class: RefusalClass::Waits,
                message: "it is being removed".to_owned(),
                request_id,
            });
        }
        let seen = target.seen.as_deref().expect("nothing is removed that was not looked at");
        if self.conditional && self.resources.get(address) != Some(seen) {
            return Answer::Refused(Refusal {
                by: None,
                code: "PreconditionFailed".to_owned(),
                class: RefusalClass::Changed,
                message: "it has changed since".to_owned(),
                request_id,
            });
        }
        let held = self.holders.get(address).is_some_and(|holders| holders.iter().any(|holder| self.has(holder)));
        if held {
            self.too_early.push(address.clone());
        }
        if held || self.roll() < self.faults.linger {
            return Answer::Refused(Refusal {
                by: None,
                code: "InUse".to_owned(),
                class: RefusalClass::MayLinger,
                message: "something holds it".to_owned(),
                request_id,
            });
        }
        match address.kind() {
            "image" | "instance" => {
                self.going.insert(address.clone(), now.after(self.removal_takes));
                if let Some(resource) = self.resources.get_mut(address) {
                    resource.state = Fact::Known("Deleting".to_owned());
                }
                Answer::Accepted { request_id }
            }
            _ => {
                self.take_out(address);
                if self.parked.contains(address) {
                    return Answer::Parked { until: None, request_id };
                }
                Answer::Removed { request_id }
            }
        }
    }
}

pub(crate) fn error(operation: &str, class: ErrorClass, effect: Effect) -> CallError {
    CallError {
        class,
        effect,
        operation: operation.to_owned(),
        code: Some("Fault".to_owned()),
        status: None,
        message: "it failed".to_owned(),
        request_id: Some("request-f".to_owned()),
    }
}

pub(crate) fn refusal(code: &str, class: RefusalClass) -> Answer {
    Answer::Refused(Refusal { code: code.to_owned(), class, by: None, message: "refused".to_owned(), request_id: None })
}
