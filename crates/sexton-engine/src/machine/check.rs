//! The recheck before a call: of the step's resource, of everything that would go with it, of what it waits for and of
//! the retained that justify it, then of who refers to what would go.

use std::sync::Arc;
use std::time::Duration;

use sexton_core::address::{Address, GuardCode};
use sexton_core::resource::Resource;
use sexton_provider::Observed;

use super::lane::{Ask, Question};
use super::recheck::{Recheck, recheck};
use super::{Activity, Machine, MachineError, MonoTime, Timer};
use crate::event::Event;
use crate::outcome::{Difference, Outcome};

/// What the recheck for one call has found so far.
#[derive(Debug, Default)]
pub(super) struct Check {
    /// Readings that have not been answered.
    pub(super) outstanding: u32,
    /// When the first of them was answered: from then on, what was found grows old.
    pub(super) looked_at: Option<MonoTime>,
    /// Steps that are not what the plan was made for, and how.
    pub(super) stale: Vec<(u32, Vec<Difference>)>,
    /// Steps whose resource is gone.
    gone: Vec<u32>,
    not_yet: Option<NotYet>,
    /// Steps whose dependents have to be asked for.
    pub(super) present: Vec<(u32, Arc<Resource>)>,
    /// A reading failed for good, or too often.
    failed: Option<Outcome>,
}

/// A guard that is waited for.
#[derive(Debug)]
struct NotYet {
    guard: GuardCode,
    by: Option<Address>,
    timeout: Duration,
}

impl Machine {
    /// Begins rechecks where an operation has room for more rechecked steps. Reports whether one was begun.
    pub(super) fn start_checks(&mut self) -> Result<bool, MachineError> {
        let mut begun = false;
        for operation in 0..self.operations.len() {
            let mut fills = false;
            while let Some((rank, step)) = self.operations[operation].ready.first().copied() {
                let lane = &self.operations[operation];
                let most = self.lookahead(operation, step);
                // Rechecks share readings where they begin together; who goes before the others does not wait for it.
                fills |= lane.active <= most / 2;
                let goes_before = lane.checked.last().is_none_or(|(last, _)| rank < *last);
                let joins = self.planned(step).group.is_some_and(|group| self.groups[group].is_begun());
                if !joins && (lane.active >= most || !(fills || goes_before)) {
                    break;
                }
                self.operations[operation].ready.pop_first();
                self.start_check(step)?;
                begun = true;
            }
        }
        Ok(begun)
    }

    /// How many steps are rechecked ahead: no more than can be called well before that is too old.
    fn lookahead(&self, operation: usize, step: u32) -> usize {
        let together = self.planned(step).group.map_or(1, |group| self.plan.groups[group]);
        let calls = self.paces[self.plan.operations[operation].pace].in_a_while(self.settings.recheck_valid_for / 2);
        self.settings.lookahead.get().min(calls.saturating_mul(together))
    }

    /// Whether the last recheck of a step still holds good.
    pub(super) fn is_fresh(&self, step: u32) -> bool {
        self.run(step).checked_at.is_some_and(|at| self.now.since(at) < self.settings.recheck_valid_for)
    }

    fn start_check(&mut self, unit: u32) -> Result<(), MachineError> {
        if self.is_fresh(unit) {
            self.stand_in_line(unit);
            return Ok(());
        }
        let mut check = Check::default();
        let mut questions = Vec::new();
        let mut groups = Vec::new();
        for step in std::iter::once(unit).chain(self.planned(unit).carried.iter().copied()) {
            if self.run(step).state.outcome().is_some() {
                continue;
            }
            let planned = self.planned(step);
            questions.push((planned.kind, Ask::Target { unit, step }));
            for (wait, waits) in planned.waits.iter().enumerate() {
                questions.extend(waits.other.map(|kind| (kind, Ask::Other { unit, step, wait })));
            }
            groups.extend(planned.retained);
        }
        for (kind, ask) in questions {
            check.outstanding += 1;
            self.question(kind, unit, ask);
        }
        groups.sort_unstable();
        groups.dedup();
        for group in groups {
            self.join_retained(group, unit, &mut check);
        }
        self.set_activity(unit, Activity::Checking(Box::new(check)));
        let address = self.planned(unit).address.clone();
        self.emit(Event::StepBegan { step: unit, address });
        Ok(())
    }

    pub(super) fn question(&mut self, kind: usize, unit: u32, ask: Ask) {
        let rank = self.planned(unit).rank;
        self.kinds[kind].checking.insert(Question { rank, ask, alone: false });
    }

    /// What a check has found so far; none where the step is not being rechecked any more.
    pub(super) fn check_of(&mut self, unit: u32) -> Option<&mut Check> {
        match &mut self.run_mut(unit).activity {
            Activity::Checking(check) => Some(check),
            Activity::Held
            | Activity::Gathered
            | Activity::Ready
            | Activity::Checked
            | Activity::Delayed
            | Activity::Calling
            | Activity::Settling(_)
            | Activity::Ended => None,
        }
    }

    pub(super) fn target_observed(&mut self, unit: u32, step: u32, observed: Observed) -> Result<(), MachineError> {
        let now = self.at();
        self.note_parked(step, &observed);
        let planned = self.plan.step(step);
        let found = match observed {
            Observed::Absent | Observed::Parked { .. } => Recheck::Spent,
            Observed::Present(ref resource) => {
                let changed = self.changed_by_plan(step);
                recheck(planned, &self.plan.kinds[planned.kind].guards, &changed, resource, now)
            }
        };
        let (asks, waits) = (planned.asks_dependents, &planned.waits);
        let timeout = |guard: &GuardCode| {
            waits.iter().filter(|wait| wait.wait.guard == *guard).map(|wait| wait.timeout).max().unwrap_or_default()
        };
        let not_yet = match &found {
            Recheck::NotYet(guard) => Some(NotYet { guard: guard.clone(), by: None, timeout: timeout(guard) }),
            Recheck::Holds | Recheck::Spent | Recheck::Stale(_) => None,
        };
        let Some(check) = self.check_of(unit) else { return Ok(()) };
        match found {
            Recheck::Spent => check.gone.push(step),
            Recheck::Stale(differences) => check.stale.push((step, differences)),
            Recheck::Holds | Recheck::NotYet(_) => {
                if let Some(not_yet) = not_yet {
                    check.not_yet.get_or_insert(not_yet);
                }
                if let Observed::Present(resource) = observed {
                    let seen: Arc<Resource> = resource.into();
                    if asks {
                        check.present.push((step, Arc::clone(&seen)));
                    }
                    self.run_mut(step).seen = Some(seen);
                }
            }
        }
        self.reading_answered(unit)
    }

    pub(super) fn other_observed(
        &mut self,
        unit: u32,
        step: u32,
        wait: usize,
        observed: Observed,
    ) -> Result<(), MachineError> {
        let now = self.at();
        let planned = self.plan.step(step);
        let waits = &planned.waits[wait];
        let raised = match &observed {
            Observed::Absent | Observed::Parked { .. } => false,
            Observed::Present(other) => {
                self.plan.kinds[planned.kind].guards.raised_by_other(&waits.wait.guard, other, now)
            }
        };
        let not_yet = raised.then(|| NotYet {
            guard: waits.wait.guard.clone(),
            by: waits.wait.by.clone(),
            timeout: waits.timeout,
        });
        let Some(check) = self.check_of(unit) else { return Ok(()) };
        if let Some(not_yet) = not_yet {
            check.not_yet.get_or_insert(not_yet);
        }
        self.reading_answered(unit)
    }

    /// A reading for a check failed for good, or too often: the step fails by it.
    pub(super) fn reading_failed(&mut self, unit: u32, outcome: Outcome) -> Result<(), MachineError> {
        let Some(check) = self.check_of(unit) else { return Ok(()) };
        check.failed.get_or_insert(outcome);
        self.reading_answered(unit)
    }

    pub(super) fn reading_answered(&mut self, unit: u32) -> Result<(), MachineError> {
        let now = self.now;
        let Some(check) = self.check_of(unit) else { return Ok(()) };
        check.looked_at.get_or_insert(now);
        check.outstanding -= 1;
        if check.outstanding > 0 {
            return Ok(());
        }
        let check = std::mem::take(check);
        self.check_answered(unit, check)
    }

    fn check_answered(&mut self, unit: u32, check: Check) -> Result<(), MachineError> {
        if let Some(outcome) = check.failed {
            return self.end(unit, outcome);
        }
        let run = self.run_mut(unit);
        (run.read_faults, run.first_read_fault) = (0, None);
        let unsure = self.run(unit).state.tries().unsure;
        if check.gone.contains(&unit) && unsure {
            let outcome = self.removed_or_parked(unit, None, None);
            return self.end(unit, outcome);
        }
        if check.gone.contains(&unit) {
            let carried = check.stale.into_iter().filter(|(step, _)| *step != unit).collect();
            self.end_stale(carried)?;
            return self.end_already_gone(check.gone);
        }
        if !check.stale.is_empty() {
            return self.found_stale(unit, check.stale);
        }
        if !unsure {
            self.end_already_gone(check.gone)?;
        }
        if let Some(not_yet) = check.not_yet {
            return self.wait_for(unit, not_yet);
        }
        if !check.present.is_empty() {
            self.ask_dependents(unit, check.present, check.looked_at);
            return Ok(());
        }
        self.run_mut(unit).checked_at = check.looked_at;
        self.stand_in_line(unit);
        Ok(())
    }

    /// Ends what was gone before anything was done to it: what goes with another before that other.
    fn end_already_gone(&mut self, mut gone: Vec<u32>) -> Result<(), MachineError> {
        gone.sort_unstable();
        while let Some(step) = gone.pop() {
            if self.run(step).state.outcome().is_none() {
                self.end(step, Outcome::AlreadyGone)?;
            }
        }
        Ok(())
    }

    /// Ends what would have gone with another and is stale: what goes with it before it, for that is blocked by it.
    fn end_stale(&mut self, mut stale: Vec<(u32, Vec<Difference>)>) -> Result<(), MachineError> {
        stale.sort_unstable_by_key(|(step, _)| *step);
        while let Some((step, differences)) = stale.pop() {
            if self.run(step).state.outcome().is_none() {
                self.end(step, Outcome::Stale { differences })?;
            }
        }
        Ok(())
    }

    fn found_stale(&mut self, unit: u32, stale: Vec<(u32, Vec<Difference>)>) -> Result<(), MachineError> {
        let only_state = stale.iter().all(|(step, differences)| {
            *step == unit && differences.iter().all(|difference| matches!(difference, Difference::State { .. }))
        });
        if only_state && self.run(unit).state.tries().unsure {
            return self.still_going(unit, &stale);
        }
        let (of_unit, carried): (Vec<_>, Vec<_>) = stale.into_iter().partition(|(step, _)| *step == unit);
        let mut own: Vec<Difference> = of_unit.into_iter().flat_map(|(_, differences)| differences).collect();
        own.extend(carried.iter().map(|(step, _)| Difference::Carried { step: *step }));
        self.end_stale(carried)?;
        match own.iter().find_map(Difference::replaced_at) {
            Some(made_at) if self.run(unit).state.tries().unsure => self.end_replaced(unit, made_at),
            Some(_) | None => self.end(unit, Outcome::Stale { differences: own }),
        }
    }

    /// A call that may have had an effect seems to have had one: the state has changed since. Looks again until the
    /// resource is gone or it takes too long.
    fn still_going(&mut self, unit: u32, stale: &[(u32, Vec<Difference>)]) -> Result<(), MachineError> {
        let since = self.waits_since(unit);
        if self.now.since(since) >= self.settings.settle.deadline {
            let message = format!("a call may have had an effect, and the resource has changed since: {stale:?}");
            return self.end(unit, Outcome::Unknown { message });
        }
        let at = self.now.after(self.settings.settle.cap);
        self.come_back(unit, at);
        Ok(())
    }

    fn wait_for(&mut self, unit: u32, not_yet: NotYet) -> Result<(), MachineError> {
        let NotYet { guard, by, timeout } = not_yet;
        let since = self.waits_since(unit);
        let until = since.after(timeout);
        if self.now >= until {
            let message = format!("did not clear within {} s", timeout.as_secs());
            let code = guard.as_str().to_owned();
            return self.end(unit, Outcome::Refused { code, by, message, request_id: None });
        }
        let address = self.planned(unit).address.clone();
        self.emit(Event::StepWaits { step: unit, address, guard: guard.as_str().to_owned(), by });
        let at = self.now.after(self.settings.wait_poll).min(until);
        self.come_back(unit, at);
        Ok(())
    }

    /// Since when a step waits: since it was first found to have to.
    pub(super) fn waits_since(&mut self, step: u32) -> MonoTime {
        let now = self.now;
        *self.run_mut(step).wait_since.get_or_insert(now)
    }

    /// Takes a step up again at a later time.
    pub(super) fn come_back(&mut self, step: u32, at: MonoTime) {
        if self.begins() {
            self.set_activity(step, Activity::Delayed);
            self.timers.insert((at, Timer::Again(step)));
        }
    }

    /// Puts a rechecked step in line for its call.
    pub(super) fn stand_in_line(&mut self, step: u32) {
        if self.begins() {
            self.set_activity(step, Activity::Checked);
            self.line_up_checked(step);
        }
    }
}
