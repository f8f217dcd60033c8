//! An immutable set of resources plus its census: what was listed, completely or not, as of when.

use std::collections::HashMap;

use crate::address::Address;
use crate::fact::Fact;
use crate::resource::Resource;
use crate::time::Timestamp;

mod census;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use census::{Census, CensusLine, CensusScope, Listing};
pub use read::{ReadError, read};
pub use write::{WriteError, write, write_census_line, write_header, write_resource};

/// The name of the inventory format, in its header line.
pub const FORMAT: &str = "sexton.inventory";
/// The version of the format that is read and written.
pub const VERSION: u64 = 1;

/// Where a resource stands in its inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceIndex(u32);

impl ResourceIndex {
    pub(crate) fn new(index: usize) -> Self {
        Self(u32::try_from(index).expect("an inventory holds fewer than 2^32 resources"))
    }

    pub(crate) fn get(self) -> usize {
        self.0 as usize
    }
}

/// An immutable set of resources, sorted by address, and its census.
#[derive(Debug, Clone)]
pub struct Inventory {
    taken_at: Timestamp,
    census: Census,
    resources: Vec<Resource>,
    index: HashMap<Address, ResourceIndex>,
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
    /// More resources than can be numbered.
    #[error("an inventory holds fewer than 4294967296 resources")]
    TooMany,
}

impl Inventory {
    /// Puts an inventory together from one's own data. Its digest is that of the canonical text of it.
    ///
    /// # Errors
    /// Two resources of one address.
    pub fn new(
        taken_at: Timestamp,
        census: impl IntoIterator<Item = CensusLine>,
        resources: Vec<Resource>,
    ) -> Result<Self, BuildError> {
        let mut inventory = Self::assemble(taken_at, Census::new(census), resources, String::new())?;
        let mut hasher = blake3::Hasher::new();
        write(&inventory, &mut hasher).expect("a hasher takes every byte and an inventory serialises");
        inventory.digest = format!("blake3:{}", hasher.finalize().to_hex());
        Ok(inventory)
    }

    fn assemble(
        taken_at: Timestamp,
        census: Census,
        mut resources: Vec<Resource>,
        digest: String,
    ) -> Result<Self, BuildError> {
        if u32::try_from(resources.len()).is_err() {
            return Err(BuildError::TooMany);
        }
        resources.sort_by(|a, b| a.address.cmp(&b.address));
        let mut index = HashMap::with_capacity(resources.len());
        for (position, resource) in resources.iter().enumerate() {
            if index.insert(resource.address.clone(), ResourceIndex::new(position)).is_some() {
                return Err(BuildError::Repeated { address: resource.address.clone() });
            }
        }
        Ok(Self { taken_at, census, resources, index, digest })
    }

    /// When the listing was taken, by the providers' clocks.
    pub fn taken_at(&self) -> Timestamp {
        self.taken_at
    }

    /// What was listed, completely or not.
    pub fn census(&self) -> &Census {
        &self.census
    }

    /// All resources, ascending by address.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// The resource at an index of this inventory.
    pub fn resource(&self, index: ResourceIndex) -> &Resource {
        &self.resources[index.get()]
    }

    /// All indexes, ascending.
    pub fn indexes(&self) -> impl Iterator<Item = ResourceIndex> + use<> {
        (0..self.resources.len()).map(ResourceIndex::new)
    }

    /// The resource of that address.
    pub fn find(&self, address: &str) -> Option<ResourceIndex> {
        self.index.get(address).copied()
    }

    /// `blake3:` and the digest of the bytes that were read, or of the canonical text where none were.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

impl Inventory {
    /// Whether a known link of the resource leads out of the inventory.
    pub fn dangles(&self, target: &Address) -> bool {
        !self.index.contains_key(target)
    }

    /// Whether the links of the resource are known.
    pub fn links_known(&self, index: ResourceIndex) -> bool {
        matches!(self.resource(index).links, Fact::Known(_))
    }
}
