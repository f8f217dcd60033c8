//! What a state means to a removal. The states are those of the vendor's command line, its SDKs and its drivers.

use super::vocabulary::ZecKind;

/// How far a resource is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It stays as it is.
    Settled,
    /// It is being changed, and will settle.
    Changing,
    /// It is in the recycle bin, or on its way into it.
    InBin,
    /// It is being removed.
    Leaving,
}

/// The states of a kind in which a resource stays as it is.
pub(crate) fn settled(kind: ZecKind) -> &'static [&'static str] {
    match kind {
        // `NORMAL` is what one page of the vendor's documentation calls it; no answer is known to have it.
        ZecKind::Snapshot => &["AVAILABLE", "NORMAL", "FAILED"],
        ZecKind::Disk => &["AVAILABLE", "IN_USE", "FAILED"],
        ZecKind::Image => &["AVAILABLE", "UNAVAILABLE", "FAILED"],
        ZecKind::Instance => &["RUNNING", "STOPPED", "CREATE_FAILED", "REINSTALL_FAILED"],
        ZecKind::AutoSnapshotPolicy => &[],
    }
}

/// The states of a kind in which it is in the recycle bin. The vendor's prose and its list of states spell one of them
/// differently.
pub(crate) fn in_bin(kind: ZecKind) -> &'static [&'static str] {
    match kind {
        ZecKind::Disk => &["RECYCLED", "RECYCLING"],
        ZecKind::Instance => &["RECYCLE", "RECYCLED", "RECYCLING"],
        ZecKind::Snapshot | ZecKind::Image | ZecKind::AutoSnapshotPolicy => &[],
    }
}

/// The stage that a state means. A state that is not known is one of change.
pub(crate) fn stage(kind: ZecKind, state: &str) -> Stage {
    let leaving = match kind {
        ZecKind::Snapshot | ZecKind::Disk | ZecKind::Image => "DELETING",
        ZecKind::Instance => "RELEASING",
        ZecKind::AutoSnapshotPolicy => return Stage::Settled,
    };
    if state == leaving {
        Stage::Leaving
    } else if in_bin(kind).contains(&state) {
        Stage::InBin
    } else if settled(kind).contains(&state) {
        Stage::Settled
    } else {
        Stage::Changing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_state_has_its_stage_and_an_unknown_one_is_waited_for() {
        use Stage::{Changing, InBin, Leaving, Settled};
        for (kind, stage_is, states) in [
            (ZecKind::Snapshot, Settled, "AVAILABLE NORMAL FAILED"),
            (ZecKind::Snapshot, Changing, "CREATING ROLLING_BACK SOMETHING_NEW RECYCLED"),
            (ZecKind::Snapshot, Leaving, "DELETING"),
            (ZecKind::Disk, Settled, "AVAILABLE IN_USE FAILED"),
            (
                ZecKind::Disk,
                Changing,
                "CREATING CHANGING ATTACHING DETACHING SNAPSHOT_CREATING ROLLING_BACK SOMETHING_NEW",
            ),
            (ZecKind::Disk, InBin, "RECYCLED RECYCLING"),
            (ZecKind::Disk, Leaving, "DELETING"),
            (ZecKind::Image, Settled, "AVAILABLE UNAVAILABLE FAILED"),
            (ZecKind::Image, Changing, "CREATING SYNCING PROCESSING SOMETHING_NEW"),
            (ZecKind::Image, Leaving, "DELETING"),
            (ZecKind::Instance, Settled, "RUNNING STOPPED CREATE_FAILED REINSTALL_FAILED"),
            (
                ZecKind::Instance,
                Changing,
                "DEPLOYING REBUILDING REBOOT BOOTING STOPPING IMAGING RESIZING PENDING SOMETHING_NEW",
            ),
            (ZecKind::Instance, InBin, "RECYCLE RECYCLED RECYCLING"),
            (ZecKind::Instance, Leaving, "RELEASING"),
            (ZecKind::AutoSnapshotPolicy, Settled, "ANYTHING"),
        ] {
            for state in states.split(' ') {
                assert_eq!(stage(kind, state), stage_is, "{kind:?} {state}");
            }
        }
    }
}
