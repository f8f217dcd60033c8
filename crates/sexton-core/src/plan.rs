//! The plan: an immutable, digest-named set of steps with their order and preconditions, and the report of what is
//! held and kept and why. The types here are the plan's format, version 1.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::{Account, Address, GuardCode, Kind, Provider, Region};
use crate::resource::{AttributeValue, Tags};
use crate::time::{Span, Timestamp};

mod document;
#[cfg(test)]
mod tests;

pub use document::{PlanReadError, PlanWriteError};

/// The name of the plan format.
pub const FORMAT: &str = "sexton.plan";
/// The version of the format that is read and written.
pub const VERSION: u64 = 1;

/// Options that a rule passes to the provider.
pub type Options = BTreeMap<String, AttributeValue>;

/// One reviewed unit: what to remove, in which order, on which conditions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// The instant at which ages were taken.
    pub now: Timestamp,
    /// From when on the plan is no longer carried out.
    pub expires_at: Timestamp,
    /// What it was made from.
    pub inventory: InventoryReference,
    /// By which rules.
    pub policy: PolicyReference,
    /// What had been listed.
    pub census: Vec<CensusEntry>,
    /// What was taken as empty without having been listed.
    pub assumed: Vec<AssumedNone>,
    /// False where a limit is exceeded.
    pub applyable: bool,
    /// False where a candidate is held because something was not listed.
    pub complete: bool,
    /// The limits that are exceeded.
    pub exceeded: Vec<Exceeded>,
    /// Counts.
    pub summary: Summary,
    /// The removals, by wave and then address.
    pub steps: Vec<Step>,
    /// What is selected and stays, ascending by address.
    pub held: Vec<Held>,
    /// What a rule would draw in but for its own blockers, ascending by address.
    pub blocked: Vec<Held>,
    /// What a rule matches and is barred, ascending by address.
    pub kept: Vec<Kept>,
    /// Remarks.
    pub findings: Vec<Finding>,
    /// `blake3:` and the digest of every byte of the document before the digest's own key. Empty until written.
    #[serde(default)]
    pub digest: String,
}

/// The inventory a plan was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InventoryReference {
    /// The digest of its bytes.
    pub digest: String,
    /// When it was taken.
    pub taken_at: Timestamp,
}

/// The policy a plan was made by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyReference {
    /// The digest of its text.
    pub digest: String,
    /// Its text.
    pub text: String,
}

/// A census line as it stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CensusEntry {
    /// The provider.
    pub provider: Provider,
    /// The account.
    pub account: Account,
    /// The region.
    pub region: Region,
    /// The kind.
    pub kind: Kind,
    /// Whether all of it was seen.
    pub complete: bool,
    /// As of when.
    pub as_of: Option<Timestamp>,
}

/// A waiver of the policy that the plan rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct AssumedNone {
    /// The kind that was taken as empty.
    pub kind: Kind,
    /// In this account only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account: Option<Account>,
    /// In this region only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub region: Option<Region>,
    /// Why.
    pub reason: String,
}

impl AssumedNone {
    /// Whether it is about a kind in an account and region.
    pub fn is_of(&self, kind: &Kind, account: &Account, region: &Region) -> bool {
        self.kind == *kind
            && self.account.as_ref().is_none_or(|only| only == account)
            && self.region.as_ref().is_none_or(|only| only == region)
    }
}

/// A limit that the plan exceeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Exceeded {
    /// Its name in the policy: `max_steps`, `max_percent`, `max_drawn`, `max_forced`, `kind.K.max_steps`.
    pub limit: String,
    /// What it allows.
    pub allowed: u64,
    /// What the plan has.
    pub actual: u64,
    /// Where, for a limit by group: `provider:account:region:kind`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scope: Option<String>,
}

/// Counts of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Steps by kind.
    pub remove: BTreeMap<String, u64>,
    /// Steps that are forced.
    pub forced: u64,
    /// Steps whose resource no rule selects itself.
    pub drawn: u64,
    /// Selected resources that stay.
    pub held: u64,
    /// Matched resources that are barred.
    pub kept: u64,
    /// What the steps free, in bytes.
    pub freed_bytes: FreedBytes,
}

/// An honest interval: blocks may be shared with what stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FreedBytes {
    /// At least.
    pub min: u64,
    /// At most, as far as sizes are known.
    pub max: u64,
}

/// One removal of one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// Its place in the plan.
    pub index: u32,
    /// The provider's operation.
    pub operation: String,
    /// What is removed.
    pub address: Address,
    /// Its name, for people.
    pub name: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Its size.
    pub size_bytes: Option<u64>,
    /// Its tags, which steps of the same tags share.
    pub tags: Option<Arc<Tags>>,
    /// 0 without predecessors, else one more than the largest of theirs.
    pub wave: u32,
    /// All direct predecessors, ascending.
    pub after: Vec<u32>,
    /// The step whose call removes this resource too; this one is confirmed, not called.
    pub with: Option<u32>,
    /// The rules that hold it, in the policy's order.
    pub rules: Vec<String>,
    /// How it was drawn in, sorted; empty where it is only selected itself.
    pub drawn_by: Vec<DrawnBy>,
    /// The guards that are forced, ascending.
    pub force: Vec<GuardCode>,
    /// What is lost by it, in words.
    pub consequences: Vec<String>,
    /// What is waited for first, sorted.
    pub wait: Vec<WaitFor>,
    /// Options for the provider.
    pub options: Options,
    /// What has to be found when the step is carried out.
    pub expect: Expect,
}

/// One way in which a step was drawn in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct DrawnBy {
    /// The rule.
    pub rule: String,
    /// The step's resource that draws.
    pub by: Address,
    /// The guard along which.
    pub guard: GuardCode,
    /// As what.
    #[serde(rename = "as")]
    pub role: DrawRole,
}

/// In which direction a resource was drawn in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DrawRole {
    /// A dependent that is taken along.
    Cascade,
    /// A dependency that nothing else needs.
    Orphan,
}

/// Something that is waited for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct WaitFor {
    /// The guard that has to clear.
    pub guard: GuardCode,
    /// The other resource; none for the target's own state.
    pub by: Option<Address>,
    /// How long at most.
    pub timeout: Span,
}

/// The preconditions of a step. `null` is a fact that was unknown or missing, and has to be so still.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Expect {
    /// When the resource was made: with its id, its identity.
    pub created_at: Option<Timestamp>,
    /// Its state; for a step that waits for its state, the state before that.
    pub state: Option<String>,
    /// Its tags.
    pub tags: Option<Arc<Tags>>,
    /// The attributes that a guard or a condition read.
    pub attrs: Arc<BTreeMap<String, AttributeValue>>,
    /// For a forced step the dependents whose loss was accepted, sorted; else none.
    pub dependents: Option<Vec<Address>>,
    /// The retained of its group, which have to be there still.
    pub retained: Vec<Address>,
}

/// A resource that stays although a rule would take it, and all that is directly in its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Held {
    /// The resource.
    pub address: Address,
    /// The rules that would take it.
    pub rules: Vec<String>,
    /// What is in the way.
    pub blockers: Vec<Blocker>,
}

/// One thing in the way of a removal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Blocker {
    /// The guard; none for a cycle, an incomplete census or disagreeing options.
    pub guard: Option<GuardCode>,
    /// The other resource; none where the resource's own facts are in the way.
    pub by: Option<Address>,
    /// Why it is in the way.
    pub because: Because,
    /// For `unlisted`, the kind that was not listed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<Kind>,
}

/// Why a blocker is one. Where several apply, the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// The resource would have to go before itself.
    Cycle,
    /// A kind that could guard it was not listed completely.
    Unlisted,
    /// Two rules that match it pass different options.
    Options,
    /// The other is protected.
    Protected,
    /// The other is retained.
    Retained,
    /// The other is selected and held.
    Held,
    /// The other would be drawn in but for its own blockers.
    Blocked,
    /// A state or a link is not known.
    UnknownState,
    /// The resource's own state.
    State,
    /// The resource's own attribute.
    Attribute,
    /// The other is not in the inventory.
    Dangling,
    /// A rule that holds the resource only as an orphan grants the force.
    OrphanNotForced,
    /// The other stays: no rule takes it.
    NotSelected,
}

/// A resource that a rule matches and that is barred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Kept {
    /// The resource.
    pub address: Address,
    /// The rules that match it.
    pub rules: Vec<String>,
    /// What bars it.
    pub because: KeepReason,
}

/// What bars a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeepReason {
    /// The protect rule of that name is true of it.
    Protect(String),
    /// The protect rule of that name is not definitely false of it.
    ProtectUnknown(String),
    /// It holds this slot of a retention, or is retained for this reason.
    Retain(String),
}

/// A remark on the inputs or the result.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Its code; see the diagnostics page.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// How often it was met.
    pub count: u64,
    /// In words.
    pub message: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Worth a look before approving.
    Warning,
}
