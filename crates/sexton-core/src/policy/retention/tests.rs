//! Written out by hand, by restic's documentation of `forget`.

use super::*;

/// Each time of a group, newest first, and the slots it holds; nothing where it is not kept.
fn check(retain: &Retain, group: &[(&str, &str)]) {
    let candidates: Vec<Candidate<&str>> =
        group.iter().map(|(time, _)| Candidate { item: *time, created_at: time.parse().unwrap() }).collect();
    assert!(candidates.is_sorted_by(|a, b| a.created_at >= b.created_at), "newest first: {group:?}");
    let kept = retained(retain, &candidates);
    let kept: Vec<(&str, &str)> = kept.iter().map(|(item, slot)| (*item, slot.as_str())).collect();
    let expected: Vec<(&str, &str)> = group.iter().filter(|(_, slot)| !slot.is_empty()).copied().collect();
    assert_eq!(kept, expected, "{retain:?}");
}

fn last(count: u64) -> Retain {
    Retain { last: Some(count), ..Retain::default() }
}

fn hourly(count: u64) -> Retain {
    Retain { hourly: Some(count), ..Retain::default() }
}

fn daily(count: u64) -> Retain {
    Retain { daily: Some(count), ..Retain::default() }
}

fn weekly(count: u64) -> Retain {
    Retain { weekly: Some(count), ..Retain::default() }
}

fn monthly(count: u64) -> Retain {
    Retain { monthly: Some(count), ..Retain::default() }
}

fn yearly(count: u64) -> Retain {
    Retain { yearly: Some(count), ..Retain::default() }
}

fn within(span: &str) -> Retain {
    Retain { within: Some(span.parse().unwrap()), ..Retain::default() }
}

/// "Keep the n last (most recent) snapshots."
#[test]
fn last_keeps_the_newest() {
    let group = |slots: [&'static str; 3]| {
        [("2024-03-01T10:30:00Z", slots[0]), ("2024-03-01T10:00:00Z", slots[1]), ("2024-02-29T23:59:59Z", slots[2])]
    };
    check(&last(1), &group(["last 1", "", ""]));
    check(&last(2), &group(["last 1", "last 2", ""]));
    check(&last(3), &group(["last 1", "last 2", "last 3"]));
    check(&last(9), &group(["last 1", "last 2", "last 3"]));
    check(&last(1), &[]);
}

/// "For the last n hours which have one or more snapshots, keep only the most recent one for each hour": `:00` to `:59`.
#[test]
fn hours_are_natural_and_empty_ones_do_not_count() {
    check(
        &hourly(3),
        &[
            ("2024-03-01T11:00:00Z", "hourly 1"),
            ("2024-03-01T10:59:59.999999999Z", "hourly 2"),
            ("2024-03-01T10:00:00Z", ""),
            ("2024-03-01T07:30:00Z", "hourly 3"),
            ("2024-03-01T06:30:00Z", ""),
        ],
    );
    // An hour that a zone of daylight saving leaves out, or has twice, is an hour like any other.
    check(
        &hourly(4),
        &[
            ("2024-03-31T02:30:00Z", "hourly 1"),
            ("2024-03-31T01:30:00Z", "hourly 2"),
            ("2024-03-31T00:30:00Z", "hourly 3"),
            ("2023-10-29T01:30:00Z", "hourly 4"),
            ("2023-10-29T00:30:00Z", ""),
        ],
    );
}

/// Days from 00:00 to 23:59.
#[test]
fn days_are_natural_and_leap_days_are_days() {
    check(
        &daily(4),
        &[
            ("2024-03-01T10:30:00Z", "daily 1"),
            ("2024-03-01T00:00:00Z", ""),
            ("2024-02-29T23:59:59Z", "daily 2"),
            ("2024-02-29T00:00:00Z", ""),
            ("2024-02-28T23:59:59Z", "daily 3"),
            ("2023-03-01T00:00:00Z", "daily 4"),
            ("2023-02-28T23:59:59Z", ""),
        ],
    );
    // 1900 had no leap day, 2000 had one.
    check(
        &daily(2),
        &[("2000-03-01T00:00:00Z", "daily 1"), ("2000-02-29T12:00:00Z", "daily 2"), ("2000-02-28T12:00:00Z", "")],
    );
    check(
        &daily(2),
        &[("1900-03-01T00:00:00Z", "daily 1"), ("1900-02-28T12:00:00Z", "daily 2"), ("1900-02-27T12:00:00Z", "")],
    );
}

/// Before 1970 too a day ends at midnight, to the nanosecond.
#[test]
fn periods_before_the_epoch_are_periods() {
    check(
        &daily(2),
        &[
            ("1970-01-01T00:00:00Z", "daily 1"),
            ("1969-12-31T23:59:59.999999999Z", "daily 2"),
            ("1969-12-31T00:00:00Z", ""),
        ],
    );
    check(
        &hourly(2),
        &[("1970-01-01T00:59:59Z", "hourly 1"), ("1969-12-31T23:59:59.5Z", "hourly 2"), ("1969-12-31T23:00:00Z", "")],
    );
    check(&yearly(1), &[("1970-01-01T00:00:00Z", "yearly 1"), ("1969-12-31T23:59:59.5Z", "")]);
}

/// Weeks from Monday 00:00 to Sunday 23:59, of the ISO calendar, which may belong to the other year.
#[test]
fn weeks_are_iso_weeks_at_the_ends_of_years() {
    // 2020 has a week 53, which ends on Sunday 2021-01-03.
    check(
        &weekly(3),
        &[
            ("2021-01-04T00:00:00Z", "weekly 1"),
            ("2021-01-03T23:59:59Z", "weekly 2"),
            ("2021-01-01T00:00:00Z", ""),
            ("2020-12-31T23:59:59Z", ""),
            ("2020-12-28T00:00:00Z", ""),
            ("2020-12-27T23:59:59Z", "weekly 3"),
            ("2020-12-21T00:00:00Z", ""),
        ],
    );
    // Monday 2024-12-30 begins week 1 of 2025, which is not week 1 of 2024.
    check(
        &weekly(2),
        &[
            ("2025-01-05T23:59:59Z", "weekly 1"),
            ("2024-12-30T00:00:00Z", ""),
            ("2024-12-29T23:59:59Z", "weekly 2"),
            ("2024-01-01T00:00:00Z", ""),
        ],
    );
    // The same number of another year is another week.
    check(
        &weekly(2),
        &[("2024-03-04T00:00:00Z", "weekly 1"), ("2023-03-06T00:00:00Z", "weekly 2"), ("2022-03-07T00:00:00Z", "")],
    );
}

#[test]
fn months_and_years_are_natural() {
    check(
        &monthly(3),
        &[
            ("2024-03-01T00:00:00Z", "monthly 1"),
            ("2024-02-29T23:59:59Z", "monthly 2"),
            ("2024-02-01T00:00:00Z", ""),
            ("2023-02-28T00:00:00Z", "monthly 3"),
            ("2023-01-31T00:00:00Z", ""),
        ],
    );
    check(
        &yearly(2),
        &[
            ("2024-01-01T00:00:00Z", "yearly 1"),
            ("2023-12-31T23:59:59Z", "yearly 2"),
            ("2023-01-01T00:00:00Z", ""),
            ("2022-12-31T23:59:59Z", ""),
        ],
    );
}

/// "If there are not enough snapshots to keep one for each … option, the oldest snapshot is kept additionally."
#[test]
fn the_oldest_is_kept_where_a_bucket_is_not_full() {
    // From restic's forum: four snapshots of one month, `--keep-monthly 4`.
    check(
        &monthly(4),
        &[
            ("2024-01-04T20:20:32Z", "monthly 1"),
            ("2024-01-04T20:09:54Z", ""),
            ("2024-01-03T01:04:38Z", ""),
            ("2024-01-02T13:42:44Z", "oldest monthly 2"),
        ],
    );
    // Full: not the oldest as well.
    check(&monthly(1), &[("2024-01-04T00:00:00Z", "monthly 1"), ("2024-01-02T00:00:00Z", "")]);
    // The oldest is the newest of its period: a slot like any other.
    check(&monthly(4), &[("2024-02-01T00:00:00Z", "monthly 1"), ("2024-01-02T00:00:00Z", "monthly 2")]);
    check(&monthly(4), &[("2024-02-01T00:00:00Z", "monthly 1")]);
    // Each bucket has its own count.
    let several = Retain { daily: Some(2), weekly: Some(2), yearly: Some(9), ..Retain::default() };
    check(
        &several,
        &[
            ("2024-01-19T00:00:00Z", "daily 1, weekly 1, yearly 1"),
            ("2024-01-18T00:00:00Z", "daily 2"),
            ("2024-01-17T00:00:00Z", ""),
            ("2024-01-16T00:00:00Z", "oldest weekly 2, oldest yearly 2"),
        ],
    );
}

/// "Keep all snapshots having a timestamp within the specified duration of the latest snapshot": of the group's newest,
/// not of now. What is older by exactly that much is not within.
#[test]
fn within_counts_from_the_newest_and_ends_before_its_boundary() {
    check(
        &within("48h"),
        &[
            ("2024-03-01T10:30:00Z", "within 48h"),
            ("2024-03-01T10:00:00Z", "within 48h"),
            ("2024-02-28T10:30:00.000000001Z", "within 48h"),
            ("2024-02-28T10:30:00Z", ""),
            ("2024-02-28T10:29:59Z", ""),
        ],
    );
    check(&within("1ns"), &[("2024-03-01T10:30:00Z", "within 1ns"), ("2024-03-01T10:29:59Z", "")]);
    check(&within("1ns"), &[("2024-03-01T10:30:00Z", "within 1ns"), ("2024-03-01T10:30:00Z", "within 1ns")]);
    // No calendar has such a time: all is within.
    check(
        &within("99999999h"),
        &[("2024-03-01T10:30:00Z", "within 99999999h"), ("0001-01-01T00:00:00Z", "within 99999999h")],
    );
}

/// "A snapshot only need to match a single option to be kept (the results are ORed)", and one may hold several slots.
#[test]
fn counts_are_ored() {
    let all = Retain {
        last: Some(2),
        hourly: Some(2),
        daily: Some(2),
        weekly: Some(2),
        monthly: Some(2),
        yearly: Some(2),
        within: Some("31m".parse().unwrap()),
        ..Retain::default()
    };
    check(
        &all,
        &[
            ("2024-03-01T10:30:00Z", "last 1, hourly 1, daily 1, weekly 1, monthly 1, yearly 1, within 31m"),
            ("2024-03-01T10:15:00Z", "last 2, within 31m"),
            ("2024-03-01T10:00:00Z", "within 31m"),
            ("2024-03-01T09:59:59Z", "hourly 2, within 31m"),
            ("2024-03-01T09:59:00Z", ""),
            ("2024-02-29T23:00:00Z", "daily 2, monthly 2"),
            ("2024-02-25T23:00:00Z", "weekly 2"),
            ("2023-12-31T23:00:00Z", "yearly 2"),
            ("2022-12-31T23:00:00Z", ""),
        ],
    );
}

/// The first example of restic's page: one backup each Sunday for twelve weeks, `--keep-daily 4`.
#[test]
fn restic_s_twelve_sundays() {
    check(
        &daily(4),
        &[
            ("2019-11-17T11:00:00Z", "daily 1"),
            ("2019-11-10T11:00:00Z", "daily 2"),
            ("2019-11-03T11:00:00Z", "daily 3"),
            ("2019-10-27T11:00:00Z", "daily 4"),
            ("2019-10-20T11:00:00Z", ""),
            ("2019-10-13T11:00:00Z", ""),
            ("2019-10-06T11:00:00Z", ""),
            ("2019-09-29T11:00:00Z", ""),
            ("2019-09-22T11:00:00Z", ""),
            ("2019-09-15T11:00:00Z", ""),
            ("2019-09-08T11:00:00Z", ""),
            ("2019-09-01T11:00:00Z", ""),
        ],
    );
}

/// Another example of it: one backup a day for a hundred years, here up to Saturday 2026-11-21, and 7 daily, 5 weekly,
/// 12 monthly, 75 yearly.
#[test]
fn restic_s_hundred_years() {
    let retain = Retain { daily: Some(7), weekly: Some(5), monthly: Some(12), yearly: Some(75), ..Retain::default() };
    let newest: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
    let group: Vec<Candidate<Timestamp>> = (0..36_525)
        .map(|day| newest.checked_sub(Span::from_hours(24 * day)).unwrap())
        .map(|created_at| Candidate { item: created_at, created_at })
        .collect();
    let kept: Vec<String> = retained(&retain, &group)
        .into_iter()
        .map(|(time, slot)| format!("{} {slot}", &time.to_string()[..10]))
        .collect();
    let mut expected = vec![
        "2026-11-21 daily 1, weekly 1, monthly 1, yearly 1".to_owned(),
        "2026-11-20 daily 2".to_owned(),
        "2026-11-19 daily 3".to_owned(),
        "2026-11-18 daily 4".to_owned(),
        "2026-11-17 daily 5".to_owned(),
        "2026-11-16 daily 6".to_owned(),
        "2026-11-15 daily 7, weekly 2".to_owned(),
        "2026-11-08 weekly 3".to_owned(),
        "2026-11-01 weekly 4".to_owned(),
        "2026-10-31 monthly 2".to_owned(),
        "2026-10-25 weekly 5".to_owned(),
        "2026-09-30 monthly 3".to_owned(),
        "2026-08-31 monthly 4".to_owned(),
        "2026-07-31 monthly 5".to_owned(),
        "2026-06-30 monthly 6".to_owned(),
        "2026-05-31 monthly 7".to_owned(),
        "2026-04-30 monthly 8".to_owned(),
        "2026-03-31 monthly 9".to_owned(),
        "2026-02-28 monthly 10".to_owned(),
        "2026-01-31 monthly 11".to_owned(),
        "2025-12-31 monthly 12, yearly 2".to_owned(),
    ];
    expected.extend((3..=75).map(|slot| format!("{}-12-31 yearly {slot}", 2027 - slot)));
    assert_eq!(kept, expected);
}

/// In a group of one time the first by address is the newest.
#[test]
fn of_a_tie_the_first_holds_the_slot() {
    let time = "2024-03-01T10:30:00Z";
    check(&last(1), &[(time, "last 1"), (time, "")]);
    check(&daily(1), &[(time, "daily 1"), (time, "")]);
    check(&daily(2), &[(time, "daily 1"), (time, ""), (time, "oldest daily 2")]);
}
