//! Many short texts in a few long ones: a text is a place of eight bytes.

/// Where a text stands: its segment, its start and its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Text(u64);

const LENGTH_BITS: u32 = 24;
const START_BITS: u32 = 28;
/// A segment is not grown beyond this, so that no text is ever copied but once.
const SEGMENT: usize = 1 << 26;

/// A text is too long to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

impl Text {
    /// The place of no text.
    pub(super) const NONE: Text = Text(u64::MAX);
}

/// The texts themselves.
#[derive(Debug, Clone, Default)]
pub(super) struct Texts {
    segments: Vec<String>,
}

impl Texts {
    /// Keeps a text of up to 16 MiB.
    pub(super) fn push(&mut self, text: &str) -> Result<Text, TooLong> {
        if text.len() >= (1 << LENGTH_BITS) {
            return Err(TooLong);
        }
        let fits = self.segments.last().is_some_and(|last| last.len() + text.len() <= SEGMENT);
        if !fits {
            self.segments.push(String::new());
        }
        let segment = self.segments.len() - 1;
        if segment >= (1 << (64 - LENGTH_BITS - START_BITS)) - 1 {
            return Err(TooLong);
        }
        let start = self.segments[segment].len();
        self.segments[segment].push_str(text);
        Ok(Text((segment as u64) << (LENGTH_BITS + START_BITS) | (start as u64) << LENGTH_BITS | text.len() as u64))
    }

    pub(super) fn get(&self, text: Text) -> &str {
        let length = text.0 & ((1 << LENGTH_BITS) - 1);
        let start = (text.0 >> LENGTH_BITS) & ((1 << START_BITS) - 1);
        let segment = text.0 >> (LENGTH_BITS + START_BITS);
        &self.segments[place(segment)][place(start)..place(start + length)]
    }

    /// Takes over the texts of another; what it is returned turns the other's places into places here.
    pub(super) fn append(&mut self, other: Texts) -> Moved {
        let moved = Moved((self.segments.len() as u64) << (LENGTH_BITS + START_BITS));
        self.segments.extend(other.segments);
        moved
    }
}

/// How far the texts of one set of segments moved.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moved(u64);

impl Moved {
    pub(super) fn of(self, text: Text) -> Text {
        if text == Text::NONE { text } else { Text(text.0 + self.0) }
    }
}

fn place(number: u64) -> usize {
    usize::try_from(number).expect("a place in memory is a usize")
}
