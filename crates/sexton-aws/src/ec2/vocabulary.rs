//! The words in which EC2 is written into inventories, plans and policies. They are pinned: see `docs/aws-ec2.md`.

use sexton_core::address::{Kind, Provider, Relation};

/// The provider's name in addresses.
pub(crate) fn provider() -> Provider {
    Provider::new("aws-ec2").expect("the name holds no separator")
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
    Ec2Kind: Kind {
        Snapshot => "snapshot",
        Image => "image",
        Disk => "disk",
        Instance => "instance",
        Share => "share",
        Publication => "publication",
        LaunchTemplate => "launch-template",
        LaunchConfiguration => "launch-configuration",
    }
}

words! {
    /// How a dependent refers to a dependency.
    Ec2Relation: Relation {
        CreatedFrom => "created-from",
        BootedFrom => "booted-from",
        Grants => "grants",
        Publishes => "publishes",
        RefersTo => "refers-to",
        AttachedTo => "attached-to",
    }
}

impl Ec2Kind {
    pub(crate) const ALL: &[Self] = &[
        Self::Snapshot,
        Self::Image,
        Self::Disk,
        Self::Instance,
        Self::Share,
        Self::Publication,
        Self::LaunchTemplate,
        Self::LaunchConfiguration,
    ];

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }
}

/// The census kind of the listing of locks, which has no resources of its own.
pub(crate) fn snapshot_lock() -> Kind {
    Kind::new("snapshot-lock").expect("the word holds no separator")
}

/// The census kind of the retention rules of the Recycle Bin, which are no resources of the inventory.
pub(crate) fn recycle_bin_rule() -> Kind {
    Kind::new("recycle-bin-rule").expect("the word holds no separator")
}
