//! ICE's live snapshots as a cloud, with the calls of STS beside them and a store of objects behind.

use jiff::Timestamp;
use serde_json::{Map, Value};
use sexton_core::inventory::{BuildError, Inventory};

use super::objects::Objects;
use super::operation::IceOperation;
use super::world::IceWorld;
use super::{files, jobs};
use crate::authentication::Gate;
use crate::cloud::{Cloud, Note, Turn, Written};
use crate::credential::{Credential, DeniedListings};
use crate::error::{ApiError, Reply};
use crate::faults::Behaviour;
use crate::parameters::Parameters;
use crate::request::RawRequest;
use crate::server::StartError;
use crate::sts::{Beside, StsCall};
use crate::{rpc, sts};

/// One region of one account.
#[derive(Debug)]
pub(crate) struct IceCloud {
    gate: Gate,
    world: IceWorld,
    /// What callers of other accounts see, and whoever may not see this one and is not told so.
    elsewhere: IceWorld,
    objects: Objects,
    /// For how long sessions of assumed roles last, where not as long as was asked for.
    session_ms: Option<u64>,
}

/// A call that is served, and who makes it.
#[derive(Debug)]
pub(crate) struct Admitted {
    operation: Beside<IceOperation>,
    parameters: Parameters,
    caller: Credential,
}

impl IceCloud {
    pub(crate) fn open(
        world: IceWorld,
        credentials: impl IntoIterator<Item = Credential>,
        behaviour: Behaviour,
    ) -> Result<Self, StartError> {
        let elsewhere = IceWorld::empty(world.account(), world.region()).map_err(StartError::Name)?;
        let objects = world.store()?;
        Ok(Self { gate: Gate::new(credentials), world, elsewhere, objects, session_ms: behaviour.session_ms })
    }
}

impl Cloud for IceCloud {
    type Asked = rpc::Asked;
    type Admitted = Admitted;
    type Done = Map<String, Value>;

    fn settle(&mut self, _: Timestamp) {}

    fn inventory(&self, now: Timestamp) -> Result<Inventory, BuildError> {
        self.world.inventory(now)
    }

    fn read(&self, request: &RawRequest, note: &mut Note) -> Result<Self::Asked, ApiError> {
        rpc::read(request, note)
    }

    fn admit(
        &mut self,
        request: &RawRequest,
        asked: Self::Asked,
        note: &mut Note,
        now: Timestamp,
    ) -> Result<Admitted, ApiError> {
        let caller = sts::caller(&mut self.gate, request, &note.operation, &asked.parameters, now)?;
        note.access_key_id = Some(caller.access_key_id.clone());
        let operation = Beside::find(&asked.version, &note.operation, IceOperation::find)?;
        Ok(Admitted { operation, parameters: Parameters::new(asked.parameters), caller })
    }

    fn carry_out(&mut self, admitted: Admitted, turn: Turn<'_>) -> Reply {
        let Admitted { operation, parameters, caller } = admitted;
        let operation = match operation {
            Beside::Own(operation) => operation,
            Beside::Sts(operation) => {
                let (own, session_ms) = (self.world.account(), self.session_ms);
                let call = StsCall { operation, parameters: &parameters, caller: &caller, own, session_ms, turn };
                return call.carry_out(&mut self.gate);
            }
        };
        let is_own = caller.account.as_deref().is_none_or(|account| account == self.world.account());
        let is_denied = !caller.may(operation.name(), &operation.ram_action());
        let goes_blind = caller.denied_listings == DeniedListings::AllEmpty && operation.is_listing();
        if is_denied && !goes_blind {
            return Err(ApiError::new(403, "Forbidden", "User not authorized to operate on the specified resource."));
        }
        let world = if is_own && !is_denied { &mut self.world } else { &mut self.elsewhere };
        match operation {
            IceOperation::ListLiveSnapshotJobs => jobs::list(world, &parameters, turn.now),
            IceOperation::GetLiveSnapshotJob => jobs::get(world, &parameters),
            IceOperation::SendLiveSnapshotJobCommand => jobs::command(world, &parameters),
            IceOperation::ListLiveSnapshotFiles if is_denied => files::none(),
            IceOperation::ListLiveSnapshotFiles => files::list(world, &parameters),
            IceOperation::DeleteLiveSnapshotFiles => files::delete(world, &self.objects, &parameters),
        }
    }

    fn throttled(&self) -> ApiError {
        rpc::throttled()
    }

    fn broken(&self, status: u16, code: &str) -> ApiError {
        rpc::broken(status, code)
    }

    fn write(&self, note: &Note, reply: Result<&Self::Done, &ApiError>, request_id: &str) -> Written {
        rpc::write(note, reply, request_id, &format!("ice.{}.aliyuncs.com", self.world.region()))
    }

    fn retry_after(&self, millis: u64) -> (&'static str, String) {
        ("x-acs-retry-after", millis.to_string())
    }
}

/// The error of a job that is not there.
pub(super) fn no_job() -> ApiError {
    ApiError::new(404, "JobNotFound", "The specified job does not exist.")
}

/// One bound of a span of time.
pub(super) fn bound(parameters: &Parameters, name: &str) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = parameters.get(name) else { return Ok(None) };
    let malformed = match name {
        "StartTime" => "MalformedStartTime",
        _ => "MalformedEndTime",
    };
    crate::clock::parse(text)
        .map(Some)
        .ok_or_else(|| ApiError::new(400, malformed, format!("The specified {name} is malformed.")))
}

/// Refuses a span that ends before it begins, or is too long. The code is documented without saying which it is for.
pub(super) fn check_span(start: Timestamp, end: Timestamp, most_hours: i64) -> Result<(), ApiError> {
    let span = end.duration_since(start);
    if span.is_negative() || span > jiff::SignedDuration::from_hours(most_hours) {
        let message = "The specified EndTime does not match the specified StartTime.";
        return Err(ApiError::new(400, "EndTimeMismatch", message));
    }
    Ok(())
}

/// Whether the rows are to ascend.
pub(super) fn ascends(parameters: &Parameters, by_default: &str) -> Result<bool, ApiError> {
    match parameters.get("SortBy").unwrap_or(by_default) {
        "asc" => Ok(true),
        "desc" => Ok(false),
        _ => Err(ApiError::invalid("SortBy", "expected asc or desc")),
    }
}

/// A number between 1 and 100.
pub(super) fn size(parameters: &Parameters, name: &str) -> Result<usize, ApiError> {
    let size = parameters.number(name)?.unwrap_or(10);
    if (1..=100).contains(&size) { Ok(size) } else { Err(ApiError::invalid(name, "out of range")) }
}
