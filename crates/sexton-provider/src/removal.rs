//! One removal call and what was answered to it.

use std::sync::Arc;

use sexton_core::address::{Address, GuardCode};
use sexton_core::plan::Options;
use sexton_core::resource::Resource;
use sexton_core::time::Timestamp;

use crate::CallError;

/// One call of a removal operation. All targets are of one kind, account, region and batch key, and no more than the
/// batch limit.
#[derive(Debug, Clone, PartialEq)]
pub struct RemovalCall {
    /// The operation, by the rulebook.
    pub operation: String,
    /// What to remove.
    pub targets: Vec<RemovalTarget>,
    /// Options of the rules that hold the targets.
    pub options: Options,
}

/// One resource to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovalTarget {
    /// The resource.
    pub address: Address,
    /// The guards that the plan forces. Only what these need is sent.
    pub force: Vec<GuardCode>,
    /// The resource as the run saw it last, found to be what the plan was made for; none where nobody looked. A provider
    /// that can remove on condition (by an entity tag, a version or a fingerprint among the attributes that it told,
    /// by the time of creation) sends what it can of it, and answers [`RefusalClass::Changed`] where that no longer
    /// holds. One that cannot ignores it.
    pub seen: Option<Arc<Resource>>,
}

/// What became of one target of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The provider says that it is gone.
    Removed {
        /// The provider's id of the request.
        request_id: Option<String>,
    },
    /// The provider has begun; poll until it is gone.
    Accepted {
        /// The provider's id of the request.
        request_id: Option<String>,
    },
    /// There was nothing to remove. Means *gone* only where identity and region were checked.
    AlreadyGone {
        /// The provider's id of the request.
        request_id: Option<String>,
    },
    /// It went into a recycle bin.
    Parked {
        /// Until when it can be taken out again.
        until: Option<Timestamp>,
        /// The provider's id of the request.
        request_id: Option<String>,
    },
    /// The provider refused, for a reason that is a guard or may be one.
    Refused(Refusal),
    /// The call failed.
    Failed(CallError),
}

/// A refused removal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The provider's code: a guard's where the rulebook has one of that code.
    pub code: String,
    /// What another attempt could bring.
    pub class: RefusalClass,
    /// What holds the target, where the provider names it.
    pub by: Option<Address>,
    /// The provider's words, free of secrets.
    pub message: String,
    /// The provider's id of the request.
    pub request_id: Option<String>,
}

/// What another attempt at a refused removal could bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalClass {
    /// Nothing, until something else is changed: a person has to look.
    Blocked,
    /// It clears by itself when a state is reached.
    Waits,
    /// It may linger for a moment after its holder is gone. Another attempt is right where this run removed a holder: the
    /// one that the refusal names, if it names one.
    MayLinger,
    /// It is no longer as it was [seen](RemovalTarget::seen), and was not removed. It is looked at again: a resource that
    /// is still what the plan was made for is asked to go as it is now.
    Changed,
}
