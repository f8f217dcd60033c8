//! Permissions as the vendor's access management (RAM) writes them: documents of statements that allow or deny actions.
//!
//! A denial goes before every permission, and what nothing allows is denied (vendor documentation of RAM policies). Only
//! statements on all resources and without conditions are read; others are errors, so that no document is enforced by half.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, Unexpected};

#[cfg(test)]
mod tests;

/// One policy document. An identity may have several, which count together.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct RamPolicy {
    /// The version of the language.
    pub version: RamVersion,
    /// What is allowed and denied.
    pub statement: Vec<RamStatement>,
}

/// The version of the policy language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum RamVersion {
    /// The only one there is.
    #[serde(rename = "1")]
    V1,
}

/// One statement of a document.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct RamStatement {
    /// Whether it allows or denies.
    pub effect: RamEffect,
    /// Which actions: `ecs:DescribeImages`, with `*` for any run of characters; letters count in either case.
    #[serde(deserialize_with = "one_or_many")]
    pub action: Vec<String>,
    /// On what: all there is.
    pub resource: RamResource,
}

/// What a statement does with its actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum RamEffect {
    /// They may be done.
    Allow,
    /// They may not, whatever else allows them.
    Deny,
}

/// What a statement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RamResource {
    /// `*`, or a list of it.
    All,
}

impl<'de> Deserialize<'de> for RamResource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let named = one_or_many(deserializer)?;
        match named.iter().find(|name| *name != "*") {
            None if !named.is_empty() => Ok(Self::All),
            None => Err(D::Error::invalid_length(0, &"the resource *")),
            Some(other) => Err(D::Error::invalid_value(Unexpected::Str(other), &"the resource *")),
        }
    }
}

/// A text, or a list of texts.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct Visitor;
    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a text or a list of texts")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(vec![text.to_owned()])
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut texts = Vec::new();
            while let Some(text) = items.next_element()? {
                texts.push(text);
            }
            Ok(texts)
        }
    }
    deserializer.deserialize_any(Visitor)
}

/// Whether an identity with these documents may do the action.
pub(crate) fn allows(policies: &[RamPolicy], action: &str) -> bool {
    let says = |effect: RamEffect| {
        policies
            .iter()
            .flat_map(|policy| &policy.statement)
            .filter(|statement| statement.effect == effect)
            .any(|statement| statement.action.iter().any(|pattern| names(pattern, action)))
    };
    says(RamEffect::Allow) && !says(RamEffect::Deny)
}

/// Whether a pattern names an action.
fn names(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let Some((beginning, rest)) = pattern.split_once('*') else { return pattern == action };
    let Some(mut left) = action.strip_prefix(beginning) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match left.find(part) {
            Some(found) => left = &left[found + part.len()..],
            None => return false,
        }
    }
    left.ends_with(end)
}
