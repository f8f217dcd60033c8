//! Instants and spans of time. The core never reads a clock: both come in as arguments.

use std::fmt;
use std::str::FromStr;

#[cfg(test)]
mod tests;

/// An instant in UTC, written as RFC 3339 (`2026-11-21T00:00:00Z`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

/// A text that is not an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a time: expected RFC 3339, as in 2026-11-21T00:00:00Z")]
pub struct TimestampError {
    text: String,
}

impl Timestamp {
    /// The instant that many seconds after 1970-01-01T00:00:00Z; none beyond the years -9999 to 9999.
    pub fn from_second(second: i64) -> Option<Self> {
        jiff::Timestamp::from_second(second).ok().map(Self)
    }

    /// Wraps an instant of the date library.
    pub fn from_jiff(instant: jiff::Timestamp) -> Self {
        Self(instant)
    }

    /// The instant for the date library.
    pub fn to_jiff(self) -> jiff::Timestamp {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub fn as_second(self) -> i64 {
        self.0.as_second()
    }

    /// Time passed from `earlier` to this instant; negative where `earlier` is later.
    pub fn since(self, earlier: Timestamp) -> Span {
        Span(self.0.duration_since(earlier.0))
    }

    /// This instant moved by a span; none where it would leave the calendar.
    pub fn checked_add(self, span: Span) -> Option<Self> {
        self.0.checked_add(span.0).ok().map(Self)
    }

    /// This instant moved back by a span; none where it would leave the calendar.
    pub fn checked_sub(self, span: Span) -> Option<Self> {
        self.0.checked_sub(span.0).ok().map(Self)
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        text.parse().map(Self).map_err(|_| TimestampError { text: text.to_owned() })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A length of time. Written as whole numbers with a unit, largest first: `15m`, `1h30m`, `24h`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(jiff::SignedDuration);

/// A text that is not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a length of time: expected numbers with a unit of d, h, m, s or ms, as in 24h, 15m or 1h30m")]
pub struct SpanError {
    text: String,
}

impl Span {
    /// No time.
    pub const ZERO: Span = Span(jiff::SignedDuration::ZERO);

    /// So many seconds.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(jiff::SignedDuration::from_secs(seconds))
    }

    /// So many hours.
    pub const fn from_hours(hours: i64) -> Self {
        Self(jiff::SignedDuration::from_hours(hours))
    }

    /// So many milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(jiff::SignedDuration::from_millis(millis))
    }

    /// Whole nanoseconds.
    pub fn as_nanos(self) -> i128 {
        self.0.as_nanos()
    }

    /// Whole seconds, towards zero.
    pub fn as_secs(self) -> i64 {
        self.0.as_secs()
    }

    /// The span for the standard library; none where it is negative.
    pub fn to_std(self) -> Option<std::time::Duration> {
        std::time::Duration::try_from(self.0).ok()
    }

    /// A span of that many nanoseconds, if it can be held.
    pub fn from_nanos(nanos: i128) -> Option<Self> {
        let seconds = i64::try_from(nanos.div_euclid(1_000_000_000)).ok()?;
        let rest = i64::try_from(nanos.rem_euclid(1_000_000_000)).ok()?;
        jiff::SignedDuration::from_secs(seconds).checked_add(jiff::SignedDuration::from_nanos(rest)).map(Self)
    }

    /// The sum, if it can be held.
    pub fn checked_add(self, other: Span) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl FromStr for Span {
    type Err = SpanError;

    /// Sums numbers (a fraction is allowed) with units, as CEL's `duration()` does, with days besides.
    fn from_str(text: &str) -> Result<Self, SpanError> {
        let wrong = || SpanError { text: text.to_owned() };
        let (negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if rest == "0" {
            return Ok(Span::ZERO);
        }
        if rest.is_empty() {
            return Err(wrong());
        }
        let mut nanos: i128 = 0;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let (whole, after) = rest.split_at(digits);
            let (fraction, after) = match after.strip_prefix('.') {
                Some(after) => after.split_at(after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len())),
                None => ("", after),
            };
            let letters = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
            let (unit, after) = after.split_at(letters);
            let unit: i128 = match unit {
                "d" => 86_400_000_000_000,
                "h" => 3_600_000_000_000,
                "m" => 60_000_000_000,
                "s" => 1_000_000_000,
                "ms" => 1_000_000,
                "us" | "µs" => 1_000,
                "ns" => 1,
                _ => return Err(wrong()),
            };
            if whole.is_empty() && fraction.is_empty() || fraction.len() > 9 || whole.len() > 18 {
                return Err(wrong());
            }
            let mut amount: i128 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| wrong())? };
            amount = amount.checked_mul(unit).ok_or_else(wrong)?;
            if !fraction.is_empty() {
                let parts: i128 = fraction.parse().map_err(|_| wrong())?;
                amount += parts * unit / 10_i128.pow(u32::try_from(fraction.len()).map_err(|_| wrong())?);
            }
            nanos = nanos.checked_add(amount).ok_or_else(wrong)?;
            rest = after;
        }
        Span::from_nanos(if negative { -nanos } else { nanos }).ok_or_else(wrong)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut nanos = self.as_nanos();
        if nanos == 0 {
            return f.write_str("0s");
        }
        if nanos < 0 {
            f.write_str("-")?;
            nanos = -nanos;
        }
        for (unit, length) in [
            ("h", 3_600_000_000_000_i128),
            ("m", 60_000_000_000),
            ("s", 1_000_000_000),
            ("ms", 1_000_000),
            ("us", 1_000),
            ("ns", 1),
        ] {
            if nanos >= length {
                write!(f, "{}{unit}", nanos / length)?;
                nanos %= length;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
