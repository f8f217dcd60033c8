//! Worlds in which a planner could be slow, each in one region.

use std::io::{self, Write};

use super::line::{Kind, Line, REGIONS, id};
use super::{Extreme, Scale};

const FAN_POLICY: &str = r#"[[collect]]
name = "images"
kind = "image"
when = "age > duration('720h')"
orphans = ["snapshot"]
"#;

const DRAWN_CHAIN_POLICY: &str = r#"[[collect]]
name = "first"
kind = "disk"
when = "name == 'disk-0'"
cascade = ["snapshot", "disk"]
"#;

const BROKEN_CHAIN_POLICY: &str = r#"[[protect]]
name = "last"
when = "name == 'last'"

[[collect]]
name = "disks"
kind = "disk"
when = "age > duration('720h')"

[[collect]]
name = "snapshots"
kind = "snapshot"
when = "age > duration('720h')"
"#;

const ONE_BLOCKER_POLICY: &str = r#"[[collect]]
name = "disks"
kind = "disk"
when = "age > duration('720h')"
"#;

const ALTERNATING_POLICY: &str = r#"[[collect]]
name = "snapshots"
kind = "snapshot"
when = "age > duration('720h')"
cascade = ["disk"]

[[collect]]
name = "instances"
kind = "instance"
when = "age > duration('720h')"

[[collect]]
name = "images"
kind = "image"
when = "age > duration('720h')"
"#;

fn plain(seed: u64, kind: Kind, number: u64) -> Line {
    let name = format!("{}-{number}", kind.name());
    Line::plain(REGIONS[0], kind, id(seed, kind, REGIONS[0], number), name)
}

fn link(line: &mut Line, seed: u64, relation: &'static str, kind: Kind, number: u64) {
    let target = id(seed, kind, REGIONS[0], number);
    line.links.get_or_insert_default().push((relation, kind, target));
}

pub(super) fn policy(extreme: Extreme) -> &'static str {
    match extreme {
        Extreme::OneSnapshotUnderManyImages => FAN_POLICY,
        Extreme::DeepChain => DRAWN_CHAIN_POLICY,
        Extreme::BrokenChain => BROKEN_CHAIN_POLICY,
        Extreme::OneBlocker => ONE_BLOCKER_POLICY,
        Extreme::Alternating => ALTERNATING_POLICY,
    }
}

pub(super) fn write(scale: &Scale, extreme: Extreme, out: &mut impl Write) -> io::Result<()> {
    let mut text = String::new();
    for number in 0..scale.resources {
        resource(scale, extreme, number).write(out, &mut text)?;
    }
    Ok(())
}

fn resource(scale: &Scale, extreme: Extreme, number: u64) -> Line {
    let seed = scale.seed;
    match extreme {
        Extreme::OneSnapshotUnderManyImages => {
            let Some(image) = number.checked_sub(1) else { return plain(seed, Kind::Snapshot, 0) };
            let mut line = plain(seed, Kind::Image, image);
            link(&mut line, seed, "created-from", Kind::Snapshot, 0);
            line
        }
        Extreme::OneBlocker => {
            let Some(disk) = number.checked_sub(1) else { return plain(seed, Kind::Instance, 0) };
            let mut line = plain(seed, Kind::Disk, disk);
            link(&mut line, seed, "attached-to", Kind::Instance, 0);
            line.attrs = Some(r#""delete_with_instance":false,"disk_type":"data""#.to_owned());
            line
        }
        Extreme::Alternating => ring(seed, number),
        Extreme::DeepChain => chain(seed, number),
        Extreme::BrokenChain => {
            let mut line = chain(seed, number);
            if number + 1 == scale.resources {
                "last".clone_into(&mut line.name);
            }
            line
        }
    }
}

/// A disk made from the snapshot before, or a snapshot that would die with the disk before.
fn chain(seed: u64, number: u64) -> Line {
    let rank = number / 2;
    if number.is_multiple_of(2) {
        let mut line = plain(seed, Kind::Disk, rank);
        line.attrs = Some(r#""delete_auto_snapshot":true,"disk_type":"data""#.to_owned());
        if let Some(before) = rank.checked_sub(1) {
            link(&mut line, seed, "created-from", Kind::Snapshot, before);
        }
        line
    } else {
        let mut line = plain(seed, Kind::Snapshot, rank);
        line.attrs = Some(r#""snapshot_type":"auto","usage":"none""#.to_owned());
        link(&mut line, seed, "source", Kind::Disk, rank);
        line
    }
}

/// A snapshot, a disk made from it, the instance that holds the disk, and the image that the instance was booted from,
/// which was made from the snapshot of the next ring. The first snapshot is not finished, and so held.
fn ring(seed: u64, number: u64) -> Line {
    let rank = number / 4;
    match number % 4 {
        0 => {
            let mut line = plain(seed, Kind::Snapshot, rank);
            if rank == 0 {
                line.state = Some("progressing");
            }
            line
        }
        1 => {
            let mut line = plain(seed, Kind::Disk, rank);
            line.attrs = Some(r#""delete_with_instance":true,"disk_type":"data""#.to_owned());
            link(&mut line, seed, "attached-to", Kind::Instance, rank);
            link(&mut line, seed, "created-from", Kind::Snapshot, rank);
            line
        }
        2 => {
            let mut line = plain(seed, Kind::Instance, rank);
            line.attrs = Some(r#""deletion_protection":false"#.to_owned());
            link(&mut line, seed, "booted-from", Kind::Image, rank);
            line
        }
        _ => {
            let mut line = plain(seed, Kind::Image, rank);
            link(&mut line, seed, "created-from", Kind::Snapshot, rank + 1);
            line
        }
    }
}
