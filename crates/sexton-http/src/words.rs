//! Enums of the words in which a provider is written into inventories.

use std::borrow::Cow;

use sexton_core::address::{Kind, Provider, Region};

/// A kind of a provider's resources.
pub trait KindWord: Copy + Into<Kind> {
    /// The provider's name in addresses.
    fn provider() -> Provider;

    /// The region in which resources of the kind are addressed, of those that a listing of a region gives.
    fn region(self, listed: &Region) -> Cow<'_, Region>;
}

/// An enum of words, each the text of a kind or a relation.
#[macro_export]
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

        impl From<$name> for $target {
            fn from(word: $name) -> Self {
                word.name()
            }
        }
    };
}
