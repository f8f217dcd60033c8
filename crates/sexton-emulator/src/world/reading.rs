//! Reads the facts of one inventory resource, as the page on ECS inventories (`docs/aliyun-ecs.md`) names them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::resource::{Attribute, Resource};

use crate::clock;
use crate::refusal::Refusal;

use super::Quirks;

/// The bytes of one GiB.
pub(crate) const GIB: u64 = 1 << 30;

/// Why an inventory is not a world of this emulator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorldError {
    /// An attribute holds a value of another sort.
    #[error("{address}: attribute {attribute} is not {expected}")]
    Attribute {
        /// The resource.
        address: Box<Address>,
        /// The attribute.
        attribute: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A size is not whole GiB, which is what the API counts in.
    #[error("{address}: {bytes} bytes are not whole GiB")]
    Size {
        /// The resource.
        address: Box<Address>,
        /// The size.
        bytes: u64,
    },
    /// A link that the API has no field for.
    #[error("{address}: the API has no {relation} link from here to {target}")]
    Link {
        /// The resource.
        address: Box<Address>,
        /// The relation.
        relation: String,
        /// The other end.
        target: Box<Address>,
    },
    /// More links of one relation than the API has fields for.
    #[error("{address}: at most {most} {relation} links can be told by the API")]
    Links {
        /// The resource.
        address: Box<Address>,
        /// The relation.
        relation: &'static str,
        /// How many there can be.
        most: u64,
    },
    /// A share or a publication of an image that is not there.
    #[error("{address}: there is no image {image} in this world")]
    NoImage {
        /// The share or publication.
        address: Box<Address>,
        /// The image.
        image: String,
    },
    /// A file of a job that is not there.
    #[error("{address}: there is no job {job} in this world")]
    NoJob {
        /// The file.
        address: Box<Address>,
        /// The job.
        job: String,
    },
    /// An id that is not made as ids of its kind are.
    #[error("{address}: the id of a {kind} is {form}")]
    Id {
        /// The resource.
        address: Box<Address>,
        /// Its kind.
        kind: &'static str,
        /// The form of its ids.
        form: &'static str,
    },
    /// A kind that the service does not have.
    #[error("{address}: unknown kind")]
    Kind {
        /// The resource.
        address: Box<Address>,
    },
    /// Resources of several accounts, and none was chosen.
    #[error("the inventory has resources of several accounts: {}", .0.join(", "))]
    Accounts(Vec<String>),
    /// An account or region that cannot be part of an address.
    #[error("{0}")]
    Name(#[from] sexton_core::address::NameError),
}

/// One resource, being read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a>(pub(crate) &'a Resource);

impl<'a> Facts<'a> {
    pub(crate) fn id(self) -> String {
        self.0.address.id().to_owned()
    }

    pub(crate) fn address(self) -> Box<Address> {
        Box::new(self.0.address.clone())
    }

    pub(crate) fn name(self) -> Option<String> {
        self.0.name.clone().known().filter(|name| !name.is_empty())
    }

    /// Whole seconds: that is what the API tells.
    pub(crate) fn created_at(self) -> Option<Timestamp> {
        let instant = self.0.created_at.known()?;
        Timestamp::from_second(instant.as_second()).ok()
    }

    /// For kinds whose API times have no seconds.
    pub(crate) fn created_minute(self) -> Option<Timestamp> {
        self.created_at().map(clock::floor_to_minute)
    }

    pub(crate) fn state<W: From<&'a str>>(self) -> Option<W> {
        match &self.0.state {
            Fact::Known(state) => Some(W::from(state.as_str())),
            Fact::Unknown => None,
        }
    }

    pub(crate) fn size_gib(self) -> Result<Option<u64>, WorldError> {
        match self.0.size_bytes {
            Fact::Known(bytes) if bytes % GIB == 0 => Ok(Some(bytes / GIB)),
            Fact::Known(bytes) => Err(WorldError::Size { address: self.address(), bytes }),
            Fact::Unknown => Ok(None),
        }
    }

    /// The tags; a listing always carries all of them, so unknown tags are none.
    pub(crate) fn tags(self) -> BTreeMap<String, String> {
        self.0.tags.clone().known().unwrap_or_default()
    }

    fn value(self, name: &str) -> Option<&'a Value> {
        match self.0.attribute(name) {
            Attribute::Known(value) => Some(value),
            Attribute::Missing | Attribute::Unknown => None,
        }
    }

    fn wrong(self, attribute: &str, expected: &'static str) -> WorldError {
        WorldError::Attribute { address: self.address(), attribute: attribute.to_owned(), expected }
    }

    pub(crate) fn text(self, name: &str) -> Result<Option<String>, WorldError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(name, "a text")),
        }
    }

    pub(crate) fn word<W: for<'t> From<&'t str>>(self, name: &str) -> Result<Option<W>, WorldError> {
        Ok(self.text(name)?.map(|text| W::from(&text)))
    }

    pub(crate) fn parsed<T>(
        self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
        expected: &'static str,
    ) -> Result<Option<T>, WorldError> {
        self.text(name)?.map(|text| parse(&text).ok_or_else(|| self.wrong(name, expected))).transpose()
    }

    pub(crate) fn flag(self, name: &str) -> Result<Option<bool>, WorldError> {
        self.value(name).map(|value| value.as_bool().ok_or_else(|| self.wrong(name, "true or false"))).transpose()
    }

    pub(crate) fn number(self, name: &str) -> Result<Option<u64>, WorldError> {
        self.value(name).map(|value| value.as_u64().ok_or_else(|| self.wrong(name, "a whole number"))).transpose()
    }

    pub(crate) fn signed_number(self, name: &str) -> Result<Option<i64>, WorldError> {
        self.value(name).map(|value| value.as_i64().ok_or_else(|| self.wrong(name, "a whole number"))).transpose()
    }

    pub(crate) fn texts(self, name: &str) -> Result<Option<Vec<String>>, WorldError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let texts: Option<Vec<String>> =
            value.as_array().and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
        texts.map(Some).ok_or_else(|| self.wrong(name, "a list of texts"))
    }

    /// What only the emulator knows of the resource.
    pub(crate) fn quirks(self) -> Result<Quirks, WorldError> {
        let refuse = self
            .texts("emulator_refuse")?
            .unwrap_or_default()
            .iter()
            .map(|code| {
                Refusal::hidden(self.0.address.kind(), code)
                    .ok_or_else(|| self.wrong("emulator_refuse", "a list of codes that the kind's removal documents"))
            })
            .collect::<Result<_, _>>()?;
        Ok(Quirks { refuse, finishes_after_ms: self.number("emulator_finishes_after_ms")? })
    }

    /// The ids at the far end of the links of that relation and kind.
    pub(crate) fn linked(self, relation: &str, kind: &str) -> Vec<String> {
        self.0
            .known_links()
            .iter()
            .filter(|link| link.relation.as_str() == relation && link.target.kind() == kind)
            .map(|link| link.target.id().to_owned())
            .collect()
    }

    /// As `linked`, where the API has one field.
    pub(crate) fn linked_once(self, relation: &'static str, kind: &str) -> Result<Option<String>, WorldError> {
        let mut ids = self.linked(relation, kind);
        if ids.len() > 1 {
            return Err(WorldError::Links { address: self.address(), relation, most: 1 });
        }
        Ok(ids.pop())
    }

    /// Refuses links that the API could not tell: other relations or kinds, other places.
    pub(crate) fn only_links(self, known: &[(&str, &str)]) -> Result<(), WorldError> {
        for link in self.0.known_links() {
            let is_known =
                known.iter().any(|(relation, kind)| link.relation.as_str() == *relation && link.target.kind() == *kind);
            if !is_known || link.target.scope() != self.0.address.scope() {
                return Err(WorldError::Link {
                    address: self.address(),
                    relation: link.relation.as_str().to_owned(),
                    target: Box::new(link.target.clone()),
                });
            }
        }
        Ok(())
    }
}
