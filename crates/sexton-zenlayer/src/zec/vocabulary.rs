//! The words in which ZEC is written into inventories, plans and policies. They are pinned: see `docs/zenlayer-zec.md`.

use sexton_core::address::{Kind, Provider, Region, Relation};

/// The provider's name in addresses.
pub(crate) fn provider() -> Provider {
    Provider::new("zenlayer-zec").expect("the name holds no separator")
}

/// The region of what is the account's: images.
pub(crate) fn global() -> Region {
    Region::new("global").expect("the name holds no separator")
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident: $target:ident { $($word:ident => $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum $name { $($word),* }

        impl $name {
            pub(crate) fn as_str(self) -> &'static str {
                match self { $(Self::$word => $text),* }
            }

            pub(crate) fn name(self) -> $target {
                $target::new(self.as_str()).expect("the word holds no separator")
            }
        }
    };
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
