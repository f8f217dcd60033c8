//! One removal call: what is sent for which targets, and what each of them is answered.

use sexton_core::address::{Address, GuardCode};
use sexton_core::rulebook::Rulebook;
use sexton_http::{Pace, Purpose, refused};
use sexton_provider::{Answer, CallError, Effect, ErrorClass, Refusal, RefusalClass, RemovalCall, RemovalTarget};

use super::decode::share_parts;
use super::outcome::answer;
use super::probe::{Prober, kind_of};
use super::provider::EcsProvider;
use super::queries::numbered_ids;
use super::rulebook::{ACCOUNTS_PER_CALL, CANCEL_COPY, removal_operation};
use super::vocabulary::EcsKind;
use crate::pages::{Parameters, parameters};
use crate::rpc::{Call, Reply, Service};

/// Sends one removal call.
pub(super) async fn remove(provider: &EcsProvider, call: &RemovalCall) -> Vec<Answer> {
    match check(sexton_provider::Provider::rulebook(provider), call) {
        Err(error) => call.targets.iter().map(|_| Answer::Failed(error.clone())).collect(),
        Ok(None) => Vec::new(),
        Ok(Some((kind, operation))) => {
            let remover = Remover { provider, kind, operation };
            if kind == EcsKind::Share {
                remover.unshare(&call.targets).await
            } else {
                remover.remove_each(&call.targets).await
            }
        }
    }
}

/// The kind and operation of a call, if it removes its targets and they may share it.
fn check(rules: &Rulebook, call: &RemovalCall) -> Result<Option<(EcsKind, &'static str)>, CallError> {
    let Some(first) = call.targets.first() else { return Ok(None) };
    let wrong = |message| refused(&call.operation, message);
    let kind = kind_of(&first.address)?;
    let operations = [removal_operation(kind), (kind == EcsKind::Image).then_some(CANCEL_COPY)];
    let Some(operation) = operations.into_iter().flatten().find(|operation| *operation == call.operation) else {
        return Err(wrong(format!("{} does not remove {}", call.operation, first.address)));
    };
    for RemovalTarget { address, force, .. } in &call.targets {
        if rules.operation(kind.as_str(), force) != Some(operation) {
            return Err(wrong(format!("{operation} does not remove {address} by the guards that are forced")));
        }
    }
    if !call.options.is_empty() {
        let options: Vec<&str> = call.options.keys().map(String::as_str).collect();
        return Err(wrong(format!("{operation} knows no option {}", options.join(", "))));
    }
    let most = if kind == EcsKind::Share { ACCOUNTS_PER_CALL as usize } else { 1 };
    let together = call.targets.iter().all(|target| {
        let (address, first) = (&target.address, &first.address);
        address.scope() == first.scope()
            && address.kind() == first.kind()
            && (most == 1 || image(address) == image(first))
    });
    if call.targets.len() > most || !together {
        return Err(wrong(format!("one call cannot remove these {} targets together", call.targets.len())));
    }
    Ok(Some((kind, operation)))
}

fn image(address: &Address) -> &str {
    share_parts(address.id()).map_or(address.id(), |(image, _)| image)
}

struct Remover<'a> {
    provider: &'a EcsProvider,
    kind: EcsKind,
    operation: &'static str,
}

impl Remover<'_> {
    /// Kinds of which a call removes one.
    async fn remove_each(&self, targets: &[RemovalTarget]) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(targets.len());
        for target in targets {
            answers.push(match self.parameters(target) {
                Ok(parameters) => match self.send(target.address.region(), parameters).await {
                    // Also for a missing resource: the vendor documents that a removal ignores it.
                    Ok(reply) => Answer::Accepted { request_id: reply.request_id },
                    Err(error) => answer(self.operation, self.kind, error),
                },
                Err(error) => Answer::Failed(error),
            });
        }
        answers
    }

    fn parameters(&self, target: &RemovalTarget) -> Result<Parameters, CallError> {
        let (id, region) = (target.address.id(), target.address.region());
        let mut sent = match self.kind {
            // These operations have no RegionId: the endpoint alone picks the region.
            EcsKind::Snapshot => parameters([("SnapshotId", id)]),
            EcsKind::Disk => parameters([("DiskId", id)]),
            EcsKind::Instance => parameters([("InstanceId", id)]),
            EcsKind::Image => parameters([("RegionId", region), ("ImageId", id)]),
            EcsKind::Publication => {
                let parts = share_parts(id).filter(|(_, with)| *with == "public");
                let (image, _) = parts.ok_or_else(|| self.wrong(format!("{id:?} is no publication of an image")))?;
                parameters([("RegionId", region), ("ImageId", image), ("IsPublic", "false")])
            }
            EcsKind::Task => parameters([("RegionId", region), ("TaskId", id)]),
            EcsKind::Share | EcsKind::LaunchTemplate | EcsKind::ScalingConfiguration | EcsKind::AutoSnapshotPolicy => {
                return Err(self.wrong(format!("{} is not removed one by one", target.address)));
            }
        };
        let forced = forced(self.provider_rules(), self.kind, &target.force).map_err(|message| self.wrong(message))?;
        if self.operation == CANCEL_COPY && !forced.is_empty() {
            return Err(self.wrong(format!("{CANCEL_COPY} knows no {}", forced.join(", "))));
        }
        sent.extend(forced.into_iter().map(|name| (name, "true".to_owned())));
        Ok(sent)
    }

    /// The accounts of one image's shares, in one call; groups in a call of their own, for they have another operation.
    async fn unshare(&self, targets: &[RemovalTarget]) -> Vec<Answer> {
        let mut answers: Vec<Option<Answer>> = Vec::with_capacity(targets.len());
        let mut accounts = Vec::new();
        let mut groups = Vec::new();
        for target in targets {
            let with = share_parts(target.address.id()).map(|(_, with)| with);
            answers.push(match (with, forced(self.provider_rules(), self.kind, &target.force)) {
                (_, Err(message)) => Some(Answer::Failed(self.wrong(message))),
                (None, Ok(_)) => Some(Answer::Failed(self.wrong(format!("{} names no account", target.address)))),
                (Some(account), Ok(_)) if is_account(account) => {
                    accounts.push(account);
                    None
                }
                (Some(group), Ok(_)) => {
                    groups.push(group);
                    None
                }
            });
        }
        let Some(first) = targets.first() else { return Vec::new() };
        let (region, image) = (first.address.region(), image(&first.address));
        if !groups.is_empty() {
            let of_groups = self.unshare_groups(region, image, &groups).await;
            for (answer, target) in answers.iter_mut().zip(targets) {
                let with = share_parts(target.address.id()).map(|(_, with)| with);
                if answer.is_none() && with.is_some_and(|with| !is_account(with)) {
                    *answer = Some(of_groups.clone());
                }
            }
        }
        if accounts.is_empty() {
            return answers.into_iter().flatten().collect();
        }
        let mut sent = parameters([("RegionId", region), ("ImageId", image)]);
        sent.extend(numbered_ids("RemoveAccount", &accounts));
        let of_all = match self.send(region, sent).await {
            Ok(reply) => Ok(reply.request_id),
            Err(error) if error.code.as_deref() == Some("InvalidAccount.NotFound") => {
                return self.unshare_by_list(targets, answers, accounts.len(), error).await;
            }
            Err(error) => Err(error),
        };
        answers
            .into_iter()
            .map(|answered| {
                answered.unwrap_or_else(|| match &of_all {
                    Ok(request_id) => Answer::Accepted { request_id: request_id.clone() },
                    Err(error) => answer(self.operation, self.kind, error.clone()),
                })
            })
            .collect()
    }

    /// One of the accounts does not exist, or is not among the image's: the list tells which are.
    async fn unshare_by_list(
        &self,
        targets: &[RemovalTarget],
        answers: Vec<Option<Answer>>,
        accounts: usize,
        error: CallError,
    ) -> Vec<Answer> {
        let listed = match targets.first() {
            Some(first) => match Prober::new(self.provider, &first.address).await {
                Ok(prober) => prober.shares_of(image(&first.address)).await,
                Err(error) => Err(error),
            },
            None => return Vec::new(),
        };
        let of = |target: &RemovalTarget| match &listed {
            Ok(shares) if shares.iter().any(|share| share.address == target.address) => {
                if accounts == 1 {
                    Answer::Refused(Refusal {
                        by: None,
                        code: "InvalidAccount.NotFound".to_owned(),
                        class: RefusalClass::Blocked,
                        message: error.message.clone(),
                        request_id: error.request_id.clone(),
                    })
                } else {
                    // Another of the call was meant; the next call goes without it.
                    Answer::Failed(CallError { class: ErrorClass::Transient, effect: Effect::None, ..error.clone() })
                }
            }
            Ok(_) => Answer::AlreadyGone { request_id: error.request_id.clone() },
            Err(_) => answer(self.operation, self.kind, error.clone()),
        };
        answers.into_iter().zip(targets).map(|(answered, target)| answered.unwrap_or_else(|| of(target))).collect()
    }

    /// The vendor's SDK has this operation and its documentation does not: what it answered is believed only once the
    /// shares are read to be gone, and whatever it refuses is for a person to look at.
    async fn unshare_groups(&self, region: &str, image: &str, groups: &[&str]) -> Answer {
        let mut sent = parameters([("RegionId", region), ("ImageId", image)]);
        sent.extend(numbered_ids("RemoveGroup", groups));
        match self.send_as("ModifyImageShareGroupPermission", region, sent).await {
            Ok(reply) => Answer::Accepted { request_id: reply.request_id },
            Err(error) => answer(self.operation, self.kind, error),
        }
    }

    async fn send(&self, region: &str, parameters: Parameters) -> Result<Reply, CallError> {
        self.send_as(self.operation, region, parameters).await
    }

    async fn send_as(&self, operation: &'static str, region: &str, parameters: Parameters) -> Result<Reply, CallError> {
        let endpoint = self.provider.endpoint_of(region, Pace::Once).await?;
        let (service, purpose) = (Service::Ecs, Purpose::Change);
        self.provider.client().call(&Call { service, endpoint, operation, parameters, purpose }).await
    }

    fn provider_rules(&self) -> &Rulebook {
        sexton_provider::Provider::rulebook(self.provider)
    }

    fn wrong(&self, message: String) -> CallError {
        refused(self.operation, message)
    }
}

/// The API parameters that forcing those guards needs. A guard that the rulebook does not let be forced is an error:
/// sending nothing for it would remove what its plan never meant to.
fn forced(rules: &Rulebook, kind: EcsKind, guards: &[GuardCode]) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for code in guards {
        let remedies: Vec<Option<String>> = rules
            .guards_of(kind.as_str())
            .filter(|guard| guard.code == *code)
            .filter_map(|guard| guard.force().map(|force| force.parameter.clone()))
            .collect();
        if remedies.is_empty() {
            return Err(format!("guard {code} of {} cannot be forced", kind.as_str()));
        }
        names.extend(remedies.into_iter().flatten());
    }
    names.sort();
    names.dedup();
    Ok(names)
}

fn is_account(with: &str) -> bool {
    with.bytes().all(|byte| byte.is_ascii_digit())
}
