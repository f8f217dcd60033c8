//! Which region a zone is in.

use std::collections::{BTreeMap, BTreeSet};

use sexton_core::address::{Account, Region};

use super::row::{DecodeError, Row};
use super::vocabulary::global;
use sexton_http::Place;

/// The regions of zones, as DescribeZones lists them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Zones(BTreeMap<String, Region>);

impl Zones {
    /// Reads an answer of DescribeZones. One without a single zone is none: there is no such account.
    pub(crate) fn read(answer: Row<'_>) -> Result<Self, DecodeError> {
        let mut zones = BTreeMap::new();
        for row in answer.rows("zoneSet")? {
            let region = Region::new(row.id("regionId")?)?;
            zones.insert(row.id("zoneId")?, region);
        }
        if zones.is_empty() {
            return Err(DecodeError::NotAnAnswer { field: "zoneSet" });
        }
        Ok(Self(zones))
    }

    /// Every region that has a zone, and the one of what is the account's.
    pub(crate) fn regions(&self) -> BTreeSet<Region> {
        self.0.values().cloned().chain([global()]).collect()
    }

    /// The zones of a region.
    pub(crate) fn of(&self, region: &Region) -> impl Iterator<Item = &str> {
        let mine = self.0.iter().filter(move |(_, theirs)| *theirs == region);
        mine.map(|(zone, _)| zone.as_str())
    }

    /// Where a row's resource is, by its zone.
    pub(crate) fn place(&self, account: &Account, row: Row<'_>) -> Result<Place, DecodeError> {
        let zone = row.id("zoneId")?;
        match self.0.get(&zone) {
            Some(region) => Ok(Place { account: account.clone(), region: region.clone() }),
            None => Err(DecodeError::NoRegion { zone }),
        }
    }
}
