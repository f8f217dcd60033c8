//! `sexton-sim soak`: many seeds, on several threads.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use sexton_sim::shrink::shrink;
use sexton_sim::soak::{Failure, SimError, Tally, try_seed};
use sexton_sim::world::Lab;

use super::{CommandError, Soak};

/// Violations of one case that are printed.
const MOST_VIOLATIONS: usize = 5;

pub(super) fn run(arguments: &Soak) -> Result<ExitCode, CommandError> {
    let began = Instant::now();
    let lab = Lab::new()?;
    let threads = arguments.threads.max(1);
    let results: Vec<Result<(Tally, Vec<Failure>), SimError>> = std::thread::scope(|scope| {
        let part = |thread: u64| {
            let lab = &lab;
            scope.spawn(move || soak(lab, arguments, thread, threads))
        };
        let parts: Vec<_> = (0..threads).map(part).collect();
        parts.into_iter().filter_map(|part| part.join().ok()).collect()
    });
    let mut out = io::stdout().lock();
    let (mut tally, mut failures) = (Tally::default(), Vec::new());
    let complete = u64::try_from(results.len()) == Ok(threads);
    for result in results {
        let (reached, failed) = result?;
        tally.add(&reached);
        failures.extend(failed);
    }
    print(&mut out, &tally, failures.len(), began.elapsed().as_secs_f64())?;
    for failure in failures.iter().take(arguments.failures) {
        print_failure(&mut out, &lab, failure)?;
    }
    Ok(if failures.is_empty() && complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The seeds of one thread. It ends after a few failures.
fn soak(lab: &Lab, arguments: &Soak, thread: u64, threads: u64) -> Result<(Tally, Vec<Failure>), SimError> {
    let (mut tally, mut failures) = (Tally::default(), Vec::new());
    let mut place = thread;
    while place < arguments.seeds && failures.len() < arguments.failures {
        let seed = arguments.from + place;
        let exhaustive = arguments.every > 0 && seed.is_multiple_of(arguments.every);
        failures.extend(try_seed(lab, seed, exhaustive, &mut tally)?);
        place += threads;
    }
    Ok((tally, failures))
}

fn print(out: &mut impl Write, tally: &Tally, failures: usize, seconds: f64) -> io::Result<()> {
    writeln!(
        out,
        "{} seeds, {} runs in {} sessions, {} crashes, {} failures, {seconds:.0} s",
        tally.seeds,
        tally.runs,
        tally.sessions,
        tally.crashes(),
        failures
    )?;
    writeln!(
        out,
        "{} steps planned, {} in the largest plan; {} plans crashed at every output ({}, of which {} change anything); {} runs \
         complete",
        tally.steps, tally.largest_plan, tally.exhaustive, tally.outputs, tally.crash_points, tally.complete
    )?;
    writeln!(out, "faults that came to pass:")?;
    tally.fired.iter().try_for_each(|(name, count)| writeln!(out, "  {name:<28} {count:>10}"))?;
    for (title, counts) in [
        ("crashes after an output:", &tally.crashed_after),
        ("outcomes of steps:", &tally.outcomes),
        ("ends of sessions:", &tally.ends),
    ] {
        writeln!(out, "{title}")?;
        counts.iter().try_for_each(|(name, count)| writeln!(out, "  {name:<28} {count:>10}"))?;
    }
    Ok(())
}

fn print_failure(out: &mut impl Write, lab: &Lab, failure: &Failure) -> Result<(), CommandError> {
    let small = shrink(lab, failure.clone())?;
    writeln!(out, "\nseed {} fails:", failure.case.seed)?;
    for violation in failure.violations.iter().take(MOST_VIOLATIONS) {
        writeln!(out, "  {violation}")?;
    }
    writeln!(out, "shrunk to:")?;
    for violation in small.violations.iter().take(MOST_VIOLATIONS) {
        writeln!(out, "  {violation}")?;
    }
    let case = serde_json::to_string(&small.case).map_err(CommandError::Write)?;
    writeln!(out, "run it again by:\n  cargo run --release -p sexton-sim -- repro /dev/stdin <<'CASE'\n{case}\nCASE")?;
    Ok(())
}
