//! The fold over events that were written by hand.

use std::collections::BTreeMap;

use super::*;
use crate::journal::Trouble;
use crate::outcome::{FailureClass, Outcome};
use crate::testing::{address, time};

fn at(second: u32) -> Timestamp {
    time(&format!("2026-11-21T00:{:02}:{:02}Z", second / 60, second % 60))
}

/// Takes events of one session, each with its second.
struct Told {
    progress: Progress,
    seq: u64,
}

impl Told {
    /// Three images and a snapshot, of which an earlier session removed one image and left one under way.
    fn begun() -> Self {
        let images = Counts { removed: 1, underway: 1, left: 1, ..Counts::default() };
        let kinds = BTreeMap::from([
            ("image".to_owned(), images),
            ("snapshot".to_owned(), Counts { left: 1, ..Counts::default() }),
        ]);
        let began = Event::SessionBegan { plan: "blake3:p".to_owned(), steps: 4, done: 1, kinds, underway: vec![1] };
        Self { progress: Progress::begin(&event(1, 0, began)).unwrap(), seq: 1 }
    }

    fn take(&mut self, second: u32, what: Event) {
        self.seq += 1;
        self.progress.apply(&event(self.seq, second, what)).unwrap();
    }

    fn image(&self) -> Counts {
        self.progress.kinds()["image"]
    }
}

fn event(seq: u64, second: u32, event: Event) -> RunEvent {
    RunEvent { run: RunId::new("r-1").unwrap(), session: 2, seq, at: at(second), event }
}

fn called(step: u32) -> Event {
    Event::StepCalled { step, address: address("image", "m"), operation: "DeleteImage".to_owned(), attempt: 1, call: 9 }
}

fn ended(step: u32, outcome: Outcome) -> Event {
    Event::StepEnded { step, address: address("image", "m"), outcome }
}

fn throttled(until: u32) -> Event {
    Event::Throttled { scope: "test:acct:r1".to_owned(), operation: "DeleteImage".to_owned(), until: at(until) }
}

#[test]
fn a_step_is_counted_where_it_stands() {
    let mut told = Told::begun();
    let trouble =
        Trouble { class: Some(FailureClass::Throttle), code: None, message: "slow down".to_owned(), request_id: None };
    told.take(1, called(2));
    assert_eq!((told.image().underway, told.image().left), (2, 0));
    told.take(1, Event::StepRetries { step: 2, address: address("image", "m"), trouble });
    assert_eq!((told.image().underway, told.image().left, told.progress.retries()), (1, 1, 1));
    told.take(2, called(2));
    told.take(3, Event::StepAccepted { step: 2, address: address("image", "m") });
    told.take(4, ended(2, Outcome::Unknown { message: "it is still there".to_owned() }));
    told.take(5, Event::StepStillThere { step: 1, address: address("image", "m") });
    assert_eq!(told.image(), Counts { removed: 1, unknown: 1, left: 1, ..Counts::default() });
    assert_eq!(told.progress.counts().all(), 4);
}

#[test]
fn a_step_waits_until_it_is_begun_again() {
    let mut told = Told::begun();
    let waits = Event::StepWaits { step: 3, address: address("snapshot", "s"), guard: "Busy".to_owned(), by: None };
    told.take(1, waits.clone());
    told.take(6, waits);
    assert_eq!(told.progress.waiting(), 1);
    told.take(11, Event::StepBegan { step: 3, address: address("snapshot", "s") });
    assert_eq!(told.progress.waiting(), 0);
}

#[test]
fn throttled_time_is_counted_once_and_only_once_it_has_passed() {
    let mut told = Told::begun();
    told.take(10, throttled(20));
    assert_eq!(told.progress.throttled_time(at(10)), Duration::ZERO);
    assert_eq!(told.progress.throttled_time(at(13)), Duration::from_secs(3));
    assert!(told.progress.is_throttled(at(13)) && !told.progress.is_throttled(at(20)));
    told.take(15, throttled(18));
    told.take(16, throttled(25));
    assert_eq!(told.progress.throttled_time(at(40)), Duration::from_secs(15));
    told.take(50, throttled(60));
    told.take(55, Event::SessionEnded { complete: false, counts: Counts::default(), failure: None });
    assert_eq!(told.progress.throttled_time(at(90)), Duration::from_secs(20));
}

#[test]
fn the_rate_is_that_of_the_last_minute_and_says_how_long_the_rest_takes() {
    let mut told = Told::begun();
    assert_eq!((told.progress.rate(at(0)), told.progress.time_left(at(0))), (None, None));
    told.take(10, ended(2, Outcome::AlreadyGone));
    assert_eq!(told.progress.rate(at(10)), Some(0.1));
    assert_eq!(told.progress.time_left(at(10)), Some(Duration::from_secs(20)));
    assert_eq!(told.progress.rate(at(70)), None, "a minute later nothing is known");
    told.take(75, ended(1, Outcome::Blocked { by: 0 }));
    assert_eq!(told.progress.rate(at(75)), None, "what is blocked took no time");
    told.take(80, ended(3, Outcome::AlreadyGone));
    told.take(80, Event::Paused);
    assert_eq!(told.progress.time_left(at(80)), None);
}

#[test]
fn a_gap_another_run_and_a_session_without_its_beginning_are_refused() {
    let mut told = Told::begun();
    let gap = told.progress.apply(&event(3, 1, called(2)));
    assert_eq!(gap, Err(ProgressError::Gap { session: 2, last: 1, found: 3 }));
    let other = RunEvent { run: RunId::new("r-2").unwrap(), ..event(2, 1, called(2)) };
    assert!(matches!(told.progress.apply(&other), Err(ProgressError::OtherRun { .. })));
    let later = RunEvent { session: 3, ..event(1, 1, called(2)) };
    assert!(matches!(told.progress.apply(&later), Err(ProgressError::NoBeginning { session: 3, .. })));
    assert_eq!(told.image().left, 1, "nothing was taken in");
}

#[test]
fn an_altered_record_takes_nothing_away_that_is_not_there() {
    let mut told = Told::begun();
    for step in 10..20 {
        told.take(1, ended(step, Outcome::AlreadyGone));
    }
    assert_eq!(told.image().left, 0);
}
