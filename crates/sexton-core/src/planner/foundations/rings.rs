//! The rings of a relation: who stands on a cycle with whom. They are found for a row and all from which it can be
//! reached when the row is first asked for: the strongly connected components, by Tarjan's way (1972), without recursion.

use std::collections::HashMap;

#[cfg(test)]
mod tests;

/// What stands at a place in the list of those that draw a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drawer {
    /// This row draws it.
    Is(u32),
    /// What stands there draws nothing.
    IsNone,
    /// The list ends before.
    NoMore,
}

/// The rings that are known so far.
#[derive(Debug, Default)]
pub(super) struct Rings {
    /// By row: its ring, or `UNSEEN` or `OPEN`.
    ring: Vec<u32>,
    /// By open row: the number of the earliest visit that it is known to be reached from.
    low: HashMap<u32, u32>,
    next: u32,
}

const UNSEEN: u32 = u32::MAX;
const OPEN: u32 = u32::MAX - 1;

/// A row that is being visited.
struct Visit {
    row: u32,
    number: u32,
    /// Which of those that draw it comes next.
    at: usize,
}

impl Rings {
    /// The ring of a row among `count`: one number for all of a ring, and for nothing else.
    pub(super) fn of(&mut self, row: u32, count: usize, drawer: &impl Fn(u32, usize) -> Drawer) -> u32 {
        if self.ring.is_empty() {
            self.ring = vec![UNSEEN; count];
        }
        if self.ring[row as usize] == UNSEEN {
            self.visit(row, drawer);
        }
        self.ring[row as usize]
    }

    fn visit(&mut self, from: u32, drawer: &impl Fn(u32, usize) -> Drawer) {
        let mut numbers = 0;
        let mut open = Vec::new();
        let mut under_way: Vec<Visit> = Vec::new();
        let mut entered = Some(from);
        loop {
            if let Some(row) = entered.take() {
                self.ring[row as usize] = OPEN;
                self.low.insert(row, numbers);
                open.push(row);
                under_way.push(Visit { row, number: numbers, at: 0 });
                numbers += 1;
            }
            let Some(visit) = under_way.last_mut() else { return };
            match drawer(visit.row, visit.at) {
                Drawer::IsNone => visit.at += 1,
                Drawer::Is(by) => {
                    visit.at += 1;
                    match self.ring[by as usize] {
                        UNSEEN => entered = Some(by),
                        OPEN => self.lower(visit.row, self.low[&by]),
                        _ => {}
                    }
                }
                Drawer::NoMore => {
                    let Visit { row, number, .. } = *visit;
                    let low = self.low[&row];
                    if low == number {
                        self.close(row, &mut open);
                    }
                    under_way.pop();
                    if let Some(above) = under_way.last() {
                        self.lower(above.row, low);
                    }
                }
            }
        }
    }

    fn lower(&mut self, row: u32, low: u32) {
        self.low.entry(row).and_modify(|own| *own = low.min(*own));
    }

    /// Makes a ring of what is open since a row was entered.
    fn close(&mut self, row: u32, open: &mut Vec<u32>) {
        while let Some(member) = open.pop() {
            self.ring[member as usize] = self.next;
            self.low.remove(&member);
            if member == row {
                break;
            }
        }
        self.next += 1;
    }
}
