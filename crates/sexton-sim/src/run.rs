//! One run of a case: the engine's machine against the virtual cloud, as a loop over virtual time. No runtime, no clock,
//! no file; what survives a crash is taken up through the engine's own journal.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use sexton_core::address::NameError;
use sexton_engine::journal::{Entry, FoldError, History};
use sexton_engine::machine::{
    Beginning, CallId, Input, Machine, MachineError, MonoTime, Output, RunPlan, RunPlanError,
};
use sexton_engine::{RunId, RunIdError, Settings};

use crate::case::{Case, Crash, Pause};
use crate::cloud::{Cloud, wall};
use crate::log::{Call, Logged, Moment, Ticket};
use crate::random::Random;
use crate::world::{ACCOUNTS, PROVIDER, World};

mod identity;
#[cfg(test)]
mod tests;

use identity::Asked;

/// How long after a session that left something the next one begins.
const BETWEEN: Duration = Duration::from_secs(60);

/// Why a case cannot be run. Each is a fault of this crate, or of the engine's journal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The plan goes with no rulebook.
    #[error("the plan of the world cannot be run")]
    Plan(#[from] RunPlanError),
    /// A name is none.
    #[error("a name of the simulation is not possible")]
    Name(#[from] NameError),
    /// The run's name is none.
    #[error("the run's name is not possible")]
    Run(#[from] RunIdError),
}

/// Why the records of a run cannot be taken up.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error("a record cannot be written or read: {0}")]
    Text(#[from] serde_json::Error),
    #[error("the records do not follow each other: {0}")]
    Fold(#[from] FoldError),
}

/// What became of a case.
#[derive(Debug)]
pub struct Run {
    /// All that happened.
    pub log: Vec<Logged>,
    /// Outputs of each session.
    pub outputs: Vec<u32>,
    /// After which outputs of the first session a crash finds the world otherwise than after the one before: an event
    /// tells somebody something, and changes neither the journal, nor the cloud, nor what is under way. A crash at any
    /// other output is the same as at the last of these before it.
    pub crash_points: Vec<u32>,
}

/// Runs a case in its world.
///
/// # Errors
/// The simulation is at fault. What the engine does wrong stands in the log.
pub fn run(world: &World, case: &Case) -> Result<Run, RunError> {
    let mut simulation = Simulation {
        world,
        case,
        run: RunId::new("sim")?,
        cloud: Cloud::new(world, case)?,
        random: Random::new(case.seed ^ 0xa99e),
        log: Vec::new(),
        durable: Vec::new(),
        clock: MonoTime::START,
        appends: 0,
        append: None,
        waiting: BTreeMap::new(),
        asking: BTreeMap::new(),
        generations: [0; ACCOUNTS.len()],
        outputs: Vec::new(),
        crash_points: Vec::new(),
    };
    let mut resumes = case.resumes;
    for session in 0.. {
        match simulation.session(session)? {
            End::Crashed => {}
            End::Complete | End::Broken => break,
            End::Left if resumes == 0 => break,
            End::Left => {
                resumes -= 1;
                simulation.advance(simulation.clock.after(BETWEEN));
            }
        }
    }
    let Simulation { log, outputs, crash_points, .. } = simulation;
    Ok(Run { log, outputs, crash_points })
}

/// What a session is told, and when it dies.
struct Told {
    crash: Option<Crash>,
    stop_after: Option<u32>,
    pause: Option<Pause>,
    unpause_at: Option<MonoTime>,
}

/// Whether a machine was told something.
enum Heard {
    Something,
    Nothing,
}

enum End {
    /// Every step's resource is out of the way.
    Complete,
    /// Something is left.
    Left,
    Crashed,
    Broken,
}

#[derive(Clone)]
struct Simulation<'w> {
    world: &'w World,
    case: &'w Case,
    run: RunId,
    cloud: Cloud,
    random: Random,
    log: Vec<Logged>,
    /// What the journal holds.
    durable: Vec<Entry>,
    clock: MonoTime,
    appends: u32,
    /// The append under way, and when it is done.
    append: Option<(MonoTime, Vec<Entry>)>,
    waiting: BTreeMap<Ticket, CallId>,
    /// What providers have said of themselves, where others have not yet.
    asking: BTreeMap<CallId, Asked>,
    /// Under which credentials each provider was last known to work.
    generations: [u64; ACCOUNTS.len()],
    outputs: Vec<u32>,
    crash_points: Vec<u32>,
}

impl Simulation<'_> {
    fn session(&mut self, session: usize) -> Result<End, RunError> {
        let number = u32::try_from(session + 1).unwrap_or(u32::MAX);
        self.cloud.begin_session(number)?;
        self.generations = std::array::from_fn(|provider| self.cloud.generation(provider));
        self.note(Moment::Began { session: number });
        let history = match self.recover() {
            Ok(history) => history,
            Err(error) => return Ok(self.broken(&error)),
        };
        let plan = RunPlan::new(&self.world.plan, [self.world.rulebook.as_ref()])?
            .within(PROVIDER, &self.case.told_quotas(&self.world.rulebook));
        let beginning = Beginning {
            run: self.run.clone(),
            at: wall(self.world.taken_at, self.clock),
            seed: self.case.seed,
            history,
        };
        let crash = self.case.crashes.get(session).copied();
        let stop_after = self.case.stop_after.filter(|_| session == 0);
        let pause = self.case.pause.filter(|_| session == 0);
        let start = self.clock;
        self.outputs.push(0);
        match Machine::new(plan, self.settings(), beginning) {
            Ok(machine) => Ok(self.drive(machine, start, Told { crash, stop_after, pause, unpause_at: None })),
            Err(error) => Ok(self.broken(&error)),
        }
    }

    /// What a new process finds in the journal.
    fn recover(&self) -> Result<History, Unreadable> {
        // A record that is read is not the one that was written, but its text.
        let text = serde_json::to_string(&self.durable)?;
        let entries: Vec<Entry> = serde_json::from_str(&text)?;
        Ok(History::fold(self.world.plan.steps.len(), &entries)?)
    }

    fn settings(&self) -> Settings {
        let number =
            |number: u32| usize::try_from(number).ok().and_then(NonZeroUsize::new).unwrap_or(NonZeroUsize::MIN);
        let pace = &self.case.pace;
        Settings {
            max_in_flight: number(pace.max_in_flight),
            lookahead: number(pace.lookahead),
            max_failures: pace.max_failures,
            max_failed_percent: pace.max_failed_percent,
            max_duration: pace.max_duration_ms.map(Duration::from_millis),
            ..Settings::default()
        }
    }

    fn drive(&mut self, mut machine: Machine, start: MonoTime, mut told: Told) -> End {
        let mut said = 0;
        for _ in 0..self.most_events() {
            let mut is_first = true;
            while let Some(output) = machine.poll_output() {
                said += 1;
                if self.outputs.len() == 1 && (std::mem::take(&mut is_first) || !matches!(output, Output::Event(_))) {
                    self.crash_points.push(said);
                }
                if let Some(last) = self.outputs.last_mut() {
                    *last = said;
                }
                let sort = sort(&output);
                if let Some(end) = self.act(output) {
                    return end;
                }
                if let Some(crash) = told.crash.filter(|crash| crash.after == said) {
                    return self.crash(crash, sort);
                }
            }
            // What is told comes between what the machine says, as in the driver: calls that it let go are on their way.
            match self.tell_from_outside(&mut machine, start, said, &mut told) {
                Ok(Heard::Something) => continue,
                Ok(Heard::Nothing) => {}
                Err(error) => return self.broken(&error),
            }
            let deadline = machine.next_deadline().map(|deadline| start.after(deadline.since_start()));
            let append = self.append.as_ref().map(|(at, _)| *at);
            let answer = if self.cloud.has_answers() { Some(self.clock) } else { self.cloud.next_at() };
            let Some(next) = [deadline, append, answer, told.unpause_at].into_iter().flatten().min() else {
                return self.broken(&"it waits for nothing");
            };
            self.advance(next);
            if let Err(error) = self.tell(&mut machine, start) {
                return self.broken(&error);
            }
        }
        self.broken(&"it does not come to an end")
    }

    /// Tells the machine to stop, to pause or to go on, where it is time.
    fn tell_from_outside(
        &mut self,
        machine: &mut Machine,
        start: MonoTime,
        said: u32,
        told: &mut Told,
    ) -> Result<Heard, MachineError> {
        let (moment, input) = if told.stop_after.take_if(|after| said >= *after).is_some() {
            (Moment::StopAsked, Input::Stop)
        } else if let Some(pause) = told.pause.take_if(|pause| said >= pause.after) {
            told.unpause_at = Some(self.clock.after(Duration::from_millis(pause.for_ms)));
            (Moment::Paused, Input::Pause)
        } else if told.unpause_at.take_if(|at| *at <= self.clock).is_some() {
            (Moment::Unpaused, Input::Unpause)
        } else {
            return Ok(Heard::Nothing);
        };
        self.note(moment);
        machine.handle(MonoTime::from_start(self.clock.since(start)), input)?;
        Ok(Heard::Something)
    }

    fn most_events(&self) -> usize {
        200_000 + 2_000 * self.world.plan.steps.len()
    }

    /// Tells the machine one thing that has happened by now.
    fn tell(&mut self, machine: &mut Machine, start: MonoTime) -> Result<(), MachineError> {
        let now = MonoTime::from_start(self.clock.since(start));
        self.look_at_credentials(machine, now)?;
        if let Some((_, entries)) = self.append.take_if(|(at, _)| *at <= self.clock) {
            let input = self.appended(entries);
            return machine.handle(now, input);
        }
        if let Some((ticket, reply)) = self.cloud.take_any() {
            self.drain();
            return match self.input(ticket, reply) {
                Some(input) => machine.handle(now, input),
                None => Ok(()),
            };
        }
        machine.handle(now, Input::Tick)
    }

    fn appended(&mut self, entries: Vec<Entry>) -> Input {
        self.appends += 1;
        if self.case.failing_append == Some(self.appends) {
            return Input::AppendFailed;
        }
        let last_seq = entries.last().map(|entry| entry.seq).unwrap_or_default();
        self.keep(entries);
        Input::Appended { last_seq }
    }

    fn keep(&mut self, entries: Vec<Entry>) {
        self.durable.extend(entries.iter().cloned());
        self.note(Moment::Durable(entries));
    }

    /// Does what the machine asks for. Says how the session ended, if it did.
    fn act(&mut self, output: Output) -> Option<End> {
        let (call, provider, request) = match output {
            Output::Append(entries) => {
                let takes = self.case.climate.append.draw(&mut self.random);
                self.note(Moment::AppendBegan);
                self.append = Some((self.clock.after(takes), entries));
                return None;
            }
            Output::Event(_) => return None,
            Output::Finished(finished) => {
                let end = match &finished {
                    Ok(receipt) if receipt.complete => End::Complete,
                    Ok(_) | Err(_) => End::Left,
                };
                self.note(Moment::Finished(finished));
                return Some(end);
            }
            Output::CheckIdentity { call, scope } => {
                self.ask_identity(call, &scope.region);
                return None;
            }
            Output::Probe { call, provider, targets } => (call, provider, Call::Probe(targets)),
            Output::Dependents { call, provider, target } => (call, provider, Call::Dependents(target)),
            Output::Remove { call, provider, removal } => (call, provider, Call::Remove(removal)),
        };
        self.send(call, provider, request);
        None
    }

    fn send(&mut self, call: CallId, provider: usize, request: Call) -> Ticket {
        let ticket = self.cloud.send(self.clock, provider, request);
        self.drain();
        self.waiting.insert(ticket, call);
        ticket
    }

    fn crash(&mut self, crash: Crash, output: &'static str) -> End {
        self.note(Moment::Crashed { output });
        self.cloud.hang_up(crash.requests_arrive);
        self.waiting.clear();
        self.asking.clear();
        if let Some((_, entries)) = self.append.take()
            && crash.append_survives
        {
            self.keep(entries);
        }
        self.advance(self.clock.after(Duration::from_millis(crash.down_ms)));
        End::Crashed
    }

    fn advance(&mut self, to: MonoTime) {
        self.clock = self.clock.max(to);
        self.cloud.pass(self.clock);
        self.drain();
    }

    fn drain(&mut self) {
        self.log.extend(self.cloud.drain_log());
    }

    fn note(&mut self, moment: Moment) {
        self.drain();
        self.log.push(Logged { at: self.clock, moment });
    }

    fn broken(&mut self, what: &dyn std::fmt::Display) -> End {
        self.note(Moment::Broken(what.to_string()));
        End::Broken
    }
}

/// The name of an output in reports.
fn sort(output: &Output) -> &'static str {
    match output {
        Output::Append(_) => "append",
        Output::CheckIdentity { .. } => "identity",
        Output::Probe { .. } => "probe",
        Output::Dependents { .. } => "dependents",
        Output::Remove { .. } => "remove",
        Output::Event(_) => "event",
        Output::Finished(_) => "finished",
    }
}
