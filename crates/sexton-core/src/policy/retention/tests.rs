use super::*;

fn check(retain: &Retain, times: &[&str], expected: &[(&str, &str)]) {
    let group: Vec<Candidate<&str>> =
        times.iter().map(|time| Candidate { item: *time, created_at: time.parse().unwrap() }).collect();
    let kept = retained(retain, &group);
    let kept: Vec<(&str, &str)> = kept.iter().map(|(item, slot)| (*item, slot.as_str())).collect();
    assert_eq!(kept, expected, "{retain:?}");
}

const TIMES: [&str; 6] = [
    "2024-03-01T10:30:00Z",
    "2024-03-01T10:00:00Z",
    "2024-02-29T23:59:59Z",
    "2024-02-28T00:00:00Z",
    "2023-12-31T00:00:00Z",
    "2023-01-02T00:00:00Z",
];

#[test]
fn last_keeps_the_newest() {
    check(&Retain { last: Some(2), ..Retain::default() }, &TIMES, &[(TIMES[0], "last 1"), (TIMES[1], "last 2")]);
    check(&Retain { last: Some(9), ..Retain::default() }, &TIMES[4..], &[(TIMES[4], "last 1"), (TIMES[5], "last 2")]);
}

#[test]
fn days_are_natural_and_leap_days_are_days() {
    check(
        &Retain { daily: Some(3), ..Retain::default() },
        &TIMES,
        &[(TIMES[0], "daily 1"), (TIMES[2], "daily 2"), (TIMES[3], "daily 3")],
    );
    check(&Retain { hourly: Some(2), ..Retain::default() }, &TIMES, &[(TIMES[0], "hourly 1"), (TIMES[2], "hourly 2")]);
}

#[test]
fn weeks_are_iso_weeks() {
    // 2023-12-31 is the Sunday of 2023-W52; 2024-01-01 the Monday of 2024-W01.
    let times = ["2024-01-01T00:00:00Z", "2023-12-31T00:00:00Z", "2023-12-25T00:00:00Z", "2023-12-24T00:00:00Z"];
    check(&Retain { weekly: Some(2), ..Retain::default() }, &times, &[(times[0], "weekly 1"), (times[1], "weekly 2")]);
}

#[test]
fn the_oldest_is_kept_where_a_bucket_is_not_full() {
    let times = ["2024-03-03T00:00:00Z", "2024-03-02T00:00:00Z", "2024-03-01T00:00:00Z"];
    check(
        &Retain { monthly: Some(2), ..Retain::default() },
        &times,
        &[(times[0], "monthly 1"), (times[2], "oldest monthly 2")],
    );
    check(&Retain { monthly: Some(1), ..Retain::default() }, &times, &[(times[0], "monthly 1")]);
}

#[test]
fn within_counts_from_the_newest() {
    check(
        &Retain { within: Some("48h".parse().unwrap()), ..Retain::default() },
        &TIMES,
        &[(TIMES[0], "within 48h"), (TIMES[1], "within 48h"), (TIMES[2], "within 48h")],
    );
}

#[test]
fn counts_are_ored() {
    check(
        &Retain { last: Some(1), yearly: Some(2), ..Retain::default() },
        &TIMES,
        &[(TIMES[0], "last 1, yearly 1"), (TIMES[4], "yearly 2")],
    );
}
