use super::*;

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn months_and_years_are_those_of_the_calendar() {
    // From before the epoch to after the next century's missing leap day, in steps that meet every day of a month.
    let mut instant = time("1895-12-30T13:00:00Z");
    let end = time("2105-03-02T00:00:00Z");
    while instant < end {
        let date = jiff::tz::Offset::UTC.to_datetime(instant.to_jiff()).date();
        let (month, year) = (number_of_period(4, 0, instant), number_of_period(5, 0, instant));
        assert_eq!(month, i128::from(date.year()) * 12 + i128::from(date.month()) - 1, "{instant}");
        assert_eq!(year, i128::from(date.year()), "{instant}");
        let next = instant.checked_add(Span::from_hours(11)).unwrap();
        let following = jiff::tz::Offset::UTC.to_datetime(next.to_jiff()).date();
        let same_week = date.iso_week_date().week() == following.iso_week_date().week()
            && date.iso_week_date().year() == following.iso_week_date().year();
        assert_eq!(number_of_period(3, 0, instant) == number_of_period(3, 0, next), same_week, "{instant}");
        assert_eq!(number_of_period(2, 0, instant) == number_of_period(2, 0, next), date == following, "{instant}");
        instant = next;
    }
}

#[test]
fn an_instant_before_the_epoch_lies_in_the_hour_before_it() {
    let before = time("1969-12-31T23:59:59.5Z");
    assert_eq!(number_of_period(1, 0, before), -1);
    assert_eq!(number_of_period(5, 0, before), 1969);
}

#[test]
fn slots_are_worded_as_a_plan_words_them() {
    let times = ["2026-03-02T12:00:00Z", "2026-03-02T08:00:00Z", "2026-02-27T08:00:00Z", "2026-02-26T23:00:00Z"];
    let times = times.map(time);
    let retain = Retain {
        last: Some(1),
        daily: Some(2),
        monthly: Some(3),
        within: Some(Span::from_hours(4)),
        ..Retain::default()
    };
    let kept: Vec<(usize, String)> =
        kept(&retain, &times).into_iter().map(|(place, held)| (place, held.words(retain.within))).collect();
    assert_eq!(
        kept,
        [
            (0, "last 1, daily 1, monthly 1, within 4h".to_owned()),
            (2, "daily 2, monthly 2".to_owned()),
            (3, "oldest monthly 3".to_owned()),
        ]
    );
}
