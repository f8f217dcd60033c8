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
//! - no call after the credentials changed, before it is known again who they are; and what was read meanwhile says
//!   nothing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use sexton_core::time::{Span, Timestamp};

use crate::event::{Event, RunEvent, SessionFailure};
use crate::journal::{History, Record, StepRecord, StopCause};
use crate::receipt::{Calls, Counts};
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
mod report;
mod retained;
mod settle;
mod state;
mod step;
mod stop;
mod tell;
#[cfg(test)]
mod tests;
mod time;
mod timer;
mod transition;

use begin::IdentityCheck;
use canary::Canaries;
use gather::Gathering;
use lane::{KindLane, OperationLane, Question};
use ledger::Ledger;
use pace::Pace;
use plan::{RunStep, position};
use random::Random;
use retained::RetainedCheck;
use step::{Activity, StepRun};
use stop::Stopping;
use timer::Timer;

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

#[derive(Debug)]
enum InFlight {
    Identity { scope: usize },
    Probe { kind: usize, questions: Vec<Question>, epoch: u64 },
    Dependents { kind: usize, unit: u32, step: u32, epoch: u64 },
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
    /// Whether a pause, or the question who serves it, has kept it back.
    kept_back: bool,
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
        self.at_of(self.now)
    }

    fn at_of(&self, time: MonoTime) -> Timestamp {
        let nanos = i128::try_from(time.since_start().as_nanos()).unwrap_or(i128::MAX);
        Span::from_nanos(nanos).and_then(|span| self.base.checked_add(span)).unwrap_or(self.base)
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

    fn dispatch(&mut self) -> Result<(), MachineError> {
        self.advance_canaries();
        self.let_go()?;
        let most = self.settings.max_in_flight.get();
        // Calls that are not let go wait for this one: they must not keep it from being made.
        while self.calls.len() - self.prepared.len() - self.durable.len() < most && self.ask_identity() {}
        while self.calls.len() < most {
            let begins = self.begins() && !self.paused;
            let begun = (begins && self.is_identified() && self.send_removal()?)
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
            let failure = self.failure.as_ref().map(SessionFailure::from);
            self.emit(Event::SessionEnded { complete, counts, failure });
            self.timers.clear();
            self.phase = Phase::Closing;
            return Ok(());
        }
        if self.timers.is_empty() && self.ledger.is_idle() && !self.paused {
            return Err(MachineError::Stuck { open: self.open });
        }
        Ok(())
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
