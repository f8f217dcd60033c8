//! `sexton-sim repro`: one case, with all that happens.

use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use sexton_sim::case::Case;
use sexton_sim::invariant::examine;
use sexton_sim::run;
use sexton_sim::soak::{SimError, case_of};
use sexton_sim::world::Lab;

use super::{CommandError, Repro};

pub(super) fn run(arguments: &Repro) -> Result<ExitCode, CommandError> {
    let lab = Lab::new()?;
    let (world, case) = match (&arguments.file, arguments.seed) {
        (Some(path), _) => {
            let read = |source| CommandError::Read { path: path.clone(), source };
            let text = fs::read_to_string(path).map_err(read)?;
            let case: Case =
                serde_json::from_str(&text).map_err(|source| CommandError::Case { path: path.clone(), source })?;
            (lab.world(&case.clusters)?, case)
        }
        (None, seed) => case_of(&lab, seed.unwrap_or_default())?,
    };
    let mut out = io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(&case).map_err(CommandError::Write)?)?;
    for step in &world.plan.steps {
        writeln!(
            out,
            "step {} {} {} after {:?} with {:?} force {:?} wait {}",
            step.index,
            step.operation,
            step.address,
            step.after,
            step.with,
            step.force,
            step.wait.len()
        )?;
    }
    let run = run::run(&world, &case).map_err(SimError::Run)?;
    for logged in &run.log {
        writeln!(out, "{:>12?} {:?}", logged.at.since_start(), logged.moment)?;
    }
    let violations = examine(&world, &case, &run.log);
    for violation in &violations {
        writeln!(out, "violated: {violation}")?;
    }
    Ok(if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
