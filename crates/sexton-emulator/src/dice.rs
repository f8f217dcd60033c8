//! Seeded random numbers whose sequence is this crate's own, so that a seed means the same world in every release of
//! every dependency.

/// SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Debug, Clone)]
pub(crate) struct Dice {
    state: u64,
}

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Dice for one purpose among several of the same seed.
    pub(crate) fn split(seed: u64, purpose: u64, turn: u64) -> Self {
        let mut outer = Self::new(seed ^ purpose.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        let base = outer.next();
        Self::new(base ^ turn.wrapping_mul(0xA076_1D64_78BD_642F))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below the bound; 0 where the bound is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next() % bound }
    }

    /// A number of the range, both ends included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True that many times in a hundred.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of the choices.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let index = self.below(u64::try_from(choices.len()).unwrap_or(u64::MAX));
        &choices[usize::try_from(index).unwrap_or(0)]
    }

    /// Puts the items into an order of its own (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let chosen = self.below(u64::try_from(last + 1).unwrap_or(u64::MAX));
            items.swap(last, usize::try_from(chosen).unwrap_or(0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference implementation's first outputs for seed 1234567.
    #[test]
    fn the_sequence_is_that_of_splitmix64() {
        let mut dice = Dice::new(1_234_567);
        assert_eq!(dice.next(), 6_457_827_717_110_365_317);
        assert_eq!(dice.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn splits_of_one_seed_differ() {
        let first = Dice::split(7, 1, 1).next();
        assert_ne!(first, Dice::split(7, 1, 2).next());
        assert_ne!(first, Dice::split(7, 2, 1).next());
        assert_eq!(first, Dice::split(7, 1, 1).next());
    }
}
