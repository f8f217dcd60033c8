//! The tables of a policy as types that have a schema. The reader is held against it by tests, for it reads the text
//! itself, with the places of its faults.
#![expect(dead_code, reason = "only the shape of these types is used")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

use crate::address::{Account, GuardCode, Kind, Provider, Region};
use crate::resource::AttributeValue;

/// What to collect, what to protect, and what a plan must not exceed.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Policy {
    /// The version of this format.
    #[schemars(extend("const" = super::VERSION))]
    version: u64,
    limits: Option<Limits>,
    /// What is never removed.
    protect: Option<Vec<Protect>>,
    /// What is garbage.
    collect: Option<Vec<Collect>>,
    /// Kinds that are taken as empty where they were not listed.
    assume_none: Option<Vec<AssumeNone>>,
}

/// What a plan must not exceed. Judged on the finished plan.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Limits {
    /// Steps in all.
    #[schemars(extend("default" = 100))]
    max_steps: Option<u64>,
    /// Per cent of the resources of one provider, account, region and kind, for kinds that hold data.
    #[schemars(extend("default" = 25))]
    max_percent: Option<u64>,
    /// Steps that no rule selects itself.
    #[schemars(extend("default" = 50))]
    max_drawn: Option<u64>,
    /// Steps that are forced.
    #[schemars(extend("default" = 0))]
    max_forced: Option<u64>,
    /// How old a census line may be to count as complete.
    #[schemars(extend("default" = "24h"))]
    max_inventory_age: Option<Positive>,
    /// By kind. Without it, no `instance` and no `disk`.
    kind: Option<BTreeMap<Kind, KindLimits>>,
}

/// What a plan must not exceed of one kind.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct KindLimits {
    /// Steps of the kind.
    max_steps: Option<u64>,
}

/// Bars what it speaks of from being removed, unless its condition is definitely false.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Protect {
    name: Name,
    provider: Option<Provider>,
    account: Option<Account>,
    region: Option<Region>,
    kind: Option<Kind>,
    /// Which resources; without it, all that the filters admit.
    when: Option<Condition>,
}

/// Selects garbage.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("anyOf" = [{"required": ["where"]}, {"required": ["when"]}, {"required": ["retain"]}]))]
pub(crate) struct Collect {
    name: Name,
    provider: Option<Provider>,
    account: Option<Account>,
    region: Option<Region>,
    kind: Kind,
    /// Which resources the rule speaks of: its population.
    r#where: Option<Condition>,
    /// Which of those are ripe.
    when: Option<Condition>,
    retain: Option<Retain>,
    /// Kinds of dependents that may be taken along.
    cascade: Option<Vec<Draw>>,
    /// Kinds of dependencies that are taken along once nothing else needs them.
    orphans: Option<Vec<Draw>>,
    /// Passed to the provider. No fractions, times or dates.
    options: Option<BTreeMap<String, AttributeValue>>,
    /// Guards that may be forced.
    force: Option<Vec<GuardCode>>,
    /// How long a guard may be waited for.
    wait: Option<Positive>,
}

/// Which of the population stay all the same.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("anyOf" = [
    {"required": ["last"]}, {"required": ["hourly"]}, {"required": ["daily"]}, {"required": ["weekly"]},
    {"required": ["monthly"]}, {"required": ["yearly"]}, {"required": ["within"]}
]))]
pub(crate) struct Retain {
    /// So many of the newest.
    #[schemars(range(min = 1))]
    last: Option<u64>,
    /// The newest of so many hours that have any.
    #[schemars(range(min = 1))]
    hourly: Option<u64>,
    /// The newest of so many days.
    #[schemars(range(min = 1))]
    daily: Option<u64>,
    /// The newest of so many ISO weeks.
    #[schemars(range(min = 1))]
    weekly: Option<u64>,
    /// The newest of so many months.
    #[schemars(range(min = 1))]
    monthly: Option<u64>,
    /// The newest of so many years.
    #[schemars(range(min = 1))]
    yearly: Option<u64>,
    /// Everything younger than the newest of the group by less than this.
    within: Option<Positive>,
    /// A group's key. Without it, the population is one group.
    per: Option<Condition>,
    /// What a definite lack of a key means.
    per_missing: Option<PerMissing>,
}

/// `retain`: such resources are retained. `group`: they are a group of their own.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub(crate) enum PerMissing {
    Retain,
    Group,
}

/// A kind, or a kind and which of it.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(crate) enum Draw {
    All(Kind),
    Some(DrawWhen),
}

/// A kind and which of it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct DrawWhen {
    kind: Kind,
    when: Option<Condition>,
}

/// A waiver: nothing of the kind exists beyond what was seen.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct AssumeNone {
    kind: Kind,
    account: Option<Account>,
    region: Option<Region>,
    /// Why, for whoever reads the plan.
    reason: String,
}

/// A rule's name. No two of one section are alike.
#[derive(JsonSchema)]
#[schemars(transparent)]
pub(crate) struct Name(#[schemars(length(min = 1))] String);

/// A length of time that is more than none, such as `24h`, `15m` or `1h30m`.
#[derive(JsonSchema)]
#[schemars(transparent)]
pub(crate) struct Positive(
    #[schemars(regex(pattern = r"^(?=.*[1-9])(([0-9]{1,18}(\.[0-9]{0,9})?|\.[0-9]{1,9})(d|h|ms|m|s|us|µs|ns))+$"))]
    String,
);

/// A CEL expression; the policy page lists its variables, operators and functions.
#[derive(JsonSchema)]
#[schemars(transparent)]
pub(crate) struct Condition(String);
