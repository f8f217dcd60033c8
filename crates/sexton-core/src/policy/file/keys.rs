//! The keys of every table of a policy.

/// The policy itself.
pub(crate) const POLICY: &[&str] = &["version", "limits", "protect", "collect", "assume_none"];
/// `[limits]`.
pub(crate) const LIMITS: &[&str] =
    &["max_steps", "max_percent", "max_drawn", "max_forced", "max_inventory_age", "kind"];
/// `[limits.kind.K]`.
pub(crate) const KIND_LIMITS: &[&str] = &["max_steps"];
/// `[[protect]]`.
pub(crate) const PROTECT: &[&str] = &["name", "provider", "account", "region", "kind", "when"];
/// `[[collect]]`.
pub(crate) const COLLECT: &[&str] = &[
    "name", "provider", "account", "region", "kind", "where", "when", "retain", "cascade", "orphans", "options",
    "force", "wait",
];
/// `retain`.
pub(crate) const RETAIN: &[&str] =
    &["last", "hourly", "daily", "weekly", "monthly", "yearly", "within", "per", "per_missing"];
/// An entry of `cascade` or `orphans`.
pub(crate) const DRAW: &[&str] = &["kind", "when"];
/// `[[assume_none]]`.
pub(crate) const ASSUME_NONE: &[&str] = &["kind", "account", "region", "reason"];
