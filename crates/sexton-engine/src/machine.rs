//! The run as a state machine without input, output, clock or randomness of its own.
//!
//! Its driver tells it what happened ([`Machine::handle`]), then takes what it asks for until nothing is left
//! ([`Machine::poll_output`]), and comes back at [`Machine::next_deadline`] at the latest. Time is an argument, and
//! random choices come from a seed, so the same inputs give the same outputs.
//!
//! Invariants, each held by a test:
//! - no removal call is asked for before the append of its intent is acknowledged;
//! - none before all the steps it comes after have their resource out of the way;
//! - never two calls for one step at a time, and none for what no step names;
//! - every change of a step's [`StepState`] is a record, made through the [transition table](transition());
//! - once stopped or while paused, nothing new is begun, and what is under way is finished;
//! - no removal call after the credentials changed, before it is known again who they are.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use sexton_core::plan::FreedBytes;
use sexton_core::resource::Resource;
use sexton_core::time::{Span, Timestamp};

use crate::event::{Event, RunEvent};
use crate::journal::{History, Record, StepRecord, StopCause, Trouble};
use crate::outcome::Outcome;
use crate::receipt::{Calls, Counts, Receipt, StepReport};
use crate::run::RunId;
use crate::settings::Settings;

mod begin;
mod bucket;
mod canary;
mod check;
mod dependents;
mod end;
mod follows;
mod gather;
mod guards;
mod lane;
mod ledger;
mod pace;
mod pause;
mod plan;
mod protocol;
mod random;
mod rate;
mod read;
mod recheck;
mod removal;
mod retained;
mod settle;
mod state;
#[cfg(test)]
mod tests;
mod time;
mod transition;

use begin::IdentityCheck;
use canary::Canaries;
use check::Check;
use gather::Gathering;
use lane::{KindLane, OperationLane, Question};
use ledger::Ledger;
use pace::Pace;
use plan::{RunStep, position};
use random::Random;
use retained::RetainedCheck;
use settle::Settling;

pub use plan::{RunPlan, RunPlanError, Scope};
pub use protocol::{CallId, IdentityAnswer, Input, MachineError, Output, RunFailure};
pub use state::{StepState, Tries};
pub use time::MonoTime;
pub use transition::{IllegalTransition, transition};

/// From where a session begins.
#[derive(Debug)]
pub struct Beginning {
    /// The run's name.
    pub run: RunId,
    /// The wall time of [`MonoTime::START`]. All times of records and events are counted from it.
    pub at: Timestamp,
    /// Decides every random choice.
    pub seed: u64,
    /// What the journal says; [`History::new`] for a run that was never begun.
    pub history: History,
}

/// One session of one run of one plan.
#[derive(Debug)]
pub struct Machine {
    plan: RunPlan,
    settings: Settings,
    random: Random,
    run: RunId,
    base: Timestamp,
    session: u32,
    now: MonoTime,
    phase: Phase,
    failure: Option<RunFailure>,
    stopping: Option<Stopping>,
    paused: bool,
    canaries: Canaries,
    steps: Vec<StepRun>,
    /// Steps that have not ended.
    open: usize,
    /// Steps that are being read until they are gone.
    settling: usize,
    /// Steps of this session that ended refused, failed or unknown.
    failures: u32,
    identities: Vec<IdentityCheck>,
    /// Scopes whose providers are to be asked who they are.
    unidentified: VecDeque<usize>,
    retained: Vec<RetainedCheck>,
    kinds: Vec<KindLane>,
    operations: Vec<OperationLane>,
    paces: Vec<Pace>,
    groups: Vec<Gathering>,
    timers: BTreeSet<(MonoTime, Timer)>,
    calls: BTreeMap<CallId, InFlight>,
    last_call: u64,
    /// Removal calls whose intents are not durable yet, in the order of those.
    prepared: VecDeque<Prepared>,
    /// Removal calls whose intents are durable and that have not been let go yet.
    durable: VecDeque<Prepared>,
    ledger: Ledger,
    outputs: VecDeque<Output>,
    event_seq: u64,
    tally: Calls,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Providers are asked who they are.
    Identifying,
    /// Steps are carried out.
    Running,
    /// The last records are on their way.
    Closing,
    /// There is nothing left to say.
    Over,
}

/// Nothing new is begun.
#[derive(Debug)]
struct Stopping {
    cause: StopCause,
    /// Whether what the provider has begun to remove is still read until it is gone.
    settles: bool,
}

/// One step of this session.
#[derive(Debug)]
struct StepRun {
    /// Where it stands, by the records made.
    state: StepState,
    /// When its last record was made.
    at: Option<Timestamp>,
    /// Predecessors that are not out of the way.
    remaining: u32,
    /// Whether others of its group may wait for it.
    is_to_come: bool,
    activity: Activity,
    /// Whether this session called it.
    was_called: bool,
    /// When it last passed a recheck that nothing has put in doubt since.
    checked_at: Option<MonoTime>,
    /// Its resource, as a recheck saw it last and found it to be as planned.
    seen: Option<Arc<Resource>>,
    /// Failed attempts, and when the first was.
    faults: u32,
    first_fault: Option<MonoTime>,
    /// Failed readings of its recheck.
    read_faults: u32,
    /// Since when they fail.
    first_read_fault: Option<MonoTime>,
    /// The last failure whose effect is not known.
    last_unsettled: Option<Trouble>,
    /// Since when it waits for a guard to clear.
    wait_since: Option<MonoTime>,
    /// Since when it is refused by what may linger.
    linger_since: Option<MonoTime>,
    lingers: u32,
}

/// What is being done about a step.
#[derive(Debug)]
enum Activity {
    /// It waits for its predecessors, or for a later session.
    Held,
    /// It waits for others that are to share its call.
    Gathered,
    /// It stands in line for its recheck.
    Ready,
    /// It is being rechecked.
    Checking(Box<Check>),
    /// It stands, rechecked, in line for its call.
    Checked,
    /// A timer brings it back.
    Delayed,
    /// Its call is prepared or under way.
    Calling,
    /// It is read whether its resource is gone.
    Settling(Settling),
    /// It has an outcome.
    Ended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    /// A lane may be open again.
    Wake,
    /// The session has taken as long as it may.
    TimeUp,
    /// Ask again who the providers of a scope are.
    Identity(usize),
    /// Take a delayed step up again.
    Again(u32),
    /// Read whether a step's resource is gone.
    Settle(u32),
}

#[derive(Debug)]
enum InFlight {
    Identity { scope: usize },
    Probe { kind: usize, questions: Vec<Question> },
    Dependents { kind: usize, unit: u32, step: u32 },
    Removal { operation: usize, steps: Vec<u32> },
}

#[derive(Debug)]
struct Prepared {
    call: CallId,
    operation: usize,
    /// The record of its last intent.
    intent_seq: u64,
    /// Which attempt it is for each of its steps.
    steps: Vec<u32>,
    output: Output,
}

impl Machine {
    /// Begins a session: the first of a run, or the next one, by the history.
    ///
    /// # Errors
    /// The history is not one of this plan.
    pub fn new(plan: RunPlan, settings: Settings, beginning: Beginning) -> Result<Self, MachineError> {
        let Beginning { run, at, seed, history } = beginning;
        if history.steps.len() != plan.len() {
            return Err(MachineError::OtherHistory { history: history.steps.len(), plan: plan.len() });
        }
        let most = settings.max_in_flight.get();
        let mut machine = Self {
            random: Random::new(seed ^ u64::from(history.sessions).rotate_left(32)),
            run,
            base: at,
            session: history.sessions + 1,
            now: MonoTime::START,
            phase: Phase::Identifying,
            failure: None,
            stopping: None,
            paused: false,
            canaries: Canaries::new(settings.canary),
            open: 0,
            settling: 0,
            failures: 0,
            identities: plan.scopes.iter().map(|_| IdentityCheck::new()).collect(),
            unidentified: (0..plan.scopes.len()).collect(),
            retained: plan.retained.iter().map(|_| RetainedCheck::Unasked).collect(),
            kinds: plan.kinds.iter().map(|_| KindLane::default()).collect(),
            operations: plan.operations.iter().map(|_| OperationLane::default()).collect(),
            paces: plan.paces.iter().map(|allowance| Pace::new(most, *allowance)).collect(),
            groups: plan.groups.iter().map(|limit| Gathering::new(*limit)).collect(),
            timers: BTreeSet::new(),
            calls: BTreeMap::new(),
            last_call: 0,
            prepared: VecDeque::new(),
            durable: VecDeque::new(),
            ledger: Ledger::new(history.last_seq),
            outputs: VecDeque::new(),
            event_seq: 0,
            tally: Calls::default(),
            steps: history.steps.into_iter().map(|step| StepRun::new(step.state, step.at)).collect(),
            plan,
            settings,
        };
        if let Some(longest) = machine.settings.max_duration {
            machine.timers.insert((MonoTime::START.after(longest), Timer::TimeUp));
        }
        machine.begin()?;
        Ok(machine)
    }

    /// Takes in what happened by `now`. Afterwards [`poll_output`](Self::poll_output) and
    /// [`next_deadline`](Self::next_deadline) may say something new. Inputs may be handed in one after another before
    /// outputs are taken: their records then share an append.
    ///
    /// # Errors
    /// The driver or the machine is at fault; the machine is of no use afterwards.
    pub fn handle(&mut self, now: MonoTime, input: Input) -> Result<(), MachineError> {
        self.now = self.now.max(now);
        self.fire_timers();
        match input {
            Input::Tick => {}
            Input::Stop => self.stop(StopCause::Requested, false),
            Input::Pause => self.pause(),
            Input::Unpause => self.unpause(),
            Input::CredentialsChanged { provider } => self.credentials_changed(provider),
            Input::Appended { last_seq } => self.appended(last_seq)?,
            Input::AppendFailed => self.append_failed(),
            Input::Identified { call, answers } => self.identified(call, answers)?,
            Input::Probed { call, answer } => self.probed(call, answer)?,
            Input::DependentsFound { call, answer } => self.dependents_found(call, answer)?,
            Input::Removed { call, answers } => self.removed(call, answers)?,
        }
        self.dispatch()?;
        self.conclude()
    }

    /// What is asked for next. To be called until it has nothing to say, after [`new`](Self::new) and after every
    /// [`handle`](Self::handle).
    #[must_use]
    pub fn poll_output(&mut self) -> Option<Output> {
        if let Some(output) = self.outputs.pop_front() {
            return Some(output);
        }
        if let Some(entries) = self.ledger.take(self.now) {
            return Some(Output::Append(entries));
        }
        if self.phase == Phase::Closing && self.ledger.is_idle() {
            self.phase = Phase::Over;
            return Some(Output::Finished(match self.failure.take() {
                Some(failure) => Err(failure),
                None => Ok(Box::new(self.receipt())),
            }));
        }
        None
    }

    /// When the machine wants to be told the time, at the latest. To be asked again after every
    /// [`handle`](Self::handle).
    #[must_use]
    pub fn next_deadline(&self) -> Option<MonoTime> {
        self.timers.first().map(|(at, _)| *at)
    }

    fn at(&self) -> Timestamp {
        let nanos = i128::try_from(self.now.since_start().as_nanos()).unwrap_or(i128::MAX);
        Span::from_nanos(nanos).and_then(|span| self.base.checked_add(span)).unwrap_or(self.base)
    }

    fn fire_timers(&mut self) {
        while let Some((at, timer)) = self.timers.first().copied() {
            if at > self.now {
                break;
            }
            self.timers.pop_first();
            match timer {
                Timer::Wake => {}
                Timer::TimeUp => self.stop(StopCause::TimeUp, false),
                Timer::Identity(scope) => self.unidentified.push_back(scope),
                Timer::Again(step) => self.take_up(step),
                Timer::Settle(step) => self.ask_whether_gone(step),
            }
        }
    }

    fn appended(&mut self, last_seq: u64) -> Result<(), MachineError> {
        self.ledger.acknowledge(last_seq, self.now)?;
        while self.prepared.front().is_some_and(|prepared| prepared.intent_seq <= last_seq) {
            let Some(prepared) = self.prepared.pop_front() else { break };
            self.durable.push_back(prepared);
        }
        Ok(())
    }

    fn append_failed(&mut self) {
        self.ledger.break_off();
        self.failure.get_or_insert(RunFailure::Journal);
        for prepared in self.prepared.drain(..).chain(self.durable.drain(..)) {
            self.calls.remove(&prepared.call);
        }
        self.drop_queues(false);
    }

    /// Begins nothing new. A later cause can only say that less is finished.
    fn stop(&mut self, cause: StopCause, settles: bool) {
        match &mut self.stopping {
            Some(stopping) => stopping.settles &= settles,
            None => {
                self.ledger.push(self.at(), Record::Stopping { cause: cause.clone() });
                self.emit(Event::Stopping { cause: cause.clone() });
                self.stopping = Some(Stopping { cause, settles });
            }
        }
        self.drop_queues(settles);
    }

    /// Forgets what stands in line for something that will not be begun.
    fn drop_queues(&mut self, settles: bool) {
        self.unidentified.clear();
        self.operations.iter_mut().for_each(OperationLane::clear);
        self.groups.iter_mut().for_each(Gathering::clear);
        self.kinds.iter_mut().for_each(|lane| lane.clear(settles));
        self.timers.retain(|(_, timer)| match timer {
            Timer::Settle(_) | Timer::Wake => settles,
            Timer::Again(_) | Timer::Identity(_) | Timer::TimeUp => false,
        });
    }

    /// Whether steps may be begun.
    fn begins(&self) -> bool {
        self.phase == Phase::Running && self.failure.is_none() && self.stopping.is_none()
    }

    /// Whether the last records are on their way, or made.
    fn is_ending(&self) -> bool {
        matches!(self.phase, Phase::Closing | Phase::Over)
    }

    /// Whether it is read what is gone.
    fn settles(&self) -> bool {
        self.phase == Phase::Running
            && self.failure.is_none()
            && self.stopping.as_ref().is_none_or(|stopping| stopping.settles)
    }

    fn dispatch(&mut self) -> Result<(), MachineError> {
        self.advance_canaries();
        self.let_go()?;
        while self.calls.len() < self.settings.max_in_flight.get() {
            let begins = self.begins() && !self.paused;
            let begun = self.ask_identity()
                || (begins && self.is_identified() && self.send_removal()?)
                || (self.settles() && self.send_settling_probe())
                || (begins && (self.send_dependents() || self.start_checks()? || self.send_checking_probe()));
            if !begun {
                break;
            }
        }
        self.wake_when_open();
        Ok(())
    }

    /// Ends the session where nothing is under way and nothing more will be.
    fn conclude(&mut self) -> Result<(), MachineError> {
        if self.is_ending() || !self.calls.is_empty() {
            return Ok(());
        }
        let stopped = self.stopping.is_some() && !(self.settles() && self.settling > 0);
        let over = self.failure.is_some() || stopped || (self.phase == Phase::Running && self.open == 0);
        if over {
            let complete = self.steps.iter().all(|step| step.state.is_done());
            self.ledger.push(self.at(), Record::SessionEnded { session: self.session, complete });
            let counts = Counts::of(self.steps.iter().map(|step| &step.state));
            self.emit(Event::SessionEnded { complete, counts });
            self.timers.clear();
            self.phase = Phase::Closing;
            return Ok(());
        }
        if self.timers.is_empty() && self.ledger.is_idle() && !self.paused {
            return Err(MachineError::Stuck { open: self.open });
        }
        Ok(())
    }

    /// What the removals of the run free, by estimate.
    fn freed_bytes(&self) -> FreedBytes {
        let removed = self.plan.steps.iter().zip(&self.steps).filter(|(_, run)| match run.state.outcome() {
            Some(Outcome::Removed { .. }) => true,
            Some(_) | None => false,
        });
        removed.fold(FreedBytes { min: 0, max: 0 }, |freed, (planned, _)| FreedBytes {
            min: freed.min.saturating_add(planned.freed.0),
            max: freed.max.saturating_add(planned.freed.1),
        })
    }

    fn receipt(&self) -> Receipt {
        Receipt {
            run: self.run.clone(),
            plan: self.plan.digest.clone(),
            session: self.session,
            began_at: self.base,
            ended_at: self.at(),
            complete: self.steps.iter().all(|step| step.state.is_done()),
            stopped: self.stopping.as_ref().map(|stopping| stopping.cause.clone()),
            counts: Counts::of(self.steps.iter().map(|step| &step.state)),
            calls: Calls { fewest: self.fewest_calls(), ..self.tally.clone() },
            freed_bytes: self.freed_bytes(),
            steps: (0_u32..)
                .zip(&self.steps)
                .map(|(index, step)| StepReport {
                    index,
                    address: self.plan.step(index).address.clone(),
                    state: step.state.clone(),
                    at: step.at,
                })
                .collect(),
        }
    }

    fn emit(&mut self, event: Event) {
        self.event_seq += 1;
        let event =
            RunEvent { run: self.run.clone(), session: self.session, seq: self.event_seq, at: self.at(), event };
        self.outputs.push_back(Output::Event(event));
    }

    /// Makes a record of a step, the only way in which its state changes.
    fn record(&mut self, step: u32, record: StepRecord) -> Result<u64, MachineError> {
        let at = self.at();
        let run = &mut self.steps[position(step)];
        let state = std::mem::replace(&mut run.state, StepState::NEW);
        run.state = transition(step, state, &record)?;
        run.at = Some(at);
        Ok(self.ledger.push(at, Record::Step { step, record }))
    }

    fn call_id(&mut self) -> CallId {
        self.last_call += 1;
        CallId(self.last_call)
    }

    fn run(&self, step: u32) -> &StepRun {
        &self.steps[position(step)]
    }

    fn run_mut(&mut self, step: u32) -> &mut StepRun {
        &mut self.steps[position(step)]
    }

    fn planned(&self, step: u32) -> &RunStep {
        self.plan.step(step)
    }

    /// Changes what is being done about a step, and keeps count.
    fn set_activity(&mut self, step: u32, activity: Activity) {
        let operation = self.planned(step).operation;
        let run = &mut self.steps[position(step)];
        let before = std::mem::replace(&mut run.activity, activity);
        let after = &run.activity;
        if let Some(operation) = operation {
            let active = &mut self.operations[operation].active;
            *active = *active + usize::from(after.is_active()) - usize::from(before.is_active());
        }
        let is_settling = |activity: &Activity| usize::from(matches!(activity, Activity::Settling(_)));
        self.settling = self.settling + is_settling(after) - is_settling(&before);
        let (was, is) = (before.is_rechecked(), after.is_rechecked());
        self.count_recheck(step, was, is);
    }
}

impl StepRun {
    fn new(state: StepState, at: Option<Timestamp>) -> Self {
        Self {
            state,
            at,
            remaining: 0,
            is_to_come: false,
            activity: Activity::Held,
            was_called: false,
            checked_at: None,
            seen: None,
            faults: 0,
            first_fault: None,
            read_faults: 0,
            first_read_fault: None,
            last_unsettled: None,
            wait_since: None,
            linger_since: None,
            lingers: 0,
        }
    }
}

impl Activity {
    /// Whether it is being rechecked.
    fn is_rechecked(&self) -> bool {
        match self {
            Activity::Checking(_) => true,
            Activity::Held
            | Activity::Gathered
            | Activity::Ready
            | Activity::Checked
            | Activity::Delayed
            | Activity::Calling
            | Activity::Settling(_)
            | Activity::Ended => false,
        }
    }

    /// Whether it takes one of the places of its operation's lookahead.
    fn is_active(&self) -> bool {
        match self {
            Activity::Checking(_) | Activity::Checked => true,
            Activity::Held
            | Activity::Gathered
            | Activity::Ready
            | Activity::Delayed
            | Activity::Calling
            | Activity::Settling(_)
            | Activity::Ended => false,
        }
    }
}
