//! Sets of collect rules, one for each of many rows, in one flat array.

/// A set of rules for each of many rows.
#[derive(Debug, Clone)]
pub(super) struct RuleSets {
    words: usize,
    bits: Vec<u64>,
}

impl RuleSets {
    pub(super) fn new(rows: usize, words: usize) -> Self {
        Self { words, bits: vec![0; rows * words] }
    }

    /// How many words a set of so many rules takes.
    pub(super) fn words_for(rules: usize) -> usize {
        rules.div_ceil(64).max(1)
    }

    pub(super) fn words(&self) -> usize {
        self.words
    }

    pub(super) fn of(&self, row: usize) -> &[u64] {
        &self.bits[row * self.words..(row + 1) * self.words]
    }

    pub(super) fn of_mut(&mut self, row: usize) -> &mut [u64] {
        &mut self.bits[row * self.words..(row + 1) * self.words]
    }

    pub(super) fn insert(&mut self, row: usize, rule: usize) {
        self.bits[row * self.words + rule / 64] |= 1 << (rule % 64);
    }
}

/// Whether a set holds anything.
pub(super) fn some(set: &[u64]) -> bool {
    set.iter().any(|word| *word != 0)
}

/// Whether two sets have a rule in common.
pub(super) fn share(a: &[u64], b: &[u64]) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}

/// The bits of a word, ascending.
pub(super) fn bits(mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        if word == 0 {
            return None;
        }
        let bit = word.trailing_zeros();
        word &= word - 1;
        Some(bit)
    })
}

/// The rules of a set, ascending.
pub(super) fn rules(set: &[u64]) -> impl Iterator<Item = usize> + '_ {
    set.iter().enumerate().flat_map(|(position, word)| bits(*word).map(move |bit| position * 64 + bit as usize))
}

/// The rules of either of two sets, ascending.
pub(super) fn either<'s>(a: &'s [u64], b: &'s [u64]) -> impl Iterator<Item = usize> + 's {
    a.iter().zip(b).enumerate().flat_map(|(position, (a, b))| bits(a | b).map(move |bit| position * 64 + bit as usize))
}

/// The rules of both of two sets, ascending.
pub(super) fn both<'s>(a: &'s [u64], b: &'s [u64]) -> impl Iterator<Item = usize> + 's {
    a.iter().zip(b).enumerate().flat_map(|(position, (a, b))| bits(a & b).map(move |bit| position * 64 + bit as usize))
}

/// Whether a rule is in a set.
pub(super) fn has(set: &[u64], rule: usize) -> bool {
    set[rule / 64] >> (rule % 64) & 1 == 1
}

/// A set of resources.
#[derive(Debug, Clone)]
pub(super) struct Members {
    bits: Vec<u64>,
}

impl Members {
    pub(super) fn new(resources: usize) -> Self {
        Self { bits: vec![0; resources.div_ceil(64)] }
    }

    pub(super) fn has(&self, resource: u32) -> bool {
        self.bits[resource as usize / 64] >> (resource % 64) & 1 == 1
    }

    pub(super) fn insert(&mut self, resource: u32) {
        self.bits[resource as usize / 64] |= 1 << (resource % 64);
    }

    pub(super) fn remove(&mut self, resource: u32) {
        self.bits[resource as usize / 64] &= !(1 << (resource % 64));
    }

    /// Ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.bits.iter().enumerate().flat_map(|(position, word)| {
            let first = u32::try_from(position * 64).expect("resources are numbered by 32 bits");
            bits(*word).map(move |bit| first + bit)
        })
    }
}
