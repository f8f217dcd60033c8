//! One removal call: what is sent for which targets, and what each of them is answered.
//!
//! The lists that removals by list return are of what *failed*, without a reason; the vendor's own sample of one invites
//! the opposite reading. So neither list nor silence is believed: what was listed is read here, and what was not is read
//! by the run until it is gone, or lies in the recycle bin. There a second call would destroy it: what can come to lie in
//! one is looked at before every call. Of what cannot, one that is listed and read to be as it was goes again at once,
//! alone, for a call for one may be refused by a code.

use std::collections::BTreeSet;

use serde_json::Value;
use sexton_core::address::GuardCode;
use sexton_core::fact::Fact;
use sexton_core::rulebook::Rulebook;
use sexton_http::{Purpose, refused};
use sexton_provider::{Answer, CallError, Effect, ErrorClass, RemovalCall, RemovalTarget};

use super::outcome::{Cause, Verdict, of_one_alone, settled, verdict};
use super::probe::{Present, Prober, kind_of, unserved};
use super::provider::ZecProvider;
use super::queries;
use super::row::Row;
use super::rulebook::{batch_limit, removal_operation};
use super::stage::{Stage, stage};
use super::vocabulary::ZecKind;
use crate::rpc::{Call, Parameters, Reply};

/// How many go alone after one call: no quota is known, and the run cannot pace what it does not see.
const MOST_ALONE: usize = 20;

/// Sends one removal call.
pub(super) async fn remove(provider: &ZecProvider, call: &RemovalCall) -> Vec<Answer> {
    let remover = match Remover::new(provider, call).await {
        Ok(Some(remover)) => remover,
        Ok(None) => return Vec::new(),
        Err(error) => return call.targets.iter().map(|_| Answer::Failed(error.clone())).collect(),
    };
    let mut answers = Answers::new(&call.targets);
    remover.leave_the_bin_alone(&mut answers).await;
    if !answers.open().is_empty() {
        remover.send(&mut answers).await;
    }
    answers.finish(&remover)
}

struct Remover<'a> {
    provider: &'a ZecProvider,
    prober: Prober<'a>,
    kind: ZecKind,
    operation: &'static str,
}

/// The answers so far, one for each target.
struct Answers<'c> {
    targets: &'c [RemovalTarget],
    given: Vec<Option<Answer>>,
}

impl<'c> Answers<'c> {
    fn new(targets: &'c [RemovalTarget]) -> Self {
        Self { targets, given: vec![None; targets.len()] }
    }

    /// The targets that have no answer yet.
    fn open(&self) -> Vec<&'c str> {
        let open = self.targets.iter().zip(&self.given).filter(|(_, given)| given.is_none());
        open.map(|(target, _)| target.address.id()).collect()
    }

    /// Answers for the open targets of which something is to be said.
    fn give(&mut self, answer: impl Fn(&RemovalTarget) -> Option<Answer>) {
        for (target, given) in self.targets.iter().zip(&mut self.given) {
            if given.is_none() {
                *given = answer(target);
            }
        }
    }

    fn replace(&mut self, id: &str, answer: Answer) {
        let place = self.targets.iter().position(|target| target.address.id() == id);
        if let Some(given) = place.and_then(|place| self.given.get_mut(place)) {
            *given = Some(answer);
        }
    }

    fn finish(self, remover: &Remover<'_>) -> Vec<Answer> {
        let unanswered = || remover.unclear("the answer says nothing of it".to_owned(), None);
        self.given.into_iter().map(|given| given.unwrap_or_else(|| Answer::Failed(unanswered()))).collect()
    }
}

impl<'a> Remover<'a> {
    /// What sends the call, if its targets may share it; none where there are none.
    async fn new(provider: &'a ZecProvider, call: &RemovalCall) -> Result<Option<Self>, CallError> {
        let Some(first) = call.targets.first() else { return Ok(None) };
        let wrong = |message| refused(&call.operation, message);
        let kind = kind_of(provider, &first.address)?;
        let operation = removal_operation(kind);
        if operation != call.operation {
            return Err(wrong(format!("{} does not remove {}", call.operation, first.address)));
        }
        if queries::operation(kind, provider.version()).is_none() {
            return Err(CallError { operation: operation.to_owned(), ..unserved(kind) });
        }
        if !call.options.is_empty() {
            let options: Vec<&str> = call.options.keys().map(String::as_str).collect();
            return Err(wrong(format!("{operation} knows no option {}", options.join(", "))));
        }
        let together = call.targets.iter().all(|target| {
            target.address.scope() == first.address.scope() && target.address.kind() == first.address.kind()
        });
        if call.targets.len() > batch_limit(kind) as usize || !together {
            return Err(wrong(format!("one call cannot remove these {} targets together", call.targets.len())));
        }
        for target in &call.targets {
            check_force(sexton_provider::Provider::rulebook(provider), kind, &target.force).map_err(wrong)?;
        }
        let prober = Prober::new(provider, &first.address).await?;
        Ok(Some(Self { provider, prober, kind, operation }))
    }

    /// Answers for what is in the recycle bin, and for what is not there at all.
    async fn leave_the_bin_alone(&self, answers: &mut Answers<'_>) {
        if !self.kind.has_recycle_bin() {
            return;
        }
        let looked = self.prober.look(&answers.open()).await;
        answers.give(|target| match &looked {
            Err(error) => Some(Answer::Failed(error.clone())),
            Ok(present) => match self.state(present, target) {
                None => Some(Answer::AlreadyGone { request_id: None }),
                Some(Some(state)) if stage(self.kind, state) == Stage::InBin => {
                    Some(Answer::Parked { until: None, request_id: None })
                }
                Some(Some(_)) => None,
                Some(None) => {
                    let message = "its state cannot be read: in the recycle bin a call would destroy it".to_owned();
                    Some(Answer::Failed(refused(self.operation, message)))
                }
            },
        });
    }

    async fn send(&self, answers: &mut Answers<'_>) {
        let parameters = match self.parameters(&answers.open()) {
            Ok(parameters) => parameters,
            Err(error) => return answers.give(|_| Some(Answer::Failed(error.clone()))),
        };
        let call = Call { operation: self.operation, parameters, purpose: Purpose::Change };
        match self.provider.client().call(&call).await {
            Ok(reply) => self.accepted(&reply, answers).await,
            Err(error) => match verdict(self.kind, &error) {
                Verdict::Each(answer) => answers.give(|_| Some(answer.clone())),
                Verdict::Read(cause) => {
                    let open = answers.open();
                    self.read(&open.into_iter().collect(), cause, &error, answers).await;
                }
            },
        }
    }

    fn parameters(&self, ids: &[&str]) -> Result<Parameters, CallError> {
        let mut parameters = Parameters::new();
        match (self.kind, ids) {
            (ZecKind::Disk, [id]) => {
                parameters.insert("diskId".to_owned(), Value::from(*id));
            }
            (ZecKind::Disk, _) => {
                return Err(refused(self.operation, format!("{} disks cannot go in one call", ids.len())));
            }
            (ZecKind::Snapshot | ZecKind::Image | ZecKind::Instance | ZecKind::AutoSnapshotPolicy, ids) => {
                parameters.insert(queries::ids_parameter(self.kind).to_owned(), Value::from(ids.to_vec()));
            }
        }
        if self.kind == ZecKind::Instance {
            // By default the API releases what can be detached along with the instance.
            parameters.insert("dependResource".to_owned(), Value::Bool(false));
        }
        Ok(parameters)
    }

    async fn accepted(&self, reply: &Reply, answers: &mut Answers<'_>) {
        let request_id = reply.request_id.clone();
        let listed = match self.kind {
            ZecKind::Snapshot | ZecKind::Image | ZecKind::Instance => {
                Row::new(&reply.body).texts(queries::ids_parameter(self.kind))
            }
            ZecKind::Disk | ZecKind::AutoSnapshotPolicy => Ok(Vec::new()),
        };
        let listed: BTreeSet<String> = match listed {
            Ok(listed) => listed.into_iter().collect(),
            Err(error) => {
                let error = self.unclear(format!("what failed cannot be read: {error}"), request_id);
                return answers.give(|_| Some(Answer::Failed(error.clone())));
            }
        };
        let failed: BTreeSet<&str> = answers.open().into_iter().filter(|id| listed.contains(*id)).collect();
        if !failed.is_empty() {
            let message = "the provider lists it among those that it did not remove, and gives no reason".to_owned();
            let error = self.unclear(message, request_id.clone());
            let cause = if answers.open().len() == 1 { Cause::ListedAlone } else { Cause::Listed };
            let present = self.read(&failed, cause, &error, answers).await;
            if let (Some(present), Cause::Listed, false) = (present, cause, self.kind.has_recycle_bin()) {
                self.send_alone(&present, &failed, answers).await;
            }
        }
        answers.give(|_| Some(Answer::Accepted { request_id: request_id.clone() }));
    }

    /// Sends those that are read to be as they were once more, each alone, until a call does not come through. What is
    /// left over comes again with the run's next attempt.
    async fn send_alone(&self, present: &Present, failed: &BTreeSet<&str>, answers: &mut Answers<'_>) {
        let targets = answers.targets;
        let stays = |target: &&RemovalTarget| match self.state(present, target) {
            Some(Some(state)) => stage(self.kind, state) == Stage::Settled,
            Some(None) | None => false,
        };
        let listed = targets.iter().filter(|target| failed.contains(target.address.id()));
        for target in listed.filter(stays).take(MOST_ALONE) {
            let mut alone = Answers::new(std::slice::from_ref(target));
            Box::pin(self.send(&mut alone)).await;
            for answer in alone.finish(self).into_iter().map(of_one_alone) {
                let ends = matches!(&answer, Answer::Failed(error) if did_not_come_through(error));
                answers.replace(target.address.id(), answer);
                if ends {
                    return;
                }
            }
        }
    }

    /// Answers for those by what they are now, and says what is there of them.
    async fn read(
        &self,
        ids: &BTreeSet<&str>,
        cause: Cause,
        error: &CallError,
        answers: &mut Answers<'_>,
    ) -> Option<Present> {
        let ids: Vec<&str> = ids.iter().copied().collect();
        let looked = self.prober.look(&ids).await;
        answers.give(|target| {
            if !ids.contains(&target.address.id()) {
                return None;
            }
            Some(match &looked {
                Ok(present) => settled(self.kind, cause, self.state(present, target), error),
                // The run reads it when it can be read.
                Err(_) => {
                    Answer::Failed(CallError { class: ErrorClass::Transient, effect: Effect::Unknown, ..error.clone() })
                }
            })
        });
        looked.ok()
    }

    /// The state of a target, where it is there; none of that where it is not known.
    fn state<'p>(&self, present: &'p Present, target: &RemovalTarget) -> Option<Option<&'p str>> {
        present.get(target.address.id()).map(|resource| match &resource.state {
            Fact::Known(state) => Some(state.as_str()),
            Fact::Unknown => None,
        })
    }

    /// A failure that says nothing of what was done.
    fn unclear(&self, message: String, request_id: Option<String>) -> CallError {
        CallError {
            class: ErrorClass::Transient,
            effect: Effect::Unknown,
            request_id,
            ..refused(self.operation, message)
        }
    }
}

/// Whether the next call would fare no better.
fn did_not_come_through(error: &CallError) -> bool {
    match error.class {
        ErrorClass::Throttle { .. } | ErrorClass::Auth => true,
        ErrorClass::Transient => error.status.is_none_or(|status| status >= 500),
        ErrorClass::Permanent => false,
    }
}

/// An error where a guard cannot be forced. None has a parameter to send; removing all the same would remove what its
/// plan never meant to.
fn check_force(rules: &Rulebook, kind: ZecKind, guards: &[GuardCode]) -> Result<(), String> {
    let unforceable = guards.iter().find(|code| {
        let mut of_code = rules.guards_of(kind.as_str()).filter(|guard| guard.code == **code);
        !of_code.any(|guard| guard.force().is_some())
    });
    match unforceable {
        Some(code) => Err(format!("guard {code} of {} cannot be forced", kind.as_str())),
        None => Ok(()),
    }
}
