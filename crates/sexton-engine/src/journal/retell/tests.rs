//! Records as events; that they amount to what the live events do is checked with every run of the machine's tests.

use crate::event::Event;
use crate::journal::{Entry, History, Record, RunStatus, StepRecord};
use crate::outcome::Outcome;
use crate::run::RunId;
use crate::testing::{now, plan, resource, step};

fn events(records: Vec<Record>) -> Vec<Event> {
    let shares = [resource("share", "m/1"), resource("share", "m/2")];
    let plan = plan(shares.iter().map(|share| step(share, &[])).collect());
    let entries: Vec<Entry> = (1..).zip(records).map(|(seq, record)| Entry { seq, at: now(), record }).collect();
    let history = History::fold(plan.steps.len(), &entries).unwrap();
    let run = RunId::new("r-1").unwrap();
    let status = RunStatus { run, created_at: now(), verification: None, plan, live: false, entries, history };
    let events = status.events().unwrap();
    for (place, event) in (1..).zip(&events) {
        assert_eq!((event.session, event.seq), (1, place));
    }
    events.into_iter().map(|event| event.event).collect()
}

fn intent(step: u32) -> Record {
    Record::Step { step, record: StepRecord::Intent { attempt: 1, call: 4 } }
}

#[test]
fn steps_that_share_a_call_are_one_call() {
    let ended = |step| Record::Step { step, record: StepRecord::Ended { outcome: Outcome::AlreadyGone } };
    let told = events(vec![Record::SessionBegan { session: 1 }, intent(0), intent(1), ended(0), ended(1)]);
    let calls: Vec<&Event> =
        told.iter().filter(|event| matches!(event, Event::CallSent { .. } | Event::CallAnswered { .. })).collect();
    let [Event::CallSent { call: 4, targets: 2, .. }, Event::CallAnswered { call: 4, failed: None }] = calls.as_slice()
    else {
        panic!("{told:?}")
    };
}

#[test]
fn a_call_that_was_taken_back_was_none() {
    let not_sent = |step| Record::Step { step, record: StepRecord::NotSent };
    let told = events(vec![Record::SessionBegan { session: 1 }, intent(0), intent(1), not_sent(0), not_sent(1)]);
    assert_eq!(told.len(), 1, "{told:?}");
}
