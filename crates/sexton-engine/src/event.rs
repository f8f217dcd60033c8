//! What a run says while it runs. Progress displays, logs and recordings are consumers of these; nothing reads them to
//! decide anything. As JSON, one event is one object, so that a file of them is JSON Lines.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sexton_core::address::Address;
use sexton_core::time::Timestamp;

use crate::journal::{StopCause, Trouble};
use crate::machine::RunFailure;
use crate::outcome::{FailureClass, Outcome};
use crate::receipt::Counts;
use crate::run::RunId;

/// One event of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunEvent {
    /// The run.
    pub run: RunId,
    /// The session: 1, and one more at each resume.
    pub session: u32,
    /// Its place in the session, from 1, without gaps.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// The session began.
    SessionBegan {
        /// The plan's digest.
        plan: String,
        /// Steps in all.
        steps: usize,
        /// Steps whose resource is out of the way already.
        done: usize,
        /// How the steps of each kind stand, by earlier sessions.
        kinds: BTreeMap<String, Counts>,
        /// The steps that an earlier session left under way, ascending.
        underway: Vec<u32>,
    },
    /// A provider said that it is who the plan speaks of.
    Identified {
        /// `provider:account:region`.
        scope: String,
    },
    /// A step that an earlier session ended without having removed its resource is taken up again.
    StepReopened {
        /// The step.
        step: u32,
        /// Its resource.
        address: Address,
        /// How it had ended.
        was: Outcome,
        /// Where it stands now.
        stands: Reopened,
    },
    /// The recheck of a step is begun: whether its resource is still what the plan expects.
    StepBegan {
        /// The step.
        step: u32,
        /// Its resource.
        address: Address,
    },
    /// A step waits for a guard to clear.
    StepWaits {
        /// The step.
        step: u32,
        /// Its resource.
        address: Address,
        /// The guard.
        guard: String,
        /// The other resource, where there is one.
        by: Option<Address>,
    },
    /// The removal call of a step is on its way.
    StepCalled {
        /// The step.
        step: u32,
        /// Its resource.
        address: Address,
        /// The provider's operation.
        operation: String,
        /// Which call for this step, from 1.
        attempt: u32,
        /// The number of the call. Steps with the same number share it.
        call: u64,
    },
    /// The provider has begun to remove.
    StepAccepted {
        /// The step.
        step: u32,
        /// Its resource.
        address: Address,
    },
    /// A call did nothing, and another attempt follows.
    StepRetries {
        /// The step.
        step: u32,
        /// Its resource.
        address: Address,
        /// What was answered.
        trouble: Trouble,
    },
    /// A call may have done its work, which is being read.
    StepUnsettled {
        /// The step.
        step: u32,
        /// Its resource.
        address: Address,
        /// What was answered.
        trouble: Trouble,
    },
    /// After a call that may have done its work the resource is still there: the step is tried again or given up.
    StepStillThere {
        /// The step.
        step: u32,
        /// Its resource.
        address: Address,
    },
    /// The step ended.
    StepEnded {
        /// The step.
        step: u32,
        /// Its resource.
        address: Address,
        /// How.
        outcome: Outcome,
    },
    /// A call is on its way to a provider.
    CallSent {
        /// Its number in the session.
        call: u64,
        /// `provider:account:region`.
        scope: String,
        /// The removal operation; `identity`, `probe` or `dependents` for a reading.
        operation: String,
        /// Resources in it: its batch.
        targets: usize,
    },
    /// A call was answered.
    CallAnswered {
        /// Its number.
        call: u64,
        /// Of what sort the failure was, where it failed. A refusal is no failure.
        failed: Option<FailureClass>,
    },
    /// A call was over a quota.
    Throttled {
        /// `provider:account:region`.
        scope: String,
        /// The operation, named as where it was sent.
        operation: String,
        /// Until when no other call of the operation is sent.
        until: Timestamp,
    },
    /// Calls are sent at another rate from now on: lowered, put back, or raised by a tenth and more since it was last
    /// told.
    RateChanged {
        /// `provider:account:region`.
        scope: String,
        /// The operation, named as where it was sent. Others that the provider counts with it share its rate.
        operation: String,
        /// Calls in a second.
        rate: f64,
    },
    /// Nothing new is begun any more.
    Stopping {
        /// Why.
        cause: StopCause,
    },
    /// Nothing new is begun until told otherwise.
    Paused,
    /// A pause is over.
    Unpaused,
    /// The session ended.
    SessionEnded {
        /// Whether every step's resource is out of the way.
        complete: bool,
        /// How the steps stand.
        counts: Counts,
        /// Why nothing more could be done; none where the session came to its end, or was stopped.
        #[serde(default)]
        failure: Option<SessionFailure>,
    },
}

/// Why a session ended without doing what could be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SessionFailure {
    /// No provider is who the plan speaks of, or not any more.
    Identity {
        /// `provider:account:region`.
        wanted: String,
        /// Who was found, in words.
        found: Vec<String>,
    },
    /// No provider could be asked who it is.
    IdentityUnknown {
        /// `provider:account:region`.
        wanted: String,
        /// Of what sort the failure was.
        class: FailureClass,
        /// In words.
        message: String,
    },
    /// The journal could not be written.
    Journal,
}

impl From<&RunFailure> for SessionFailure {
    fn from(failure: &RunFailure) -> Self {
        match failure {
            RunFailure::Identity { wanted, found } => {
                SessionFailure::Identity { wanted: wanted.to_string(), found: found.clone() }
            }
            RunFailure::IdentityUnknown { wanted, error } => SessionFailure::IdentityUnknown {
                wanted: wanted.to_string(),
                class: error.class.into(),
                message: error.to_string(),
            },
            RunFailure::Journal => SessionFailure::Journal,
        }
    }
}

impl SessionFailure {
    /// Its name, as it stands in an event.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            SessionFailure::Identity { .. } => "identity",
            SessionFailure::IdentityUnknown { .. } => "identity-unknown",
            SessionFailure::Journal => "journal",
        }
    }
}

/// Where a step stands that is taken up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reopened {
    /// It is to be begun anew.
    Left,
    /// A call of it may have done its work, which is being read.
    Underway,
}

/// The schema of one event, a line of a file of them: JSON Schema, draft 2020-12.
#[must_use]
pub fn schema() -> serde_json::Value {
    sexton_core::schema::finished(sexton_core::schema::written::<RunEvent>(), "One event of a run")
}

/// Takes the events of a run as they happen.
pub trait EventSink: Send {
    /// One event.
    fn event(&mut self, event: RunEvent);
}

impl<F: FnMut(RunEvent) + Send> EventSink for F {
    fn event(&mut self, event: RunEvent) {
        self(event);
    }
}
