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
        pace.sent(now);
        sent += 1;
    }
    sent
}

#[test]
fn a_throttled_answer_halves_what_may_be_under_way_once_for_all_that_was() {
    let mut random = Random::new(1);
    let mut pace = Pace::new(16, None);
    assert_eq!(fill(&mut pace, at(0)), 16);
    for _ in 0..16 {
        pace.throttled(at(10), Some(Duration::from_secs(1)), &mut random);
    }
    let open_at = pace.opens_at(at(10)).unwrap();
    assert!(open_at >= at(1010));
    assert!(!pace.is_open(at(1009)));
    let mut sent = 0;
    for millis in 0..2000 {
        sent += fill(&mut pace, open_at.after(Duration::from_millis(millis)));
    }
    assert_eq!(sent, 8);
}

#[test]
fn good_answers_widen_it_again_up_to_the_cap() {
    let mut random = Random::new(1);
    let mut pace = Pace::new(4, None);
    pace.sent(at(0));
    pace.throttled(at(0), None, &mut random);
    let mut now = at(1000);
    for _ in 0..20 {
        now = now.after(Duration::from_secs(10));
        for _ in 0..fill(&mut pace, now) {
            pace.went_well(now);
        }
    }
    assert_eq!(fill(&mut pace, now.after(Duration::from_secs(10))), 4);
}

#[test]
fn what_is_prepared_has_its_token_when_it_goes() {
    let allowance = Allowance { capacity: 3.try_into().unwrap(), refill: Duration::from_secs(1) };
    let mut pace = Pace::new(16, Some(allowance));
    let mut prepared = 0;
    while pace.is_open(at(0)) {
        pace.prepared();
        prepared += 1;
    }
    assert_eq!(prepared, 2, "one of three is left, for calls that take longer to arrive than the next");
    for _ in 0..2 {
        assert!(pace.lets_go_at(at(5)) <= at(5));
        pace.let_go(at(5));
    }
    assert_eq!(pace.opens_at(at(5)), Some(at(1005)));
}

#[test]
fn what_is_prepared_waits_where_the_provider_throttles_meanwhile() {
    let allowance = Allowance { capacity: 3.try_into().unwrap(), refill: Duration::from_secs(1) };
    let (mut pace, mut random) = (Pace::new(16, Some(allowance)), Random::new(1));
    pace.sent(at(0));
    pace.prepared();
    pace.throttled(at(10), None, &mut random);
    assert!(pace.lets_go_at(at(10)) > at(1010));
}

#[test]
fn where_going_slower_changes_nothing_as_many_go_at_a_time_as_before() {
    let (mut pace, mut random, mut now) = (Pace::new(16, None), Random::new(1), at(0));
    let per_second = |pace: &Pace| pace.rate.interval().map_or(0.0, |interval| interval.as_secs_f64().recip());
    for call in 0..2_000 {
        now = pace.opens_at(now).unwrap().after(Duration::from_millis(10));
        pace.sent(now);
        let (rate, window) = (per_second(&pace), pace.window);
        match call % 10 {
            0 => pace.throttled(now, None, &mut random),
            _ => pace.went_well(now),
        }
        if rate > 1.0 && per_second(&pace) > 1.3 * rate {
            assert!(window < 16);
            return assert_eq!(pace.window, 16, "the rate was put back");
        }
    }
    panic!("the rate was never put back");
}

#[test]
fn passing_faults_close_it_for_longer_and_longer() {
    let (mut random, retry) = (Random::new(1), Settings::default().retry);
    let mut closed = [Duration::ZERO; 12];
    for _ in 0..40 {
        let (mut pace, mut now) = (Pace::new(16, None), at(0));
        for closed in &mut closed {
            pace.sent(now);
            pace.faltered(now, &retry, &mut random);
            let open_at = pace.opens_at(now).unwrap();
            *closed += open_at.since(now);
            now = open_at;
        }
    }
    assert!(closed[0] > Duration::from_secs(1) && closed[3] > 4 * closed[0] && closed[11] > 100 * closed[0]);
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
