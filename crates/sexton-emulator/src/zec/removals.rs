//! What removes, and RenewDisk, which takes a disk out of the recycle bin.
//!
//! Of several by list, those that cannot go are listed without a reason; of one alone, the reason is the answer's code.

use serde_json::{Map, Value};

use super::behaviour::FailedLists;
use super::cloud::Call;
use super::events::Along;
use super::records::{Disk, Status};
use super::world::ZecWorld;
use crate::clock;
use crate::error::{ApiError, Reply, done};
use crate::faults::Missing;

/// The documented bound of snapshots and instances. That of images is not known.
const MOST: usize = 100;

/// What hinders a removal: the code by which it would be refused alone.
type Hindrance = Option<&'static str>;

pub(super) fn delete_snapshots(world: &mut ZecWorld, call: &Call<'_>) -> Reply {
    let gone_at = call.gone_at();
    by_list(call, "snapshotIds", "INVALID_DISK_SNAPSHOT_NOT_FOUND", |id| {
        let record = &world.snapshots.get(id)?.record;
        let is_ready = record.is(&Status::Available) || record.is(&Status::Normal);
        Some((record.refuse.first().cloned(), (!is_ready).then_some("OPERATION_DENIED_DISK_SNAPSHOT_STATUS")))
    })
    .map(|decided| decided.carry_out("snapshotIds", call, |id| world.doom_snapshot(id, gone_at)))
}

pub(super) fn delete_images(world: &mut ZecWorld, call: &Call<'_>) -> Reply {
    let gone_at = call.gone_at();
    by_list(call, "imageIds", "INVALID_IMAGE_NOT_FOUND", |id| {
        let record = &world.images.get(id)?.record;
        let settled = [Status::Available, Status::Unavailable, Status::Failed];
        let is_ready = settled.iter().any(|status| record.is(status));
        Some((record.refuse.first().cloned(), (!is_ready).then_some("INVALID_IMAGE_STATUS")))
    })
    .map(|decided| decided.carry_out("imageIds", call, |id| world.doom_image(id, gone_at)))
}

pub(super) fn release_instances(world: &mut ZecWorld, call: &Call<'_>) -> Reply {
    let gone_at = call.gone_at();
    // Left out, what can be detached is released as well.
    let along = match call.parameters.flag("dependResource")? {
        Some(false) => Along::Detached,
        Some(true) | None => Along::Released,
    };
    by_list(call, "instanceIds", "INVALID_INSTANCE_NOT_FOUND", |id| {
        let record = &world.instances.get(id)?.record;
        let busy = record.is(&Status::Releasing).then_some("UNSUPPORTED_OPERATION_INSTANCE_STATUS");
        Some((record.refuse.first().cloned(), busy))
    })
    .map(|decided| decided.carry_out("instanceIds", call, |id| world.doom_instance(id, along, gone_at)))
}

pub(super) fn release_disk(world: &mut ZecWorld, call: &Call<'_>) -> Reply {
    let id = call.parameters.required("diskId")?;
    let Some(disk) = world.disks.get(id) else { return call.missing("INVALID_DISK_NOT_FOUND") };
    if let Some(code) = disk.record.refuse.first() {
        return Err(refusal(code.clone()));
    }
    if let Some(code) = disk_hindrance(disk) {
        return Err(refusal(code));
    }
    let id = id.to_owned();
    world.doom_disk(&id, call.gone_at());
    done()
}

fn disk_hindrance(disk: &Disk) -> Hindrance {
    if disk.is_system() {
        return Some("UNSUPPORTED_OPERATION_DISK_SYSTEM_TYPE");
    }
    if disk.portable == Some(false) {
        return Some("INVALID_DISK_NOT_PORTABLE");
    }
    let is_ready = disk.record.is(&Status::Available) || disk.record.is(&Status::Failed) || disk.record.is_in_bin();
    (disk.instance.is_some() || !is_ready).then_some("UNSUPPORTED_OPERATION_DISK_STATUS")
}

pub(super) fn renew_disk(world: &mut ZecWorld, call: &Call<'_>) -> Reply {
    let id = call.parameters.required("diskId")?;
    let Some(disk) = world.disks.get_mut(id) else { return call.missing("INVALID_DISK_NOT_FOUND") };
    if !disk.record.is_in_bin() {
        return Err(refusal("UNSUPPORTED_OPERATION_DISK_STATUS"));
    }
    disk.record.status = Some(Status::Available);
    done()
}

pub(super) fn delete_policies(world: &mut ZecWorld, call: &Call<'_>) -> Reply {
    let ids = call.parameters.ids("autoSnapshotPolicyIds", MOST)?;
    let is_missing = |id: &&str| !world.policies.contains_key(*id);
    if ids.iter().any(is_missing) {
        call.missing("INVALID_AUTO_SNAPSHOT_POLICY_NOT_FOUND")?;
    }
    let refused = ids.iter().filter_map(|id| world.policies.get(*id)?.record.refuse.first()).next();
    if let Some(code) = refused {
        return Err(refusal(code.clone()));
    }
    for id in ids {
        world.policies.remove(id);
        for disk in world.disks.values_mut().filter(|disk| disk.policy.as_deref() == Some(id)) {
            disk.policy = None;
        }
    }
    done()
}

/// What is to be done with the ids of a call.
struct Decided {
    taken: Vec<String>,
    failed: Vec<String>,
}

/// Decides about each id: not there, hindered (by a hidden reason or its state), or taken.
fn by_list(
    call: &Call<'_>,
    list: &str,
    missing: &'static str,
    look: impl Fn(&str) -> Option<(Option<String>, Hindrance)>,
) -> Result<Decided, ApiError> {
    let ids = call.parameters.ids(list, MOST)?;
    let alone = ids.len() == 1;
    let mut decided = Decided { taken: Vec::new(), failed: Vec::new() };
    for id in ids {
        match look(id) {
            // Whether one that is missing fails the whole call is not documented.
            None if call.is_missing_an_error() => return Err(ApiError::new(404, missing, "It does not exist.")),
            None => {}
            Some((None, None)) => decided.taken.push(id.to_owned()),
            Some((Some(hidden), _)) if alone => return Err(refusal(hidden)),
            Some((None, Some(code))) if alone => return Err(refusal(code)),
            Some(_) => decided.failed.push(id.to_owned()),
        }
    }
    Ok(decided)
}

impl Decided {
    fn carry_out(self, list: &str, call: &Call<'_>, mut remove: impl FnMut(&str)) -> Map<String, Value> {
        let Self { mut taken, mut failed } = self;
        match call.behaviour.failed_lists {
            FailedLists::Honest => {}
            FailedLists::ListedYetGone => failed = [failed, taken.clone()].concat(),
            FailedLists::UnlistedYetThere => {
                taken.clear();
                failed.clear();
            }
        }
        taken.iter().for_each(|id| remove(id));
        let failed = if failed.is_empty() && call.behaviour.null_lists { Value::Null } else { Value::from(failed) };
        Map::from_iter([(list.to_owned(), failed)])
    }
}

impl Call<'_> {
    /// When what is accepted now has happened.
    fn gone_at(&self) -> jiff::Timestamp {
        clock::after_millis(self.now, self.behaviour.removal_ms)
    }

    fn is_missing_an_error(&self) -> bool {
        self.missing == Missing::NotFound
    }

    fn missing(&self, code: &'static str) -> Reply {
        if self.is_missing_an_error() { Err(ApiError::new(404, code, "It does not exist.")) } else { done() }
    }
}

fn refusal(code: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::new(400, code, "The operation is not possible in its present condition.")
}
