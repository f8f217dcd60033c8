//! How a call goes wrong: by expired credentials, a storm, a quota, or a fault of the schedule.

use std::time::Duration;

use sexton_provider::{Answer, CallError, Effect, ErrorClass, Observed, RemovalCall};

use super::{Bucket, Cloud, Event, OnTheWay};
use crate::case::{CallSort, Fault, Trouble};
use crate::log::{Call, Moment, Reply, Ticket};

/// How long a caller waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A fault and how far it is from striking.
#[derive(Debug, Clone)]
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
            | Fault::Remade { .. }
            | Fault::Claimed { .. }
            | Fault::Lags { .. }
            | Fault::Refreshed { .. }
            | Fault::Swapped { .. }
            | Fault::Elsewhere { .. } => 0,
        };
        Self { fault, left, struck: false }
    }
}

impl Call {
    fn sort(&self) -> CallSort {
        match self {
            Call::Identity(_) => CallSort::Identity,
            Call::Probe(_) => CallSort::Probe,
            Call::Dependents(_) => CallSort::Dependents,
            Call::Remove(_) => CallSort::Removal,
        }
    }

    /// The operation that a quota is for.
    fn operation(&self) -> &str {
        match self {
            Call::Identity(_) => "identity",
            Call::Probe(_) => "probe",
            Call::Dependents(_) => "dependents",
            Call::Remove(removal) => &removal.operation,
        }
    }

    fn targets(&self) -> usize {
        match self {
            Call::Identity(_) | Call::Dependents(_) => 1,
            Call::Probe(targets) => targets.len(),
            Call::Remove(removal) => removal.targets.len(),
        }
    }

    fn failed(&self, error: &CallError) -> Reply {
        match self {
            Call::Identity(_) => Reply::Identity(Err(error.clone())),
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
    pub(super) fn serve(&mut self, ticket: Ticket, on_the_way: &OnTheWay) -> (Reply, Duration) {
        let call = &on_the_way.call;
        let operation = call.operation();
        if self.expired {
            let expired = error(operation, ErrorClass::Auth, Effect::None, "ExpiredToken");
            return (call.failed(&expired), Duration::ZERO);
        }
        if let Some(storm) = self.storm.filter(|storm| self.now < storm.until) {
            return (call.failed(&throttled(operation, storm.retry_after)), Duration::ZERO);
        }
        if let Err(wait) = self.take_token(on_the_way) {
            return (call.failed(&throttled(operation, Some(wait))), Duration::ZERO);
        }
        match self.trouble(call) {
            Some(trouble) => self.go_wrong(ticket, on_the_way, trouble),
            None => (self.go_well(ticket, on_the_way), Duration::ZERO),
        }
    }

    /// Takes a token of the quota that a call counts to, in its account and region.
    ///
    /// # Errors
    /// There is none; says in how long there is.
    fn take_token(&mut self, on_the_way: &OnTheWay) -> Result<(), Duration> {
        let operation = on_the_way.call.operation();
        let Some(quota) = self.climate.quotas.iter().find(|quota| quota.operation == operation) else { return Ok(()) };
        let region = match &on_the_way.call {
            Call::Identity(region) => region.as_str(),
            call @ (Call::Probe(_) | Call::Dependents(_) | Call::Remove(_)) => {
                call.about().first().map_or("", |address| address.region())
            }
        };
        let place = (operation.to_owned(), format!("{}:{region}", on_the_way.as_whom));
        self.buckets.entry(place).or_insert_with(|| Bucket::new(quota)).take(self.now)
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

    fn go_well(&mut self, ticket: Ticket, on_the_way: &OnTheWay) -> Reply {
        let OnTheWay { as_whom, call, .. } = on_the_way;
        if !self.reaches(as_whom, call) {
            return elsewhere(ticket, call);
        }
        match call {
            Call::Identity(region) => Reply::Identity(Ok(self.who(as_whom, region))),
            Call::Probe(targets) => Reply::Probe(Ok(targets.iter().map(|target| self.look(target)).collect())),
            Call::Dependents(target) => Reply::Dependents(Ok(self.look_for_dependents(target))),
            Call::Remove(removal) => {
                Reply::Removed(self.take_effect(ticket, removal, |_| true).into_iter().flatten().collect())
            }
        }
    }

    fn go_wrong(&mut self, ticket: Ticket, on_the_way: &OnTheWay, trouble: Trouble) -> (Reply, Duration) {
        let call = &on_the_way.call;
        let operation = call.operation();
        if !self.reaches(&on_the_way.as_whom, call) {
            return (elsewhere(ticket, call), Duration::ZERO);
        }
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
                self.go_well(ticket, on_the_way);
                (call.failed(&broken()), Duration::ZERO)
            }
            (Trouble::TimeoutAfter, _) => {
                self.go_well(ticket, on_the_way);
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
                Call::Identity(_) | Call::Probe(_) | Call::Dependents(_),
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
        let parks = removal.targets.first().is_some_and(|target| self.has_bin(&target.address));
        let nothing_done = || error(&removal.operation, ErrorClass::Transient, Effect::None, "Conflict");
        answers
            .into_iter()
            .take(kept)
            .enumerate()
            .map(|(place, answer)| match (trouble, answer) {
                (Trouble::LyingBatch, None) if parks => Answer::Parked { until: None, request_id: request_id.clone() },
                (Trouble::LyingBatch, None) => Answer::Removed { request_id: request_id.clone() },
                (
                    Trouble::DenyingBatch,
                    Some(Answer::Removed { .. } | Answer::Accepted { .. } | Answer::Parked { .. }),
                ) if is_second(place) => Answer::Failed(nothing_done()),
                (_, Some(answer)) => answer,
                (_, None) => Answer::Failed(nothing_done()),
            })
            .collect()
    }
}

/// What is answered where nothing is known of what is asked for.
fn elsewhere(ticket: Ticket, call: &Call) -> Reply {
    match call {
        Call::Identity(region) => {
            let unserved = format!("{region} is not served");
            Reply::Identity(Err(error(call.operation(), ErrorClass::Permanent, Effect::None, &unserved)))
        }
        Call::Probe(targets) => Reply::Probe(Ok(targets.iter().map(|_| Observed::Absent).collect())),
        Call::Dependents(_) => Reply::Dependents(Ok(Vec::new())),
        Call::Remove(removal) => {
            let gone = |_| Answer::AlreadyGone { request_id: Some(format!("r-{ticket}")) };
            Reply::Removed(removal.targets.iter().map(gone).collect())
        }
    }
}

fn throttled(operation: &str, retry_after: Option<Duration>) -> CallError {
    error(operation, ErrorClass::Throttle { retry_after }, Effect::None, "Throttling")
}
