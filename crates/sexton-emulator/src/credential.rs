//! Who may call, and what they may not do.

use std::fmt;

use serde::Deserialize;

use crate::faults;
use crate::ram::{self, RamPolicy};

/// A pair of keys and the identity behind it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The access key id.
    pub access_key_id: String,
    /// The access key secret.
    pub access_key_secret: String,
    /// For temporary keys: the token that must come along in `x-acs-security-token`.
    #[serde(default)]
    pub security_token: Option<String>,
    /// For temporary keys that the emulator issued: until when they are accepted.
    #[serde(skip)]
    pub expires_at: Option<jiff::Timestamp>,
    /// The account the identity belongs to; the world's own where there is none. Another account owns nothing here: it
    /// sees an empty region.
    #[serde(default)]
    pub account: Option<String>,
    /// Calls that the identity has no permission for: names, or beginnings followed by `*`.
    #[serde(default)]
    pub deny: Vec<String>,
    /// The identity's RAM policies; what they do not allow is denied. Without any, everything is allowed that `deny` does
    /// not name.
    #[serde(default)]
    pub ram_policy: Option<Vec<RamPolicy>>,
    /// What a denied listing answers.
    #[serde(default)]
    pub denied_listings: DeniedListings,
    /// What sort of identity GetCallerIdentity calls it; none: the account's own where nothing is denied to it, else a user's.
    /// Temporary keys are always a role's.
    #[serde(default)]
    pub identity: Option<IdentitySort>,
}

/// A sort of identity with keys of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentitySort {
    /// The account, which no policy limits.
    Account,
    /// A RAM user.
    User,
}

/// What a listing answers to an identity without permission for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeniedListings {
    /// DescribeInstances an empty list, as the vendor's documentation says; the others `Forbidden.RAM`.
    #[default]
    InstancesEmpty,
    /// Every listing an empty list: what a careful client must assume to be possible.
    AllEmpty,
}

impl Credential {
    /// Keys that may do everything.
    pub fn new(access_key_id: impl Into<String>, access_key_secret: impl Into<String>) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            access_key_secret: access_key_secret.into(),
            security_token: None,
            expires_at: None,
            account: None,
            deny: Vec::new(),
            ram_policy: None,
            denied_listings: DeniedListings::default(),
            identity: None,
        }
    }
}

impl Credential {
    /// Whether the keys are the account's own.
    pub(crate) fn is_the_account_s(&self) -> bool {
        match self.identity {
            Some(sort) => sort == IdentitySort::Account,
            None => self.deny.is_empty() && self.ram_policy.is_none(),
        }
    }

    /// Whether the identity may make a call: by its name, and by its action in the words of RAM.
    pub(crate) fn may(&self, operation: &str, action: &str) -> bool {
        let is_denied = self.deny.iter().any(|pattern| faults::names(pattern, operation));
        !is_denied && self.ram_policy.as_ref().is_none_or(|policies| ram::allows(policies, action))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("access_key_id", &self.access_key_id)
            .field("account", &self.account)
            .field("deny", &self.deny)
            .field("ram_policy", &self.ram_policy)
            .field("denied_listings", &self.denied_listings)
            .finish_non_exhaustive()
    }
}
