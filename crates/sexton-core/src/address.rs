//! Names: of a resource (its address) and of the parts an address is made of.
//!
//! An address is `provider:account:region:kind/id`. It is split at the first three `:` and the next `/`, so an id may
//! hold both. No part is empty.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

#[cfg(test)]
mod tests;

/// Why a text is not a name of the wanted sort.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// A part of the name is empty.
    #[error("{part} is empty")]
    Empty {
        /// Which part: `provider`, `account`, `region`, `kind`, `id`, `relation`, `guard code`.
        part: &'static str,
    },
    /// A part holds a character that would change where an address is split.
    #[error("{part} {text:?} may not hold {character:?}")]
    Separator {
        /// Which part.
        part: &'static str,
        /// The offending text.
        text: String,
        /// The separator found in it.
        character: char,
    },
    /// An address lacks a separator.
    #[error("{text:?} is not an address: expected provider:account:region:kind/id")]
    NotAnAddress {
        /// The offending text.
        text: String,
    },
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $part:literal, [$($separator:literal),*]) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Makes the name, refusing empty text and separators.
            pub fn new(text: impl AsRef<str>) -> Result<Self, NameError> {
                let text = text.as_ref();
                if text.is_empty() {
                    return Err(NameError::Empty { part: $part });
                }
                let separators: &[char] = &[$($separator),*];
                if let Some(character) = text.chars().find(|c| separators.contains(c)) {
                    return Err(NameError::Separator { part: $part, text: text.to_owned(), character });
                }
                Ok(Self(text.into()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::new(text).map_err(serde::de::Error::custom)
            }
        }
    };
}

name_type!(
    /// A provider, such as `aliyun-ecs`. Opaque to the core.
    Provider, "provider", [':']
);
name_type!(
    /// An account at a provider.
    Account, "account", [':']
);
name_type!(
    /// A region of a provider; `global` where there is none.
    Region, "region", [':']
);
name_type!(
    /// What sort of resource: an opaque name owned by the provider crate.
    Kind, "kind", ['/']
);
name_type!(
    /// The type of a link, such as `created-from`.
    Relation, "relation", []
);
name_type!(
    /// The code of a guard: the provider's own error code where it has one.
    GuardCode, "guard code", []
);

/// The full name of one resource. Ordered bytewise by its text.
#[derive(Clone)]
pub struct Address {
    text: Box<str>,
    /// Where the account, the region, the kind and the id begin.
    starts: [u32; 4],
}

impl Address {
    /// Puts an address together. Fails on an empty id; the other parts are checked by their types.
    pub fn new(
        provider: &Provider,
        account: &Account,
        region: &Region,
        kind: &Kind,
        id: &str,
    ) -> Result<Self, NameError> {
        if id.is_empty() {
            return Err(NameError::Empty { part: "id" });
        }
        format!("{provider}:{account}:{region}:{kind}/{id}").parse()
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The provider's name.
    pub fn provider(&self) -> &str {
        self.part(0, self.starts[0] - 1)
    }

    /// The account's name.
    pub fn account(&self) -> &str {
        self.part(self.starts[0], self.starts[1] - 1)
    }

    /// The region's name.
    pub fn region(&self) -> &str {
        self.part(self.starts[1], self.starts[2] - 1)
    }

    /// The kind's name.
    pub fn kind(&self) -> &str {
        self.part(self.starts[2], self.starts[3] - 1)
    }

    /// The provider's own id of the resource.
    pub fn id(&self) -> &str {
        &self.text[self.starts[3] as usize..]
    }

    /// `provider:account:region`: where the resource is.
    pub fn scope(&self) -> &str {
        self.part(0, self.starts[2] - 1)
    }

    /// The resource of another kind and id in the same place.
    pub fn sibling(&self, kind: &Kind, id: &str) -> Result<Self, NameError> {
        if id.is_empty() {
            return Err(NameError::Empty { part: "id" });
        }
        format!("{}:{kind}/{id}", self.scope()).parse()
    }

    /// An address of parts that were checked: `provider:account:region:kind/` and an id.
    pub(crate) fn joined(prefix: &str, id: &str) -> Self {
        let mut starts = [0_u32; 4];
        let separators = prefix.bytes().enumerate().filter(|(_, byte)| *byte == b':').map(|(at, _)| at).take(3);
        for (slot, at) in starts.iter_mut().zip(separators.chain([prefix.len() - 1])) {
            *slot = u32::try_from(at + 1).expect("an address was checked to be shorter than 4 GiB");
        }
        Self { text: [prefix, id].concat().into(), starts }
    }

    fn part(&self, start: u32, end: u32) -> &str {
        &self.text[start as usize..end as usize]
    }
}

impl FromStr for Address {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let not_an_address = || NameError::NotAnAddress { text: text.to_owned() };
        let mut starts = [0_u32; 4];
        let mut from = 0;
        for (slot, (separator, part)) in
            starts.iter_mut().zip([(':', "provider"), (':', "account"), (':', "region"), ('/', "kind")])
        {
            let length = text[from..].find(separator).ok_or_else(not_an_address)?;
            if length == 0 {
                return Err(NameError::Empty { part });
            }
            from += length + 1;
            *slot = u32::try_from(from).map_err(|_| not_an_address())?;
        }
        if from == text.len() {
            return Err(NameError::Empty { part: "id" });
        }
        Ok(Self { text: text.into(), starts })
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Address {}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Address {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl std::borrow::Borrow<str> for Address {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.text)
    }
}

impl serde::Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> serde::Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
