//! What happens to the resources of a world: by itself as time goes by, and when something is taken out.

use jiff::Timestamp;

use super::words::{
    DiskStatus, ImageStatus, ImageUsage, LockStatus, SnapshotStatus, SnapshotUsage, TaskAction, TaskStatus,
};
use super::{Quirks, Ways, World};
use crate::clock;
use crate::world::snapshot::Lock;

/// What happens by itself at some time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    ImageGone(String),
    GuardGone(String),
    SnapshotFinished(String),
    ImageFinished(String),
    TaskFinished(String),
    DiskFinished(String),
    InstanceFinished(String),
    LockExpired(String),
}

impl World {
    /// Starts what ends by itself: from now on the world has a time.
    pub(crate) fn open(&mut self, now: Timestamp, ways: Ways) {
        let finish = |quirks: &Quirks| {
            quirks.finishes_after_ms.or(ways.finishes_after_ms).map(|millis| clock::after_millis(now, millis))
        };
        for snapshot in self.snapshots.values() {
            let due = finish(&snapshot.quirks).map(|at| (at, Due::SnapshotFinished(snapshot.id.clone())));
            self.agenda.extend(due);
            if let Some(expires_at) = snapshot.lock.as_ref().and_then(|lock| lock.expires_at) {
                self.agenda.insert((expires_at, Due::LockExpired(snapshot.id.clone())));
            }
        }
        for image in self.images.values() {
            self.agenda.extend(finish(&image.quirks).map(|at| (at, Due::ImageFinished(image.id.clone()))));
        }
        for task in self.tasks.values() {
            self.agenda.extend(finish(&task.quirks).map(|at| (at, Due::TaskFinished(task.id.clone()))));
        }
        for disk in self.disks.values() {
            self.agenda.extend(finish(&disk.quirks).map(|at| (at, Due::DiskFinished(disk.id.clone()))));
        }
        for instance in self.instances.values() {
            self.agenda.extend(finish(&instance.quirks).map(|at| (at, Due::InstanceFinished(instance.id.clone()))));
        }
    }

    /// Lets everything happen that is due by now.
    pub(crate) fn settle(&mut self, now: Timestamp, ways: Ways) {
        while let Some((at, _)) = self.agenda.first()
            && *at <= now
            && let Some((at, due)) = self.agenda.pop_first()
        {
            self.happen(at, due, ways);
        }
    }

    fn happen(&mut self, at: Timestamp, due: Due, ways: Ways) {
        match due {
            Due::ImageGone(id) => self.remove_image(&id, at, ways),
            Due::GuardGone(id) => {
                self.lingering.remove(&id);
            }
            Due::SnapshotFinished(id) => {
                if let Some(snapshot) = self.snapshots.get_mut(&id) {
                    snapshot.quirks.refuse.clear();
                    if snapshot.status == Some(SnapshotStatus::Progressing) {
                        snapshot.status = Some(SnapshotStatus::Accomplished);
                        snapshot.progress = Some("100%".to_owned());
                    }
                }
            }
            Due::ImageFinished(id) => {
                if let Some(image) = self.images.get_mut(&id) {
                    image.quirks.refuse.clear();
                    if matches!(image.status, Some(ImageStatus::Creating | ImageStatus::Waiting)) {
                        image.status = Some(ImageStatus::Available);
                    }
                }
            }
            Due::TaskFinished(id) => self.finish_task(&id),
            Due::DiskFinished(id) => {
                if let Some(disk) = self.disks.get_mut(&id) {
                    disk.quirks.refuse.clear();
                }
            }
            Due::InstanceFinished(id) => {
                if let Some(instance) = self.instances.get_mut(&id) {
                    instance.quirks.refuse.clear();
                }
            }
            Due::LockExpired(id) => {
                if let Some(lock) = self.snapshots.get_mut(&id).and_then(|snapshot| snapshot.lock.as_mut()) {
                    lock.status = LockStatus::Expired;
                }
            }
        }
    }

    fn finish_task(&mut self, id: &str) {
        let Some(task) = self.tasks.get_mut(id).filter(|task| task.is_running()) else { return };
        task.status = Some(TaskStatus::Finished);
        if task.action == Some(TaskAction::ImportImage)
            && let Some(image) = task.image.as_ref().and_then(|image| self.images.get_mut(image))
            && image.status == Some(ImageStatus::Creating)
        {
            image.status = Some(ImageStatus::Available);
        }
    }

    /// Accepts the deletion of an image, which is carried out at that time.
    pub(crate) fn doom_image(&mut self, id: &str, gone_at: Timestamp) {
        if let Some(image) = self.images.get_mut(id)
            && !image.is_going
        {
            image.is_going = true;
            self.agenda.insert((gone_at, Due::ImageGone(id.to_owned())));
        }
    }

    /// Takes an image out, its shares and publication with it. Its snapshots stay.
    fn remove_image(&mut self, id: &str, at: Timestamp, ways: Ways) {
        let Some(image) = self.images.remove(id) else { return };
        if ways.guard_lingers_ms > 0 && !image.snapshots.is_empty() {
            self.lingering.insert(id.to_owned(), image.snapshots.clone());
            self.agenda.insert((clock::after_millis(at, ways.guard_lingers_ms), Due::GuardGone(id.to_owned())));
        }
        if !ways.usage_lags {
            for snapshot in &image.snapshots {
                if !self.images.values().any(|other| other.snapshots.contains(snapshot)) {
                    self.update_usage(snapshot, |usage| usage.image = false);
                }
            }
        }
    }

    /// Takes a disk out. Its automatic snapshots go along where it says so and nothing keeps them; others stay.
    pub(crate) fn remove_disk(&mut self, id: &str, ways: Ways) {
        let Some(disk) = self.disks.remove(id) else { return };
        if let Some(snapshot) = &disk.source_snapshot
            && !ways.usage_lags
            && !self.has_disk(snapshot)
        {
            self.update_usage(snapshot, |usage| usage.disk = false);
        }
        if disk.delete_auto_snapshot == Some(false) {
            return;
        }
        let automatic: Vec<String> = self
            .snapshots
            .values()
            .filter(|snapshot| snapshot.is_automatic() && snapshot.source_disk.as_deref() == Some(id))
            .filter(|snapshot| !snapshot.lock.as_ref().is_some_and(Lock::holds))
            .filter(|snapshot| !self.has_image(&snapshot.id) && !self.has_disk(&snapshot.id))
            .map(|snapshot| snapshot.id.clone())
            .collect();
        for snapshot in automatic {
            self.snapshots.remove(&snapshot);
        }
    }

    /// Takes an instance out, with the disks that go with it; the others are detached. A security lock releases all disks
    /// (vendor documentation of DeleteInstance).
    pub(crate) fn remove_instance(&mut self, id: &str, ways: Ways) {
        let Some(instance) = self.instances.remove(id) else { return };
        if let Some(image) = instance.image.as_ref().and_then(|image| self.images.get_mut(image))
            && !ways.usage_lags
            && image.usage == Some(ImageUsage::Instance)
            && !self.instances.values().any(|other| other.image == instance.image)
        {
            image.usage = Some(ImageUsage::None);
        }
        let attached: Vec<String> = self
            .disks
            .values()
            .filter(|disk| disk.attached_to.iter().any(|holder| holder == id))
            .map(|disk| disk.id.clone())
            .collect();
        for disk_id in attached {
            let Some(disk) = self.disks.get_mut(&disk_id) else { continue };
            disk.attached_to.retain(|holder| holder != id);
            if disk.attached_to.is_empty() {
                if disk.delete_with_instance != Some(false) || instance.is_locked_for_security() {
                    self.remove_disk(&disk_id, ways);
                } else {
                    disk.status = Some(DiskStatus::Available);
                }
            }
        }
    }

    fn update_usage(&mut self, snapshot: &str, change: impl Fn(&mut SnapshotUsage)) {
        if let Some(usage) = self.snapshots.get_mut(snapshot).and_then(|snapshot| snapshot.usage.as_mut()) {
            change(usage);
        }
    }
}
