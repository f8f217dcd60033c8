//! Runs a machine against a world in virtual time, crashes it where it is told to, and checks at every call that it was
//! allowed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use sexton_core::address::{Account, Address, Kind, Region};
use sexton_core::plan::Plan;
use sexton_core::rulebook::Rulebook;
use sexton_provider::{CallError, Counted, Identity, Observed, Quota, RemovalCall};

use crate::event::RunEvent;
use crate::journal::{Entry, History, Record, RunStatus, StepRecord};
use crate::machine::random::Random;
use crate::machine::{
    Beginning, CallId, IdentityAnswer, Input, Machine, MonoTime, Output, RunFailure, RunPlan, StepState,
};
use crate::outcome::Outcome;
use crate::progress::{Progress, RunPhase};
use crate::receipt::{Calls, Receipt};
use crate::run::RunId;
use crate::settings::Settings;
use crate::testing::world::World;
use crate::testing::{ACCOUNT, PROVIDER, REGION, now, rulebook};

/// More than any run of these tests needs; a machine that does not end is a failure.
const MOST_EVENTS: usize = 200_000;

fn folded(events: &[RunEvent]) -> Progress {
    let mut progress = Progress::begin(&events[0]).unwrap();
    for event in &events[1..] {
        progress.apply(event).unwrap();
    }
    progress
}

/// How a session went.
#[derive(Debug)]
pub(super) enum SessionEnd {
    Finished(Result<Box<Receipt>, RunFailure>),
    Crashed,
}

/// What is under way in the world.
#[derive(Debug)]
enum Pending {
    Answer(Input),
    /// A removal that has its effect only when it answers.
    Removal {
        call: CallId,
        removal: RemovalCall,
    },
    Append(Vec<Entry>),
    Told(Input),
}

pub(super) struct Harness {
    pub(super) world: World,
    pub(super) plan: Plan,
    pub(super) rulebook: Rulebook,
    pub(super) settings: Settings,
    pub(super) identity: Identity,
    /// Who answers from some time on.
    pub(super) identity_later: Option<(MonoTime, Identity)>,
    /// How the first readings of an operation fail.
    pub(super) reading_errors: VecDeque<CallError>,
    /// From when to when readings show nothing, as those of another account do.
    pub(super) blind: Option<(MonoTime, MonoTime)>,
    /// When removals were asked for.
    pub(super) sent_at: Vec<MonoTime>,
    pub(super) quotas: Vec<Quota>,
    /// How long every answer takes, an append being made at once; anything up to 400 ms where it is not said.
    pub(super) latency: Option<Duration>,
    /// Every call that a quota may count, and when it was made.
    pub(super) counted: Vec<(MonoTime, Counted)>,
    /// When the last session ended.
    pub(super) ended_at: MonoTime,
    /// What has survived so far.
    pub(super) durable: Vec<Entry>,
    pub(super) events: Vec<RunEvent>,
    /// Outputs of all sessions.
    pub(super) outputs: usize,
    /// Outputs after which to ask for a stop.
    pub(super) stop_after: Option<usize>,
    /// The append, counted from 1, that fails.
    pub(super) failing_append: Option<usize>,
    appends: usize,
    random: Random,
    there_at_first: BTreeSet<Address>,
    clock: MonoTime,
    pending: BTreeMap<(MonoTime, u64), Pending>,
    number: u64,
}

impl Harness {
    pub(super) fn new(plan: Plan, world: World, seed: u64) -> Self {
        Self {
            there_at_first: world.resources.keys().cloned().collect(),
            world,
            plan,
            rulebook: rulebook(),
            settings: Settings { max_failures: None, ..Settings::default() },
            identity: Identity { account: Account::new(ACCOUNT).unwrap(), region: Region::new(REGION).unwrap() },
            identity_later: None,
            reading_errors: VecDeque::new(),
            blind: None,
            sent_at: Vec::new(),
            quotas: Vec::new(),
            latency: None,
            counted: Vec::new(),
            ended_at: MonoTime::START,
            durable: Vec::new(),
            events: Vec::new(),
            outputs: 0,
            stop_after: None,
            failing_append: None,
            appends: 0,
            random: Random::new(seed),
            clock: MonoTime::START,
            pending: BTreeMap::new(),
            number: 0,
        }
    }

    pub(super) fn history(&self) -> History {
        History::fold(self.plan.steps.len(), &self.durable).unwrap()
    }

    /// Tells the machine something at a time.
    pub(super) fn tell(&mut self, at: MonoTime, input: Input) {
        self.number += 1;
        self.pending.insert((at, self.number), Pending::Told(input));
    }

    fn schedule(&mut self, pending: Pending) {
        let random = self.random.up_to(Duration::from_millis(400));
        let delay = match (&pending, self.latency) {
            (_, None) => random,
            (Pending::Append(_), Some(_)) => Duration::ZERO,
            (Pending::Answer(_) | Pending::Told(_) | Pending::Removal { .. }, Some(latency)) => latency,
        };
        self.number += 1;
        self.pending.insert((self.clock.after(delay), self.number), pending);
    }

    /// One session, to its end or until it has said so many things.
    pub(super) fn session(&mut self, crash_after: Option<usize>) -> SessionEnd {
        let run_plan = RunPlan::new(&self.plan, [&self.rulebook]).unwrap().within(PROVIDER, &self.quotas);
        let beginning = Beginning {
            run: RunId::new("run-1").unwrap(),
            at: now(),
            seed: self.random.next(),
            history: self.history(),
        };
        let start = self.clock;
        let mut said = 0;
        let mut stop_after = self.stop_after.take();
        let mut machine = Machine::new(run_plan, self.settings.clone(), beginning).unwrap();
        for _ in 0..MOST_EVENTS {
            while let Some(output) = machine.poll_output() {
                said += 1;
                self.outputs += 1;
                if let Output::Finished(finished) = output {
                    self.ended_at = self.clock;
                    self.check_quotas();
                    assert!(machine.poll_output().is_none());
                    assert!(self.pending.is_empty(), "a session ended with {:?} under way", self.pending);
                    return SessionEnd::Finished(finished);
                }
                self.act(output);
                if crash_after == Some(said) {
                    self.crash();
                    return SessionEnd::Crashed;
                }
                if stop_after.is_some_and(|after| said >= after) {
                    stop_after = None;
                    machine.handle(MonoTime::from_start(self.clock.since(start)), Input::Stop).unwrap();
                }
            }
            let deadline = machine.next_deadline().map(|deadline| start.after(deadline.since_start()));
            let answer = self.pending.first_key_value().map(|((at, _), _)| *at);
            let next = [deadline, answer].into_iter().flatten().min().expect("the machine waits for nothing");
            self.clock = self.clock.max(next);
            self.world.pass(self.clock);
            let now = MonoTime::from_start(self.clock.since(start));
            if answer == Some(next) {
                let (_, pending) = self.pending.pop_first().unwrap();
                let input = self.deliver(pending);
                machine.handle(now, input).unwrap();
            } else {
                machine.handle(now, Input::Tick).unwrap();
            }
        }
        panic!("the machine does not come to an end");
    }

    fn deliver(&mut self, pending: Pending) -> Input {
        match pending {
            Pending::Answer(input) | Pending::Told(input) => input,
            Pending::Removal { call, removal } => {
                let answers = self.world.remove(&removal, self.clock);
                Input::Removed { call, answers }
            }
            Pending::Append(_) if self.failing_append == Some(self.appends) => Input::AppendFailed,
            Pending::Append(entries) => {
                let last_seq = entries.last().unwrap().seq;
                self.durable.extend(entries);
                Input::Appended { last_seq }
            }
        }
    }

    fn act(&mut self, output: Output) {
        let calls =
            self.pending.values().filter(|pending| !matches!(pending, Pending::Append(_) | Pending::Told(_))).count();
        let most = self.settings.max_in_flight.get();
        assert!(calls <= most, "{calls} calls are under way");
        match output {
            Output::Append(entries) => {
                self.appends += 1;
                self.schedule(Pending::Append(entries));
            }
            Output::CheckIdentity { call, .. } => {
                let answer = match self.reading_fails("identity") {
                    Some(error) => Err(error),
                    None => Ok(match &self.identity_later {
                        Some((from, later)) if *from <= self.clock => later.clone(),
                        Some(_) | None => self.identity.clone(),
                    }),
                };
                let answers = vec![IdentityAnswer { provider: 0, answer }];
                self.schedule(Pending::Answer(Input::Identified { call, answers }));
            }
            Output::Probe { call, targets, .. } => {
                let kind = Kind::new(targets[0].kind()).unwrap();
                self.counted.push((self.clock, Counted::Probe { kind }));
                let answer = match self.reading_fails("probe") {
                    Some(error) => Err(error),
                    None if self.is_blind() => Ok(targets.iter().map(|_| Observed::Absent).collect()),
                    None => Ok(self.world.probe(&targets)),
                };
                self.schedule(Pending::Answer(Input::Probed { call, answer }));
            }
            Output::Dependents { call, target, .. } => {
                let kind = Kind::new(target.kind()).unwrap();
                self.counted.push((self.clock, Counted::Dependents { kind }));
                let answer = match self.reading_fails("dependents") {
                    Some(error) => Err(error),
                    None if self.is_blind() => Ok(Vec::new()),
                    None => Ok(self.world.dependents(&target)),
                };
                self.schedule(Pending::Answer(Input::DependentsFound { call, answer }));
            }
            Output::Remove { call, removal, .. } => {
                self.check_allowed(&removal);
                self.sent_at.push(self.clock);
                self.counted.push((self.clock, Counted::Removal { operation: removal.operation.clone() }));
                if self.random.next().is_multiple_of(2) {
                    let answers = self.world.remove(&removal, self.clock);
                    self.schedule(Pending::Answer(Input::Removed { call, answers }));
                } else {
                    self.schedule(Pending::Removal { call, removal });
                }
            }
            Output::Event(event) => self.events.push(event),
            Output::Finished(_) => unreachable!("taken by the session"),
        }
    }

    fn reading_fails(&mut self, operation: &str) -> Option<CallError> {
        let scripted = self.reading_errors.pop_front_if(|error| error.operation == operation);
        scripted.or_else(|| self.world.reading_fails(operation))
    }

    fn is_blind(&self) -> bool {
        self.blind.is_some_and(|(from, to)| (from..to).contains(&self.clock))
    }

    /// The invariants of a removal call, by what is durable and by what is there.
    fn check_allowed(&mut self, removal: &RemovalCall) {
        let history = self.history();
        let first = &removal.targets[0].address;
        let limit = self.rulebook.kind(first.kind()).and_then(|rules| rules.removal.as_ref()).unwrap().batch_limit;
        assert!(removal.targets.len() <= usize::try_from(limit.get()).unwrap(), "{removal:?}");
        let key = |address: &Address| address.id().split('/').next().unwrap().to_owned();
        assert!(removal.targets.iter().all(|target| key(&target.address) == key(first)), "{removal:?}");
        for target in &removal.targets {
            let step = self
                .plan
                .steps
                .iter()
                .find(|step| step.address == target.address)
                .unwrap_or_else(|| panic!("{} is removed, which no step names", target.address));
            assert_eq!(step.with, None, "step {} goes with another and is called", step.index);
            assert_eq!(step.operation, removal.operation);
            assert_eq!(step.force, target.force);
            assert_eq!(step.options, removal.options);
            let state = |index: u32| &history.steps[usize::try_from(index).unwrap()].state;
            assert!(
                matches!(state(step.index), StepState::Called(_)),
                "step {} is called, and the journal has it as {:?}",
                step.index,
                state(step.index)
            );
            for after in &step.after {
                assert!(
                    state(*after).is_done(),
                    "step {} is called before step {after}, which is {:?}",
                    step.index,
                    state(*after)
                );
            }
        }
    }

    /// In no interval of this session were more calls made than a quota allows.
    pub(super) fn check_quotas(&mut self) {
        for quota in &self.quotas {
            let counted: Vec<MonoTime> =
                self.counted.iter().filter(|(_, call)| quota.counts.contains(call)).map(|(at, _)| *at).collect();
            for (first, from) in counted.iter().enumerate() {
                for (last, to) in counted.iter().enumerate().skip(first) {
                    let back = to.since(*from).as_nanos() / quota.refill.as_nanos();
                    let allowed = u128::from(quota.capacity.get()) + back;
                    let calls = u128::try_from(last - first + 1).unwrap();
                    assert!(calls <= allowed, "{calls} calls of {} from {from:?} to {to:?}", quota.operation);
                }
            }
        }
        self.counted.clear();
    }

    /// The process is gone. What was under way in the world may come to pass or not.
    fn crash(&mut self) {
        self.check_quotas();
        for (_, pending) in std::mem::take(&mut self.pending) {
            let comes_to_pass = self.random.next().is_multiple_of(2);
            match pending {
                Pending::Append(entries) if comes_to_pass => self.durable.extend(entries),
                Pending::Removal { removal, .. } if comes_to_pass => {
                    self.world.remove(&removal, self.clock);
                }
                Pending::Append(_) | Pending::Removal { .. } | Pending::Answer(_) | Pending::Told(_) => {}
            }
        }
        self.clock = self.clock.after(Duration::from_secs(1));
        self.world.pass(self.clock);
    }

    /// What holds of every run that has ended, however often it was begun.
    pub(super) fn check_end(&self, receipt: &Receipt) {
        let history = self.history();
        assert_eq!(self.world.too_early, [], "removals were asked for while something held the resource");
        for ((step, report), history) in self.plan.steps.iter().zip(&receipt.steps).zip(&history.steps) {
            assert_eq!(report.state, history.state, "the receipt and the journal differ on step {}", step.index);
            let there = self.world.has(&step.address);
            match report.state.outcome() {
                Some(Outcome::Removed { .. } | Outcome::AlreadyGone) => {
                    assert!(!there, "step {} is {:?} and its resource is there", step.index, report.state);
                }
                Some(Outcome::Stale { .. } | Outcome::Blocked { .. } | Outcome::Refused { .. })
                    if self.there_at_first.contains(&step.address)
                        && step.with.is_none()
                        && !report.state.tries().unsure =>
                {
                    assert!(there, "step {} is {:?} and its resource is gone", step.index, report.state);
                }
                Some(_) | None => {}
            }
        }
        self.check_one_call_at_a_time();
        self.check_events(receipt);
    }

    /// The events of every session are numbered without gaps, and what they amount to is what the receipt says; so does
    /// what the journal tells.
    fn check_events(&self, receipt: &Receipt) {
        let told = folded(&self.events);
        assert_eq!(told.counts(), receipt.counts);
        assert_eq!(told.calls_in_flight(), 0);
        assert_eq!(told.phase(), &RunPhase::Ended { complete: receipt.complete });
        let sent = |name: &str| told.calls().get(name).map_or(0, |calls| calls.sent);
        let Calls { identity, probe, dependents, removal, fewest: _ } = &receipt.calls;
        assert_eq!((sent("identity"), sent("probe"), sent("dependents")), (*identity, *probe, *dependents));
        let removals = |told: &Progress| -> BTreeMap<String, u64> {
            let readings = ["identity", "probe", "dependents"];
            let calls = told.calls().iter().filter(|(name, _)| !readings.contains(&name.as_str()));
            calls.map(|(name, calls)| (name.clone(), calls.sent)).collect()
        };
        assert_eq!(&removals(&told), removal);

        let status = RunStatus {
            run: receipt.run.clone(),
            created_at: now(),
            verification: None,
            plan: self.plan.clone(),
            live: false,
            entries: self.durable.clone(),
            history: self.history(),
        };
        let retold = folded(&status.events().unwrap());
        assert_eq!(retold.kinds(), told.kinds());
        assert_eq!((retold.phase(), retold.session()), (told.phase(), told.session()));
        assert_eq!((retold.retries(), removals(&retold)), (told.retries(), removals(&told)));
        assert_eq!(retold.calls_in_flight(), 0);
    }

    /// Between two intents of one step stands the outcome of the first, or the end of its session.
    fn check_one_call_at_a_time(&self) {
        let mut open: BTreeMap<u32, &StepRecord> = BTreeMap::new();
        for entry in &self.durable {
            let Record::Step { step, record } = &entry.record else { continue };
            if let StepRecord::Intent { .. } = record {
                assert!(open.insert(*step, record).is_none(), "two calls at a time for step {step}");
            } else {
                open.remove(step);
            }
        }
    }
}
