//! Whether something founds a hold in the place of a holder that was lost.
//!
//! A hold is founded by a holder that cannot itself hang on what it founds: one that holds strongly where the hold is a
//! weak one, or one that stands outside the ring of draws, if any, in which the resource stands. Holders are only ever
//! lost, so that those that were passed over are not looked at again, and a holder costs what it holds once. Rings of
//! draws are not cycles of the order: what goes *with* a carrier is drawn by it and comes after it.

use std::collections::HashMap;

use crate::graph::{Graph, RaisedByWhat, number};
use crate::inventory::ResourceIndex;

mod rings;

use rings::{Drawer, Rings};

/// How a rule holds a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Hold {
    /// Matched, or drawn in along a cascade.
    Strong,
    /// Drawn in as an orphan.
    Weak,
}

/// What was found of holders so far.
#[derive(Debug, Default)]
pub(super) struct Foundations {
    /// How many holders of a hold were passed over.
    passed: HashMap<(ResourceIndex, Hold, usize), u32>,
    rings: Rings,
}

impl Foundations {
    /// Whether a rule holds a resource by a draw that does not hang on it. `holds` says whether another is held so,
    /// and is not in doubt.
    pub(super) fn founded(
        &mut self,
        graph: &Graph<'_>,
        index: ResourceIndex,
        hold: Hold,
        rule: usize,
        holds: impl Fn(ResourceIndex, Hold, usize) -> bool,
    ) -> bool {
        let passed = self.passed.entry((index, hold, rule)).or_default();
        let drawer = |row: u32, at: usize| match graph.raised_by_from(ResourceIndex::new(row as usize), at).next() {
            None => Drawer::NoMore,
            Some(raised) if graph.by_dependent(raised.guard) => Drawer::Is(number(raised.target.get())),
            Some(_) => Drawer::IsNone,
        };
        let rings = &mut self.rings;
        let mut ring = |index: ResourceIndex| rings.of(number(index.get()), graph.inventory.len(), &drawer);
        match hold {
            Hold::Strong => graph.raised_by_from(index, *passed as usize).any(|raised| {
                let draws = graph.by_dependent(raised.guard) && raised.target != index;
                let founds = draws && holds(raised.target, Hold::Strong, rule) && ring(raised.target) != ring(index);
                *passed += u32::from(!founds);
                founds
            }),
            Hold::Weak => graph.raised_on(index)[*passed as usize..].iter().any(|raised| {
                let founds = match raised.by {
                    RaisedByWhat::Listed(other) if graph.by_dependent(raised.guard) && other != index => {
                        holds(other, Hold::Strong, rule)
                            || (holds(other, Hold::Weak, rule) && ring(other) != ring(index))
                    }
                    RaisedByWhat::Listed(_)
                    | RaisedByWhat::Itself
                    | RaisedByWhat::Dangling(_)
                    | RaisedByWhat::UnknownLinks => false,
                };
                *passed += u32::from(!founds);
                founds
            }),
        }
    }
}
