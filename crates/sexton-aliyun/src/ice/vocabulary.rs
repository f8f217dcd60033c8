//! The words in which ICE is written into inventories, plans and policies. They are pinned: see `docs/aliyun-ice.md`.

use std::borrow::Cow;

use sexton_core::address::{Kind, Provider, Region, Relation};
use sexton_http::{KindWord, words};

/// The provider's name in addresses.
pub(crate) fn provider() -> Provider {
    Provider::new("aliyun-ice").expect("the name holds no separator")
}

words! {
    /// What is listed. What can be removed stands first.
    IceKind: Kind {
        File => "live-snapshot-file",
        Job => "live-snapshot-job",
    }
}

words! {
    /// How a dependent refers to a dependency.
    IceRelation: Relation {
        MadeBy => "made-by",
    }
}

impl KindWord for IceKind {
    fn provider() -> Provider {
        provider()
    }

    fn region(self, listed: &Region) -> Cow<'_, Region> {
        Cow::Borrowed(listed)
    }
}

impl IceKind {
    pub(crate) const ALL: &[Self] = &[Self::File, Self::Job];

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }
}
