//! One removal call: what is sent for which targets, and what each of them is answered.

use sexton_core::address::{Address, GuardCode};
use sexton_core::fact::Fact;
use sexton_core::rulebook::Rulebook;
use sexton_http::{Pace, Purpose, refused};
use sexton_provider::{Answer, CallError, RemovalCall, RemovalTarget};

use super::decode::{Shared, share_parts};
use super::outcome::{answer, answer_of};
use super::pages::{Parameters, parameters};
use super::probe::kind_of;
use super::provider::Ec2Provider;
use super::queries::numbered;
use super::recycle_bin::{InBin, look};
use super::rulebook::{SHARES_PER_CALL, removal_operation};
use super::vocabulary::Ec2Kind;
use crate::rpc::{Call, Reply, Request, Service};

/// Sends one removal call.
pub(super) async fn remove(provider: &Ec2Provider, call: &RemovalCall) -> Vec<Answer> {
    match check(provider, call) {
        Err(error) => call.targets.iter().map(|_| Answer::Failed(error.clone())).collect(),
        Ok(None) => Vec::new(),
        Ok(Some(kind)) => {
            let remover = Remover { provider, kind };
            if kind == Ec2Kind::Share {
                remover.unshare(&call.targets).await
            } else {
                remover.remove_each(&call.targets).await
            }
        }
    }
}

/// The kind of a call's targets, if they may share it.
fn check(provider: &Ec2Provider, call: &RemovalCall) -> Result<Option<Ec2Kind>, CallError> {
    let Some(first) = call.targets.first() else { return Ok(None) };
    let wrong = |message| refused(&call.operation, message);
    let kind = kind_of(&first.address)?;
    if removal_operation(kind) != Some(call.operation.as_str()) {
        return Err(wrong(format!("{} does not remove {}", call.operation, first.address)));
    }
    if !call.options.is_empty() {
        let options: Vec<&str> = call.options.keys().map(String::as_str).collect();
        return Err(wrong(format!("{} knows no option {}", call.operation, options.join(", "))));
    }
    let most = if kind == Ec2Kind::Share { SHARES_PER_CALL as usize } else { 1 };
    let together = call.targets.iter().all(|target| {
        let (address, first) = (&target.address, &first.address);
        address.scope() == first.scope() && address.kind() == first.kind() && (most == 1 || of(address) == of(first))
    });
    if call.targets.len() > most || !together {
        return Err(wrong(format!("one call cannot remove these {} targets together", call.targets.len())));
    }
    let rules = sexton_provider::Provider::rulebook(provider);
    for target in &call.targets {
        forceable(rules, kind, &target.force).map_err(wrong)?;
    }
    Ok(Some(kind))
}

/// What a share is of.
fn of(address: &Address) -> &str {
    share_parts(address.id()).map_or(address.id(), |(_, of, _)| of)
}

/// No operation here takes a parameter that forces. A guard that the rulebook does not let be forced is an error:
/// sending the call all the same would remove what its plan never meant to.
fn forceable(rules: &Rulebook, kind: Ec2Kind, guards: &[GuardCode]) -> Result<(), String> {
    let can =
        |code: &GuardCode| rules.guards_of(kind.as_str()).any(|guard| guard.code == *code && guard.force().is_some());
    match guards.iter().find(|code| !can(code)) {
        Some(code) => Err(format!("guard {code} of {} cannot be forced", kind.as_str())),
        None => Ok(()),
    }
}

struct Remover<'a> {
    provider: &'a Ec2Provider,
    kind: Ec2Kind,
}

impl Remover<'_> {
    /// Kinds of which a call removes one.
    async fn remove_each(&self, targets: &[RemovalTarget]) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(targets.len());
        for target in targets {
            answers.push(match self.call_of(&target.address) {
                Ok((operation, sent)) => match self.send(operation, target.address.region(), sent).await {
                    Ok(reply) => self.removed(target, reply).await,
                    Err(error) => answer_of(self.kind, &target.address, error),
                },
                Err(error) => Answer::Failed(error),
            });
        }
        answers
    }

    fn call_of(&self, target: &Address) -> Result<(&'static str, Parameters), CallError> {
        let id = target.id();
        Ok(match self.kind {
            Ec2Kind::Snapshot => ("DeleteSnapshot", parameters([("SnapshotId", id)])),
            // Without `DeleteAssociatedSnapshots`: it would take snapshots that are no step of the plan.
            Ec2Kind::Image => ("DeregisterImage", parameters([("ImageId", id)])),
            Ec2Kind::Disk => ("DeleteVolume", parameters([("VolumeId", id)])),
            Ec2Kind::Instance => ("TerminateInstances", parameters([("InstanceId.1", id)])),
            Ec2Kind::Publication => {
                let parts = share_parts(id).filter(|(_, _, with)| *with == "public");
                let (shared, of, _) =
                    parts.ok_or_else(|| refused("probe", format!("{id:?} is no publication of anything")))?;
                modify(shared, of, &["all"])
            }
            Ec2Kind::Share | Ec2Kind::LaunchTemplate | Ec2Kind::LaunchConfiguration => {
                return Err(refused("remove", format!("{target} is not removed one by one")));
            }
        })
    }

    /// The shares of one image or snapshot, in one call.
    async fn unshare(&self, targets: &[RemovalTarget]) -> Vec<Answer> {
        let mut with = Vec::with_capacity(targets.len());
        let mut place = None;
        for target in targets {
            let address = &target.address;
            let Some((shared, of, who)) = share_parts(address.id()) else {
                let error = refused("remove", format!("{address} names nobody"));
                return targets.iter().map(|_| Answer::Failed(error.clone())).collect();
            };
            with.push(who);
            place = Some((shared, of, address.region()));
        }
        let Some((shared, of, region)) = place else { return Vec::new() };
        let (operation, sent) = modify(shared, of, &with);
        let of_all = match self.send(operation, region, sent).await {
            // Of someone that it was not shared with, too: it is confirmed by reading.
            Ok(reply) => Answer::Accepted { request_id: reply.request_id },
            Err(error) => answer(self.kind, error),
        };
        targets.iter().map(|_| of_all.clone()).collect()
    }

    /// What a removal that was accepted came to: the Recycle Bin may have it.
    async fn removed(&self, target: &RemovalTarget, reply: Reply) -> Answer {
        let request_id = reply.request_id;
        let may_be_kept = match self.kind {
            Ec2Kind::Snapshot | Ec2Kind::Image | Ec2Kind::Disk => self.kept(target).await,
            Ec2Kind::Instance
            | Ec2Kind::Share
            | Ec2Kind::Publication
            | Ec2Kind::LaunchTemplate
            | Ec2Kind::LaunchConfiguration => Fact::Known(None),
        };
        if may_be_kept == Fact::Known(None) {
            return Answer::Accepted { request_id };
        }
        let (region, id) = (target.address.region(), target.address.id());
        let found = match self.provider.reader(Service::Ec2, region, Pace::Once) {
            Ok(reader) => look(&reader, self.kind, id).await,
            Err(error) => Err(error),
        };
        match (found, may_be_kept) {
            (Ok(InBin::Yes { until }), _) => Answer::Parked { until, request_id },
            // The rule says so, and the bin does not show it yet or not to this identity.
            (Ok(InBin::No) | Err(_), Fact::Known(Some(_))) => Answer::Parked { until: None, request_id },
            (Ok(InBin::No), _) => Answer::Accepted { request_id },
            (Err(error), _) => {
                tracing::debug!(%error, "neither the rules nor the contents of the Recycle Bin are known");
                Answer::Accepted { request_id }
            }
        }
    }

    /// For how long the rules of the Recycle Bin would keep a target, by the tags that it was seen with.
    async fn kept(&self, target: &RemovalTarget) -> Fact<Option<u32>> {
        match self.provider.bin_rules(target.address.region()).await {
            Fact::Known(rules) => {
                let tags = target.seen.as_ref().map_or(Fact::Unknown, |seen| seen.tags.clone());
                rules.retention(self.kind, &tags)
            }
            Fact::Unknown => Fact::Unknown,
        }
    }

    async fn send(&self, operation: &'static str, region: &str, sent: Parameters) -> Result<Reply, CallError> {
        let call = Call {
            service: Service::Ec2,
            endpoint: self.provider.endpoint_of(Service::Ec2, region)?,
            region: region.to_owned(),
            operation,
            request: Request::Query(sent),
            purpose: Purpose::Change,
        };
        self.provider.client().call(&call).await
    }
}

/// The call that takes permissions away.
fn modify(shared: Shared, of: &str, with: &[&str]) -> (&'static str, Parameters) {
    let (operation, parameter, attribute) = match shared {
        Shared::Image => ("ModifyImageAttribute", "ImageId", "launchPermission"),
        Shared::Snapshot => ("ModifySnapshotAttribute", "SnapshotId", "createVolumePermission"),
    };
    let mut sent = parameters([(parameter, of), ("Attribute", attribute), ("OperationType", "remove")]);
    for list in ["UserId", "UserGroup", "OrganizationArn", "OrganizationalUnitArn"] {
        let of_this: Vec<&str> = with.iter().copied().filter(|who| list_of(who) == list).collect();
        sent.extend(numbered(list, &of_this));
    }
    (operation, sent)
}

/// In which list of the call someone is named.
fn list_of(with: &str) -> &'static str {
    if with.starts_with("arn:") && with.contains(":organizations:") {
        // The last part of the name is `organization/…` or `ou/…`.
        if with.contains(":ou/") { "OrganizationalUnitArn" } else { "OrganizationArn" }
    } else if with.bytes().all(|byte| byte.is_ascii_digit()) {
        "UserId"
    } else {
        "UserGroup"
    }
}
