use sexton_provider::{Answer, RemovalCall, RemovalTarget};

use super::*;
use crate::case::quiet;
use crate::makespan::climate;
use crate::world::Lab;

/// The cloud of a world that has a step behind another, and that step's call.
fn guarded() -> (World, Cloud, RemovalCall) {
    let lab = Lab::new().unwrap();
    let mut case = quiet(5, 6, climate(false));
    case.climate.call = Latency(vec![100_000]);
    let world = lab.world(&case.clusters).unwrap();
    let cloud = Cloud::new(&world, &case).unwrap();
    let step = world.plan.steps.iter().find(|step| !step.after.is_empty() && step.with.is_none()).unwrap();
    let target = RemovalTarget { address: step.address.clone(), force: step.force.clone(), seen: None };
    let call = RemovalCall { operation: step.operation.clone(), targets: vec![target], options: step.options.clone() };
    (world, cloud, call)
}

fn at(millis: u64) -> MonoTime {
    MonoTime::from_start(Duration::from_millis(millis))
}

#[test]
fn an_answer_takes_its_time_and_a_guarded_removal_is_refused() {
    let (_, mut cloud, call) = guarded();
    let ticket = cloud.send(at(0), 0, Call::Remove(call.clone()));
    cloud.pass(at(99));
    assert_eq!(cloud.take(ticket), None);
    cloud.pass(at(100));
    let Some(Reply::Removed(answers)) = cloud.take(ticket) else { panic!("it answers") };
    assert!(matches!(answers[..], [Answer::Refused(_)]), "{answers:?}");
    assert!(cloud.estate().get(&call.targets[0].address).is_some());
}

#[test]
fn a_request_on_the_way_arrives_or_not_when_the_caller_is_gone() {
    for arrives in [false, true] {
        let (_, mut cloud, call) = guarded();
        cloud.send(at(0), 0, Call::Remove(call));
        cloud.hang_up(arrives);
        cloud.pass(at(1_000));
        assert!(!cloud.has_answers() || arrives);
        let came = cloud.drain_log().any(|logged| matches!(logged.moment, Moment::Arrived { .. }));
        assert_eq!(came, arrives);
    }
}

#[test]
fn a_reading_goes_by_the_credentials_that_are_used_when_it_arrives() {
    let (_, mut cloud, call) = guarded();
    let target = &call.targets[0].address;
    let provider = ACCOUNTS.iter().position(|account| *account == target.account()).unwrap();
    let ticket = cloud.send(at(0), provider, Call::Probe(vec![target.clone()]));
    cloud.swap(target.account());
    cloud.pass(at(100));
    assert_eq!(cloud.take(ticket), Some(Reply::Probe(Ok(vec![Observed::Absent]))));
}

#[test]
fn a_bucket_gives_its_burst_and_then_its_rate() {
    let quota =
        crate::case::Quota { operation: "Op".to_owned(), burst: 2, per_second: 4.0, told: crate::case::Told::No };
    let mut bucket = Bucket::new(&quota);
    assert!(bucket.take(at(0)).is_ok() && bucket.take(at(0)).is_ok());
    assert_eq!(bucket.take(at(0)), Err(Duration::from_millis(250)));
    assert!(bucket.take(at(250)).is_ok());
    assert!(bucket.take(at(300)).is_err());
}
