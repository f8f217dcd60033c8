//! How a call goes wrong: by expired credentials, a storm, a quota, or a fault of the schedule.

use std::time::Duration;

use sexton_provider::{Answer, CallError, Effect, ErrorClass, RemovalCall};

use super::{Cloud, Event};
use crate::case::{CallSort, Fault, Trouble};
use crate::log::{Call, Moment, Reply, Ticket};

/// How long a caller waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A fault and how far it is from striking.
#[derive(Debug)]
pub(super) struct Armed {
    pub(super) fault: Fault,
    /// For a call: calls until it strikes. For a reverted removal: times that are left.
    pub(super) left: u32,
    struck: bool,
}

impl Armed {
    pub(super) fn new(fault: Fault) -> Self {
        let left = match &fault {
            Fault::Call { nth, .. } => (*nth).max(1),
            Fault::Reverted { times, .. } => *times,
            Fault::Storm { .. }
            | Fault::Expiry { .. }
            | Fault::Lingers { .. }
            | Fault::Shown { .. }
            | Fault::Referred { .. }
            | Fault::Tagged { .. }
            | Fault::Removed { .. }
            | Fault::Remade { .. } => 0,
        };
        Self { fault, left, struck: false }
    }
}

impl Call {
    fn sort(&self) -> CallSort {
        match self {
            Call::Identity => CallSort::Identity,
            Call::Probe(_) => CallSort::Probe,
            Call::Dependents(_) => CallSort::Dependents,
            Call::Remove(_) => CallSort::Removal,
        }
    }

    /// The operation that a quota is for.
    fn operation(&self) -> &str {
        match self {
            Call::Identity => "identity",
            Call::Probe(_) => "probe",
            Call::Dependents(_) => "dependents",
            Call::Remove(removal) => &removal.operation,
        }
    }

    fn targets(&self) -> usize {
        match self {
            Call::Identity | Call::Dependents(_) => 1,
            Call::Probe(targets) => targets.len(),
            Call::Remove(removal) => removal.targets.len(),
        }
    }

    fn failed(&self, error: &CallError) -> Reply {
        match self {
            Call::Identity => Reply::Identity(Err(error.clone())),
            Call::Probe(_) => Reply::Probe(Err(error.clone())),
            Call::Dependents(_) => Reply::Dependents(Err(error.clone())),
            Call::Remove(removal) => {
                Reply::Removed(removal.targets.iter().map(|_| Answer::Failed(error.clone())).collect())
            }
        }
    }
}

fn error(operation: &str, class: ErrorClass, effect: Effect, code: &str) -> CallError {
    CallError {
        class,
        effect,
        operation: operation.to_owned(),
        code: Some(code.to_owned()),
        status: None,
        message: "it went wrong".to_owned(),
        request_id: None,
    }
}

impl Cloud {
    /// Serves a call that has arrived. Also says how much longer than usual the answer takes.
    pub(super) fn serve(&mut self, ticket: Ticket, call: &Call) -> (Reply, Duration) {
        let operation = call.operation();
        if self.expired {
            let expired = error(operation, ErrorClass::Auth, Effect::None, "ExpiredToken");
            return (call.failed(&expired), Duration::ZERO);
        }
        if let Some(storm) = self.storm.filter(|storm| self.now < storm.until) {
            return (call.failed(&throttled(operation, storm.retry_after)), Duration::ZERO);
        }
        let now = self.now;
        if let Some(Err(wait)) = self.buckets.get_mut(operation).map(|bucket| bucket.take(now)) {
            return (call.failed(&throttled(operation, Some(wait))), Duration::ZERO);
        }
        match self.trouble(call) {
            Some(trouble) => self.go_wrong(ticket, call, trouble),
            None => (self.go_well(ticket, call), Duration::ZERO),
        }
    }

    /// The fault that strikes this call.
    fn trouble(&mut self, call: &Call) -> Option<Trouble> {
        let mut strikes = None;
        for (place, armed) in self.faults.iter_mut().enumerate() {
            let Fault::Call { sort, trouble, .. } = &armed.fault else { continue };
            if armed.struck || *sort != call.sort() || !trouble.fits(*sort, call.targets()) {
                continue;
            }
            armed.left = armed.left.saturating_sub(1);
            if armed.left == 0 && strikes.is_none() {
                armed.struck = true;
                strikes = Some((place, *trouble));
            }
        }
        let (fault, trouble) = strikes?;
        self.record(Moment::Fired { fault });
        Some(trouble)
    }

    fn go_well(&mut self, ticket: Ticket, call: &Call) -> Reply {
        match call {
            Call::Identity => Reply::Identity(Ok(self.identity.clone())),
            Call::Probe(targets) => Reply::Probe(Ok(targets.iter().map(|target| self.look(target)).collect())),
            Call::Dependents(target) => Reply::Dependents(Ok(self.look_for_dependents(target))),
            Call::Remove(removal) => {
                Reply::Removed(self.take_effect(ticket, removal, |_| true).into_iter().flatten().collect())
            }
        }
    }

    fn go_wrong(&mut self, ticket: Ticket, call: &Call, trouble: Trouble) -> (Reply, Duration) {
        let operation = call.operation();
        let fails = |class, effect, code| call.failed(&error(operation, class, effect, code));
        let broken = || error(operation, ErrorClass::Transient, Effect::Unknown, "InternalError");
        match (trouble, call) {
            (Trouble::Throttled { retry_after_ms }, _) => {
                (call.failed(&throttled(operation, retry_after_ms.map(Duration::from_millis))), Duration::ZERO)
            }
            (Trouble::Busy, _) => (fails(ErrorClass::Transient, Effect::None, "ServiceUnavailable"), Duration::ZERO),
            (Trouble::Denied, _) => (fails(ErrorClass::Permanent, Effect::None, "Forbidden"), Duration::ZERO),
            (Trouble::ErrorBefore, _) => (call.failed(&broken()), Duration::ZERO),
            (Trouble::TimeoutBefore, _) => (call.failed(&broken()), PATIENCE),
            (Trouble::ErrorAfter, _) => {
                self.go_well(ticket, call);
                (call.failed(&broken()), Duration::ZERO)
            }
            (Trouble::TimeoutAfter, _) => {
                self.go_well(ticket, call);
                (call.failed(&broken()), PATIENCE)
            }
            (Trouble::LateEffect { by_ms }, Call::Remove(removal)) => {
                let at = self.now.after(PATIENCE + Duration::from_millis(by_ms));
                self.schedule(at, Event::TakesEffect(ticket, removal.clone()));
                (call.failed(&broken()), PATIENCE)
            }
            (
                Trouble::PartialBatch | Trouble::LyingBatch | Trouble::DenyingBatch | Trouble::ShortBatch,
                Call::Remove(removal),
            ) => (Reply::Removed(self.go_half_wrong(ticket, removal, trouble)), Duration::ZERO),
            (
                Trouble::LateEffect { .. }
                | Trouble::PartialBatch
                | Trouble::LyingBatch
                | Trouble::DenyingBatch
                | Trouble::ShortBatch,
                Call::Identity | Call::Probe(_) | Call::Dependents(_),
            ) => (call.failed(&broken()), Duration::ZERO),
        }
    }

    /// A batch of which every second target fares otherwise than the others, or is answered otherwise.
    fn go_half_wrong(&mut self, ticket: Ticket, removal: &RemovalCall, trouble: Trouble) -> Vec<Answer> {
        let is_second = |place: usize| place % 2 == 1;
        let spared = matches!(trouble, Trouble::PartialBatch | Trouble::LyingBatch);
        let answers = self.take_effect(ticket, removal, |place| !(spared && is_second(place)));
        let short = matches!(trouble, Trouble::ShortBatch);
        let kept = if short { answers.len() / 2 } else { answers.len() };
        let request_id = Some(format!("r-{ticket}"));
        let nothing_done = || error(&removal.operation, ErrorClass::Transient, Effect::None, "Conflict");
        answers
            .into_iter()
            .take(kept)
            .enumerate()
            .map(|(place, answer)| match (trouble, answer) {
                (Trouble::LyingBatch, None) => Answer::Removed { request_id: request_id.clone() },
                (Trouble::DenyingBatch, Some(Answer::Removed { .. } | Answer::Accepted { .. })) if is_second(place) => {
                    Answer::Failed(nothing_done())
                }
                (_, Some(answer)) => answer,
                (_, None) => Answer::Failed(nothing_done()),
            })
            .collect()
    }
}

fn throttled(operation: &str, retry_after: Option<Duration>) -> CallError {
    error(operation, ErrorClass::Throttle { retry_after }, Effect::None, "Throttling")
}
