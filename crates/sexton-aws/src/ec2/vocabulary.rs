//! The words in which EC2 is written into inventories, plans and policies. They are pinned: see `docs/aws-ec2.md`.

use std::borrow::Cow;

use sexton_core::address::{Kind, Provider, Region, Relation};
use sexton_http::{KindWord, words};

/// The provider's name in addresses.
pub(crate) fn provider() -> Provider {
    Provider::new("aws-ec2").expect("the name holds no separator")
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

impl KindWord for Ec2Kind {
    fn provider() -> Provider {
        provider()
    }

    fn region(self, listed: &Region) -> Cow<'_, Region> {
        Cow::Borrowed(listed)
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
