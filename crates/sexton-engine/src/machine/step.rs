//! One step in a session: where it stands, and what is being done about it.

use std::sync::Arc;

use sexton_core::resource::Resource;
use sexton_core::time::Timestamp;

use super::check::Check;
use super::settle::Settling;
use super::{MonoTime, StepState};
use crate::journal::Trouble;

/// One step of this session.
#[derive(Debug)]
pub(super) struct StepRun {
    /// Where it stands, by the records made.
    pub(super) state: StepState,
    /// When its last record was made.
    pub(super) at: Option<Timestamp>,
    /// Predecessors that are not out of the way.
    pub(super) remaining: u32,
    /// Whether others of its group may wait for it.
    pub(super) is_to_come: bool,
    pub(super) activity: Activity,
    /// Whether this session called it.
    pub(super) was_called: bool,
    /// When it last passed a recheck that nothing has put in doubt since.
    pub(super) checked_at: Option<MonoTime>,
    /// Its resource, as a recheck saw it last and found it to be as planned.
    pub(super) seen: Option<Arc<Resource>>,
    /// Failed attempts, and when the first was.
    pub(super) faults: u32,
    pub(super) first_fault: Option<MonoTime>,
    /// Failed readings of its recheck.
    pub(super) read_faults: u32,
    /// Since when they fail.
    pub(super) first_read_fault: Option<MonoTime>,
    /// Where this session was told that its resource lies, and nothing has shown it elsewhere since.
    pub(super) parked: Option<Parked>,
    /// The last failure whose effect is not known.
    pub(super) last_unsettled: Option<Trouble>,
    /// Since when it waits for a guard to clear.
    pub(super) wait_since: Option<MonoTime>,
    /// Since when it is refused by what may linger.
    pub(super) linger_since: Option<MonoTime>,
    pub(super) lingers: u32,
}

/// In a recycle bin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parked {
    /// Until when it can be taken out again.
    pub(super) until: Option<Timestamp>,
}

/// What is being done about a step.
#[derive(Debug)]
pub(super) enum Activity {
    /// It waits for its predecessors, or for a later session.
    Held,
    /// It waits for others that are to share its call.
    Gathered,
    /// It stands in line for its recheck.
    Ready,
    /// It is being rechecked.
    Checking(Box<Check>),
    /// It stands, rechecked, in line for its call.
    Checked,
    /// A timer brings it back.
    Delayed,
    /// Its call is prepared or under way.
    Calling,
    /// It is read whether its resource is gone.
    Settling(Settling),
    /// It has an outcome.
    Ended,
}

impl StepRun {
    pub(super) fn new(state: StepState, at: Option<Timestamp>) -> Self {
        Self {
            state,
            at,
            remaining: 0,
            is_to_come: false,
            activity: Activity::Held,
            was_called: false,
            checked_at: None,
            seen: None,
            faults: 0,
            first_fault: None,
            read_faults: 0,
            first_read_fault: None,
            parked: None,
            last_unsettled: None,
            wait_since: None,
            linger_since: None,
            lingers: 0,
        }
    }
}

impl Activity {
    /// Whether it is being rechecked.
    pub(super) fn is_rechecked(&self) -> bool {
        match self {
            Activity::Checking(_) => true,
            Activity::Held
            | Activity::Gathered
            | Activity::Ready
            | Activity::Checked
            | Activity::Delayed
            | Activity::Calling
            | Activity::Settling(_)
            | Activity::Ended => false,
        }
    }

    /// Whether it takes one of the places of its operation's lookahead.
    pub(super) fn is_active(&self) -> bool {
        match self {
            Activity::Checking(_) | Activity::Checked => true,
            Activity::Held
            | Activity::Gathered
            | Activity::Ready
            | Activity::Delayed
            | Activity::Calling
            | Activity::Settling(_)
            | Activity::Ended => false,
        }
    }
}
