//! What happens to the resources of a world: by itself as time goes by, and when something is taken out.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::behaviour::ZecBehaviour;
use super::records::{Record, Status};
use super::world::ZecWorld;
use crate::clock;

/// What is still to happen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Agenda(BTreeSet<(Timestamp, Due)>);

/// What happens by itself at some time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    SnapshotGone(String),
    SnapshotFinished(String),
    DiskReleased(String),
    DiskFinished(String),
    ImageGone(String),
    ImageFinished(String),
    /// And whether what can be detached from it goes along.
    InstanceReleased(String, Along),
    InstanceFinished(String),
}

/// What of an instance's detachable disks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Along {
    Released,
    Detached,
}

impl ZecWorld {
    /// Starts what ends by itself: from now on the world has a time.
    pub(crate) fn open(&mut self, now: Timestamp) {
        let at = |record: &Record| record.finishes_after_ms.map(|millis| clock::after_millis(now, millis));
        let mut due: Vec<(Timestamp, Due)> = Vec::new();
        let id = |record: &Record| record.id.clone();
        for record in self.snapshots.values().map(|snapshot| &snapshot.record) {
            due.extend(at(record).map(|at| (at, Due::SnapshotFinished(id(record)))));
        }
        for record in self.disks.values().map(|disk| &disk.record) {
            due.extend(at(record).map(|at| (at, Due::DiskFinished(id(record)))));
        }
        for record in self.images.values().map(|image| &image.record) {
            due.extend(at(record).map(|at| (at, Due::ImageFinished(id(record)))));
        }
        for record in self.instances.values().map(|instance| &instance.record) {
            due.extend(at(record).map(|at| (at, Due::InstanceFinished(id(record)))));
        }
        self.agenda.0.extend(due);
    }

    /// Lets everything happen that is due by now.
    pub(crate) fn settle(&mut self, now: Timestamp, behaviour: &ZecBehaviour) {
        while let Some((at, _)) = self.agenda.0.first()
            && *at <= now
            && let Some((_, due)) = self.agenda.0.pop_first()
        {
            self.happen(due, behaviour);
        }
    }

    fn happen(&mut self, due: Due, behaviour: &ZecBehaviour) {
        let finish = |record: &mut Record, status: Status| {
            record.refuse.clear();
            record.status = Some(status);
        };
        match due {
            Due::SnapshotGone(id) => {
                self.snapshots.remove(&id);
            }
            Due::SnapshotFinished(id) => {
                if let Some(snapshot) = self.snapshots.get_mut(&id) {
                    finish(&mut snapshot.record, Status::Available);
                }
            }
            Due::DiskReleased(id) => self.release_disk(&id, behaviour),
            Due::DiskFinished(id) => {
                if let Some(disk) = self.disks.get_mut(&id) {
                    let status = if disk.instance.is_some() { Status::InUse } else { Status::Available };
                    finish(&mut disk.record, status);
                }
            }
            Due::ImageGone(id) => {
                self.images.remove(&id);
            }
            Due::ImageFinished(id) => {
                if let Some(image) = self.images.get_mut(&id) {
                    finish(&mut image.record, Status::Available);
                }
            }
            Due::InstanceReleased(id, along) => self.release_instance(&id, along, behaviour),
            Due::InstanceFinished(id) => {
                if let Some(instance) = self.instances.get_mut(&id) {
                    finish(&mut instance.record, Status::Stopped);
                }
            }
        }
    }

    /// Accepts the deletion of a snapshot, which is carried out at that time.
    pub(crate) fn doom_snapshot(&mut self, id: &str, gone_at: Timestamp) {
        if let Some(snapshot) = self.snapshots.get_mut(id) {
            snapshot.record.status = Some(Status::Deleting);
            self.agenda.0.insert((gone_at, Due::SnapshotGone(id.to_owned())));
        }
    }

    /// Accepts the deletion of an image.
    pub(crate) fn doom_image(&mut self, id: &str, gone_at: Timestamp) {
        if let Some(image) = self.images.get_mut(id) {
            image.record.status = Some(Status::Deleting);
            self.agenda.0.insert((gone_at, Due::ImageGone(id.to_owned())));
        }
    }

    /// Accepts the release of a disk: a second one, where it lies in the recycle bin, is for good.
    pub(crate) fn doom_disk(&mut self, id: &str, gone_at: Timestamp) {
        if let Some(disk) = self.disks.get_mut(id) {
            if disk.record.is_in_bin() {
                self.disks.remove(id);
                return;
            }
            disk.record.status = Some(Status::Deleting);
            self.agenda.0.insert((gone_at, Due::DiskReleased(id.to_owned())));
        }
    }

    /// Accepts the release of an instance.
    pub(crate) fn doom_instance(&mut self, id: &str, along: Along, gone_at: Timestamp) {
        if let Some(instance) = self.instances.get_mut(id) {
            if instance.record.is_in_bin() {
                self.instances.remove(id);
                self.disks.retain(|_, disk| disk.instance.as_deref() != Some(id));
                return;
            }
            instance.record.status = Some(Status::Releasing);
            self.agenda.0.insert((gone_at, Due::InstanceReleased(id.to_owned(), along)));
        }
    }

    fn release_disk(&mut self, id: &str, behaviour: &ZecBehaviour) {
        if behaviour.recycle_bin {
            if let Some(disk) = self.disks.get_mut(id) {
                disk.record.status = Some(Status::Recycled);
            }
            return;
        }
        self.disks.remove(id);
        for policy in self.policies.values_mut() {
            policy.disks.retain(|disk| disk != id);
        }
        if behaviour.snapshots_go_with_disk {
            self.snapshots.retain(|_, snapshot| snapshot.disk.as_deref() != Some(id));
        }
    }

    /// Its boot disk, and what cannot be detached, share its fate.
    fn release_instance(&mut self, id: &str, along: Along, behaviour: &ZecBehaviour) {
        if behaviour.recycle_bin {
            if let Some(instance) = self.instances.get_mut(id) {
                instance.record.status = Some(Status::Recycle);
            }
        } else {
            self.instances.remove(id);
        }
        let attached = self.disks.values().filter(|disk| disk.instance.as_deref() == Some(id));
        let attached: Vec<String> = attached.map(|disk| disk.record.id.clone()).collect();
        for disk_id in attached {
            let Some(disk) = self.disks.get_mut(&disk_id) else { continue };
            if disk.goes_with_instance() != Some(false) || along == Along::Released {
                self.release_disk(&disk_id, behaviour);
            } else {
                disk.instance = None;
                disk.record.status = Some(Status::Available);
            }
        }
    }
}
