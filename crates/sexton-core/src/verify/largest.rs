//! The largest set that could be collected, found by taking away.
//!
//! At first every resource that could go by itself is in it, held by every rule that reaches it. Each such *holding* (a
//! rule, strongly or weakly, of a resource) counts what it rests on: being selected, and the neighbours that draw it in.
//! A resource goes out when no rule holds it or a guard on it is not met; a holding when nothing is left that it rests
//! on. Each goes out once, so a chain costs its length. Only holdings that rest on each other in a ring could keep
//! themselves up; these are found by looking once more from what is selected.

use super::groups::number;
use super::holders::{Holders, Met, drawn_with, left_by, met};
use super::rules::{Members, bits, some};
use super::standing::Standing;
use super::world::World;

const OUTSIDE: u32 = u32::MAX;

/// What is still in the set, and what it rests on. A *row* is a resource's number among those that were ever in it.
struct Shrinking<'r, 'a> {
    world: &'r World<'a>,
    standing: &'r Standing,
    words: usize,
    row_of: Vec<u32>,
    resource_of: Vec<u32>,
    within: Members,
    /// By row: the rules that held it at first …
    strong_at_first: Vec<u64>,
    weak_at_first: Vec<u64>,
    /// … and those that hold it still.
    strong: Vec<u64>,
    weak: Vec<u64>,
    /// By row: where its holdings begin, strong before weak.
    holdings: Vec<usize>,
    /// By holding: on how much it rests.
    rests_on: Vec<u32>,
    lost: Vec<Lost>,
    /// The rules whose loss may leave a guard unmet.
    lifting: Vec<u64>,
}

/// Rules of one word that no longer hold a row: strongly, and in either way.
#[derive(Clone, Copy)]
struct Lost {
    row: u32,
    word: usize,
    strong: u64,
    held: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Strongly,
    Weakly,
}

/// The largest set among the resources that could go by themselves, and who holds its members.
pub(super) fn largest(world: &World<'_>, standing: &Standing, fit: &Members) -> (Members, Holders) {
    let mut shrinking = Shrinking::new(world, standing, fit);
    shrinking.count();
    for row in 0..shrinking.resource_of.len() {
        let resource = shrinking.resource_of[row];
        if shrinking.within.has(resource) && !shrinking.all_met(row) {
            shrinking.take_out(row);
        }
    }
    loop {
        shrinking.settle();
        let holders = Holders::among(world, standing, &shrinking.within);
        if !shrinking.lose_what_is_not(&holders) {
            return (shrinking.within, holders);
        }
    }
}

impl<'r, 'a> Shrinking<'r, 'a> {
    fn new(world: &'r World<'a>, standing: &'r Standing, fit: &Members) -> Self {
        let words = standing.matched.words();
        let holders = Holders::among(world, standing, fit);
        let mut lifting = standing.waits.clone();
        for guard in 0..world.guards().len() {
            for (word, granted) in lifting.iter_mut().zip(standing.forces.of(guard)) {
                *word |= granted;
            }
        }
        let mut shrinking = Self {
            world,
            standing,
            words,
            row_of: vec![OUTSIDE; world.inventory.len()],
            resource_of: Vec::new(),
            within: Members::new(world.inventory.len()),
            strong_at_first: Vec::new(),
            weak_at_first: Vec::new(),
            strong: Vec::new(),
            weak: Vec::new(),
            holdings: Vec::new(),
            rests_on: Vec::new(),
            lost: Vec::new(),
            lifting,
        };
        let mut holdings = 0;
        for resource in holders.held().iter().copied() {
            shrinking.row_of[resource as usize] = number(shrinking.resource_of.len());
            shrinking.resource_of.push(resource);
            shrinking.within.insert(resource);
            shrinking.strong_at_first.extend_from_slice(holders.strong(resource));
            shrinking.weak_at_first.extend_from_slice(holders.weak(resource));
            shrinking.holdings.push(holdings);
            let held = holders.strong(resource).iter().chain(holders.weak(resource));
            holdings += held.map(|word| word.count_ones() as usize).sum::<usize>();
        }
        shrinking.strong.clone_from(&shrinking.strong_at_first);
        shrinking.weak.clone_from(&shrinking.weak_at_first);
        shrinking.rests_on = vec![0; holdings];
        shrinking
    }

    /// The row of a resource that is still in the set.
    fn row(&self, resource: u32) -> Option<usize> {
        self.within.has(resource).then(|| self.row_of[resource as usize] as usize)
    }

    fn strong(&self, row: usize) -> &[u64] {
        &self.strong[row * self.words..(row + 1) * self.words]
    }

    fn weak(&self, row: usize) -> &[u64] {
        &self.weak[row * self.words..(row + 1) * self.words]
    }

    /// The number of a holding.
    fn holding(&self, row: usize, how: How, word: usize, bit: u32) -> usize {
        let first = row * self.words;
        let strong = &self.strong_at_first[first..first + self.words];
        let weak = &self.weak_at_first[first..first + self.words];
        let ones = |words: &[u64]| words.iter().map(|word| word.count_ones() as usize).sum::<usize>();
        let below = |word: u64| (word & ((1 << bit) - 1)).count_ones() as usize;
        self.holdings[row]
            + match how {
                How::Strongly => ones(&strong[..word]) + below(strong[word]),
                How::Weakly => ones(strong) + ones(&weak[..word]) + below(weak[word]),
            }
    }

    /// Counts what each holding rests on.
    fn count(&mut self) {
        let (world, standing) = (self.world, self.standing);
        for row in 0..self.resource_of.len() {
            let resource = self.resource_of[row];
            if standing.is_selected(resource) {
                for word in 0..self.words {
                    for bit in bits(standing.matched.of(resource as usize)[word]) {
                        let holding = self.holding(row, How::Strongly, word, bit);
                        self.rests_on[holding] += 1;
                    }
                }
            }
            drawn_with(world, resource, |dependent| {
                let Some(drawn) = self.row(dependent) else { return };
                for word in 0..self.words {
                    let rules = self.strong(row)[word] & standing.cascade.of(dependent as usize)[word];
                    for bit in bits(rules) {
                        let holding = self.holding(drawn, How::Strongly, word, bit);
                        self.rests_on[holding] += 1;
                    }
                }
            });
            left_by(world, resource, |dependency| {
                let Some(drawn) = self.row(dependency) else { return };
                for word in 0..self.words {
                    let held = self.strong(row)[word] | self.weak(row)[word];
                    for bit in bits(held & standing.orphans.of(dependency as usize)[word]) {
                        let holding = self.holding(drawn, How::Weakly, word, bit);
                        self.rests_on[holding] += 1;
                    }
                }
            });
        }
    }

    fn all_met(&self, row: usize) -> bool {
        let resource = self.resource_of[row];
        self.world.raised_on(resource).iter().all(|raised| {
            met(self.world, self.standing, *raised, self.strong(row), self.weak(row), |other| self.within.has(other))
                != Met::No
        })
    }

    /// Takes a resource out of the set, and with it all that holds it.
    fn take_out(&mut self, row: usize) {
        self.within.remove(self.resource_of[row]);
        for word in 0..self.words {
            let at = row * self.words + word;
            let (strong, held) = (self.strong[at], self.strong[at] | self.weak[at]);
            self.strong[at] = 0;
            self.weak[at] = 0;
            self.lost.push(Lost { row: number(row), word, strong, held });
        }
    }

    /// Follows what was lost until nothing more is.
    fn settle(&mut self) {
        while let Some(lost) = self.lost.pop() {
            let (row, resource) = (lost.row as usize, self.resource_of[lost.row as usize]);
            if lost.strong != 0 {
                drawn_with(self.world, resource, |dependent| {
                    if let Some(drawn) = self.row(dependent) {
                        let rules = lost.strong & self.standing.cascade.of(dependent as usize)[lost.word];
                        bits(rules).for_each(|bit| self.rest_less(drawn, How::Strongly, lost.word, bit));
                    }
                });
            }
            if lost.held != 0 {
                left_by(self.world, resource, |dependency| {
                    if let Some(drawn) = self.row(dependency) {
                        let rules = lost.held & self.standing.orphans.of(dependency as usize)[lost.word];
                        bits(rules).for_each(|bit| self.rest_less(drawn, How::Weakly, lost.word, bit));
                    }
                });
            }
            if self.within.has(resource) {
                let lifted = (lost.strong | lost.held) & self.lifting[lost.word] != 0;
                if !some(self.strong(row)) && !some(self.weak(row)) || lifted && !self.all_met(row) {
                    self.take_out(row);
                }
            } else if lost.word + 1 == self.words {
                self.harm_what_it_guards(resource);
            }
        }
    }

    /// What is out of the set guards again.
    fn harm_what_it_guards(&mut self, resource: u32) {
        let world = self.world;
        for raised in world.raised_by(resource) {
            if let Some(row) = self.row(raised.target()) {
                let met =
                    met(world, self.standing, raised, self.strong(row), self.weak(row), |other| self.within.has(other));
                if met == Met::No {
                    self.take_out(row);
                }
            }
        }
    }

    /// One thing less that a holding rests on.
    fn rest_less(&mut self, row: usize, how: How, word: usize, bit: u32) {
        let at = row * self.words + word;
        let rule = 1 << bit;
        let own = match how {
            How::Strongly => self.strong[at],
            How::Weakly => self.weak[at],
        };
        if own & rule == 0 {
            return;
        }
        let holding = self.holding(row, how, word, bit);
        self.rests_on[holding] -= 1;
        if self.rests_on[holding] == 0 {
            self.lose(row, how, word, rule);
        }
    }

    fn lose(&mut self, row: usize, how: How, word: usize, rules: u64) {
        let at = row * self.words + word;
        let before = self.strong[at] | self.weak[at];
        let strong = match how {
            How::Strongly => {
                self.strong[at] &= !rules;
                rules
            }
            How::Weakly => {
                self.weak[at] &= !rules;
                0
            }
        };
        let held = before & !(self.strong[at] | self.weak[at]);
        self.lost.push(Lost { row: number(row), word, strong, held });
    }

    /// Takes away holdings that do not follow from what is selected, and says whether there were any.
    fn lose_what_is_not(&mut self, holders: &Holders) -> bool {
        let mut lost = false;
        for row in 0..self.resource_of.len() {
            let resource = self.resource_of[row];
            if !self.within.has(resource) {
                continue;
            }
            for word in 0..self.words {
                let strong = self.strong(row)[word] & !holders.strong(resource)[word];
                let weak = self.weak(row)[word] & !holders.weak(resource)[word];
                if strong != 0 {
                    self.lose(row, How::Strongly, word, strong);
                }
                if weak != 0 {
                    self.lose(row, How::Weakly, word, weak);
                }
                lost |= strong | weak != 0;
            }
        }
        lost
    }
}
