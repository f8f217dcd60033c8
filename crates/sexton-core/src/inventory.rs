//! An immutable set of resources plus its census: what was listed, completely or not, as of when.
//!
//! Resources are kept in columns, sorted by address, each word once. [`Inventory::resource`] reads one in place;
//! [`Resource`] is one by itself.

use std::num::NonZeroUsize;

use crate::address::Address;
use crate::resource::Resource;
use crate::time::Timestamp;

mod census;
mod draft;
mod intern;
mod read;
pub(crate) mod schema;
mod table;
#[cfg(test)]
mod tests;
mod texts;
mod view;
mod write;

pub use census::{Census, CensusLine, CensusScope, Listing};
use draft::{Draft, RowError};
pub(crate) use intern::Symbol;
pub use read::{ReadError, read, read_by};
pub(crate) use table::{Leads, Table};
pub use view::{AttributesRef, LinkRef, LinksRef, ResourceRef, TagsRef, Target};
pub use write::{WriteError, write, write_census_line, write_header, write_resource};

/// The name of the inventory format, in its header line.
pub const FORMAT: &str = "sexton.inventory";
/// The version of the format that is read and written.
pub const VERSION: u64 = 1;

/// Where a resource stands in its inventory. Indexes ascend as addresses do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceIndex(u32);

impl ResourceIndex {
    pub(crate) fn new(index: usize) -> Self {
        Self(number(index))
    }

    /// The place among the inventory's resources, from 0.
    pub fn get(self) -> usize {
        self.0 as usize
    }
}

/// An immutable set of resources, sorted by address, and its census.
#[derive(Debug, Clone)]
pub struct Inventory {
    taken_at: Timestamp,
    census: Census,
    pub(crate) table: Table,
    digest: String,
}

/// Why resources do not make an inventory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Two resources have one address.
    #[error("{address} occurs twice")]
    Repeated {
        /// The address.
        address: Address,
    },
    /// More resources or links than can be numbered.
    #[error("an inventory holds fewer than 4294967295 resources and 2147483647 links")]
    TooMany,
    /// An id, a name, a tag or another text of a resource is longer than 16 MiB.
    #[error("{address} has a text of more than 16 MiB")]
    TooLong {
        /// The resource.
        address: Address,
    },
}

impl Inventory {
    /// Puts an inventory together from one's own data. Its digest is that of the canonical text of it.
    ///
    /// ```
    /// use sexton_core::fact::Fact;
    /// use sexton_core::inventory::{BuildError, Inventory};
    /// use sexton_core::resource::Resource;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // Nothing but the address and that it has no tags is known. No census: nothing counts as listed.
    /// let volume = Resource {
    ///     tags: Fact::Known([].into()),
    ///     ..Resource::unknown("lab:1:here:volume/v-1".parse()?)
    /// };
    /// let inventory = Inventory::new("2026-11-21T00:00:00Z".parse()?, [], vec![volume.clone()])?;
    /// let index = inventory.find("lab:1:here:volume/v-1").ok_or("it is there")?;
    /// assert_eq!(inventory.resource(index).state(), Fact::Unknown);
    /// assert_eq!(inventory.resource(index).to_resource(), volume);
    ///
    /// let twice = Inventory::new(inventory.taken_at(), [], vec![volume.clone(), volume]);
    /// assert!(matches!(twice, Err(BuildError::Repeated { .. })));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Two resources of one address; more of something than can be kept.
    pub fn new(
        taken_at: Timestamp,
        census: impl IntoIterator<Item = CensusLine>,
        resources: Vec<Resource>,
    ) -> Result<Self, BuildError> {
        let mut draft = Draft::default();
        for resource in &resources {
            draft.push_resource(resource).map_err(|error| match error {
                RowError::TooMany => BuildError::TooMany,
                RowError::TooLong | RowError::Name(_) => BuildError::TooLong { address: resource.address.clone() },
            })?;
        }
        let table = Table::new(draft, NonZeroUsize::MIN)
            .map_err(|repetition| BuildError::Repeated { address: repetition.address })?;
        let mut inventory = Self { taken_at, census: Census::new(census), table, digest: String::new() };
        let mut hasher = blake3::Hasher::new();
        write(&inventory, &mut hasher).expect("a hasher takes every byte and an inventory serialises");
        inventory.digest = format!("blake3:{}", hasher.finalize().to_hex());
        Ok(inventory)
    }

    /// When the listing was taken, by the providers' clocks.
    pub fn taken_at(&self) -> Timestamp {
        self.taken_at
    }

    /// What was listed, completely or not.
    pub fn census(&self) -> &Census {
        &self.census
    }

    /// How many resources there are.
    pub fn len(&self) -> usize {
        self.table.place_of.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.table.place_of.is_empty()
    }

    /// All resources, ascending by address.
    pub fn resources(&self) -> impl ExactSizeIterator<Item = ResourceRef<'_>> {
        (0..self.len()).map(|index| ResourceRef::new(self, ResourceIndex::new(index)))
    }

    /// The resource at an index of this inventory.
    pub fn resource(&self, index: ResourceIndex) -> ResourceRef<'_> {
        ResourceRef::new(self, index)
    }

    /// All indexes, ascending.
    pub fn indexes(&self) -> impl ExactSizeIterator<Item = ResourceIndex> + use<> {
        (0..self.len()).map(ResourceIndex::new)
    }

    /// The resource of that address.
    pub fn find(&self, address: &str) -> Option<ResourceIndex> {
        self.table.find(address).map(ResourceIndex::new)
    }

    /// `blake3:` and the digest of the bytes that were read, or of the canonical text where none were.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

pub(crate) fn number(index: usize) -> u32 {
    u32::try_from(index).expect("an inventory's parts are numbered by 32 bits")
}
