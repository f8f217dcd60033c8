//! The words in which ZEC is written into inventories, plans and policies. They are pinned: see `docs/zenlayer-zec.md`.

use std::borrow::Cow;

use sexton_core::address::{Kind, Provider, Region, Relation};
use sexton_http::{KindWord, words};

/// The provider's name in addresses.
pub(crate) fn provider() -> Provider {
    Provider::new("zenlayer-zec").expect("the name holds no separator")
}

/// The region of what is the account's: images.
pub(crate) fn global() -> Region {
    Region::new("global").expect("the name holds no separator")
}

words! {
    /// What is listed.
    ZecKind: Kind {
        Snapshot => "snapshot",
        Disk => "disk",
        Image => "image",
        Instance => "instance",
        AutoSnapshotPolicy => "auto-snapshot-policy",
    }
}

words! {
    /// How a dependent refers to a dependency.
    ZecRelation: Relation {
        CreatedFrom => "created-from",
        BootedFrom => "booted-from",
        AttachedTo => "attached-to",
        Source => "source",
        Covers => "covers",
    }
}

impl KindWord for ZecKind {
    fn provider() -> Provider {
        provider()
    }

    fn region(self, listed: &Region) -> Cow<'_, Region> {
        match self {
            Self::Image => Cow::Owned(global()),
            Self::Snapshot | Self::Disk | Self::Instance | Self::AutoSnapshotPolicy => Cow::Borrowed(listed),
        }
    }
}

impl ZecKind {
    pub(crate) const ALL: &[Self] =
        &[Self::Snapshot, Self::Disk, Self::Image, Self::Instance, Self::AutoSnapshotPolicy];

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }

    /// Whether some accounts have a recycle bin for it.
    pub(crate) fn has_recycle_bin(self) -> bool {
        match self {
            Self::Disk | Self::Instance => true,
            Self::Snapshot | Self::Image | Self::AutoSnapshotPolicy => false,
        }
    }
}
