//! What the suite needs to be told of a provider.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use sexton_core::address::Address;
use sexton_core::inventory::Inventory;
use sexton_core::resource::Resource;
use sexton_core::rulebook::{Guard, Rulebook};
use sexton_provider::{Identity, Provider};

/// The secret that every subject uses. Found in anything that is shown, it is a leak.
pub const CANARY_SECRET: &str = "canarySECRETcanarySECRET0001";
/// The token of temporary keys, likewise: as long as those of vendors, and with what they have to encode.
pub const CANARY_TOKEN: &str = "canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==canaryTOKEN/a+b==";

/// A resource, and what has to be there so that it can be.
#[derive(Debug, Clone)]
pub struct Specimen {
    /// The resource.
    pub resource: Resource,
    /// What it needs: the image of a share, the job of a file. Empty for most.
    pub with: Vec<Resource>,
}

/// Which keys a caller has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Those of the account, with [`CANARY_SECRET`] as their secret.
    Right,
    /// The same id, and a secret that is not the account's but holds the canary.
    WrongSecret,
    /// Temporary ones with [`CANARY_TOKEN`]. A provider that has none takes the right ones.
    Temporary,
}

/// What goes wrong with some calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The operation: its name, or a beginning followed by `*`.
    pub operation: String,
    /// Which calls of it, counted from 1; every one where there is none.
    pub calls: Vec<u64>,
    /// What they get.
    pub wrong: Wrong,
}

/// What a call gets in place of its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// The provider's own refusal of too many calls, without effect, with its own hint of how long to wait.
    Throttled {
        /// In milliseconds.
        retry_after_ms: Option<u64>,
    },
    /// An error of that status and code.
    Error {
        /// The HTTP status.
        status: u16,
        /// The code.
        code: String,
        /// Whether the work is done all the same.
        after_effect: bool,
    },
    /// The connection is closed without an answer.
    Dropped {
        /// Whether the work is done all the same.
        after_effect: bool,
    },
    /// No answer for a while, then the connection is closed; the work is done.
    Hung {
        /// How long, in milliseconds.
        ms: u64,
    },
    /// Half of the body. The work is done.
    Truncated,
    /// A body that is no text from its middle on. The work is done.
    Garbled,
    /// Status 200 and a web page. The work is done.
    Html,
    /// Status 502 and a web page, without effect.
    BadGateway,
    /// Status 502 and a web page that repeats the request with its headers, without effect.
    Echo {
        /// How many characters stand before it.
        before: u16,
    },
    /// More than any answer has. The work is done.
    Gigantic,
    /// A body that comes a byte at a time. The work is done.
    Dripping {
        /// The time before each byte, in milliseconds.
        ms: u64,
    },
    /// An answer with fields that nobody has heard of, everywhere. The work is done.
    Decorated,
    /// The answer comes later. The work is done.
    Slow {
        /// How much later, in milliseconds.
        ms: u64,
    },
}

/// Codes with a meaning that every provider has, each with its HTTP status.
#[derive(Debug, Clone, Copy)]
pub struct Codes {
    /// The caller lacks the permission.
    pub denied: (u16, &'static str),
    /// Temporary keys have expired.
    pub expired: (u16, &'static str),
    /// The caller's clock is wrong.
    pub skewed: (u16, &'static str),
}

/// One call that the cloud saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its operation.
    pub operation: String,
    /// What it was answered; none where it was not.
    pub status: Option<u16>,
    /// What was sent with it, without what changes from call to call: a nonce, a time.
    pub parameters: BTreeMap<String, String>,
}

/// A cloud that was set up, and the provider in front of it.
#[async_trait]
pub trait Stage: Send + Sync {
    /// The provider.
    fn provider(&self) -> Arc<dyn Provider>;
    /// What is there now, complete.
    async fn state(&self) -> Inventory;
    /// Every call so far; none where the cloud keeps no book.
    async fn calls(&self) -> Option<Vec<Seen>>;
}

/// A provider, and a cloud to try it on.
#[async_trait]
pub trait Subject: Send + Sync {
    /// As the matrix names it.
    fn name(&self) -> &str;

    /// Its rulebook.
    fn rulebook(&self) -> &Rulebook;

    /// Whom the right keys belong to.
    fn identity(&self) -> Identity;

    /// The operations by which the provider finds out who calls, and where.
    fn identity_operations(&self) -> &[&str];

    /// Its codes.
    fn codes(&self) -> Codes;

    /// A resource of a kind that nothing holds, as a listing tells of it. Numbers tell specimens of a kind apart.
    ///
    /// # Arguments
    /// `on`: a dependency, to which it has a link of the relation. Without it, it needs none or brings its own.
    fn specimen(&self, kind: &str, number: u32, on: Option<(&str, &Address)>) -> Option<Specimen>;

    /// Changes a specimen so that a state or attribute of it raises the guard, where the suite would get it wrong: a value
    /// that the provider really has.
    fn raise(&self, guard: &Guard, specimen: &mut Specimen) -> Raise;

    /// The code that the provider answers for a guard's, where the guard's is a name of our own.
    fn answered(&self, guard: &Guard) -> String;

    /// Why there is no case for a guard, or for a trouble, where there is none.
    fn excuse(&self, case: &str) -> Option<&'static str>;

    /// Sets up a cloud that holds these resources and nothing else.
    async fn stage(&self, world: Vec<Resource>, troubles: &[Trouble], keys: Keys) -> Box<dyn Stage>;
}

/// Who changed the specimen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raise {
    /// The subject did.
    Done,
    /// The subject did, by something of which no listing tells: only the refusal of the call does.
    Untold,
    /// Nobody yet: the suite takes the rulebook's own values.
    ByTheBook,
}
