//! Inventories of ECS resources of any size, to measure with: written as a stream, from a seed, in constant memory.
//!
//! A resource is a function of its kind, its number and the seed, so links name what is written elsewhere in the file
//! without anything being kept.

use std::io::{self, Write};

mod extreme;
mod fleet;
mod line;
mod random;
#[cfg(test)]
mod tests;

pub(crate) use random::{Chance, Dice};

/// What sort of world is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// What an account looks like: half snapshots, a fifth images, 10% disks, 15% instances, 5% shares, in four regions.
    Fleet,
    /// A world in which a planner could be slow.
    Extreme(Extreme),
}

/// Worlds in which a planner could be slow, each in one region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extreme {
    /// One snapshot from which all the rest, images, were made. All of it goes.
    OneSnapshotUnderManyImages,
    /// Disks and snapshots in one chain, each made from the one before; its first disk draws in all the rest, and each
    /// has to go after the next.
    DeepChain,
    /// The same, with all selected and the last held: the loss has to travel the whole chain.
    BrokenChain,
    /// Disks that one instance holds.
    OneBlocker,
    /// Snapshots, disks, instances and images in rings of four. The loss of each snapshot leaves a disk without a rule
    /// that holds it, which costs the next ring its snapshot: no loss is seen before the one before it.
    Alternating,
}

impl Shape {
    /// Every shape with its name on the command line.
    pub const ALL: [(&'static str, Shape); 6] = [
        ("fleet", Shape::Fleet),
        ("one-snapshot-under-many-images", Shape::Extreme(Extreme::OneSnapshotUnderManyImages)),
        ("deep-chain", Shape::Extreme(Extreme::DeepChain)),
        ("broken-chain", Shape::Extreme(Extreme::BrokenChain)),
        ("one-blocker", Shape::Extreme(Extreme::OneBlocker)),
        ("alternating", Shape::Extreme(Extreme::Alternating)),
    ];

    /// The shape of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, shape)| *shape)
    }
}

/// An inventory to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// How many resources.
    pub resources: u64,
    /// The same seed gives the same bytes.
    pub seed: u64,
    /// Of a thousand facts, how many are unknown. Only [`Shape::Fleet`] has any. Unknown links are in the last region
    /// alone, for one of them already leaves its kind unlisted there.
    pub unknown_permille: u32,
    /// What sort of world.
    pub shape: Shape,
}

impl Scale {
    /// A fleet of so many resources, with every fact known.
    pub fn fleet(resources: u64, seed: u64) -> Self {
        Self { resources, seed, unknown_permille: 0, shape: Shape::Fleet }
    }

    /// Writes the inventory. The lines of a fleet stand by region and kind, in no order of their ids.
    ///
    /// # Errors
    /// What `out` gives.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        line::header(out)?;
        match self.shape {
            Shape::Fleet => {
                line::census(out, &line::REGIONS)?;
                fleet::Fleet::new(self).write(out)
            }
            Shape::Extreme(extreme) => {
                line::census(out, &line::REGIONS[..1])?;
                extreme::write(self, extreme, out)
            }
        }
    }

    /// The policy to plan it with. Its limits let every plan be applied.
    pub fn policy(&self) -> String {
        let rules = match self.shape {
            Shape::Fleet => fleet::POLICY,
            Shape::Extreme(extreme) => extreme::policy(extreme),
        };
        format!("{LIMITS}\n{rules}")
    }
}

const LIMITS: &str = "version = 1

[limits]
max_steps = 100000000
max_percent = 100
max_drawn = 100000000
max_forced = 100000000
[limits.kind.instance]
max_steps = 100000000
[limits.kind.disk]
max_steps = 100000000
";
