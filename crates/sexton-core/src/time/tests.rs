use super::*;

#[test]
fn spans_read_and_write() {
    for (text, nanos, shown) in [
        ("24h", 86_400_000_000_000, "24h"),
        ("15m", 900_000_000_000, "15m"),
        ("90m", 5_400_000_000_000, "1h30m"),
        ("1.5h", 5_400_000_000_000, "1h30m"),
        ("2d", 172_800_000_000_000, "48h"),
        ("250ms", 250_000_000, "250ms"),
        ("-1s", -1_000_000_000, "-1s"),
        ("0", 0, "0s"),
    ] {
        let span: Span = text.parse().unwrap();
        assert_eq!(span.as_nanos(), nanos, "{text}");
        assert_eq!(span.to_string(), shown);
        assert_eq!(shown.parse::<Span>().unwrap(), span);
    }
    for text in ["", "15", "m", "1x", "h1", "1 h", "99999999999999999999h", "-"] {
        assert!(text.parse::<Span>().is_err(), "{text:?}");
    }
}

#[test]
fn timestamps_are_utc() {
    let instant: Timestamp = "2026-11-21T02:00:00+02:00".parse().unwrap();
    assert_eq!(instant.to_string(), "2026-11-21T00:00:00Z");
    assert!("2026-11-21".parse::<Timestamp>().is_err());
}
