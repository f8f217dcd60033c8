//! A resource line in the layout in which inventories are written, read without a JSON parser.
//!
//! Only what is exactly so is read here: the fields in their order, no blanks, no escapes. Everything else, right or
//! wrong, is left to the parser, which alone says what is wrong. Both read the same of every line that this reads.

use crate::time::Timestamp;

/// The parts of a line, borrowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Canonical<'a> {
    /// Up to the id: `{"resource":{"provider":"…","account":"…","region":"…","kind":"…","id":"`.
    pub(super) head: &'a str,
    pub(super) id: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) created_at: Option<Timestamp>,
    pub(super) state: Option<&'a str>,
    pub(super) size_bytes: Option<u64>,
    /// The object as it stands, which has still to be found to be one.
    pub(super) tags: Option<&'a str>,
    /// The object as it stands.
    pub(super) attributes: Option<&'a str>,
    /// What stands between the brackets.
    pub(super) links: Option<&'a str>,
}

/// A place in a line.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn skip(&mut self, expected: &str) -> Option<()> {
        self.text.as_bytes()[self.at..].starts_with(expected.as_bytes()).then(|| self.at += expected.len())
    }

    /// The rest of a string, up to its closing quote, which is passed.
    fn string(&mut self) -> Option<&'a str> {
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        let length = rest.iter().position(|byte| *byte == b'"' || *byte == b'\\' || *byte < 0x20)?;
        if rest[length] != b'"' {
            return None;
        }
        self.at = start + length + 1;
        self.text.get(start..start + length)
    }

    /// A string or `null`.
    fn nullable(&mut self) -> Option<Option<&'a str>> {
        if self.skip("\"").is_some() { self.string().map(Some) } else { self.skip("null").map(|()| None) }
    }

    /// An object or `null`, up to the key that follows it, which is passed.
    fn object(&mut self, next: &str, searcher: &memchr::memmem::Finder<'_>) -> Option<Option<&'a str>> {
        if self.skip("null").is_some() {
            self.skip(",")?;
            self.skip(next)?;
            return Some(None);
        }
        let rest = &self.text.as_bytes()[self.at..];
        if rest.first() != Some(&b'{') {
            return None;
        }
        // Inside a string the quote would be escaped, so this is where an object ends and the key begins, or no JSON.
        let end = self.at + searcher.find(rest)? + 1;
        let object = self.text.get(self.at..end)?;
        self.at = end + 1 + next.len();
        Some(Some(object))
    }

    fn number(&mut self) -> Option<u64> {
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().take(21).position(|byte| !byte.is_ascii_digit())?;
        if length == 0 || length > 1 && rest[0] == b'0' {
            return None;
        }
        let number = self.text[self.at..self.at + length].parse().ok()?;
        self.at += length;
        Some(number)
    }
}

/// What objects end before.
pub(super) struct Searchers {
    attributes: memchr::memmem::Finder<'static>,
    links: memchr::memmem::Finder<'static>,
}

impl Default for Searchers {
    fn default() -> Self {
        Self {
            attributes: memchr::memmem::Finder::new(b"},\"attrs\":"),
            links: memchr::memmem::Finder::new(b"},\"links\":"),
        }
    }
}

/// Where the id begins in a line of this layout.
fn head(text: &str) -> Option<usize> {
    let mut cursor = Cursor { text, at: 0 };
    for key in ["{\"resource\":{\"provider\":\"", ",\"account\":\"", ",\"region\":\"", ",\"kind\":\""] {
        cursor.skip(key)?;
        cursor.string()?;
    }
    cursor.skip(",\"id\":\"")?;
    Some(cursor.at)
}

/// The provider, account, region and kind of a head.
pub(super) fn place(head: &str) -> Option<[&str; 4]> {
    let mut cursor = Cursor { text: head, at: 0 };
    let mut place = [""; 4];
    let keys = ["{\"resource\":{\"provider\":\"", ",\"account\":\"", ",\"region\":\"", ",\"kind\":\""];
    for (part, key) in place.iter_mut().zip(keys) {
        cursor.skip(key)?;
        *part = cursor.string()?;
    }
    Some(place)
}

/// Reads a line, without its end. `known` is the head of an earlier line.
pub(super) fn line<'a>(text: &'a str, known: &str, searchers: &Searchers) -> Option<Canonical<'a>> {
    let start = if !known.is_empty() && text.starts_with(known) { known.len() } else { head(text)? };
    let mut cursor = Cursor { text, at: start };
    let id = cursor.string()?;
    cursor.skip(",\"name\":")?;
    let name = cursor.nullable()?;
    cursor.skip(",\"created_at\":")?;
    let created_at = match cursor.nullable()? {
        None => None,
        Some(text) => Some(seconds(text).or_else(|| text.parse().ok())?),
    };
    cursor.skip(",\"state\":")?;
    let state = cursor.nullable()?;
    cursor.skip(",\"size_bytes\":")?;
    let size_bytes = if cursor.skip("null").is_some() { None } else { Some(cursor.number()?) };
    cursor.skip(",\"tags\":")?;
    let tags = cursor.object("\"attrs\":", &searchers.attributes)?;
    let attributes = cursor.object("\"links\":", &searchers.links)?;
    let links = if cursor.skip("null}}").is_some() {
        (cursor.at == text.len()).then_some(())?;
        None
    } else {
        cursor.skip("[")?;
        let links = text.get(cursor.at..)?.strip_suffix("]}}")?;
        Some(links)
    };
    Some(Canonical { head: &text[..start], id, name, created_at, state, size_bytes, tags, attributes, links })
}

/// A link of this layout: `{"relation":"…","kind":"…","id":"…"}`, in the resource's own place.
pub(super) struct CanonicalLink<'a> {
    pub(super) relation: &'a str,
    pub(super) kind: &'a str,
    pub(super) id: &'a str,
}

/// The links between the brackets, or nothing where one is not of this layout.
pub(super) fn links<'a>(text: &'a str, into: &mut Vec<CanonicalLink<'a>>) -> Option<()> {
    into.clear();
    if text.is_empty() {
        return Some(());
    }
    let mut cursor = Cursor { text, at: 0 };
    loop {
        cursor.skip("{\"relation\":\"")?;
        let relation = cursor.string()?;
        cursor.skip(",\"kind\":\"")?;
        let kind = cursor.string()?;
        cursor.skip(",\"id\":\"")?;
        let id = cursor.string()?;
        cursor.skip("}")?;
        into.push(CanonicalLink { relation, kind, id });
        if cursor.at == text.len() {
            return Some(());
        }
        cursor.skip(",")?;
    }
}

/// An instant of whole seconds in UTC, as `2026-11-21T00:00:00Z`.
fn seconds(text: &str) -> Option<Timestamp> {
    let bytes: &[u8; 20] = text.as_bytes().try_into().ok()?;
    for (at, separator) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'Z')] {
        if bytes[at] != separator {
            return None;
        }
    }
    let number = |from: usize, to: usize| {
        bytes[from..to]
            .iter()
            .try_fold(0_i64, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if day < 1 || day > days || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Days since 1970-01-01 of the proleptic Gregorian calendar, by years that begin in March.
    let year = if month > 2 { year } else { year - 1 };
    let month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let day = era * 146_097 + day_of_era - 719_468;
    Timestamp::from_second(day * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests;
