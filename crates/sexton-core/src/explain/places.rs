//! Where an address stands in a plan.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

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
/// So many steps are looked for in a plan of more waves before a table is made: one question asks for few.
const LOOKED_FOR: usize = 4;

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
    /// Of a plan that is a long chain: the steps by address, once that is worth it.
    Chain { looked_for: AtomicUsize, table: OnceLock<HashMap<&'p str, &'p Step>> },
}

impl<'p> Places<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let mut ends = Vec::new();
        let mut from = 0;
        while let Some(first) = plan.steps.get(from) {
            if ends.len() == FEW_WAVES {
                return Self { plan, steps: Steps::Chain { looked_for: AtomicUsize::new(0), table: OnceLock::new() } };
            }
            from += plan.steps[from..].partition_point(|step| step.wave == first.wave);
            ends.push(from);
        }
        Self { plan, steps: Steps::Waves(ends) }
    }

    pub(super) fn step(&self, address: &str) -> Option<&'p Step> {
        let steps: &'p [Step] = &self.plan.steps;
        match &self.steps {
            Steps::Chain { looked_for, .. } if looked_for.fetch_add(1, Ordering::Relaxed) < LOOKED_FOR => {
                steps.iter().find(|step| step.address.as_str() == address)
            }
            Steps::Chain { table, .. } => {
                let table = table.get_or_init(|| steps.iter().map(|step| (step.address.as_str(), step)).collect());
                table.get(address).copied()
            }
            Steps::Waves(ends) => {
                let mut from = 0;
                for end in ends {
                    let wave = &steps[from..*end];
                    if let Ok(place) = wave.binary_search_by(|step| step.address.as_str().cmp(address)) {
                        return Some(&wave[place]);
                    }
                    from = *end;
                }
                None
            }
        }
    }

    /// What the plan decided of an address. Steps come last: they are the longest to look through.
    pub(super) fn find(&self, address: &str) -> Option<Verdict<'p>> {
        if let Some(kept) = self.kept(address) {
            return Some(Verdict::Kept(kept));
        }
        match self.cause(address) {
            Some(Cause { standing: Standing::Held, held, .. }) => Some(Verdict::Held(held)),
            Some(Cause { standing: Standing::Blocked, held, .. }) => Some(Verdict::Blocked(held)),
            None => self.step(address).map(Verdict::Collected),
        }
    }

    pub(super) fn kept(&self, address: &str) -> Option<&'p Kept> {
        let kept = &self.plan.kept;
        kept.binary_search_by(|kept| kept.address.as_str().cmp(address)).ok().map(|place| &kept[place])
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
            Steps::Chain { .. } => &[],
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
