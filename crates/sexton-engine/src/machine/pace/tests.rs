//! How a throttled operation slows down and recovers.

use super::*;
use crate::settings::Settings;

fn at(millis: u64) -> MonoTime {
    MonoTime::from_start(Duration::from_millis(millis))
}

/// Sends as many calls as may be under way at a time.
fn fill(pace: &mut Pace, now: MonoTime) -> usize {
    let mut sent = 0;
    while pace.is_open(now) && sent < 100 {
        pace.sent();
        sent += 1;
    }
    sent
}

#[test]
fn a_throttled_answer_halves_what_may_be_under_way_once_for_all_that_was() {
    let (retry, mut random) = (Settings::default().retry, Random::new(1));
    let mut pace = Pace::new(16);
    assert_eq!(fill(&mut pace, at(0)), 16);
    let wait = Some(Duration::from_secs(1));
    let mut open_at = at(0);
    for _ in 0..16 {
        open_at = pace.throttled(at(10), wait, &retry, &mut random);
    }
    assert!(open_at >= at(1010));
    assert!(!pace.is_open(at(1009)));
    assert_eq!(fill(&mut pace, open_at), 8);
}

#[test]
fn good_answers_widen_it_again_up_to_the_cap() {
    let (retry, mut random) = (Settings::default().retry, Random::new(1));
    let mut pace = Pace::new(4);
    pace.sent();
    let mut now = pace.throttled(at(0), None, &retry, &mut random);
    for _ in 0..20 {
        now = now.after(Duration::from_millis(1));
        for _ in 0..fill(&mut pace, now) {
            pace.went_well(4);
        }
    }
    assert_eq!(fill(&mut pace, now), 4);
}

#[test]
fn the_delay_is_anything_up_to_a_bound_that_doubles_to_a_cap() {
    let retry = Settings::default().retry;
    let longest = |failures| {
        let mut random = Random::new(9);
        (0..2000).map(|_| backoff(failures, &retry, &mut random)).max().unwrap()
    };
    let shortest = {
        let mut random = Random::new(9);
        (0..2000).map(|_| backoff(5, &retry, &mut random)).min().unwrap()
    };
    let within = |found: Duration, bound: Duration| found <= bound && found > bound * 9 / 10;
    assert!(within(longest(1), retry.base));
    assert!(within(longest(2), retry.base * 2));
    assert!(within(longest(4), retry.base * 8));
    assert!(within(longest(40), retry.cap));
    assert!(shortest < retry.base);
}
