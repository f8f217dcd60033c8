//! Enums of the words in which a provider is written into inventories.

/// An enum of words, each the text of a kind or a relation.
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

pub(crate) use words;
