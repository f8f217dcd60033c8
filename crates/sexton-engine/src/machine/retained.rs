//! The retained of a group: read once in a session, before the first removal that they justify.

use std::collections::BTreeSet;

use sexton_core::address::Address;
use sexton_provider::Observed;

use super::check::Check;
use super::lane::Ask;
use super::{Machine, MachineError};
use crate::outcome::{Difference, Outcome};

/// What is known of a retained group in this session.
#[derive(Debug)]
pub(super) enum RetainedCheck {
    Unasked,
    /// Some of its places have not been answered for, and these steps wait for them.
    Asked {
        outstanding: BTreeSet<usize>,
        faults: u32,
        gone: Vec<Address>,
        waiting: Vec<u32>,
    },
    There,
    Gone(Vec<Address>),
}

impl Machine {
    /// Has a check wait for what is known of a retained group, which is read once in a session.
    pub(super) fn join_retained(&mut self, group: usize, unit: u32, check: &mut Check) {
        match &mut self.retained[group] {
            RetainedCheck::There => {}
            RetainedCheck::Gone(gone) => check.stale.push((unit, retained_gone(gone))),
            RetainedCheck::Asked { waiting, .. } => {
                waiting.push(unit);
                check.outstanding += 1;
            }
            RetainedCheck::Unasked => {
                let kinds: Vec<usize> = self.plan.retained[group].addresses.iter().map(|(kind, _)| *kind).collect();
                self.retained[group] = RetainedCheck::Asked {
                    outstanding: (0..kinds.len()).collect(),
                    faults: 0,
                    gone: Vec::new(),
                    waiting: vec![unit],
                };
                check.outstanding += 1;
                for (place, kind) in kinds.into_iter().enumerate() {
                    self.question(kind, unit, Ask::Retained { group, place });
                }
            }
        }
    }

    pub(super) fn retained_observed(
        &mut self,
        group: usize,
        place: usize,
        observed: &Observed,
    ) -> Result<(), MachineError> {
        let address = match observed {
            Observed::Present(_) => None,
            Observed::Absent | Observed::Parked { .. } => Some(self.plan.retained[group].addresses[place].1.clone()),
        };
        let RetainedCheck::Asked { outstanding, gone, waiting, .. } = &mut self.retained[group] else {
            return Ok(());
        };
        if outstanding.remove(&place) {
            gone.extend(address);
        }
        if !outstanding.is_empty() {
            return Ok(());
        }
        let (gone, waiting) = (std::mem::take(gone), std::mem::take(waiting));
        let found = retained_gone(&gone);
        self.retained[group] = if gone.is_empty() { RetainedCheck::There } else { RetainedCheck::Gone(gone) };
        for unit in waiting {
            if let Some(check) = self.check_of(unit) {
                if !found.is_empty() {
                    check.stale.push((unit, found.clone()));
                }
                self.reading_answered(unit)?;
            }
        }
        Ok(())
    }

    /// A retained group could not be read: who waits for it fails, and the next to need it asks again.
    pub(super) fn retained_failed(&mut self, group: usize, outcome: &Outcome) -> Result<(), MachineError> {
        let RetainedCheck::Asked { waiting, .. } = std::mem::replace(&mut self.retained[group], RetainedCheck::Unasked)
        else {
            return Ok(());
        };
        for lane in &mut self.kinds {
            lane.checking.retain(|question| !matches!(question.ask, Ask::Retained { group: of, .. } if of == group));
        }
        for unit in waiting {
            self.reading_failed(unit, outcome.clone())?;
        }
        Ok(())
    }

    /// Counts a failed reading of a retained group. Reports whether it is worth another.
    pub(super) fn retained_faulted(&mut self, group: usize) -> bool {
        let most = self.settings.retry.read_attempts;
        match &mut self.retained[group] {
            RetainedCheck::Asked { faults, .. } => {
                *faults += 1;
                *faults < most
            }
            RetainedCheck::Unasked | RetainedCheck::There | RetainedCheck::Gone(_) => false,
        }
    }
}

fn retained_gone(gone: &[Address]) -> Vec<Difference> {
    gone.iter().map(|address| Difference::RetainedGone { address: address.clone() }).collect()
}
