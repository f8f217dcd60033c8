//! One session of a run, with progress on standard error and what became of each step on standard output.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sexton_core::plan::Plan;
use sexton_core::time::Span;
use sexton_engine::driver::{Prepared, RunError, RunRequest, StopHandle, SystemClock, WallClock, drive, stop_signal};
use sexton_engine::event::EventSink;
use sexton_engine::journal::{Journal, JournalReader};
use sexton_engine::machine::StepState;
use sexton_engine::{Receipt, RunLocks, Settings};
use sexton_provider::Provider;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::{Failures, Pacing};
use crate::connect::Connected;
use crate::failure::{Done, Exit, Failure, chained, heard, say};
use crate::files::Place;
use crate::report;
use crate::watch::Watch;

/// Everything that a session needs.
pub(super) struct Session {
    journal: Journal,
    plan: Arc<Plan>,
    path: PathBuf,
    providers: Vec<Arc<dyn Provider>>,
    locks: RunLocks,
    prepared: Option<Prepared>,
    which: Which,
    settings: Settings,
    receipt: Option<Place>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    First,
    Later,
}

impl Session {
    /// The first session of a run whose journal was just made.
    pub(super) fn first(journal: Journal, providers: Vec<Connected>) -> Result<Self, Failure> {
        let path = journal.path().to_owned();
        let folder = state_folder().inspect_err(|_| discard(&path))?;
        Self::new(journal, providers, Which::First, &folder).inspect_err(|_| discard(&path))
    }

    /// The first session of a run that keeps its locks in a folder of its own.
    pub(super) fn with_state(journal: Journal, providers: Vec<Connected>, folder: &Path) -> Result<Self, Failure> {
        Self::new(journal, providers, Which::First, folder)
    }

    /// A session that goes on where earlier ones stopped.
    pub(super) fn later(journal: Journal, providers: Vec<Connected>) -> Result<Self, Failure> {
        Self::new(journal, providers, Which::Later, &state_folder()?)
    }

    fn new(journal: Journal, providers: Vec<Connected>, which: Which, folder: &Path) -> Result<Self, Failure> {
        let plan = Arc::clone(journal.plan());
        let locks = RunLocks::acquire(folder, &plan, journal.run())
            .map_err(|error| Failure::chain(&error).next("wait until the other run has ended"))?;
        Ok(Self {
            path: journal.path().to_owned(),
            journal,
            plan,
            providers: providers.into_iter().map(|connected| connected.provider).collect(),
            locks,
            prepared: None,
            which,
            settings: Settings::default(),
            receipt: None,
        })
    }

    /// Takes what was worked out of the plan before.
    pub(super) fn prepared(mut self, prepared: Prepared) -> Self {
        self.prepared = Some(prepared);
        self
    }

    /// Bounds the session as the command line says.
    pub(super) fn paced(mut self, pacing: &Pacing) -> Self {
        let settings = &mut self.settings;
        match pacing.max_failures {
            Some(Failures::Count(most)) => settings.max_failures = Some(most),
            Some(Failures::Percent(most)) => {
                (settings.max_failures, settings.max_failed_percent) = (None, Some(most));
            }
            None => {}
        }
        settings.canary = pacing.canary;
        settings.max_duration = pacing.max_duration.and_then(Span::to_std);
        settings.recheck_valid_for = pacing.recheck_valid_for();
        self.receipt.clone_from(&pacing.receipt);
        self
    }
}

/// Where locks are kept, whatever the journal's path.
fn state_folder() -> Result<PathBuf, Failure> {
    if let Some(folder) = std::env::var_os("SEXTON_STATE_DIR") {
        return Ok(PathBuf::from(folder));
    }
    if let Some(folder) = std::env::var_os("XDG_STATE_HOME") {
        return Ok(PathBuf::from(folder).join("sexton"));
    }
    match std::env::var_os("HOME") {
        Some(home) => Ok(PathBuf::from(home).join(".local/state/sexton")),
        None => Err(Failure::new("there is no folder to keep locks in").next("set SEXTON_STATE_DIR")),
    }
}

/// Drives the session to its end and reports it.
pub(super) async fn carry_out(session: Session, watch: Watch) -> Result<Done, Failure> {
    let results = watch.results();
    let (path, plan, which) = (session.path.clone(), Arc::clone(&session.plan), session.which);
    let place = session.receipt.clone();
    match run(session, watch).await {
        Ok(receipt) => {
            if let Some(place) = &place {
                let document = receipt.document().map_err(|error| Failure::chain(&error))?;
                place.write(|out| Ok(document.write(out)?))?;
            }
            heard(report::outcome::show(&plan, &receipt, results))?;
            if receipt.complete {
                Ok(Done::Clean)
            } else {
                say(&format!(
                    "next: look at what was not removed; `sexton resume {}` goes on with what is left",
                    path.display()
                ));
                Ok(Done::With(Exit::NotRemoved))
            }
        }
        Err(error) => {
            let nothing_done = matches!(
                error,
                RunError::Expired { .. }
                    | RunError::Plan(_)
                    | RunError::Identity { .. }
                    | RunError::IdentityUnknown { .. }
            );
            if nothing_done && which == Which::First && is_untouched(&path) {
                discard(&path);
            }
            Err(failure(&error, &path))
        }
    }
}

/// Runs a session with progress and signals, and returns its receipt.
pub(super) async fn run(session: Session, watch: Watch) -> Result<Receipt, RunError> {
    let (mut sink, readers) = watch.start();
    let result = driven(session, &mut sink).await;
    drop(sink);
    readers.join();
    result
}

async fn driven(session: Session, events: &mut dyn EventSink) -> Result<Receipt, RunError> {
    let (handle, stop) = stop_signal();
    let seed = SystemClock.now().to_jiff().as_nanosecond();
    let request = RunRequest {
        providers: session.providers,
        journal: session.journal,
        locks: session.locks,
        prepared: session.prepared,
        settings: session.settings,
        seed: u64::try_from(seed.rem_euclid(i128::from(u64::MAX))).unwrap_or_default(),
    };
    let run = drive(request, &SystemClock, stop, events);
    tokio::pin!(run);
    let watch = interrupts(handle);
    tokio::pin!(watch);
    tokio::select! {
        result = &mut run => result,
        () = &mut watch => run.await,
    }
}

/// The first interrupt begins nothing new; the second ends the process at once. SIGUSR1 pauses, SIGUSR2 goes on.
/// Returns when they cannot be heard.
async fn interrupts(stop: StopHandle) {
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut pause), Ok(mut unpause)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
        signal(SignalKind::user_defined1()),
        signal(SignalKind::user_defined2()),
    ) else {
        say("warning: interrupts are not heard; the run can be resumed after a kill");
        return;
    };
    let mut heard = 0;
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = pause.recv() => {
                say("paused: nothing new is begun until SIGUSR2");
                stop.pause();
                continue;
            }
            _ = unpause.recv() => {
                say("going on");
                stop.unpause();
                continue;
            }
        }
        heard += 1;
        if heard > 1 {
            say("stopped at once: `sexton resume` reads what became of the calls that were under way");
            std::process::exit(130);
        }
        say("stopping: nothing new is begun, what is under way is finished (once more to stop at once)");
        stop.stop();
    }
}

/// Whether no removal stands in a journal: who the caller is may have been asked again in the middle of a run.
fn is_untouched(path: &Path) -> bool {
    match JournalReader::new(path).status() {
        Ok(status) => status.history.steps.iter().all(|step| step.state == StepState::NEW),
        Err(error) => {
            say(&format!("warning: {error}"));
            false
        }
    }
}

/// Takes away a journal in which nothing stands, so that the same plan can be applied again.
pub(super) fn discard(path: &Path) {
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        if let Err(error) = std::fs::remove_file(&name)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            say(&format!("warning: cannot remove {}: {error}", PathBuf::from(&name).display()));
        }
    }
}

pub(super) fn failure(error: &RunError, path: &Path) -> Failure {
    let (exit, next) = if matches!(error, RunError::Expired { .. }) {
        (Exit::Stale, "list again with `sexton inventory` and plan again".to_owned())
    } else if matches!(error, RunError::Identity { .. }) {
        (Exit::Stale, "use the credentials and the endpoint of the plan's account and region".to_owned())
    } else if matches!(error, RunError::IdentityUnknown { .. }) {
        (Exit::Error, "check the credentials and the endpoint in sexton.toml".to_owned())
    } else if matches!(error, RunError::Plan(_)) {
        (Exit::Error, "plan again with this version of sexton".to_owned())
    } else {
        (Exit::Error, format!("go on with `sexton resume {}`", path.display()))
    };
    Failure::with(exit, chained(error)).next(next)
}
