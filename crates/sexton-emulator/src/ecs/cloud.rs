//! ECS as a cloud, with the calls of STS and Auto Scaling beside it.

use jiff::Timestamp;
use serde_json::{Map, Value};
use sexton_core::address::NameError;
use sexton_core::inventory::{BuildError, Inventory};

use super::{disks, groups, images, instances, locks, policies, regions, shares, snapshots, tasks, templates};
use crate::authentication::Gate;
use crate::call::Call;
use crate::cloud::{Cloud, Note, Turn, Written};
use crate::credential::Credential;
use crate::dice::Dice;
use crate::error::{ApiError, Reply};
use crate::faults::Behaviour;
use crate::operation::Operation;
use crate::parameters::Parameters;
use crate::request::RawRequest;
use crate::rpc::Asked;
use crate::sts::{Beside, StsCall};
use crate::world::World;
use crate::{ess, rpc, sts};

/// One region of one account.
#[derive(Debug)]
pub(crate) struct EcsCloud {
    gate: Gate,
    behaviour: Behaviour,
    world: World,
    /// What callers of other accounts see.
    elsewhere: World,
}

/// A call that is served, and who makes it.
#[derive(Debug)]
pub(crate) struct Admitted {
    operation: Beside<Operation>,
    parameters: Parameters,
    caller: Credential,
}

impl EcsCloud {
    pub(crate) fn open(
        mut world: World,
        credentials: impl IntoIterator<Item = Credential>,
        behaviour: Behaviour,
        now: Timestamp,
    ) -> Result<Self, NameError> {
        world.open(now, behaviour.ways());
        let elsewhere = World::empty(world.account(), world.region())?;
        Ok(Self { gate: Gate::new(credentials), behaviour, world, elsewhere })
    }
}

impl Cloud for EcsCloud {
    type Asked = Asked;
    type Admitted = Admitted;
    type Done = Map<String, Value>;

    fn settle(&mut self, now: Timestamp) {
        self.world.settle(now, self.behaviour.ways());
    }

    fn inventory(&self, now: Timestamp) -> Result<Inventory, BuildError> {
        self.world.inventory(now)
    }

    fn read(&self, request: &RawRequest, note: &mut Note) -> Result<Asked, ApiError> {
        rpc::read(request, note)
    }

    fn admit(
        &mut self,
        request: &RawRequest,
        asked: Asked,
        note: &mut Note,
        now: Timestamp,
    ) -> Result<Admitted, ApiError> {
        let caller = sts::caller(&mut self.gate, request, &note.operation, &asked.parameters, now)?;
        note.access_key_id = Some(caller.access_key_id.clone());
        let operation = Beside::find(&asked.version, &note.operation, Operation::find)?;
        Ok(Admitted { operation, parameters: Parameters::new(asked.parameters), caller })
    }

    fn carry_out(&mut self, admitted: Admitted, turn: Turn<'_>) -> Reply {
        let Admitted { operation, parameters, caller } = &admitted;
        let operation = match *operation {
            Beside::Own(operation) => operation,
            Beside::Sts(operation) => {
                let (own, session_ms) = (self.world.account(), self.behaviour.session_ms);
                let call = StsCall { operation, parameters, caller, own, session_ms, turn };
                return call.carry_out(&mut self.gate);
            }
        };
        let call = Call {
            operation,
            parameters,
            now: turn.now,
            caller,
            endpoint: turn.endpoint,
            behaviour: self.behaviour,
            dice: Dice::split(turn.seed, 2_000, turn.seq),
            is_blind: false,
        };
        let is_own = caller.account.as_deref().is_none_or(|account| account == self.world.account());
        dispatch(if is_own { &mut self.world } else { &mut self.elsewhere }, call)
    }

    fn throttled(&self) -> ApiError {
        rpc::throttled()
    }

    fn broken(&self, status: u16, code: &str) -> ApiError {
        rpc::broken(status, code)
    }

    fn write(&self, note: &Note, reply: Result<&Self::Done, &ApiError>, request_id: &str) -> Written {
        rpc::write(note, reply, request_id, &format!("ecs.{}.aliyuncs.com", self.world.region()))
    }

    fn retry_after(&self, millis: u64) -> (&'static str, String) {
        ("x-acs-retry-after", millis.to_string())
    }
}

fn dispatch(world: &mut World, mut call: Call<'_>) -> Reply {
    call.permit()?;
    call.check_region(world)?;
    match call.operation {
        Operation::DescribeRegions => regions::describe(world, &call),
        Operation::DescribeSnapshots => snapshots::describe(world, &mut call),
        Operation::DescribeImages => images::describe(world, &mut call),
        Operation::DescribeDisks => disks::describe(world, &mut call),
        Operation::DescribeInstances => instances::describe(world, &mut call),
        Operation::DescribeImageSharePermission => shares::describe(world, &mut call),
        Operation::DescribeTasks => tasks::describe(world, &mut call),
        Operation::DescribeTaskAttribute => tasks::describe_attribute(world, &call),
        Operation::DescribeLockedSnapshots => locks::describe(world, &mut call),
        Operation::DescribeLaunchTemplates => templates::describe(world, &mut call),
        Operation::DescribeLaunchTemplateVersions => templates::describe_versions(world, &mut call),
        Operation::DescribeScalingConfigurations => ess::describe_scaling_configurations(world, &mut call),
        Operation::DeleteSnapshot => snapshots::delete(world, &call),
        Operation::DeleteImage => images::delete(world, &call),
        Operation::DeleteDisk => disks::delete(world, &call),
        Operation::DeleteInstance => instances::delete(world, &call),
        Operation::ModifyImageSharePermission => shares::modify(world, &call),
        Operation::ModifyImageShareGroupPermission => shares::modify_groups(world, &call),
        Operation::ModifyInstanceAttribute => instances::modify(world, &call),
        Operation::StopInstance => instances::stop(world, &call),
        Operation::CancelTask => tasks::cancel(world, &call),
        Operation::CancelCopyImage => images::cancel_copy(world, &call),
        Operation::DescribeAutoSnapshotPolicyEx => policies::describe(world, &mut call),
        Operation::DescribeAutoSnapshotPolicyAssociations => policies::describe_associations(world, &mut call),
        Operation::DescribeSnapshotGroups => groups::describe(world, &mut call),
    }
}
