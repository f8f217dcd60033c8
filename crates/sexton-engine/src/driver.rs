//! Drives the machine on tokio: the only place with tasks, timers and channels, and the only one that reads a clock.
//!
//! One loop owns everything. Calls run as tasks of one set that the loop joins; none is dropped before it has answered,
//! and none outlives the loop. Writes to the journal run on the blocking pool, one at a time.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use sexton_core::address::Region;
use sexton_core::plan::Plan;
use sexton_core::time::Timestamp;
use sexton_provider::{Answer, CallError, Effect, ErrorClass, Provider};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use crate::event::EventSink;
use crate::journal::{Journal, JournalError, JournalParts, Store};
use crate::lock::RunLocks;
use crate::machine::{
    Beginning, CallId, IdentityAnswer, Input, Machine, MachineError, MonoTime, Output, RunFailure, RunPlan,
    RunPlanError,
};
use crate::receipt::Receipt;
use crate::settings::Settings;

mod clock;
mod stop;
#[cfg(test)]
mod tests;

pub use clock::{SystemClock, WallClock};
pub use stop::{StopHandle, StopSignal, stop_signal};

/// What a session of a run needs.
#[derive(Debug)]
pub struct RunRequest {
    /// The configured providers. Several may share a name; the first whose account and region are those of the plan
    /// serves them.
    pub providers: Vec<Arc<dyn Provider>>,
    /// The run: made for the first session, opened for a later one.
    pub journal: Journal,
    /// What keeps other runs away.
    pub locks: RunLocks,
    /// The journal's plan as these providers can run it, where that was worked out before; else it is now.
    pub prepared: Option<Prepared>,
    /// How the run is paced.
    pub settings: Settings,
    /// Decides every random choice.
    pub seed: u64,
}

/// Why a session did not do what could be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The plan is too old.
    #[error("the plan expired at {expires_at}, and it is {now}: make and review a new one")]
    Expired {
        /// When it expired.
        expires_at: Timestamp,
        /// The time now.
        now: Timestamp,
    },
    /// The plan cannot be run by these providers.
    #[error("the plan cannot be run")]
    Plan(#[source] RunPlanError),
    /// No provider is who the plan speaks of, or not any more since its credentials were refreshed. Nothing was removed
    /// after that was known.
    #[error("the plan is for {wanted}, and {}", describe_found(found))]
    Identity {
        /// `provider:account:region`.
        wanted: String,
        /// Who the configured providers of that name say they are.
        found: Vec<String>,
    },
    /// No provider could be asked who it is. Nothing was removed after that.
    #[error("who serves {wanted} could not be asked")]
    IdentityUnknown {
        /// `provider:account:region`.
        wanted: String,
        /// Why not.
        source: Box<CallError>,
    },
    /// The journal could not be written. What was under way was finished; a resume reads what became of it.
    #[error("the run ended because its journal could not be written")]
    Journal(#[source] JournalError),
    /// The engine is at fault.
    #[error("the run ended by a fault of sexton; what was under way was finished, and the run can be resumed")]
    Machine(#[source] MachineError),
}

fn describe_found(found: &[String]) -> String {
    if found.is_empty() {
        "no such provider is configured".to_owned()
    } else {
        format!("the configured credentials and endpoint are for {}", found.join(", "))
    }
}

/// Carries out one session of a run: all of its plan, or what earlier sessions left of it.
///
/// Returns a receipt also where steps were refused, failed or are left; see [`Receipt::complete`].
///
/// # Errors
/// See [`RunError`].
pub async fn drive(
    request: RunRequest,
    clock: &dyn WallClock,
    mut stop: StopSignal,
    events: &mut dyn EventSink,
) -> Result<Receipt, RunError> {
    let RunRequest { providers, journal, locks: _locks, prepared, settings, seed } = request;
    let JournalParts { path, run, plan, history, store } = journal.into_parts();
    let now = clock.now();
    if now >= plan.expires_at {
        return Err(RunError::Expired { expires_at: plan.expires_at, now });
    }
    let prepared = match prepared {
        Some(prepared) if prepared.0.digest() == plan.digest => prepared,
        Some(_) | None => Prepared::new(&plan, &providers)?,
    };
    let beginning = Beginning { run, at: now, seed, history };
    let machine = Machine::new(prepared.0, settings, beginning).map_err(RunError::Machine)?;
    let mut session = Session {
        machine,
        generations: providers.iter().map(|provider| provider.credentials_generation()).collect(),
        providers,
        path,
        store: Some(store),
        tasks: JoinSet::new(),
        calls: HashMap::new(),
        start: Instant::now(),
        journal_error: None,
        finished: None,
    };
    session.carry_out(&mut stop, events).await?;
    // Taking a long plan apart holds up whoever allocates meanwhile: not before the first call.
    drop(plan);
    session.end()
}

/// A plan as it can be run by some providers. That takes a while for a long plan, and may be done while it is verified.
#[derive(Debug)]
pub struct Prepared(RunPlan);

impl Prepared {
    /// Works out how the providers run a plan.
    ///
    /// # Errors
    /// A provider is missing, or the plan cannot be run.
    pub fn new(plan: &Plan, providers: &[Arc<dyn Provider>]) -> Result<Self, RunError> {
        let plan = match RunPlan::new(plan, providers.iter().map(|provider| provider.rulebook())) {
            Ok(plan) => plan,
            Err(RunPlanError::NoRulebook { provider, .. }) => {
                return Err(RunError::Identity { wanted: provider, found: Vec::new() });
            }
            Err(error) => return Err(RunError::Plan(error)),
        };
        let mut names = BTreeSet::new();
        let plan = providers.iter().fold(plan, |plan, provider| match provider.rulebook().provider.as_str() {
            name if names.insert(name) => plan.within(name, provider.quotas()),
            _ => plan,
        });
        Ok(Self(plan))
    }
}

async fn sleep_until(start: Instant, deadline: Option<MonoTime>) {
    match deadline.and_then(|deadline| start.checked_add(deadline.since_start())) {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// What a task of the session ends in.
enum Done {
    Call(Input),
    Append { store: Box<dyn Store>, result: Result<u64, JournalError> },
}

/// What is owed to the machine for a task, should it panic.
enum Owed {
    Identity(CallId),
    Probe(CallId),
    Dependents(CallId),
    Remove { call: CallId, operation: String, targets: usize },
    Append,
}

struct Session {
    machine: Machine,
    providers: Vec<Arc<dyn Provider>>,
    /// Under which credentials each was last known to work.
    generations: Vec<u64>,
    /// Where the journal is.
    path: PathBuf,
    /// Away while an append is under way.
    store: Option<Box<dyn Store>>,
    tasks: JoinSet<Done>,
    calls: HashMap<Id, Owed>,
    start: Instant,
    journal_error: Option<JournalError>,
    finished: Option<Result<Box<Receipt>, RunFailure>>,
}

impl Session {
    /// Does what the machine asks for until it has finished.
    async fn carry_out(&mut self, stop: &mut StopSignal, events: &mut dyn EventSink) -> Result<(), RunError> {
        self.release_outputs(events);
        while self.finished.is_none() {
            let deadline = self.machine.next_deadline();
            let input = tokio::select! {
                biased;
                input = stop.next() => Some(input),
                Some(done) = self.tasks.join_next_with_id() => self.take(done),
                () = sleep_until(self.start, deadline) => Some(Input::Tick),
            };
            if let Err(error) = self.handle(input) {
                self.finish_calls().await;
                return Err(RunError::Machine(error));
            }
            self.release_outputs(events);
        }
        Ok(())
    }

    fn now(&self) -> MonoTime {
        MonoTime::from_start(self.start.elapsed())
    }

    /// Hands the machine what happened, and whatever else has happened meanwhile, so that its records share an append.
    fn handle(&mut self, first: Option<Input>) -> Result<(), MachineError> {
        self.look_at_credentials()?;
        if let Some(input) = first {
            self.machine.handle(self.now(), input)?;
        }
        while let Some(done) = self.tasks.try_join_next_with_id() {
            self.look_at_credentials()?;
            if let Some(input) = self.take(done) {
                self.machine.handle(self.now(), input)?;
            }
        }
        Ok(())
    }

    /// Tells the machine of credentials that were refreshed, before anything that was found out under them.
    fn look_at_credentials(&mut self) -> Result<(), MachineError> {
        for place in 0..self.providers.len() {
            let generation = self.providers[place].credentials_generation();
            if std::mem::replace(&mut self.generations[place], generation) != generation {
                self.machine.handle(self.now(), Input::CredentialsChanged { provider: place })?;
            }
        }
        Ok(())
    }

    /// What the end of a task means to the machine.
    fn take(&mut self, done: Result<(Id, Done), JoinError>) -> Option<Input> {
        match done {
            Ok((id, Done::Call(input))) => {
                self.calls.remove(&id);
                Some(input)
            }
            Ok((id, Done::Append { store, result })) => {
                self.calls.remove(&id);
                self.store = Some(store);
                Some(match result {
                    Ok(last_seq) => Input::Appended { last_seq },
                    Err(error) => {
                        self.journal_error = Some(error);
                        Input::AppendFailed
                    }
                })
            }
            Err(error) => {
                let owed = self.calls.remove(&error.id())?;
                if matches!(owed, Owed::Append) {
                    let problem = format!("writing to it broke off: {error}");
                    self.journal_error = Some(JournalError::Damaged { path: self.path.clone(), problem });
                }
                Some(owed.answer_for_a_panic())
            }
        }
    }

    fn release_outputs(&mut self, events: &mut dyn EventSink) {
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Event(event) => {
                    tracing::debug!(run = %event.run, seq = event.seq, event = ?event.event, "run event");
                    events.event(event);
                }
                Output::Finished(finished) => self.finished = Some(finished),
                Output::Append(_)
                | Output::CheckIdentity { .. }
                | Output::Probe { .. }
                | Output::Dependents { .. }
                | Output::Remove { .. } => self.start(output),
            }
        }
    }

    fn start(&mut self, output: Output) {
        let (handle, owed) = match output {
            Output::Append(entries) => {
                let Some(mut store) = self.store.take() else {
                    unreachable!("the machine asks for one append at a time")
                };
                let handle = self.tasks.spawn_blocking(move || {
                    let last_seq = entries.last().map(|entry| entry.seq).unwrap_or_default();
                    let result = store.append(&entries).map(|()| last_seq);
                    Done::Append { store, result }
                });
                (handle, Owed::Append)
            }
            Output::CheckIdentity { call, scope } => {
                let asked: Vec<(usize, Arc<dyn Provider>)> = self
                    .providers
                    .iter()
                    .enumerate()
                    .filter(|(_, provider)| provider.rulebook().provider.as_str() == scope.provider)
                    .map(|(place, provider)| (place, Arc::clone(provider)))
                    .collect();
                let handle = self.tasks.spawn(async move {
                    let answers = ask_identity(asked, &scope.region).await;
                    Done::Call(Input::Identified { call, answers })
                });
                (handle, Owed::Identity(call))
            }
            Output::Probe { call, provider, targets } => {
                let provider = Arc::clone(&self.providers[provider]);
                let handle = self.tasks.spawn(async move {
                    let answer = provider.probe(&targets).await;
                    Done::Call(Input::Probed { call, answer })
                });
                (handle, Owed::Probe(call))
            }
            Output::Dependents { call, provider, target } => {
                let provider = Arc::clone(&self.providers[provider]);
                let handle = self.tasks.spawn(async move {
                    let answer = provider.dependents(&target).await;
                    Done::Call(Input::DependentsFound { call, answer })
                });
                (handle, Owed::Dependents(call))
            }
            Output::Remove { call, provider, removal } => {
                let generation = self.generations[provider];
                let provider = Arc::clone(&self.providers[provider]);
                let owed = Owed::Remove { call, operation: removal.operation.clone(), targets: removal.targets.len() };
                let handle = self.tasks.spawn(async move {
                    let answers = match provider.credentials_generation() == generation {
                        true => provider.remove(&removal).await,
                        false => vec![Answer::Failed(refreshed(&removal.operation)); removal.targets.len()],
                    };
                    Done::Call(Input::Removed { call, answers })
                });
                (handle, owed)
            }
            Output::Event(_) | Output::Finished(_) => return,
        };
        self.calls.insert(handle.id(), owed);
    }

    /// Waits for what is under way after the machine has failed.
    async fn finish_calls(&mut self) {
        while let Some(done) = self.tasks.join_next().await {
            if let Err(error) = done {
                tracing::error!(%error, "a call panicked");
            }
        }
    }

    fn end(self) -> Result<Receipt, RunError> {
        match (self.finished, self.journal_error) {
            (_, Some(error)) => Err(RunError::Journal(error)),
            (Some(Ok(receipt)), None) => Ok(*receipt),
            (Some(Err(RunFailure::Identity { wanted, found })), None) => {
                Err(RunError::Identity { wanted: wanted.to_string(), found })
            }
            (Some(Err(RunFailure::IdentityUnknown { wanted, error })), None) => {
                Err(RunError::IdentityUnknown { wanted: wanted.to_string(), source: Box::new(error) })
            }
            (Some(Err(RunFailure::Journal)) | None, None) => {
                unreachable!("the journal's error is kept where it failed, and the loop ends once it is finished")
            }
        }
    }
}

async fn ask_identity(asked: Vec<(usize, Arc<dyn Provider>)>, region: &str) -> Vec<IdentityAnswer> {
    let mut answers = Vec::with_capacity(asked.len());
    for (place, provider) in asked {
        let answer = match Region::new(region) {
            Ok(region) => provider.identity(&region).await,
            Err(error) => Err(panicked("identity", Effect::None, &error.to_string())),
        };
        answers.push(IdentityAnswer { provider: place, answer });
    }
    answers
}

impl Owed {
    fn answer_for_a_panic(self) -> Input {
        const MESSAGE: &str = "the provider's code panicked";
        match self {
            Owed::Identity(call) => Input::Identified {
                call,
                answers: vec![IdentityAnswer { provider: 0, answer: Err(panicked("identity", Effect::None, MESSAGE)) }],
            },
            Owed::Probe(call) => Input::Probed { call, answer: Err(panicked("probe", Effect::None, MESSAGE)) },
            Owed::Dependents(call) => {
                Input::DependentsFound { call, answer: Err(panicked("dependents", Effect::None, MESSAGE)) }
            }
            Owed::Remove { call, operation, targets } => {
                let failed = || sexton_provider::Answer::Failed(panicked(&operation, Effect::Unknown, MESSAGE));
                Input::Removed { call, answers: std::iter::repeat_with(failed).take(targets).collect() }
            }
            Owed::Append => Input::AppendFailed,
        }
    }
}

/// A call that was not sent: who the caller is has to be asked first.
fn refreshed(operation: &str) -> CallError {
    CallError { class: ErrorClass::Transient, ..panicked(operation, Effect::None, "the credentials were refreshed") }
}

fn panicked(operation: &str, effect: Effect, message: &str) -> CallError {
    CallError {
        class: ErrorClass::Permanent,
        effect,
        operation: operation.to_owned(),
        code: None,
        status: None,
        message: message.to_owned(),
        request_id: None,
    }
}
