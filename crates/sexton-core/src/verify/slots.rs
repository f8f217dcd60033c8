//! Which members of a group a retention keeps, and in which slots: each period's newest, as many periods as are allowed,
//! and the oldest member besides where periods are left over.

use crate::policy::Retain;
use crate::time::{Span, Timestamp};

/// The slots that one member holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Held {
    /// By sort of period, in the order of [`NAMES`]: the number of the slot from 1, or 0.
    numbers: [u64; NAMES.len()],
    /// By sort of period, as bits: held as the oldest of the group.
    oldest: u8,
    within: bool,
}

const NAMES: [&str; 6] = ["last", "hourly", "daily", "weekly", "monthly", "yearly"];

impl Held {
    fn is_none(&self) -> bool {
        self.numbers.iter().all(|number| *number == 0) && !self.within
    }

    /// The slots as a plan words them.
    pub(super) fn words(&self, within: Option<Span>) -> String {
        let mut words = Vec::new();
        for (sort, name) in NAMES.iter().enumerate() {
            if self.numbers[sort] > 0 {
                let oldest = if self.oldest >> sort & 1 == 1 { "oldest " } else { "" };
                words.push(format!("{oldest}{name} {}", self.numbers[sort]));
            }
        }
        if let (true, Some(within)) = (self.within, within) {
            words.push(format!("within {within}"));
        }
        words.join(", ")
    }
}

/// What is kept of a group, given the times of its members from the newest on: the place of each, and its slots.
pub(super) fn kept(retain: &Retain, times: &[Timestamp]) -> Vec<(usize, Held)> {
    let mut held = vec![Held::default(); times.len()];
    let allowed = [retain.last, retain.hourly, retain.daily, retain.weekly, retain.monthly, retain.yearly];
    for (sort, allowed) in allowed.into_iter().enumerate() {
        let Some(allowed) = allowed else { continue };
        let mut used = 0;
        let mut period = None;
        for (place, time) in times.iter().enumerate() {
            if used == allowed {
                break;
            }
            let own = number_of_period(sort, place, *time);
            if period != Some(own) {
                period = Some(own);
                used += 1;
                held[place].numbers[sort] = used;
            }
        }
        if let Some(last) = held.last_mut()
            && used < allowed
            && last.numbers[sort] == 0
        {
            last.numbers[sort] = used + 1;
            last.oldest |= 1 << sort;
        }
    }
    if let (Some(within), Some(newest)) = (retain.within, times.first()) {
        // Before the calendar begins there is nothing.
        let since = newest.checked_sub(within);
        for (held, time) in held.iter_mut().zip(times) {
            held.within = since.is_none_or(|since| *time > since);
        }
    }
    held.into_iter().enumerate().filter(|(_, held)| !held.is_none()).collect()
}

const DAY: i128 = 86_400 * 1_000_000_000;

/// Numbers periods of a sort so that times of one period, and no others, have the same number.
fn number_of_period(sort: usize, place: usize, time: Timestamp) -> i128 {
    let nanos = time.to_jiff().as_nanosecond();
    let day = nanos.div_euclid(DAY);
    match NAMES[sort] {
        "hourly" => nanos.div_euclid(DAY / 24),
        "daily" => day,
        // Weeks begin on Mondays, and 1970 began on a Thursday.
        "weekly" => (day + 3).div_euclid(7),
        "monthly" => month(day),
        "yearly" => month(day).div_euclid(12),
        _ => place as i128,
    }
}

/// The number of the month of a day, months and days counted from the same era. Years are taken to begin in March, so
/// that the leap day comes last; then the months' lengths repeat every five months, and the years' every 400 years.
fn month(day: i128) -> i128 {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    (era * 400 + year) * 12 + from_march + 2
}

#[cfg(test)]
mod tests;
