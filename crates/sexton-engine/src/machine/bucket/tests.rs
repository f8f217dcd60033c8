//! No interval sees more calls than the bucket allows, whenever they are asked for and however the rate changes.

use proptest::prelude::*;

use super::*;

fn is_open(bucket: &Bucket, now: MonoTime, before: u32) -> bool {
    bucket.open_at(now, before) <= now
}

proptest! {
    #[test]
    fn no_interval_sees_more_calls_than_the_bucket_allows(
        capacity in 1..20_u32,
        refill in 1..2000_u64,
        asked in prop::collection::vec((0..3000_u64, prop::option::of(1..5_u32)), 1..300),
    ) {
        let refill = Duration::from_millis(refill);
        let mut bucket = Bucket::new(capacity, refill);
        let mut now = MonoTime::START;
        let mut taken: Vec<MonoTime> = Vec::new();
        for (pause, slower) in asked {
            now = now.after(Duration::from_millis(pause / 10));
            if let Some(slower) = slower {
                bucket.set_interval(refill * slower);
            }
            if is_open(&bucket, now, 0) {
                bucket.take(now);
                taken.push(now);
            } else {
                prop_assert!(bucket.open_at(now, 0) > now);
            }
        }
        for (first, from) in taken.iter().enumerate() {
            for (last, to) in taken.iter().enumerate().skip(first) {
                let back = to.since(*from).as_nanos() / refill.as_nanos();
                let allowed = u128::from(capacity) + back;
                prop_assert!(u128::try_from(last - first + 1).unwrap() <= allowed, "{:?} to {:?}", from, to);
            }
        }
    }

    #[test]
    fn what_is_reserved_can_be_taken_later(capacity in 1..20_u32, refill in 1..2000_u64, wait in 0..5000_u64) {
        let mut bucket = Bucket::new(capacity, Duration::from_millis(refill));
        let mut reserved = 0;
        while is_open(&bucket, MonoTime::START, reserved) {
            reserved += 1;
        }
        prop_assert_eq!(reserved, capacity);
        let later = MonoTime::START.after(Duration::from_millis(wait));
        for _ in 0..reserved {
            prop_assert!(is_open(&bucket, later, 0));
            bucket.take(later);
        }
    }
}

#[test]
fn an_emptied_bucket_gives_one_token_after_an_interval() {
    let mut bucket = Bucket::new(5, Duration::from_secs(1));
    let now = MonoTime::from_start(Duration::from_secs(100));
    bucket.empty(now);
    assert_eq!(bucket.open_at(now, 0), now.after(Duration::from_secs(1)));
    assert_eq!(bucket.open_at(now, 1), now.after(Duration::from_secs(2)));
}
