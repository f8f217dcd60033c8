//! Which of a group are retained, following restic: newest first, natural calendar buckets in UTC, counts ORed, the
//! oldest kept besides where a bucket is not full, ties by address.

use super::condition::Condition;
use crate::time::{Span, Timestamp};

#[cfg(test)]
mod tests;

/// What of a group is kept.
#[derive(Debug, Clone, Default)]
pub struct Retain {
    /// So many of the newest.
    pub last: Option<u64>,
    /// The newest of so many hours.
    pub hourly: Option<u64>,
    /// The newest of so many days.
    pub daily: Option<u64>,
    /// The newest of so many ISO weeks.
    pub weekly: Option<u64>,
    /// The newest of so many months.
    pub monthly: Option<u64>,
    /// The newest of so many years.
    pub yearly: Option<u64>,
    /// All that are younger than the newest of the group by less than this.
    pub within: Option<Span>,
    /// Gives a group key; none: one group.
    pub per: Option<Condition>,
    /// What a definite lack of a key means.
    pub per_missing: MissingKey,
}

/// What a definite lack of a group key means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MissingKey {
    /// Retained, with a finding.
    #[default]
    Retain,
    /// A group of its own.
    Group,
}

/// A usable member of a group, with its known time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate<T> {
    pub(crate) item: T,
    pub(crate) created_at: Timestamp,
}

/// A bucket rule while the group is walked.
struct Bucket {
    name: &'static str,
    allowed: u64,
    used: u64,
    last: Option<i64>,
    of: fn(Timestamp, usize) -> i64,
}

/// The natural period of so many seconds that a time lies in. Before 1970 too, a second begins before its parts.
fn period(time: Timestamp, seconds: i64) -> i64 {
    let before = i64::from(time.to_jiff().subsec_nanosecond() < 0);
    (time.as_second() - before).div_euclid(seconds)
}

fn date(time: Timestamp) -> jiff::civil::Date {
    jiff::tz::Offset::UTC.to_datetime(time.to_jiff()).date()
}

fn month(time: Timestamp) -> i64 {
    let date = date(time);
    i64::from(date.year()) * 12 + i64::from(date.month())
}

fn week(time: Timestamp) -> i64 {
    let week = date(time).iso_week_date();
    i64::from(week.year()) * 100 + i64::from(week.week())
}

/// The members of a group that hold a slot, with the slot's name. The group comes newest first, ties by address, and
/// holds only what is usable, of known time, and not of the future.
pub(crate) fn retained<T: Copy>(retain: &Retain, group: &[Candidate<T>]) -> Vec<(T, String)> {
    let position = |_: Timestamp, position: usize| i64::try_from(position).unwrap_or(i64::MAX);
    let mut buckets: Vec<Bucket> = [
        ("last", retain.last, position as fn(Timestamp, usize) -> i64),
        ("hourly", retain.hourly, |time, _| period(time, 3_600)),
        ("daily", retain.daily, |time, _| period(time, 86_400)),
        ("weekly", retain.weekly, |time, _| week(time)),
        ("monthly", retain.monthly, |time, _| month(time)),
        ("yearly", retain.yearly, |time, _| i64::from(date(time).year())),
    ]
    .into_iter()
    .filter_map(|(name, allowed, of)| allowed.map(|allowed| Bucket { name, allowed, used: 0, last: None, of }))
    .collect();
    let since =
        retain.within.and_then(|within| group.first().map(|newest| (within, newest.created_at.checked_sub(within))));

    let mut kept = Vec::new();
    for (position, candidate) in group.iter().enumerate() {
        let mut slots = Vec::new();
        for bucket in &mut buckets {
            if bucket.used == bucket.allowed {
                continue;
            }
            let value = (bucket.of)(candidate.created_at, position);
            let new = bucket.last != Some(value);
            if new || position + 1 == group.len() {
                bucket.last = Some(value);
                bucket.used += 1;
                let oldest = if new { "" } else { "oldest " };
                slots.push(format!("{oldest}{} {}", bucket.name, bucket.used));
            }
        }
        match since {
            Some((within, Some(since))) if candidate.created_at > since => slots.push(format!("within {within}")),
            Some((within, None)) => slots.push(format!("within {within}")),
            Some((_, Some(_))) | None => {}
        }
        if !slots.is_empty() {
            kept.push((candidate.item, slots.join(", ")));
        }
    }
    kept
}
