//! ZEC as a cloud: JSON over one path, `ZC2-HMAC-SHA256` signatures or tokens, success in `response` and errors flat.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sexton_core::address::NameError;
use sexton_core::inventory::{BuildError, Inventory};

use super::behaviour::ZecBehaviour;
use super::gate::Gate;
use super::parameters::Parameters;
use super::world::{DEFAULT_ZEC_REGION, ZecWorld};
use super::{listings, removals};
use crate::cloud::{Cloud, Note, Turn, Written};
use crate::credential::Credential;
use crate::dice::Dice;
use crate::error::{ApiError, Reply};
use crate::faults::{self, Behaviour, Missing};
use crate::request::RawRequest;

const PATH: &str = "/api/v2/zec";

/// The versions of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    Older,
    Current,
}

macro_rules! operations {
    ($($variant:ident = $since:ident),* $(,)?) => {
        /// A call that is served.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Operation { $($variant,)* }

        impl Operation {
            fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)* }
            }

            /// The call of that name, where the version has it.
            fn find(version: Version, name: &str) -> Option<Self> {
                match name {
                    $(stringify!($variant) if version >= Version::$since => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

operations! {
    DescribeZones = Older,
    DescribeSnapshots = Older,
    DescribeDisks = Older,
    DescribeInstances = Older,
    DescribeCustomImages = Current,
    DescribeAutoSnapshotPolicies = Current,
    DeleteSnapshots = Older,
    ReleaseDisk = Older,
    RenewDisk = Older,
    ReleaseInstances = Older,
    DeleteImages = Current,
    DeleteAutoSnapshotPolicies = Current,
}

/// One admitted call.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) parameters: &'a Parameters,
    pub(super) version: Version,
    pub(super) now: Timestamp,
    pub(super) behaviour: ZecBehaviour,
    pub(super) missing: Missing,
    pub(super) dice: Dice,
}

/// One account.
#[derive(Debug)]
pub(crate) struct ZecCloud {
    gate: Gate,
    behaviour: Behaviour,
    world: ZecWorld,
    /// What callers of other accounts see.
    elsewhere: ZecWorld,
}

/// A call that is served, and who makes it.
#[derive(Debug)]
pub(crate) struct Admitted {
    operation: Operation,
    version: Version,
    parameters: Parameters,
    caller: Credential,
}

impl ZecCloud {
    pub(crate) fn open(
        mut world: ZecWorld,
        credentials: impl IntoIterator<Item = Credential>,
        behaviour: Behaviour,
        now: Timestamp,
    ) -> Result<Self, NameError> {
        world.open(now);
        let elsewhere = ZecWorld::empty(world.account(), DEFAULT_ZEC_REGION)?;
        Ok(Self { gate: Gate::new(credentials), behaviour, world, elsewhere })
    }
}

impl Cloud for ZecCloud {
    type Asked = Parameters;
    type Admitted = Admitted;
    type Done = Map<String, Value>;

    fn settle(&mut self, now: Timestamp) {
        self.world.settle(now, &self.behaviour.zec);
    }

    fn inventory(&self, now: Timestamp) -> Result<Inventory, BuildError> {
        self.world.inventory(now)
    }

    fn read(&self, request: &RawRequest, note: &mut Note) -> Result<Parameters, ApiError> {
        request.header("x-zc-action").unwrap_or_default().clone_into(&mut note.operation);
        if request.path != PATH || request.method != "POST" {
            return Err(ApiError::new(
                404,
                "OPERATION_FAILED_RESOURCE_NOT_FOUND",
                "Only POST of the service is served.",
            ));
        }
        let parameters = Parameters::read(&request.body)?;
        note.parameters = parameters.0.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
        Ok(parameters)
    }

    fn admit(
        &mut self,
        request: &RawRequest,
        parameters: Parameters,
        note: &mut Note,
        now: Timestamp,
    ) -> Result<Admitted, ApiError> {
        let caller = self.gate.admit(request, now)?;
        note.access_key_id = Some(caller.access_key_id.clone());
        let version = match request.header("x-zc-version") {
            Some("2025-09-01") => Some(Version::Current),
            Some("2024-04-01") => Some(Version::Older),
            Some(_) | None => None,
        };
        let found = version.and_then(|version| Some((version, Operation::find(version, &note.operation)?)));
        // The API does not tell an unknown action from one without permission.
        let (version, operation) = found.ok_or_else(|| unauthorized(&note.operation))?;
        Ok(Admitted { operation, version, parameters, caller })
    }

    fn carry_out(&mut self, admitted: Admitted, turn: Turn<'_>) -> Reply {
        let Admitted { operation, version, parameters, caller } = admitted;
        if caller.deny.iter().any(|pattern| faults::names(pattern, operation.name())) {
            return Err(unauthorized(operation.name()));
        }
        let mut call = Call {
            parameters: &parameters,
            version,
            now: turn.now,
            behaviour: self.behaviour.zec,
            missing: self.behaviour.missing,
            dice: Dice::split(turn.seed, 2_000, turn.seq),
        };
        let is_own = caller.account.as_deref().is_none_or(|account| account == self.world.account());
        let world = if is_own { &mut self.world } else { &mut self.elsewhere };
        match operation {
            Operation::DescribeZones => listings::zones(world, &call),
            Operation::DescribeSnapshots => listings::snapshots(world, &mut call),
            Operation::DescribeDisks => listings::disks(world, &mut call),
            Operation::DescribeInstances => listings::instances(world, &mut call),
            Operation::DescribeCustomImages => listings::images(world, &mut call),
            Operation::DescribeAutoSnapshotPolicies => listings::policies(world, &mut call),
            Operation::DeleteSnapshots => removals::delete_snapshots(world, &call),
            Operation::ReleaseDisk => removals::release_disk(world, &call),
            Operation::RenewDisk => removals::renew_disk(world, &call),
            Operation::ReleaseInstances => removals::release_instances(world, &call),
            Operation::DeleteImages => removals::delete_images(world, &call),
            Operation::DeleteAutoSnapshotPolicies => removals::delete_policies(world, &call),
        }
    }

    fn throttled(&self) -> ApiError {
        ApiError::new(429, "REQUEST_LIMIT_EXCEEDED", "The request limit is exceeded.")
    }

    fn broken(&self, status: u16, code: &str) -> ApiError {
        // What a faults file calls an internal error without naming its code.
        let code = if code == "InternalError" { "INTERNAL_SERVER_ERROR" } else { code };
        ApiError::new(status, code.to_owned(), "An internal error occurred.")
    }

    fn write(&self, _: &Note, reply: Result<&Self::Done, &ApiError>, request_id: &str) -> Written {
        let request_id = format!("T{request_id}");
        let (status, body) = match reply {
            Ok(fields) => {
                let mut response = fields.clone();
                response.insert("requestId".to_owned(), Value::from(request_id.clone()));
                (200, json!({"requestId": request_id, "response": response}))
            }
            Err(error) => {
                (error.status, json!({"requestId": request_id, "code": error.code, "message": error.message}))
            }
        };
        Written { status, content_type: "application/json", headers: Vec::new(), body: body.to_string().into_bytes() }
    }

    /// None of the vendor's tools reads such a header; this is the standard one.
    fn retry_after(&self, millis: u64) -> (&'static str, String) {
        ("retry-after", millis.div_ceil(1000).to_string())
    }
}

fn unauthorized(operation: &str) -> ApiError {
    let message = format!("The operation {operation} is not authorized or does not exist.");
    ApiError::new(403, "AUTHFAILURE_UNAUTHORIZED_OPERATION", message)
}
