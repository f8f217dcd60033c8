use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn windows_cover_the_stretch_without_a_gap_and_none_is_too_long() {
    let longest = Span::from_hours(24);
    for (from, to, count) in [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", 1),
        ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", 1),
        ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00.5Z", 2),
        ("2026-01-01T00:00:00.5Z", "2026-01-31T11:22:33Z", 31),
        ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", 0),
    ] {
        let windows = windows(at(from), at(to), longest);
        assert_eq!(windows.len(), count, "{from} {to}");
        for window in &windows {
            assert!(window.from <= window.to && window.to.since(window.from) <= longest, "{window:?}");
            assert_eq!(window.from.to_jiff().subsec_nanosecond(), 0);
            assert_eq!(window.to.to_jiff().subsec_nanosecond(), 0);
        }
        assert!(windows.windows(2).all(|pair| pair[1].from < pair[0].to && pair[1].to > pair[0].to));
        if let (Some(first), Some(last)) = (windows.first(), windows.last()) {
            assert!(first.from <= at(from) && last.to >= at(to));
        }
    }
}

#[test]
fn instants_that_are_near_share_a_window_and_no_window_is_too_long() {
    let longest = Span::from_hours(24);
    let near: Vec<Timestamp> =
        (0..200).map(|step| at("2026-01-01T00:00:00Z").checked_add(Span::from_secs(5 * step)).unwrap()).collect();
    assert_eq!(around(&near, longest), [Window { from: at("2025-12-31T23:58:59Z"), to: at("2026-01-01T00:17:36Z") }]);
    let daily: Vec<Timestamp> =
        (0..5).map(|day| at("2026-01-01T12:00:00.7Z").checked_add(Span::from_hours(24 * day)).unwrap()).collect();
    let windows = around(&daily, longest);
    assert_eq!(windows.len(), 5);
    assert_eq!(windows[0], Window { from: at("2026-01-01T11:58:59Z"), to: at("2026-01-01T12:01:02Z") });
    let dense: Vec<Timestamp> =
        (0..1000).map(|step| at("2026-01-01T00:00:00Z").checked_add(Span::from_secs(300 * step)).unwrap()).collect();
    assert!(around(&dense, longest).iter().all(|window| window.to.since(window.from) <= longest));
}
