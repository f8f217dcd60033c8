//! What the machine is told and what it asks for.

use sexton_core::address::Address;
use sexton_core::resource::Resource;
use sexton_provider::{Answer, CallError, Identity, Observed, RemovalCall};

use super::Scope;
use crate::event::RunEvent;
use crate::journal::Entry;
use crate::receipt::Receipt;

/// The number of a call of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub(super) u64);

impl std::fmt::Display for CallId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What the machine is told.
#[derive(Debug)]
pub enum Input {
    /// Time has passed.
    Tick,
    /// Begin nothing new.
    Stop,
    /// Begin nothing new until told to go on.
    Pause,
    /// Go on after a pause.
    Unpause,
    /// A provider uses other credentials from now on.
    CredentialsChanged {
        /// The provider's place.
        provider: usize,
    },
    /// The records of an append are durable.
    Appended {
        /// The place of the last of them.
        last_seq: u64,
    },
    /// An append failed: nothing can be recorded any more.
    AppendFailed,
    /// What each provider of the asked name says of itself.
    Identified {
        /// The call.
        call: CallId,
        /// In the order in which the providers were given.
        answers: Vec<IdentityAnswer>,
    },
    /// What a reading found: for each target, in their order.
    Probed {
        /// The call.
        call: CallId,
        /// The answer.
        answer: Result<Vec<Observed>, CallError>,
    },
    /// What refers to a resource.
    DependentsFound {
        /// The call.
        call: CallId,
        /// The answer.
        answer: Result<Vec<Resource>, CallError>,
    },
    /// What became of the targets of a removal call, in their order.
    Removed {
        /// The call.
        call: CallId,
        /// The answers.
        answers: Vec<Answer>,
    },
}

/// What one provider says of itself.
#[derive(Debug)]
pub struct IdentityAnswer {
    /// Its place among the providers that the caller has.
    pub provider: usize,
    /// What it says.
    pub answer: Result<Identity, CallError>,
}

/// What the machine asks for.
#[derive(Debug)]
#[must_use]
pub enum Output {
    /// Make these records durable, then say so. There is never more than one append under way.
    Append(Vec<Entry>),
    /// Ask every provider of that name who it is where.
    CheckIdentity {
        /// The call.
        call: CallId,
        /// The scope whose provider and region are meant.
        scope: Scope,
    },
    /// Read resources of one kind, account and region.
    Probe {
        /// The call.
        call: CallId,
        /// The provider's place.
        provider: usize,
        /// The resources.
        targets: Vec<Address>,
    },
    /// Read what refers to a resource.
    Dependents {
        /// The call.
        call: CallId,
        /// The provider's place.
        provider: usize,
        /// The resource.
        target: Address,
    },
    /// Remove. The intent of it is durable.
    Remove {
        /// The call.
        call: CallId,
        /// The provider's place.
        provider: usize,
        /// The call to make.
        removal: RemovalCall,
    },
    /// Tell whoever listens.
    Event(RunEvent),
    /// The session is over; there will be no more output.
    Finished(Result<Box<Receipt>, RunFailure>),
}

/// Why a session ended without doing what could be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunFailure {
    /// No provider is who the plan speaks of.
    Identity {
        /// Who it speaks of.
        wanted: Scope,
        /// Who was found, in words.
        found: Vec<String>,
    },
    /// No provider could be asked who it is.
    IdentityUnknown {
        /// Who the plan speaks of.
        wanted: Scope,
        /// Why not.
        error: CallError,
    },
    /// The journal could not be written any more.
    Journal,
}

/// A fault of whoever drives the machine, or of the machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MachineError {
    /// The machine was about to make a record that its own table does not allow.
    #[error(transparent)]
    Illegal(#[from] super::IllegalTransition),
    /// An answer to a call that is not under way.
    #[error("call {call} is not under way, or is of another sort")]
    NoSuchCall {
        /// The call.
        call: CallId,
    },
    /// An acknowledgement that no append waits for.
    #[error("no append up to record {last_seq} is under way")]
    NoSuchAppend {
        /// The record acknowledged.
        last_seq: u64,
    },
    /// The history is that of another plan.
    #[error("the history is of {history} steps, and the plan has {plan}")]
    OtherHistory {
        /// Steps of the history.
        history: usize,
        /// Steps of the plan.
        plan: usize,
    },
    /// Steps are left, and nothing is under way that could end them.
    #[error("{open} steps are left and nothing is under way")]
    Stuck {
        /// How many.
        open: usize,
    },
}
