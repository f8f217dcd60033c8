//! `sexton-sim makespan`: the time that runs take, against the shortest possible.

use std::io::{self, Write};
use std::process::ExitCode;

use sexton_sim::makespan::{self, Makespan};
use sexton_sim::world::Lab;

use super::{CommandError, Makespan as Arguments};

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let lab = Lab::new()?;
    let mut out = io::stdout().lock();
    for (title, quotas) in [("without quotas", false), ("with quotas", true)] {
        let mut measured = Vec::new();
        for seed in arguments.from..arguments.from.saturating_add(arguments.seeds) {
            measured.extend(makespan::measure(&lab, seed, quotas)?);
        }
        writeln!(out, "{title}, {} worlds:", measured.len())?;
        print(&mut out, "makespan by bound", &measured, Makespan::ratio)?;
        print(&mut out, "by its order's bound", &measured, Makespan::ratio_by_order)?;
        // Where neither is much longer than the other, no order may reach the larger of the two.
        let by_quota = |one: &&Makespan| one.quota > 2 * one.critical_path;
        let alone: Vec<Makespan> = measured.iter().filter(by_quota).copied().collect();
        if !alone.is_empty() {
            let name = format!("  of {} by quota alone", alone.len());
            print(&mut out, &name, &alone, Makespan::ratio)?;
        }
        print(&mut out, "calls by fewest", &measured, |one| ratio(one.calls, one.fewest_calls))?;
        print(&mut out, "calls throttled, share", &measured, |one| ratio(one.throttled, one.calls))?;
        let steps = |one: &Makespan| u64::try_from(one.steps).unwrap_or(u64::MAX);
        print(&mut out, "readings by steps", &measured, |one| ratio(one.readings, steps(one)))?;
        let at_fewest = measured.iter().filter(|one| one.calls == one.fewest_calls).count();
        let bound_by_quota = measured.iter().filter(|one| one.quota > one.critical_path).count();
        let within = measured.iter().filter(|one| one.ratio() <= 1.05).count();
        let within_order = measured.iter().filter(|one| one.ratio_by_order() <= 1.05).count();
        writeln!(
            out,
            "  {at_fewest} worlds with the fewest calls, {bound_by_quota} bound by a quota, {within} within 1.05, {within_order} of their order's bound"
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn ratio(part: u64, of: u64) -> f64 {
    let float = |count: u64| u32::try_from(count).map_or(f64::INFINITY, f64::from);
    float(part) / float(of.max(1))
}

fn print(out: &mut impl Write, name: &str, measured: &[Makespan], figure: impl Fn(&Makespan) -> f64) -> io::Result<()> {
    let mut figures: Vec<f64> = measured.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    let at = |percent: usize| {
        let place = (figures.len() * percent).div_ceil(100).saturating_sub(1);
        figures.get(place).copied().unwrap_or_default()
    };
    writeln!(
        out,
        "  {name:<24} p50 {:.3}  p90 {:.3}  p99 {:.3}  max {:.3}",
        at(50),
        at(90),
        at(99),
        figures.last().copied().unwrap_or_default()
    )
}
