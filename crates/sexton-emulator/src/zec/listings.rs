//! DescribeZones and the listings.

use serde_json::{Map, Value, json};

use super::cloud::{Call, Version};
use super::records::{Disk, Image, Instance, Policy, Record, Snapshot, Status};
use super::world::ZecWorld;
use crate::clock;
use crate::error::{ApiError, Reply};

const DEFAULT_SIZE: u64 = 20;
/// The documented bound of disks, instances and images.
const MAX_SIZE: u64 = 1000;

/// A row of a listing, and what it is of.
struct Listed<'w> {
    record: &'w Record,
    row: Value,
}

pub(super) fn zones(world: &ZecWorld, call: &Call<'_>) -> Reply {
    let wanted = call.parameters.texts("zoneIds")?;
    let zones = world.zones.iter().filter(|(zone, _)| wanted.as_ref().is_none_or(|ids| ids.contains(&zone.as_str())));
    let zones: Vec<Value> = zones
        .map(|(zone, region)| json!({"zoneId": zone, "regionId": region, "zoneName": zone.to_uppercase()}))
        .collect();
    Ok(Map::from_iter([("zoneSet".to_owned(), Value::Array(zones))]))
}

pub(super) fn snapshots(world: &ZecWorld, call: &mut Call<'_>) -> Reply {
    let filters = Filters::read(call, "snapshotIds", "snapshotName", "status")?;
    let disks = call.parameters.texts("diskIds")?;
    let disk_type = call.parameters.text("diskType")?;
    let kind = call.parameters.text("snapshotType")?.map(str::to_lowercase);
    let is_of = |snapshot: &Snapshot, wanted: &str| {
        let disk = snapshot.disk.as_ref().and_then(|disk| world.disks.get(disk));
        disk.and_then(|disk| disk.disk_type.as_deref()).is_some_and(|word| word.eq_ignore_ascii_case(wanted))
    };
    let selected = world
        .snapshots
        .values()
        .filter(|snapshot| filters.pass(&snapshot.record))
        .filter(|snapshot| {
            disks.as_ref().is_none_or(|ids| snapshot.disk.as_ref().is_some_and(|disk| ids.contains(&disk.as_str())))
        })
        .filter(|snapshot| kind.is_none() || snapshot.snapshot_type == kind)
        .filter(|snapshot| disk_type.is_none_or(|wanted| is_of(snapshot, wanted)))
        .map(|snapshot| Listed { record: &snapshot.record, row: snapshot_row(snapshot, call) })
        .collect();
    page(call, selected)
}

fn snapshot_row(snapshot: &Snapshot, call: &Call<'_>) -> Value {
    let record = &snapshot.record;
    let kind = snapshot.snapshot_type.as_deref().map(|word| match word {
        "auto" => "Auto",
        "manual" => "Manual",
        other => other,
    });
    json!({
        "snapshotId": record.id,
        "snapshotName": record.name,
        "zoneId": record.zone,
        "status": record.status.as_ref().map(Status::as_str),
        "snapshotType": kind.filter(|_| call.version == Version::Current),
        "retentionTime": snapshot.retention_time.as_deref().filter(|_| call.version == Version::Current),
        "diskId": snapshot.disk.as_deref().unwrap_or(""),
        "createTime": created(record, call),
        "diskAbility": snapshot.disk_ability,
        "resourceGroup": record.group.as_ref().map(|group| json!({"resourceGroupId": group, "resourceGroupName": group})),
    })
}

pub(super) fn disks(world: &ZecWorld, call: &mut Call<'_>) -> Reply {
    let filters = Filters::read(call, "diskIds", "diskName", "diskStatus")?;
    let instance = call.parameters.text("instanceId")?;
    let region = call.parameters.text("regionId")?;
    let disk_type = call.parameters.text("diskType")?.map(str::to_lowercase);
    let selected = world
        .disks
        .values()
        .filter(|disk| filters.pass(&disk.record))
        .filter(|disk| instance.is_none() || disk.instance.as_deref() == instance)
        .filter(|disk| region.is_none_or(|region| disk.record.region == region))
        .filter(|disk| disk_type.is_none() || disk.disk_type == disk_type)
        .map(|disk| Listed { record: &disk.record, row: disk_row(disk, world, call) })
        .collect();
    page(call, selected)
}

fn disk_row(disk: &Disk, world: &ZecWorld, call: &Call<'_>) -> Value {
    let record = &disk.record;
    let instance = disk.instance.as_ref().and_then(|instance| world.instances.get(instance));
    json!({
        "diskId": record.id,
        "diskName": record.name,
        "regionId": (call.version == Version::Current).then_some(&record.region),
        "zoneId": record.zone,
        "diskType": disk.disk_type.as_deref().map(str::to_uppercase),
        "portable": disk.portable,
        "diskCategory": disk.category,
        "diskSize": disk.size_gib,
        "diskStatus": record.status.as_ref().map(Status::as_str),
        "instanceId": disk.instance.as_deref().unwrap_or(""),
        "instanceName": instance.and_then(|instance| instance.record.name.as_deref()),
        "createTime": created(record, call),
        "expiredTime": disk.expired_time,
        "resourceGroupId": record.group,
        "resourceGroupName": record.group,
        "snapshotAbility": disk.snapshot_ability,
        "autoSnapshotPolicyId": disk.policy.as_deref().filter(|_| call.version == Version::Current),
        "tags": tags(record, call),
    })
}

pub(super) fn images(world: &ZecWorld, call: &mut Call<'_>) -> Reply {
    let filters = Filters::read(call, "imageIds", "imageName", "imageStatus")?;
    let region = call.parameters.text("regionId")?;
    let has_copy = |image: &Image, region: &str| image.regions.iter().flatten().any(|copy| copy == region);
    let selected = world
        .images
        .values()
        .filter(|image| filters.pass(&image.record))
        .filter(|image| region.is_none_or(|region| has_copy(image, region)))
        .map(|image| Listed { record: &image.record, row: image_row(image, call) })
        .collect();
    page(call, selected)
}

fn image_row(image: &Image, call: &Call<'_>) -> Value {
    let record = &image.record;
    let mut row = json!({
        "imageId": record.id,
        "imageName": record.name,
        "imageStatus": record.status.as_ref().map(Status::as_str),
        "minDiskSize": image.min_disk_size,
        "regionIdList": image.regions,
        "resourceGroupId": record.group,
        "resourceGroupName": record.group,
        "tags": tags(record, call),
    });
    for (name, field, in_capitals) in Image::WORDS {
        let word = image.words.get(name).map(|word| if in_capitals { word.to_uppercase() } else { word.clone() });
        row[field] = Value::from(word);
    }
    row
}

pub(super) fn instances(world: &ZecWorld, call: &mut Call<'_>) -> Reply {
    let filters = Filters::read(call, "instanceIds", "name", "status")?;
    let image = call.parameters.text("imageId")?;
    let selected = world
        .instances
        .values()
        .filter(|instance| filters.pass(&instance.record))
        .filter(|instance| image.is_none() || instance.image.as_deref() == image)
        .map(|instance| Listed { record: &instance.record, row: instance_row(instance, world, call) })
        .collect();
    page(call, selected)
}

fn instance_row(instance: &Instance, world: &ZecWorld, call: &Call<'_>) -> Value {
    let record = &instance.record;
    let attached = world.disks.values().filter(|disk| disk.instance.as_deref() == Some(record.id.as_str()));
    let (system, data): (Vec<&Disk>, Vec<&Disk>) = attached.partition(|disk| disk.is_system());
    let brief = |disk: &&Disk| {
        json!({"diskId": disk.record.id, "diskName": disk.record.name, "diskSize": disk.size_gib,
            "diskCategory": disk.category, "portable": disk.portable})
    };
    json!({
        "instanceId": record.id,
        "instanceName": record.name,
        "zoneId": record.zone,
        "status": record.status.as_ref().map(Status::as_str),
        "imageId": instance.image.as_deref().unwrap_or(""),
        "instanceType": instance.instance_type,
        "systemDisk": system.first().map(brief),
        "dataDisks": data.iter().map(brief).collect::<Vec<Value>>(),
        "createTime": created(record, call),
        "expiredTime": instance.expired_time,
        "resourceGroupId": record.group,
        "resourceGroupName": record.group,
        "tags": tags(record, call),
    })
}

pub(super) fn policies(world: &ZecWorld, call: &mut Call<'_>) -> Reply {
    let filters = Filters::read(call, "autoSnapshotPolicyIds", "autoSnapshotPolicyName", "")?;
    let selected = world
        .policies
        .values()
        .filter(|policy| filters.pass(&policy.record))
        .map(|policy| Listed { record: &policy.record, row: policy_row(policy, call) })
        .collect();
    page(call, selected)
}

fn policy_row(policy: &Policy, call: &Call<'_>) -> Value {
    let record = &policy.record;
    let null = policy.disks.is_empty() && call.behaviour.null_lists;
    json!({
        "autoSnapshotPolicyId": record.id,
        "zoneId": record.zone,
        "autoSnapshotPolicyName": record.name,
        "repeatWeekDays": [1, 3, 5],
        "hours": [2],
        "retentionDays": policy.retention_days,
        "diskNum": policy.disks.len(),
        "diskIdSet": if null { Value::Null } else { Value::from(policy.disks.clone()) },
        "createTime": created(record, call),
        "resourceGroup": record.group.as_ref().map(|group| json!({"resourceGroupId": group, "resourceGroupName": group})),
        "tags": tags(record, call),
    })
}

/// What every listing can be narrowed by.
struct Filters<'p> {
    ids: Option<Vec<&'p str>>,
    name: Option<&'p str>,
    status: Option<&'p str>,
    zones: Option<Vec<&'p str>>,
    group: Option<&'p str>,
}

impl<'p> Filters<'p> {
    fn read(call: &Call<'p>, ids: &str, name: &str, status: &str) -> Result<Self, ApiError> {
        let parameters = call.parameters;
        let zone = parameters.text("zoneId")?;
        Ok(Self {
            ids: parameters.texts(ids)?,
            name: parameters.text(name)?,
            status: parameters.text(status)?,
            zones: zone.map(|zone| vec![zone]).or(parameters.texts("zoneIds")?),
            group: parameters.text("resourceGroupId")?,
        })
    }

    fn pass(&self, record: &Record) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.contains(&record.id.as_str()))
            && self.name.is_none_or(|wanted| is_named(record.name.as_deref().unwrap_or_default(), wanted))
            && self.status.is_none_or(|status| record.status.as_ref().map(Status::as_str) == Some(status))
            && self.zones.as_ref().is_none_or(|zones| zones.contains(&record.zone.as_str()))
            && self.group.is_none_or(|group| record.group.as_deref() == Some(group))
    }
}

/// A part of a name; between anchors, which the vendor's storage driver relies on, the whole of it.
fn is_named(name: &str, wanted: &str) -> bool {
    match wanted.strip_prefix('^').and_then(|rest| rest.strip_suffix('$')) {
        Some(whole) => name == whole,
        None => name.contains(wanted),
    }
}

fn created(record: &Record, call: &Call<'_>) -> Option<String> {
    let instant = record.created_at?;
    let plain = clock::seconds(instant);
    if !call.behaviour.odd_times {
        return Some(plain);
    }
    Some(match record.id.bytes().fold(0_u32, |sum, byte| sum + u32::from(byte)) % 4 {
        0 => plain,
        1 => plain.replace('T', " "),
        2 => {
            let there = instant.checked_add(jiff::SignedDuration::from_hours(8)).unwrap_or(instant);
            clock::seconds(there).replace('Z', "+08:00")
        }
        _ => plain.replace('T', " ").replace('Z', ""),
    })
}

fn tags(record: &Record, call: &Call<'_>) -> Option<Value> {
    let tags: Vec<Value> = record.tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    (call.version == Version::Current).then(|| json!({"tags": tags}))
}

/// One page of what was selected, in the order of the ids where the listing has one.
fn page(call: &mut Call<'_>, mut selected: Vec<Listed<'_>>) -> Reply {
    let number = call.parameters.number("pageNum")?.unwrap_or(1);
    let size = call.parameters.number("pageSize")?.unwrap_or(DEFAULT_SIZE);
    let refuse =
        |code: &'static str, name: &str| Err(ApiError::new(400, code, format!("The parameter {name} is wrong.")));
    if number == 0 {
        return refuse("INVALID_PARAMETER_LESS_MINIMUM", "pageNum");
    }
    if size == 0 {
        return refuse("INVALID_PARAMETER_LESS_MINIMUM", "pageSize");
    }
    if size > MAX_SIZE {
        return refuse("INVALID_PARAMETER_EXCEED_MAXIMUM", "pageSize");
    }
    selected.sort_by(|a, b| a.record.id.cmp(&b.record.id));
    if call.behaviour.unordered {
        call.dice.shuffle(&mut selected);
    }
    let total = selected.len();
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let skipped = usize::try_from(number - 1).unwrap_or(usize::MAX).saturating_mul(size);
    let rows: Vec<Value> =
        selected.into_iter().skip(skipped).take(size).map(|listed| without_nulls(listed.row)).collect();
    let rows = if rows.is_empty() && call.behaviour.null_lists { Value::Null } else { Value::Array(rows) };
    Ok(Map::from_iter([("totalCount".to_owned(), Value::from(total)), ("dataSet".to_owned(), rows)]))
}

/// The API leaves out what holds nothing.
fn without_nulls(row: Value) -> Value {
    match row {
        Value::Object(fields) => Value::Object(fields.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => other,
    }
}
