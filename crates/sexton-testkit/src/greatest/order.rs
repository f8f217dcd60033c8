//! What comes before what, were everything collected: the last paragraph of section 6.

use super::{Greatest, Numbers};

impl Greatest<'_> {
    pub(super) fn order(&self) -> Vec<Numbers> {
        let count = self.resources.len();
        let mut before = vec![Numbers::new(); count];
        for raised in &self.raised {
            let (target, Some(other)) = (raised.target, raised.other()) else { continue };
            if raised.goes_with() {
                before[other].insert(target);
            } else {
                before[target].insert(other);
            }
        }
        for (carrier, before) in before.iter_mut().enumerate() {
            let carried = self.goes_with(carrier);
            for member in &carried {
                let others = self.raised_on(*member).filter(|raised| !raised.goes_with());
                let others = others.filter_map(super::Raised::other);
                before.extend(others.filter(|other| *other != carrier && !carried.contains(other)));
            }
        }
        // A guard that a resource raises on itself orders nothing.
        for (index, before) in before.iter_mut().enumerate() {
            before.remove(&index);
        }
        before
    }

    /// All that goes with a carrier, directly or through another.
    pub fn goes_with(&self, carrier: usize) -> Numbers {
        let mut going = Numbers::new();
        let mut next = vec![carrier];
        while let Some(index) = next.pop() {
            let others = self.raised_on(index).filter(|raised| raised.goes_with()).filter_map(super::Raised::other);
            for other in others {
                if other != carrier && going.insert(other) {
                    next.push(other);
                }
            }
        }
        going
    }

    pub(super) fn comes_after_itself(&self, index: usize) -> bool {
        let mut seen = Numbers::new();
        let mut next: Vec<usize> = self.before[index].iter().copied().collect();
        while let Some(before) = next.pop() {
            if before == index {
                return true;
            }
            if seen.insert(before) {
                next.extend(&self.before[before]);
            }
        }
        false
    }
}
