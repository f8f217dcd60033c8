//! Where an address stands in a plan.

use std::collections::HashMap;

use super::nearest::near;
use super::tree::{Cause, Standing};
use crate::address::Address;
use crate::plan::{Held, Kept, Plan, Step};

/// What a plan decided of one resource.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict<'p> {
    /// It goes, by this step.
    Collected(&'p Step),
    /// It is selected and stays.
    Held(&'p Held),
    /// A rule would draw it in but for its own blockers.
    Blocked(&'p Held),
    /// A rule matches it and it is barred.
    Kept(&'p Kept),
}

/// A plan of no more waves than this is searched wave by wave: that needs no table.
const FEW_WAVES: usize = 64;

/// Finds addresses in a plan.
#[derive(Debug)]
pub(super) struct Places<'p> {
    plan: &'p Plan,
    steps: Steps<'p>,
}

/// Steps are sorted by wave first, so that an address may stand in any wave.
#[derive(Debug)]
enum Steps<'p> {
    /// Where each wave ends.
    Waves(Vec<usize>),
    /// By address, for a plan that is a long chain.
    Table(HashMap<&'p str, &'p Step>),
}

impl<'p> Places<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let mut ends = Vec::new();
        let mut from = 0;
        while let Some(first) = plan.steps.get(from) {
            if ends.len() == FEW_WAVES {
                let table = plan.steps.iter().map(|step| (step.address.as_str(), step)).collect();
                return Self { plan, steps: Steps::Table(table) };
            }
            from += plan.steps[from..].partition_point(|step| step.wave == first.wave);
            ends.push(from);
        }
        Self { plan, steps: Steps::Waves(ends) }
    }

    pub(super) fn step(&self, address: &str) -> Option<&'p Step> {
        match &self.steps {
            Steps::Table(table) => table.get(address).copied(),
            Steps::Waves(ends) => {
                let mut from = 0;
                for end in ends {
                    let wave = &self.plan.steps[from..*end];
                    if let Ok(place) = wave.binary_search_by(|step| step.address.as_str().cmp(address)) {
                        return Some(&wave[place]);
                    }
                    from = *end;
                }
                None
            }
        }
    }

    pub(super) fn find(&self, address: &str) -> Option<Verdict<'p>> {
        if let Some(step) = self.step(address) {
            return Some(Verdict::Collected(step));
        }
        if let Ok(place) = self.plan.kept.binary_search_by(|kept| kept.address.as_str().cmp(address)) {
            return Some(Verdict::Kept(&self.plan.kept[place]));
        }
        self.cause(address).map(|cause| match cause.standing {
            Standing::Held => Verdict::Held(cause.held),
            Standing::Blocked => Verdict::Blocked(cause.held),
        })
    }

    /// Where an address is held or blocked.
    pub(super) fn cause(&self, address: &str) -> Option<Cause<'p>> {
        let find = |list: &[Held]| list.binary_search_by(|held| held.address.as_str().cmp(address)).ok();
        let place = find(&self.plan.held).or_else(|| Some(self.plan.held.len() + find(&self.plan.blocked)?))?;
        Some(cause(self.plan, place))
    }

    pub(super) fn causes(&self) -> impl Iterator<Item = Cause<'p>> + use<'p> {
        let plan = self.plan;
        (0..plan.held.len() + plan.blocked.len()).map(|place| cause(plan, place))
    }

    /// The address as the plan holds it, if it does.
    pub(super) fn address(&self, address: &str) -> Option<&'p Address> {
        Some(match self.find(address)? {
            Verdict::Collected(step) => &step.address,
            Verdict::Held(held) | Verdict::Blocked(held) => &held.address,
            Verdict::Kept(kept) => &kept.address,
        })
    }

    /// Addresses of steps around the place where a text would stand, in each wave; of a long chain its beginning.
    pub(super) fn near(&self, wanted: &str, most: usize) -> impl Iterator<Item = &'p Address> {
        let ends: &[usize] = match &self.steps {
            Steps::Waves(ends) => ends,
            Steps::Table(_) => &[],
        };
        let begins = std::iter::once(0).chain(ends.iter().copied());
        let waves = begins.zip(ends.iter().copied()).map(|(from, end)| &self.plan.steps[from..end]);
        let near: Vec<&'p Address> = waves.flat_map(|wave| near(wave, wanted, most, |step| &step.address)).collect();
        let chain = if ends.is_empty() { self.plan.steps.len().min(most) } else { 0 };
        near.into_iter().chain(self.plan.steps[..chain].iter().map(|step| &step.address))
    }
}

/// What is held comes first, what is blocked after it.
fn cause(plan: &Plan, place: usize) -> Cause<'_> {
    let (standing, held) = match plan.held.get(place) {
        Some(held) => (Standing::Held, held),
        None => (Standing::Blocked, &plan.blocked[place - plan.held.len()]),
    };
    Cause { standing, held, place }
}
