//! What happened in a simulation, in one line of time: what the run asked for and recorded, and what the cloud did. The
//! checks read nothing else of a run but this, its plan and its world.

use sexton_core::address::{Address, Region};
use sexton_core::resource::Resource;
use sexton_engine::Receipt;
use sexton_engine::journal::Entry;
use sexton_engine::machine::{MonoTime, RunFailure};
use sexton_provider::{Answer, CallError, Identity, Observed, RemovalCall};

use crate::case::Shown;

/// A call's number, over all sessions.
pub type Ticket = u64;

/// A call to the cloud.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// Who the caller is, and whether this region is served.
    Identity(Region),
    /// A reading of resources.
    Probe(Vec<Address>),
    /// A reading of what refers to a resource.
    Dependents(Address),
    /// A removal.
    Remove(RemovalCall),
}

/// What the cloud answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Who the caller is.
    Identity(Result<Identity, CallError>),
    /// What was found, in the order asked.
    Probe(Result<Vec<Observed>, CallError>),
    /// What refers to the resource.
    Dependents(Result<Vec<Resource>, CallError>),
    /// What became of each target.
    Removed(Vec<Answer>),
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Nothing of what was asked.
    Nothing,
    /// What was asked.
    What,
    /// Who the caller is.
    Who(Identity),
}

/// Who did something to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The run, by this call.
    Call(Ticket),
    /// Somebody else.
    Colleague,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Moment {
    /// A session began.
    Began {
        /// From 1.
        session: u32,
    },
    /// The run handed records to its journal.
    AppendBegan,
    /// Records became durable.
    Durable(Vec<Entry>),
    /// The run sent a call.
    Sent {
        /// Its number.
        ticket: Ticket,
        /// The place of the provider.
        provider: usize,
        /// The call.
        call: Call,
    },
    /// A call reached the cloud: what it reads, it reads now.
    Arrived {
        /// Its number.
        ticket: Ticket,
    },
    /// A removal of a resource took effect, or began to.
    Taken {
        /// The call.
        ticket: Ticket,
        /// The resource.
        target: Address,
    },
    /// A removal was refused by a guard.
    Refused {
        /// The call.
        ticket: Ticket,
        /// The resource.
        target: Address,
        /// The guard.
        code: String,
    },
    /// A resource is gone.
    Gone {
        /// The resource.
        target: Address,
        /// By whom.
        by: By,
    },
    /// A resource lies in a recycle bin, and is gone from where it was.
    Parked {
        /// The resource.
        target: Address,
        /// By whom.
        by: By,
        /// Whether readings show that it lies there.
        shown: Shown,
    },
    /// A recycle bin holds a resource no longer.
    Purged {
        /// The resource.
        target: Address,
    },
    /// A resource is new, or is not what it was.
    Put {
        /// As it is from now on.
        resource: Box<Resource>,
        /// Whether there was none before.
        new: bool,
    },
    /// An answer reached the run.
    Answered {
        /// The call.
        ticket: Ticket,
        /// What it says.
        said: Said,
    },
    /// The run was told that a provider uses other credentials.
    Refreshed {
        /// The provider's place.
        provider: usize,
    },
    /// A fault of the schedule came to pass.
    Fired {
        /// Its place in the schedule.
        fault: usize,
    },
    /// The run was asked to begin nothing new until told otherwise.
    Paused,
    /// The run was told to go on.
    Unpaused,
    /// The run was asked to begin nothing new.
    StopAsked,
    /// The process died.
    Crashed {
        /// After an output of this sort.
        output: &'static str,
    },
    /// A session came to its end.
    Finished(Result<Box<Receipt>, RunFailure>),
    /// The machine failed, or did not come to an end.
    Broken(String),
}

/// One thing that happened, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// When, from the beginning of the first session.
    pub at: MonoTime,
    /// What.
    pub moment: Moment,
}
