//! `sexton apply` and `sexton resume`: carry out exactly what a reviewed plan names.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::thread;

use sexton_core::plan::{AssumedNone, Plan};
use sexton_core::time::Timestamp;
use sexton_engine::RunId;
use sexton_engine::driver::{Prepared, SystemClock, WallClock};
use sexton_engine::journal::{Journal, JournalDraft, JournalError, NewRun};
use tokio::runtime::Runtime;

use super::interrupts::Interrupts;
use super::run::{Session, carry_out, discard, failure};
use super::runtime;
use super::verify::{stale, verified};
use crate::arguments::{Apply, Pacing, Resume, Watching};
use crate::config::Config;
use crate::connect::Connected;
use crate::failure::{Done, Exit, Failure, say};
use crate::files::Place;
use crate::report;
use crate::watch::{Begun, Watch};

pub(super) fn run(arguments: &Apply) -> Result<Done, Failure> {
    let path = match (&arguments.journal, &arguments.plan) {
        (Some(path), _) => path.clone(),
        (None, Place::File(plan)) => beside(plan),
        (None, Place::Standard) => {
            return Err(Failure::new("a plan from standard input has no place beside it for a journal")
                .next("say where to keep it with --journal"));
        }
    };
    let document = arguments.plan.bytes()?;
    let plan = crate::files::plan_of(&arguments.plan, &document)?;
    let now = SystemClock.now();
    holds_still(&plan, now)?;
    let runtime = runtime()?;
    let mut interrupts = Interrupts::listen(&runtime)?;
    let new = NewRun { run: run_id(now, &plan)?, created_at: now, plan: document, verification: None };
    // The journal of a long plan takes a while to write, and a plan a while to verify.
    let (verified, ready) = thread::scope(|scope| {
        let ready = scope.spawn(|| Ready::make(&path, &new, &plan.assumed, arguments));
        let verified = verified(&plan, &arguments.inputs);
        (verified, ready.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let verified = verified?;
    within_limits(&plan)?;
    if plan.steps.is_empty() {
        say("nothing to do: the plan has no steps");
        return Ok(Done::Clean);
    }
    let Ready { draft, providers, prepared } = ready?;
    confirm(&plan, arguments, &runtime, &mut interrupts)?;
    let verification = serde_json::to_value(verified).map_err(|error| Failure::chain(&error))?;
    let journal = draft.finish(Some(&verification)).map_err(|error| journal_failure(&error, &path))?;
    let session = Session::first(journal, providers)?.prepared(prepared).paced(&arguments.pacing);
    // Last of all: a run that is refused leaves the record of an earlier one alone.
    let watch = watched(&arguments.watching, &arguments.pacing, Begun::Now).inspect_err(|_| discard(&path))?;
    runtime.block_on(carry_out(session, watch))
}

/// What can be made ready while a plan is verified. Dropped, it leaves nothing behind.
struct Ready {
    draft: JournalDraft,
    providers: Vec<Connected>,
    prepared: Prepared,
}

impl Ready {
    fn make(path: &Path, new: &NewRun, waivers: &[AssumedNone], arguments: &Apply) -> Result<Self, Failure> {
        let providers = Config::read(&arguments.config)?.connect(arguments.pacing.recheck_valid_for(), waivers)?;
        let draft = JournalDraft::write(path, new).map_err(|error| journal_failure(&error, path))?;
        let shared: Vec<_> = providers.iter().map(Connected::shared).collect();
        let prepared = Prepared::new(draft.plan(), &shared).map_err(|error| failure(&error, path))?;
        Ok(Self { draft, providers, prepared })
    }
}

pub(super) fn resume(arguments: &Resume) -> Result<Done, Failure> {
    let journal = Journal::open(&arguments.journal).map_err(|error| journal_failure(&error, &arguments.journal))?;
    let waivers = &journal.plan().assumed;
    let providers = Config::read(&arguments.config)?.connect(arguments.pacing.recheck_valid_for(), waivers)?;
    let session = Session::later(journal, providers)?.paced(&arguments.pacing);
    let watch = watched(&arguments.watching, &arguments.pacing, Begun::Earlier)?;
    runtime()?.block_on(carry_out(session, watch))
}

/// Opens what follows the run. Standard output takes its events or its receipt.
fn watched(watching: &Watching, pacing: &Pacing, begun: Begun) -> Result<Watch, Failure> {
    if watching.events == Some(Place::Standard) && pacing.receipt == Some(Place::Standard) {
        return Err(Failure::new("both the events and the receipt are to go to standard output")
            .next("name a file for one of them"));
    }
    Watch::open(watching, begun)
}

fn holds_still(plan: &Plan, now: Timestamp) -> Result<(), Failure> {
    if now >= plan.expires_at {
        return Err(stale(format!("the plan expired at {}, and it is {now}", plan.expires_at)));
    }
    Ok(())
}

fn within_limits(plan: &Plan) -> Result<(), Failure> {
    if plan.applyable {
        return Ok(());
    }
    let limits: Vec<String> = plan
        .exceeded
        .iter()
        .map(|exceeded| format!("{} allows {}, the plan has {}", exceeded.limit, exceeded.allowed, exceeded.actual))
        .collect();
    Err(Failure::with(Exit::Limit, format!("the plan exceeds its limits: {}", limits.join("; ")))
        .next("raise [limits] in the policy if that is meant, or narrow its rules, and plan again"))
}

/// Asks a person for the literal `yes`. An interrupt, also one that came before the question, is a no.
fn confirm(plan: &Plan, arguments: &Apply, runtime: &Runtime, interrupts: &mut Interrupts) -> Result<(), Failure> {
    if arguments.yes {
        return interrupts.none_yet(runtime);
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new("there is no terminal to ask for a `yes`")
            .next("pass --yes if the plan was reviewed elsewhere"));
    }
    let mut shown = Vec::new();
    report::plan::text(&report::view::View::whole(plan), report::plan::Rows::Sampled, &mut shown)?;
    anstream::stderr().write_all(&shown)?;
    say("\nThis cannot be undone. Only `yes` carries it out.");
    let answer =
        interrupts.answer(runtime)?.map_err(|error| Failure::new(format!("cannot read the answer: {error}")))?;
    if answer.trim_end_matches(['\r', '\n']) == "yes" {
        Ok(())
    } else {
        Err(Failure::new("not carried out: the answer was not `yes`"))
    }
}

/// `plan.json` keeps its journal in `plan.json.journal`.
fn beside(plan: &Path) -> PathBuf {
    let mut path = plan.as_os_str().to_owned();
    path.push(".journal");
    PathBuf::from(path)
}

fn run_id(now: Timestamp, plan: &Plan) -> Result<RunId, Failure> {
    let digest = plan.digest.rsplit(':').next().unwrap_or_default();
    let digest: String = digest.chars().take(8).collect();
    RunId::new(format!("{}-{digest}-{}", now.as_second(), std::process::id())).map_err(|error| Failure::chain(&error))
}

fn journal_failure(error: &JournalError, path: &Path) -> Failure {
    let failure = Failure::chain(error);
    if matches!(error, JournalError::Exists { .. }) {
        failure.next(format!("go on with `sexton resume {}`, or name another with --journal", path.display()))
    } else if matches!(error, JournalError::NotWritable { .. }) {
        failure.next("name a folder that can be written with --journal")
    } else {
        failure
    }
}
