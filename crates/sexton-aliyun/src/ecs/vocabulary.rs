//! The words in which ECS is written into inventories, plans and policies. They are pinned: see `docs/aliyun-ecs.md`.

use std::borrow::Cow;

use sexton_core::address::{Kind, Provider, Region, Relation};
use sexton_http::{KindWord, words};

/// The provider's name in addresses.
pub(crate) fn provider() -> Provider {
    Provider::new("aliyun-ecs").expect("the name holds no separator")
}

words! {
    /// What is listed.
    EcsKind: Kind {
        Snapshot => "snapshot",
        Image => "image",
        Disk => "disk",
        Instance => "instance",
        Share => "share",
        Publication => "publication",
        Task => "task",
        LaunchTemplate => "launch-template",
        ScalingConfiguration => "scaling-configuration",
        AutoSnapshotPolicy => "auto-snapshot-policy",
    }
}

words! {
    /// How a dependent refers to a dependency.
    EcsRelation: Relation {
        CreatedFrom => "created-from",
        BootedFrom => "booted-from",
        Grants => "grants",
        Publishes => "publishes",
        Exports => "exports",
        Imports => "imports",
        RefersTo => "refers-to",
        AttachedTo => "attached-to",
        Source => "source",
        Covers => "covers",
    }
}

impl KindWord for EcsKind {
    fn provider() -> Provider {
        provider()
    }

    fn region(self, listed: &Region) -> Cow<'_, Region> {
        Cow::Borrowed(listed)
    }
}

impl EcsKind {
    pub(crate) const ALL: &[Self] = &[
        Self::Snapshot,
        Self::Image,
        Self::Disk,
        Self::Instance,
        Self::Share,
        Self::Publication,
        Self::Task,
        Self::LaunchTemplate,
        Self::ScalingConfiguration,
        Self::AutoSnapshotPolicy,
    ];

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }
}

/// The census kind of the listing of snapshot groups, which are attributes of their snapshots.
pub(crate) fn snapshot_group() -> Kind {
    Kind::new("snapshot-group").expect("the word holds no separator")
}

/// The census kind of the listing of locks, which has no resources of its own.
pub(crate) fn snapshot_lock() -> Kind {
    Kind::new("snapshot-lock").expect("the word holds no separator")
}
