//! Each check is shown a history that breaks its invariant, and sees it.

use std::time::Duration;

use sexton_core::resource::Resource;
use sexton_engine::journal::{Entry, Record, StepRecord};
use sexton_provider::{RemovalCall, RemovalTarget};

use super::*;
use crate::case::{Trouble, quiet};
use crate::makespan::climate;
use crate::run::run;
use crate::world::{Lab, known};

/// A world with an image that is forced, shares, carried disks and plain ones, its case, and the log of a good run.
fn good() -> (World, Case, Vec<Logged>) {
    let lab = Lab::new().unwrap();
    let wanted = |world: &World| {
        let steps = &world.plan.steps;
        steps
            .iter()
            .any(|step| !step.force.is_empty() && step.expect.dependents.as_ref().is_some_and(|all| !all.is_empty()))
            && steps.iter().any(|step| step.with.is_some())
            && steps.iter().any(|step| !step.after.is_empty() && step.with.is_none())
    };
    let found = (0..1_000).map(|seed| quiet(seed, 8, climate(false))).find_map(|case| {
        let world = lab.world(&case.clusters).unwrap();
        wanted(&world).then_some((world, case))
    });
    let (world, case) = found.expect("a thousand worlds hold one with every sort of step");
    let log = run(&world, &case).unwrap().log;
    assert_eq!(examine(&world, &case, &log), []);
    (world, case, log)
}

fn broken(world: &World, case: &Case, log: &[Logged]) -> Vec<&'static str> {
    let mut names: Vec<&str> = examine(world, case, log).iter().map(|violation| violation.invariant).collect();
    names.dedup();
    names
}

/// The place of the first moment of a sort.
fn place(log: &[Logged], wanted: impl Fn(&Moment) -> bool) -> usize {
    log.iter().position(|logged| wanted(&logged.moment)).expect("the history has such a moment")
}

fn removal(moment: &Moment) -> Option<(Ticket, &RemovalCall)> {
    if let Moment::Sent { ticket, call: Call::Remove(removal), .. } = moment { Some((*ticket, removal)) } else { None }
}

fn step_of<'w>(world: &'w World, address: &Address) -> &'w Step {
    world.plan.steps.iter().find(|step| step.address == *address).unwrap()
}

fn edit_call(log: &mut [Logged], wanted: impl Fn(&RemovalCall) -> bool, edit: impl Fn(&mut RemovalCall)) {
    let at = place(log, |moment| removal(moment).is_some_and(|(_, call)| wanted(call)));
    if let Moment::Sent { call: Call::Remove(removal), .. } = &mut log[at].moment {
        edit(removal);
    }
}

#[test]
fn a_call_for_what_no_step_names_is_seen() {
    let (world, case, mut log) = good();
    let bystander = Estate::new(world.resources.iter().cloned());
    let bystander =
        bystander.resources().find(|resource| world.plan.steps.iter().all(|step| step.address != resource.address));
    let address = bystander.unwrap().address.clone();
    edit_call(
        &mut log,
        |_| true,
        |call| {
            call.targets.push(RemovalTarget { address: address.clone(), force: Vec::new(), seen: None });
        },
    );
    assert!(broken(&world, &case, &log).contains(&"named"));
}

#[test]
fn a_force_that_the_plan_does_not_grant_is_seen() {
    let (world, case, mut log) = good();
    let code = world.rulebook.guards[0].code.clone();
    edit_call(&mut log, |_| true, |call| call.targets[0].force.push(code.clone()));
    assert!(broken(&world, &case, &log).contains(&"named"));
}

#[test]
fn something_else_that_goes_by_a_call_is_seen() {
    let (world, case, mut log) = good();
    let at = place(&log, |moment| removal(moment).is_some());
    let (ticket, _) = removal(&log[at].moment).unwrap();
    let left =
        world.resources.iter().find(|one| world.plan.steps.iter().all(|step| step.address != one.address)).unwrap();
    let gone = Moment::Gone { target: left.address.clone(), by: By::Call(ticket) };
    let logged = Logged { at: log[at].at, moment: gone };
    log.insert(at + 1, logged);
    let broken = broken(&world, &case, &log);
    assert!(broken.contains(&"named") && broken.contains(&"balance"), "{broken:?}");
}

#[test]
fn a_removal_before_what_guards_it_is_seen() {
    let (world, case, mut log) = good();
    let is_after = |address: &Address| {
        let step = step_of(&world, address);
        !step.after.is_empty() && step.with.is_none()
    };
    let at = place(&log, |moment| removal(moment).is_some_and(|(_, call)| is_after(&call.targets[0].address)));
    let early = place(&log, |moment| matches!(moment, Moment::Gone { .. }));
    let mut sent = log.remove(at);
    sent.at = log[early].at;
    log.insert(early, sent);
    assert!(broken(&world, &case, &log).contains(&"order"));
}

#[test]
fn a_call_without_an_intent_is_seen() {
    let (world, case, mut log) = good();
    for logged in &mut log {
        if let Moment::Durable(entries) = &mut logged.moment {
            entries.retain(|entry| !matches!(entry.record, Record::Step { record: StepRecord::Intent { .. }, .. }));
        }
    }
    assert!(broken(&world, &case, &log).contains(&"intent"));
}

#[test]
fn two_calls_by_one_intent_are_seen() {
    let (world, case, mut log) = good();
    let at = place(&log, |moment| removal(moment).is_some());
    log.insert(at + 1, log[at].clone());
    assert_eq!(broken(&world, &case, &log)[0], "intent");
}

#[test]
fn an_intent_that_is_durable_only_after_the_call_is_seen() {
    let (world, case, mut log) = good();
    let at = place(&log, |moment| removal(moment).is_some());
    let before = log[..at].iter().rposition(|logged| matches!(logged.moment, Moment::Durable(_))).unwrap();
    let durable = log.remove(before);
    log.insert(at + 1, durable);
    assert!(broken(&world, &case, &log).contains(&"intent"));
}

#[test]
fn a_call_without_a_look_is_seen() {
    let (world, case, mut log) = good();
    let is_probe = |moment: &Moment| matches!(moment, Moment::Sent { call: Call::Probe(_), .. });
    let mut probes = Vec::new();
    for logged in log.iter().filter(|logged| is_probe(&logged.moment)) {
        if let Moment::Sent { ticket, .. } = logged.moment {
            probes.push(ticket);
        }
    }
    for logged in &mut log {
        if let Moment::Answered { ticket, said } = &mut logged.moment
            && probes.contains(ticket)
        {
            *said = Said::Nothing;
        }
    }
    assert!(broken(&world, &case, &log).contains(&"rechecked"));
}

#[test]
fn an_old_look_is_seen() {
    let (world, case, mut log) = good();
    let at = place(&log, |moment| removal(moment).is_some());
    for logged in &mut log[at..] {
        logged.at = logged.at.after(Duration::from_secs(60));
    }
    assert!(broken(&world, &case, &log).contains(&"rechecked"));
}

#[test]
fn a_look_that_found_a_tag_is_seen() {
    let (world, case, mut log) = good();
    let at = place(&log, |moment| matches!(moment, Moment::Sent { call: Call::Probe(_), .. }));
    let Moment::Sent { call: Call::Probe(targets), .. } = &log[at].moment else { panic!("a probe") };
    let mut tagged = world.resources.iter().find(|one| one.address == targets[0]).unwrap().clone();
    if let Fact::Known(tags) = &mut tagged.tags {
        tags.insert("keep".to_owned(), "true".to_owned());
    }
    let put = Moment::Put { resource: Box::new(tagged), new: false };
    let logged = Logged { at: log[at].at, moment: put };
    log.insert(at, logged);
    assert!(broken(&world, &case, &log).contains(&"rechecked"));
}

/// Something that refers to what a step forces, made at the beginning.
fn unnamed(world: &World, forced: &Step) -> Resource {
    let accepted = forced.expect.dependents.as_ref().unwrap();
    let like = world.resources.iter().find(|one| one.address == accepted[0]).unwrap();
    let address = format!("{}-unnamed", like.address).parse().unwrap();
    let mut made = known(address, "Available", world.taken_at);
    made.links = like.links.clone();
    made
}

#[test]
fn a_forced_removal_with_an_unnamed_dependent_is_seen() {
    let (world, case, mut log) = good();
    let accepts = |step: &&Step| step.expect.dependents.as_ref().is_some_and(|all| !all.is_empty());
    let forced = world.plan.steps.iter().find(accepts).unwrap();
    let put = Moment::Put { resource: Box::new(unnamed(&world, forced)), new: true };
    log.insert(1, Logged { at: MonoTime::START, moment: put });
    assert!(broken(&world, &case, &log).contains(&"dependents"));
}

#[test]
fn a_second_outcome_and_a_missing_one_are_seen() {
    let (world, case, log) = good();
    let ends = |entry: &Entry| matches!(entry.record, Record::Step { record: StepRecord::Ended { .. }, .. });
    let at = place(&log, |moment| matches!(moment, Moment::Durable(entries) if entries.iter().any(ends)));
    let mut twice = log.clone();
    if let Moment::Durable(entries) = &mut twice[at].moment {
        let ended = entries.iter().find(|entry| ends(entry)).unwrap().clone();
        entries.push(ended);
    }
    assert!(broken(&world, &case, &twice).contains(&"outcome"));
    let mut never = log;
    if let Moment::Durable(entries) = &mut never[at].moment {
        entries.retain(|entry| !ends(entry));
    }
    assert!(broken(&world, &case, &never).contains(&"outcome"));
}

#[test]
fn a_run_that_does_not_end_is_seen() {
    let (world, case, mut log) = good();
    log.pop();
    assert_eq!(broken(&world, &case, &log), ["ends"]);
    let broke = Logged { at: MonoTime::START, moment: Moment::Broken("stuck".to_owned()) };
    log.push(broke);
    assert_eq!(broken(&world, &case, &log), ["ends"]);
}

#[test]
fn a_session_that_ends_with_a_call_under_way_is_seen() {
    let (world, case, mut log) = good();
    let last = log.iter().rposition(|logged| matches!(logged.moment, Moment::Answered { .. })).unwrap();
    log.remove(last);
    assert!(broken(&world, &case, &log).contains(&"ends"));
}

#[test]
fn what_is_said_to_be_removed_and_is_there_is_seen() {
    let (world, case, mut log) = good();
    let at = log.iter().rposition(|logged| matches!(logged.moment, Moment::Gone { .. })).unwrap();
    log.remove(at);
    assert!(broken(&world, &case, &log).contains(&"balance"));
}

#[test]
fn a_refusal_where_nothing_goes_wrong_is_seen() {
    let (world, mut case, mut log) = good();
    let at = place(&log, |moment| removal(moment).is_some());
    let (ticket, call) = removal(&log[at].moment).unwrap();
    let refused = Moment::Refused { ticket, target: call.targets[0].address.clone(), code: "InUse".to_owned() };
    let logged = Logged { at: log[at].at, moment: refused };
    log.insert(at + 1, logged);
    assert_eq!(broken(&world, &case, &log), ["completes"]);
    // With a fault, a refusal is no wonder.
    let busy = Trouble::Busy;
    case.faults.push(crate::case::Fault::Call { sort: crate::case::CallSort::Probe, nth: 99, trouble: busy });
    assert_eq!(broken(&world, &case, &log), [""; 0]);
}

#[test]
fn a_run_that_leaves_something_without_a_reason_is_seen() {
    let (world, case, mut log) = good();
    let last = log.len() - 1;
    let Moment::Finished(Ok(receipt)) = &mut log[last].moment else { panic!("the run ends") };
    receipt.complete = false;
    assert!(broken(&world, &case, &log).contains(&"completes"));
}

#[test]
fn a_call_to_whom_nobody_asked_who_it_is_is_seen() {
    let (world, case, mut log) = good();
    for logged in &mut log {
        if let Moment::Answered { said: said @ Said::Who(_), .. } = &mut logged.moment {
            *said = Said::Nothing;
        }
    }
    assert_eq!(broken(&world, &case, &log), ["identity"]);
}

#[test]
fn a_call_after_the_credentials_changed_is_seen() {
    let (world, case, mut log) = good();
    let at = place(&log, |moment| removal(moment).is_some());
    let Moment::Sent { provider, .. } = log[at].moment else { panic!("a call") };
    log.insert(at, Logged { at: log[at].at, moment: Moment::Refreshed { provider } });
    assert_eq!(broken(&world, &case, &log), ["identity"]);
}

#[test]
fn a_session_that_ends_well_although_nobody_serves_its_plan_is_seen() {
    let (world, case, mut log) = good();
    for logged in &mut log {
        if let Moment::Answered { said: Said::Who(identity), .. } = &mut logged.moment {
            identity.account = sexton_core::address::Account::new("somebody-else").unwrap();
        }
    }
    let found = examine(&world, &case, &log);
    assert!(found.iter().any(|violation| violation.seen.starts_with("nobody serves")), "{found:?}");
}

#[test]
fn a_removal_whose_retained_nobody_looked_at_is_seen() {
    let lab = Lab::new().unwrap();
    let (world, case) = (0..100)
        .map(|seed| quiet(seed, 8, climate(false)))
        .map(|case| (lab.world(&case.clusters).unwrap(), case))
        .find(|(world, _)| world.plan.steps.iter().any(|step| !step.expect.retained.is_empty()))
        .unwrap();
    let mut log = run(&world, &case).unwrap().log;
    assert_eq!(broken(&world, &case, &log), [""; 0]);
    let retained = world.plan.steps.iter().find_map(|step| step.expect.retained.first()).unwrap();
    for logged in &mut log {
        if let Moment::Sent { call: Call::Probe(targets), .. } = &mut logged.moment {
            targets.retain(|target| target != retained);
        }
    }
    assert_eq!(broken(&world, &case, &log), ["rechecked"]);
}

#[test]
fn what_is_said_to_be_parked_and_lies_in_no_bin_is_seen_and_so_is_the_reverse() {
    let (world, mut case, plain) = good();
    let kinds = ["snapshot", "image", "disk", "instance", "file", "share", "task"];
    let bin = |kind: &&str| crate::case::Bin { kind: (*kind).to_owned(), keeps_ms: None, shown: Shown::Parked };
    case.climate.bins = kinds.iter().map(bin).collect();
    let parked = run(&world, &case).unwrap().log;
    assert_eq!(broken(&world, &case, &parked), [""; 0]);
    let ends = |log: &[Logged]| log[log.len() - 1].clone();
    for (mut log, other) in [(plain.clone(), &parked), (parked.clone(), &plain)] {
        let last = log.len() - 1;
        log[last] = ends(other);
        assert!(broken(&world, &case, &log).contains(&"balance"));
    }
}

#[test]
fn a_call_during_a_pause_after_a_stop_out_of_time_and_after_too_many_failures_is_seen() {
    let (world, case, log) = good();
    let at = place(&log, |moment| removal(moment).is_some());
    for told in [Moment::Paused, Moment::StopAsked] {
        let mut log = log.clone();
        log.insert(at, Logged { at: log[at].at, moment: told });
        assert!(broken(&world, &case, &log).contains(&"bounds"));
    }
    let mut bounded = case.clone();
    bounded.pace.max_duration_ms = Some(0);
    assert!(broken(&world, &bounded, &log).contains(&"bounds"));
    let mut failing = log.clone();
    let failed = |entry: &mut Entry| {
        if let Record::Step { record: StepRecord::Ended { outcome }, .. } = &mut entry.record {
            *outcome = sexton_engine::Outcome::Unknown { message: String::new() };
        }
    };
    for logged in &mut failing {
        if let Moment::Durable(entries) = &mut logged.moment {
            entries.iter_mut().for_each(failed);
        }
    }
    for (most, percent) in [(Some(1), None), (None, Some(1))] {
        let mut bounded = case.clone();
        (bounded.pace.max_failures, bounded.pace.max_failed_percent) = (most, percent);
        assert!(!broken(&world, &bounded, &log).contains(&"bounds"));
        assert!(broken(&world, &bounded, &failing).contains(&"bounds"));
    }
}
