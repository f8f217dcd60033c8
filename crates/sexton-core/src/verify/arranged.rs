//! What each of many that go comes after, its wave, and in which order that puts them.

use super::groups::number;
use super::rules::Members;
use super::steps::Ground;
use super::world::starts;

/// What each step comes after, by the places of the steps, and its wave.
#[derive(Debug)]
pub(super) struct Order {
    starts: Vec<u32>,
    before: Vec<u32>,
    /// None for what comes after itself.
    waves: Vec<Option<u32>>,
}

impl Order {
    /// The order of some resources that stand at some places.
    pub(super) fn read(ground: Ground<'_, '_>, resources: &[Option<u32>], place: impl Fn(u32) -> Option<u32>) -> Self {
        let (mut from, mut before) = (vec![0], Vec::new());
        let mut own = Vec::new();
        for resource in resources {
            own.clear();
            if let Some(resource) = resource {
                ground.sequence.before(ground.world, *resource, |other| own.extend(place(other)));
            }
            own.sort_unstable();
            own.dedup();
            before.extend_from_slice(&own);
            from.push(number(before.len()));
        }
        let mut order = Self { starts: from, before, waves: vec![None; resources.len()] };
        order.find_waves();
        order
    }

    /// Puts the members of a set in order, by wave and then address, and says what each comes after.
    pub(super) fn arrange(ground: Ground<'_, '_>, members: &Members) -> (Vec<u32>, Self) {
        const NOWHERE: u32 = u32::MAX;
        let ascending: Vec<Option<u32>> = members.iter().map(Some).collect();
        let mut place = vec![NOWHERE; ground.world.inventory.len()];
        for (at, member) in members.iter().enumerate() {
            place[member as usize] = number(at);
        }
        let by_address =
            Self::read(ground, &ascending, |other| Some(place[other as usize]).filter(|place| *place != NOWHERE));
        let mut sorted: Vec<(Option<u32>, u32)> =
            by_address.waves.iter().copied().zip(0..number(ascending.len())).collect();
        sorted.sort_unstable();
        let mut rank = vec![0; sorted.len()];
        for (at, (_, old)) in sorted.iter().enumerate() {
            rank[*old as usize] = number(at);
        }
        let (mut from, mut before) = (vec![0], Vec::with_capacity(by_address.before.len()));
        for (_, old) in &sorted {
            let start = before.len();
            before.extend(by_address.before(*old as usize).iter().map(|earlier| rank[*earlier as usize]));
            before[start..].sort_unstable();
            from.push(number(before.len()));
        }
        let resources = sorted.iter().filter_map(|(_, old)| ascending[*old as usize]).collect();
        let waves = sorted.into_iter().map(|(wave, _)| wave).collect();
        (resources, Self { starts: from, before, waves })
    }

    /// The places of everything that the step at a place comes after directly, ascending.
    pub(super) fn before(&self, at: usize) -> &[u32] {
        &self.before[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    pub(super) fn wave(&self, at: usize) -> Option<u32> {
        self.waves[at]
    }

    fn find_waves(&mut self) {
        let count = self.waves.len();
        let after_starts = starts(count, self.before.iter().copied());
        let mut next = after_starts.clone();
        let mut after = vec![0; self.before.len()];
        for at in 0..count {
            for before in self.before(at) {
                after[next[*before as usize] as usize] = at;
                next[*before as usize] += 1;
            }
        }
        let mut waiting: Vec<usize> = (0..count).map(|at| self.before(at).len()).collect();
        let mut ready: Vec<usize> = (0..count).filter(|at| waiting[*at] == 0).collect();
        while let Some(at) = ready.pop() {
            let earlier = self.before(at).iter().filter_map(|before| self.waves[*before as usize]).max();
            self.waves[at] = Some(earlier.map_or(0, |wave| wave + 1));
            for later in &after[after_starts[at] as usize..after_starts[at + 1] as usize] {
                waiting[*later] -= 1;
                if waiting[*later] == 0 {
                    ready.push(*later);
                }
            }
        }
    }
}
