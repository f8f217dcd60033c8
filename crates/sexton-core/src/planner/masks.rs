//! Sets of rules, one for each resource, in one flat array.

/// Some rules of a set, one a bit. There is a set for each resource in every one of several arrays, and seldom more rules
/// than fit here: a short word is memory that is not walked.
pub(super) type Word = u16;

const BITS: usize = Word::BITS as usize;

/// A set of rules for each of many rows.
#[derive(Debug, Clone)]
pub(super) struct Masks {
    words: usize,
    bits: Vec<Word>,
}

/// One set of rules.
pub(super) type Mask<'a> = &'a [Word];

impl Masks {
    pub(super) fn new(rows: usize, rules: usize) -> Self {
        let words = rules.div_ceil(BITS).max(1);
        Self { words, bits: vec![0; rows * words] }
    }

    pub(super) fn row(&self, row: usize) -> Mask<'_> {
        &self.bits[row * self.words..(row + 1) * self.words]
    }

    pub(super) fn insert(&mut self, row: usize, rule: usize) {
        self.bits[row * self.words + rule / BITS] |= 1 << (rule % BITS);
    }

    pub(super) fn has(&self, row: usize, rule: usize) -> bool {
        self.bits[row * self.words + rule / BITS] >> (rule % BITS) & 1 == 1
    }

    pub(super) fn clear(&mut self) {
        self.bits.fill(0);
    }

    pub(super) fn clear_row(&mut self, row: usize) {
        self.bits[row * self.words..(row + 1) * self.words].fill(0);
    }

    /// Adds to a row what two sets have in common, and says whether that changed it.
    pub(super) fn add_common(&mut self, row: usize, a: Mask<'_>, b: Mask<'_>) -> Changed {
        let mut changed = Changed::No;
        for (own, (a, b)) in self.bits[row * self.words..(row + 1) * self.words].iter_mut().zip(a.iter().zip(b)) {
            let new = *own | (a & b);
            if new != *own {
                *own = new;
                changed = Changed::Yes;
            }
        }
        changed
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Changed {
    No,
    Yes,
}

pub(super) fn any(mask: Mask<'_>) -> bool {
    mask.iter().any(|word| *word != 0)
}

pub(super) fn meet(a: Mask<'_>, b: Mask<'_>) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}

pub(super) fn union(a: Mask<'_>, b: Mask<'_>) -> Vec<Word> {
    a.iter().zip(b).map(|(a, b)| a | b).collect()
}

/// The rules of a set, ascending.
pub(super) fn rules(mask: Mask<'_>) -> impl Iterator<Item = usize> + '_ {
    mask.iter()
        .enumerate()
        .flat_map(|(word, bits)| (0..BITS).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| word * BITS + bit))
}
