//! The rate against providers that throttle above a rate, and against one that throttles whatever the rate.

use super::super::random::Random;
use super::*;

/// A provider's answer to a call at that time, whether it throttles.
type Throttles<'a> = &'a mut dyn FnMut(MonoTime) -> bool;

/// Sends calls at the rate for so long, each answered at once, and returns how many were taken and how many throttled.
fn send(rate: &mut Rate, mut now: MonoTime, seconds: u64, throttles: Throttles<'_>) -> (u32, u32) {
    let end = now.after(Duration::from_secs(seconds));
    let (mut taken, mut throttled) = (0, 0);
    while now < end {
        rate.sent(now);
        if throttles(now) {
            rate.throttled(now, 0);
            throttled += 1;
        } else {
            rate.went_well(now, 0);
            taken += 1;
        }
        now = now.after(rate.interval().unwrap_or(Duration::from_millis(5)));
    }
    (taken, throttled)
}

/// Throttles what goes beyond a bucket of ten.
fn beyond(per_second: u32) -> impl FnMut(MonoTime) -> bool {
    let mut bucket = super::super::bucket::Bucket::new(10, Duration::from_secs(1) / per_second);
    move |now| {
        let open = bucket.open_at(now, 0) <= now;
        if open {
            bucket.take(now);
        }
        !open
    }
}

#[test]
fn without_a_throttled_call_there_is_no_rate() {
    let mut rate = Rate::new(None);
    send(&mut rate, MonoTime::START, 10, &mut |_| false);
    assert_eq!(rate.interval(), None);
}

#[test]
fn the_rate_that_a_provider_takes_is_found_and_kept_to() {
    for per_second in [2, 5, 20, 100] {
        let mut rate = Rate::new(None);
        let mut throttles = beyond(per_second);
        send(&mut rate, MonoTime::START, 60, &mut throttles);
        let (taken, throttled) = send(&mut rate, MonoTime::from_start(Duration::from_secs(60)), 60, &mut throttles);
        let possible = 60 * per_second;
        assert!(taken * 100 >= possible * 75, "{per_second}: {taken} of {possible} were taken");
        assert!(throttled * 100 <= taken * 15, "{per_second}: {throttled} were throttled, {taken} taken");
    }
}

#[test]
fn a_share_that_is_throttled_at_any_rate_does_not_bring_the_run_to_a_stand() {
    for seed in 0..20 {
        let mut random = Random::new(seed);
        let mut rate = Rate::new(None);
        let (taken, _) = send(&mut rate, MonoTime::START, 60, &mut |_| random.next().is_multiple_of(5));
        assert!(taken > 60 * 20, "seed {seed}: {taken} in a minute");
    }
}

#[test]
fn a_quota_is_not_exceeded_and_a_throttled_call_lowers_the_rate_at_once() {
    let mut rate = Rate::new(Some(10.0));
    assert_eq!(rate.interval(), Some(Duration::from_millis(100)));
    assert_eq!(rate.throttled(MonoTime::START, 3), Change::Lowered);
    let lowered = rate.interval().unwrap();
    assert!(lowered > Duration::from_millis(140), "{lowered:?}");
    for _ in 0..3 {
        assert_eq!(rate.throttled(MonoTime::START, 0), Change::Nothing, "calls of before count once");
    }
    let (taken, _) = send(&mut rate, MonoTime::START, 60, &mut |_| false);
    assert!(taken > 500);
    assert_eq!(rate.interval(), Some(Duration::from_millis(100)));
}
