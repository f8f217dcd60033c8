//! How ZEC behaves where its documentation leaves it open, contradicts itself, or differs from account to account.

use serde::Deserialize;

/// How ZEC behaves where its documentation leaves it open: `[behaviour.zec]` of a faults file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ZecBehaviour {
    /// How long a resource stays listed, as `DELETING` or `RELEASING`, after its removal was accepted.
    pub removal_ms: u64,
    /// Whether disks and instances go into a recycle bin at their first release, and only at their second for good.
    pub recycle_bin: bool,
    /// Whether a disk's snapshots go when it does.
    pub snapshots_go_with_disk: bool,
    /// Whether an empty list is `null`.
    pub null_lists: bool,
    /// Whether times come in forms that differ from row to row, some without their zone.
    pub odd_times: bool,
    /// Whether the order of a listing differs from page to page.
    pub unordered: bool,
    /// What the lists of what failed are worth.
    pub failed_lists: FailedLists,
}

impl Default for ZecBehaviour {
    fn default() -> Self {
        Self {
            removal_ms: 200,
            recycle_bin: false,
            snapshots_go_with_disk: false,
            null_lists: false,
            odd_times: false,
            unordered: false,
            failed_lists: FailedLists::default(),
        }
    }
}

/// What the list of what failed, which a removal by list answers, is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailedLists {
    /// What it says.
    #[default]
    Honest,
    /// It lists all that was asked for, and all of that goes: as the vendor's sample is easily read.
    ListedYetGone,
    /// It lists nothing, and nothing goes.
    UnlistedYetThere,
}
