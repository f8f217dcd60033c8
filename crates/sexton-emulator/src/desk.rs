//! Where every request is answered, one after the other: checked, perhaps struck by a fault, carried out, written down.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sexton_core::address::NameError;

use crate::authentication::Gate;
use crate::call::Call;
use crate::clock;
use crate::credential::Credential;
use crate::dice::Dice;
use crate::error::{ApiError, Reply};
use crate::faults::{Behaviour, FaultAnswer, Faults, FaultsError, Mischief};
use crate::operation::Operation;
use crate::parameters::Parameters;
use crate::request::RawRequest;
use crate::world::World;
use crate::{ecs, ess, sts};

/// Parameters that are never written down. V3 keeps all of these in headers; a client that uses an older signature may
/// send them all the same.
const SECRET_PARAMETERS: [&str; 3] = ["AccessKeyId", "SecurityToken", "Signature"];

/// What goes back over the wire.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) request_id: String,
    pub(crate) content_type: &'static str,
    pub(crate) retry_after_ms: Option<u64>,
    pub(crate) body: Vec<u8>,
    pub(crate) delay: Duration,
    pub(crate) delivery: Delivery,
}

/// Whether it does go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    Send,
    Cut,
    HangThenCut(Duration),
}

/// One call, as `GET /_emulator/calls` shows it.
#[derive(Debug, Serialize)]
struct CallRecord {
    seq: u64,
    at: String,
    operation: String,
    parameters: BTreeMap<String, String>,
    access_key_id: Option<String>,
    /// None where no answer was sent.
    status: Option<u16>,
    code: Option<String>,
    request_id: String,
    /// The fault that struck the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
}

/// The one place that changes the world.
#[derive(Debug)]
pub(crate) struct Desk {
    gate: Gate,
    mischief: Mischief,
    behaviour: Behaviour,
    seed: u64,
    world: World,
    /// What callers of other accounts see.
    elsewhere: World,
    endpoint: String,
    calls: Vec<CallRecord>,
}

/// Why a desk cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeskError {
    #[error(transparent)]
    Faults(#[from] FaultsError),
    #[error(transparent)]
    Name(#[from] NameError),
}

/// What is known of a request while it is being answered.
#[derive(Debug, Default)]
struct Trail {
    operation: String,
    parameters: BTreeMap<String, String>,
    access_key_id: Option<String>,
    fault: Option<FaultAnswer>,
    delay_ms: u64,
}

impl Desk {
    pub(crate) fn open(
        mut world: World,
        own: Credential,
        faults: Faults,
        endpoint: String,
        now: Timestamp,
    ) -> Result<Self, DeskError> {
        let behaviour = faults.behaviour;
        let seed = faults.seed;
        let gate = Gate::new(std::iter::once(own).chain(faults.credential.iter().cloned()));
        let mischief = Mischief::new(faults)?;
        world.open(now, behaviour.ways());
        let elsewhere = World::empty(world.account(), world.region())?;
        Ok(Self { gate, mischief, behaviour, seed, world, elsewhere, endpoint, calls: Vec::new() })
    }

    /// The world as an inventory, in its text format.
    pub(crate) fn state(&mut self, now: Timestamp) -> Result<Vec<u8>, String> {
        self.world.settle(now, self.behaviour.ways());
        let inventory = self.world.inventory(now).map_err(|error| error.to_string())?;
        let mut text = Vec::new();
        sexton_core::inventory::write(&inventory, &mut text).map_err(|error| error.to_string())?;
        Ok(text)
    }

    /// Every call so far, one JSON object a line.
    pub(crate) fn calls(&self) -> Result<Vec<u8>, String> {
        let mut text = Vec::new();
        for call in &self.calls {
            serde_json::to_writer(&mut text, call).map_err(|error| error.to_string())?;
            text.push(b'\n');
        }
        Ok(text)
    }

    /// Answers one request.
    pub(crate) fn call(&mut self, request: Result<RawRequest, ApiError>, now: Timestamp) -> Answer {
        let seq = u64::try_from(self.calls.len()).unwrap_or(u64::MAX) + 1;
        let request_id = request_id(self.seed, seq);
        self.world.settle(now, self.behaviour.ways());
        let mut trail = Trail::default();
        let reply = request.and_then(|request| self.reply(&request, &mut trail, seq, now));
        let answer = self.answer(&reply, &trail, request_id.clone());
        let sent = answer.delivery == Delivery::Send;
        self.calls.push(CallRecord {
            seq,
            at: clock::seconds(now),
            operation: trail.operation,
            parameters: trail.parameters,
            access_key_id: trail.access_key_id,
            status: sent.then_some(answer.status),
            code: reply.err().filter(|_| sent).map(|error| error.code.into_owned()),
            request_id,
            fault: trail.fault.as_ref().map(fault_name),
        });
        answer
    }

    fn reply(&mut self, request: &RawRequest, trail: &mut Trail, seq: u64, now: Timestamp) -> Reply {
        let action = request.header("x-acs-action").unwrap_or_default();
        action.clone_into(&mut trail.operation);
        let parameters = request.parameters()?;
        trail.parameters = parameters.clone();
        trail.parameters.retain(|name, _| !SECRET_PARAMETERS.contains(&name.as_str()));
        if request.path != "/" || !["GET", "POST"].contains(&request.method.as_str()) {
            return Err(ApiError::new(403, "UnsupportedHTTPMethod", "Only GET and POST of / are served."));
        }
        let caller = self.gate.admit(request, now)?;
        trail.access_key_id = Some(caller.access_key_id.clone());
        let operation = Operation::find(request.header("x-acs-version").unwrap_or_default(), action)?;
        trail.delay_ms = self.mischief.delay_ms(operation);
        trail.fault = self.mischief.strike(operation, now.as_millisecond());
        if let Some(error) = trail.fault.as_ref().and_then(error_without_effect) {
            return Err(error);
        }
        let parameters = Parameters::new(parameters);
        let call = Call {
            operation,
            parameters: &parameters,
            now,
            caller: &caller,
            endpoint: &self.endpoint,
            behaviour: self.behaviour,
            dice: Dice::split(self.seed, 2_000, seq),
            is_blind: false,
        };
        let is_own = caller.account.as_deref().is_none_or(|account| account == self.world.account());
        let world = if is_own { &mut self.world } else { &mut self.elsewhere };
        let reply = carry_out(world, call);
        match trail.fault.as_ref().and_then(error_after_effect) {
            Some(error) => Err(error),
            None => reply,
        }
    }

    fn answer(&self, reply: &Reply, trail: &Trail, request_id: String) -> Answer {
        let (status, body) = match reply {
            Ok(fields) => {
                let mut body = serde_json::Map::new();
                body.insert("RequestId".to_owned(), Value::String(request_id.clone()));
                body.extend(fields.clone());
                (200, Value::Object(body))
            }
            Err(error) => {
                let host_id = format!("ecs.{}.aliyuncs.com", self.world.region());
                (error.status, error.body(&request_id, &host_id))
            }
        };
        let mut answer = Answer {
            status,
            request_id,
            content_type: "application/json;charset=utf-8",
            retry_after_ms: None,
            body: body.to_string().into_bytes(),
            delay: Duration::from_millis(trail.delay_ms),
            delivery: Delivery::Send,
        };
        match &trail.fault {
            None | Some(FaultAnswer::Error { .. }) => {}
            Some(FaultAnswer::Throttle { retry_after_ms }) => answer.retry_after_ms = *retry_after_ms,
            Some(FaultAnswer::Drop { .. }) => answer.delivery = Delivery::Cut,
            Some(FaultAnswer::Hang { ms, .. }) => {
                answer.delivery = Delivery::HangThenCut(Duration::from_millis(*ms));
            }
            Some(FaultAnswer::Truncate {}) => answer.body.truncate(answer.body.len() / 2),
            Some(FaultAnswer::BadGateway {}) => {
                answer.content_type = "text/html";
                answer.body = b"<html><head><title>502 Bad Gateway</title></head></html>\n".to_vec();
            }
        }
        answer
    }
}

fn fault_name(fault: &FaultAnswer) -> &'static str {
    match fault {
        FaultAnswer::Throttle { .. } => "throttle",
        FaultAnswer::Error { .. } => "error",
        FaultAnswer::Drop { .. } => "drop",
        FaultAnswer::Hang { .. } => "hang",
        FaultAnswer::Truncate {} => "truncate",
        FaultAnswer::BadGateway {} => "bad_gateway",
    }
}

/// What is answered in place of doing the work.
fn error_without_effect(fault: &FaultAnswer) -> Option<ApiError> {
    let injected =
        || ApiError::new(500, "InternalError", "The request processing has failed due to some unknown error.");
    match fault {
        FaultAnswer::Throttle { .. } => {
            Some(ApiError::new(400, "Throttling.User", "Request was denied due to user flow control."))
        }
        FaultAnswer::Error { after_effect: false, .. } => error_of(fault),
        FaultAnswer::Drop { after_effect: false } | FaultAnswer::Hang { after_effect: false, .. } => Some(injected()),
        FaultAnswer::BadGateway {} => {
            Some(ApiError::new(502, "BadGateway", "A proxy answered in place of the service."))
        }
        FaultAnswer::Error { after_effect: true, .. }
        | FaultAnswer::Drop { after_effect: true }
        | FaultAnswer::Hang { after_effect: true, .. }
        | FaultAnswer::Truncate {} => None,
    }
}

/// What is answered though the work was done.
fn error_after_effect(fault: &FaultAnswer) -> Option<ApiError> {
    match fault {
        FaultAnswer::Error { after_effect: true, .. } => error_of(fault),
        FaultAnswer::Error { after_effect: false, .. }
        | FaultAnswer::Throttle { .. }
        | FaultAnswer::Drop { .. }
        | FaultAnswer::Hang { .. }
        | FaultAnswer::Truncate {}
        | FaultAnswer::BadGateway {} => None,
    }
}

fn error_of(fault: &FaultAnswer) -> Option<ApiError> {
    match fault {
        FaultAnswer::Error { status, code, .. } => {
            Some(ApiError::new(*status, code.clone(), "The request processing has failed due to some unknown error."))
        }
        FaultAnswer::Throttle { .. }
        | FaultAnswer::Drop { .. }
        | FaultAnswer::Hang { .. }
        | FaultAnswer::Truncate {}
        | FaultAnswer::BadGateway {} => None,
    }
}

fn carry_out(world: &mut World, mut call: Call<'_>) -> Reply {
    call.permit()?;
    call.check_region(world)?;
    match call.operation {
        Operation::GetCallerIdentity => sts::get_caller_identity(world, &call),
        Operation::DescribeRegions => ecs::regions::describe(world, &call),
        Operation::DescribeSnapshots => ecs::snapshots::describe(world, &mut call),
        Operation::DescribeImages => ecs::images::describe(world, &mut call),
        Operation::DescribeDisks => ecs::disks::describe(world, &mut call),
        Operation::DescribeInstances => ecs::instances::describe(world, &mut call),
        Operation::DescribeImageSharePermission => ecs::shares::describe(world, &mut call),
        Operation::DescribeTasks => ecs::tasks::describe(world, &mut call),
        Operation::DescribeTaskAttribute => ecs::tasks::describe_attribute(world, &call),
        Operation::DescribeLockedSnapshots => ecs::locks::describe(world, &mut call),
        Operation::DescribeLaunchTemplates => ecs::templates::describe(world, &mut call),
        Operation::DescribeLaunchTemplateVersions => ecs::templates::describe_versions(world, &mut call),
        Operation::DescribeScalingConfigurations => ess::describe_scaling_configurations(world, &mut call),
        Operation::DeleteSnapshot => ecs::snapshots::delete(world, &call),
        Operation::DeleteImage => ecs::images::delete(world, &call),
        Operation::DeleteDisk => ecs::disks::delete(world, &call),
        Operation::DeleteInstance => ecs::instances::delete(world, &call),
        Operation::ModifyImageSharePermission => ecs::shares::modify(world, &call),
        Operation::ModifyImageShareGroupPermission => ecs::shares::modify_groups(world, &call),
        Operation::ModifyInstanceAttribute => ecs::instances::modify(world, &call),
        Operation::StopInstance => ecs::instances::stop(world, &call),
        Operation::CancelTask => ecs::tasks::cancel(world, &call),
    }
}

/// In the form of the service's own.
fn request_id(seed: u64, seq: u64) -> String {
    let mut dice = Dice::split(seed, 3_000, seq);
    let (high, low) = (dice.next(), dice.next());
    format!(
        "{:08X}-{:04X}-{:04X}-{:04X}-{:012X}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}
