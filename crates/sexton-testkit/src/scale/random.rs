//! Numbers that look random and are functions of what they are asked for.

/// The finaliser of splitmix64: a bijection.
pub(super) fn mix(mut word: u64) -> u64 {
    word = word.wrapping_add(0x9E37_79B9_7F4A_7C15);
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

/// The random numbers of one thing, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Those of a thing of a sort, under a seed.
    pub(crate) fn of(seed: u64, sort: u64, number: u64) -> Self {
        Self(mix(mix(seed ^ mix(sort)) ^ number))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = mix(self.0);
        self.0
    }

    /// A number below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A place among so many, of which there is one at least.
    pub(crate) fn choose(&mut self, count: usize) -> usize {
        usize::try_from(self.below(count as u64)).expect("a number below a count is one")
    }

    /// Whether it happens, `chance` in a thousand.
    pub(crate) fn permille(&mut self, chance: u64) -> Chance {
        if self.below(1_000) < chance { Chance::Hit } else { Chance::Miss }
    }
}

/// How a throw came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chance {
    Hit,
    Miss,
}

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// Appends `length` digits of base 36, lowest first. 13 hold any number.
pub(super) fn push_digits(text: &mut String, mut number: u64, length: usize) {
    for _ in 0..length {
        text.push(char::from(DIGITS[usize::try_from(number % 36).expect("a digit is small")]));
        number /= 36;
    }
}
