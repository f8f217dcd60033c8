//! Worlds: an inventory and a policy under the synthetic rulebook, generated so that the hard cases are common.
//!
//! [`worlds`] are of one place and few resources, small enough for every subset to be looked at; [`large_worlds`] are of
//! up to some hundred resources in several accounts and regions, put together from pieces of a shape.

use std::fmt;

use sexton_core::fact::Fact;
use sexton_core::inventory::{self, CensusLine, CensusScope, Inventory, Listing};
use sexton_core::policy::Policy;
use sexton_core::resource::{Link, Resource};
use sexton_core::time::{Span, Timestamp};

mod large;
mod pieces;
mod policy;
mod small;

pub use large::large_worlds;
pub use small::{worlds, worlds_of};

/// The kinds of the synthetic rulebook.
pub const KINDS: [&str; 8] = ["snapshot", "image", "disk", "instance", "share", "task", "node", "template"];

/// A census kind of the synthetic rulebook that has no resources.
pub const LOCKS: &str = "snapshot-lock";

/// The kinds of which large worlds lack listings, and which their policies waive.
const LISTED: [&str; 6] = ["image", "disk", "instance", "node", "template", LOCKS];

/// Which links the generators draw: holder's kind, relation, target's kind.
const LINKS: [(&str, &str, &str); 14] = [
    ("image", "created-from", "snapshot"),
    ("disk", "created-from", "snapshot"),
    ("instance", "booted-from", "image"),
    ("share", "grants", "image"),
    ("task", "exports", "image"),
    ("disk", "attached-to", "instance"),
    ("snapshot", "source", "disk"),
    ("node", "needs", "node"),
    ("node", "runs-on", "node"),
    ("node", "mirrors", "node"),
    ("node", "cloned-from", "disk"),
    ("template", "refers-to", "snapshot"),
    ("template", "refers-to", "image"),
    ("image", "unrelated", "disk"),
];

/// An inventory and the text of a policy.
#[derive(Clone)]
pub struct World {
    /// When it was taken.
    pub taken_at: Timestamp,
    /// What was listed.
    pub census: Vec<CensusLine>,
    /// What is there.
    pub resources: Vec<Resource>,
    /// The policy.
    pub policy: String,
}

impl World {
    /// The inventory.
    pub fn inventory(&self) -> Inventory {
        Inventory::new(self.taken_at, self.census.clone(), self.resources.clone())
            .expect("the generator numbers its resources")
    }

    /// The policy.
    pub fn policy(&self) -> Policy {
        match Policy::parse(&self.policy) {
            Ok(policy) => policy,
            Err(error) => panic!("the generator writes policies without fault:\n{}\n{error}", self.policy),
        }
    }
}

impl World {
    /// The world whose rules lack a key, such as `options`. The policy is one key a line, as the generators write it.
    pub fn without(&self, key: &str) -> Self {
        let has = |line: &str| line.split('=').next().is_some_and(|own| own.trim() == key);
        let lines: Vec<&str> = self.policy.lines().filter(|line| !has(line)).collect();
        Self { policy: lines.join("\n"), ..self.clone() }
    }
}

/// As its files would be, without the census lines of what was listed completely.
impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |line: &CensusLine| line.listing == Listing::Complete && line.as_of == Fact::Known(self.taken_at);
        let mut text = Vec::new();
        for line in self.census.iter().filter(|line| !whole(line)) {
            inventory::write_census_line(line, &mut text).map_err(|_| fmt::Error)?;
        }
        for resource in &self.resources {
            inventory::write_resource(resource, &mut text).map_err(|_| fmt::Error)?;
        }
        write!(f, "\n{}\n{}", String::from_utf8_lossy(&text), self.policy)
    }
}

/// When every world was taken.
pub fn taken_at() -> Timestamp {
    "2026-11-21T00:00:00Z".parse().expect("a literal time is a time")
}

/// A census line of a kind in a place, given as `provider:account:region`.
pub fn census_line(place: &str, kind: &str, listing: Listing, as_of: Fact<Timestamp>) -> CensusLine {
    let mut parts = place.splitn(3, ':');
    let mut part = || parts.next().expect("a place has three parts");
    CensusLine {
        scope: CensusScope {
            provider: part().parse().expect("a literal provider"),
            account: part().parse().expect("a literal account"),
            region: part().parse().expect("a literal region"),
            kind: kind.parse().expect("a literal kind"),
        },
        listing,
        as_of,
    }
}

/// A resource of which everything is known and nothing is remarkable, with links by relation and target.
pub fn plain(address: &str, links: &[(&str, String)]) -> Resource {
    let links = links.iter().map(|(relation, target)| Link {
        relation: relation.parse().expect("a literal relation"),
        target: target.parse().expect("a literal address"),
    });
    Resource {
        name: Fact::Known("plain".to_owned()),
        created_at: taken_at().checked_sub(Span::from_hours(24 * 100)).into(),
        state: Fact::Known("Processing".to_owned()),
        size_bytes: Fact::Known(1),
        tags: Fact::Known([].into()),
        attributes: Fact::Known([].into()),
        links: Fact::Known(links.collect()),
        ..Resource::unknown(address.parse().expect("a literal address"))
    }
}

/// A world of those places, each `provider:account:region`, in which everything was listed.
pub fn whole(places: &[&str], resources: Vec<Resource>, rules: &str) -> World {
    let kinds = || KINDS.iter().chain(&[LOCKS]);
    let lines = |place| kinds().map(move |kind| census_line(place, kind, Listing::Complete, Fact::Known(taken_at())));
    World {
        taken_at: taken_at(),
        census: places.iter().flat_map(|place| lines(place)).collect(),
        resources,
        policy: format!("{NO_LIMITS}{rules}"),
    }
}

/// What every policy begins with: limits that nothing exceeds.
pub const NO_LIMITS: &str = "version = 1
[limits]
max_steps = 1000000
max_percent = 100
max_drawn = 1000000
max_forced = 1000000
kind.instance.max_steps = 1000000
kind.disk.max_steps = 1000000
";
