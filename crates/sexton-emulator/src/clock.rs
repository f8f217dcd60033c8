//! The API's forms of time, all in UTC.

use jiff::Timestamp;

/// `2026-01-02T03:04:05Z`.
pub(crate) fn seconds(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2026-01-02T03:04Z`: the times of instances and tasks have no seconds.
pub(crate) fn minutes(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%MZ").to_string()
}

/// Reads either form.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    match text.parse() {
        Ok(instant) => Some(instant),
        Err(_) => {
            let minute = text.strip_suffix('Z')?;
            format!("{minute}:00Z").parse().ok()
        }
    }
}

/// The start of the minute that holds the instant.
pub(crate) fn floor_to_minute(instant: Timestamp) -> Timestamp {
    let second = instant.as_second();
    Timestamp::from_second(second - second.rem_euclid(60)).unwrap_or(instant)
}

/// The instant that many milliseconds later; the end of time where there is none.
pub(crate) fn after_millis(instant: Timestamp, millis: u64) -> Timestamp {
    let millis = i64::try_from(millis).unwrap_or(i64::MAX);
    instant.checked_add(jiff::SignedDuration::from_millis(millis)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_written_and_read() {
        let instant: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        assert_eq!(seconds(instant), "2026-01-02T03:04:05Z");
        assert_eq!(minutes(instant), "2026-01-02T03:04Z");
        assert_eq!(parse("2026-01-02T03:04:05Z"), Some(instant));
        assert_eq!(parse("2026-01-02T03:04Z"), Some(floor_to_minute(instant)));
        assert_eq!(parse("yesterday"), None);
    }
}
