//! DescribeImages, DeleteImage and CancelCopyImage.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{has_tags, listed, tags};
use crate::call::{Call, is_wanted};
use crate::clock;
use crate::error::{ApiError, Reply, done};
use crate::paging::Pages;
use crate::refusal::Refusal;
use crate::world::World;
use crate::world::image::Image;
use crate::world::words::{ImageStatus, ImageUsage, TaskAction};

/// There is no paging by token.
const PAGES: Pages = Pages { token: None, by_number: Some(100) };

/// Without `Status` only images that are `Available` are listed, and without `ImageOwnerAlias` those of the system too
/// (vendor documentation of DescribeImages).
pub(crate) fn describe(world: &World, call: &mut Call<'_>) -> Reply {
    call.check_dry_run()?;
    let statuses = call.parameters.separated("Status")?.unwrap_or_else(|| BTreeSet::from(["Available".to_owned()]));
    let wanted_tags = call.parameters.tags()?;
    let (from, to) = call.created_within()?;
    let alias = call.parameters.get("ImageOwnerAlias");
    if alias.is_some_and(|alias| !["system", "self", "others", "marketplace"].contains(&alias)) {
        return Err(ApiError::new(
            400,
            "InvalidImageOwnerAlias.ValueNotSupported",
            "The specified ImageOwnerAlias is not supported.",
        ));
    }
    let is_public = call.parameters.is_set("IsPublic")?;
    if is_public && alias != Some("others") {
        return Err(ApiError::new(
            400,
            "InvalidImageOwnerAlias.PublicImageUnsupported",
            "Public images can only be listed with the ImageOwnerAlias others.",
        ));
    }
    let usage = call.parameters.get("Usage");
    if usage.is_some_and(|usage| !["instance", "none"].contains(&usage)) {
        return Err(ApiError::new(404, "InvalidUsage", "The specified Usage is not valid."));
    }
    let ids = call.parameters.separated("ImageId")?;
    let name = call.filter("ImageName");
    let family = call.filter("ImageFamily");
    let snapshot = call.parameters.get("SnapshotId");
    let group = call.filter("ResourceGroupId");
    let system = system_images();
    let mut selected: Vec<&Image> = world
        .images
        .values()
        .chain(system.iter())
        .filter(|image| is_wanted(ids.as_ref(), &image.id))
        .filter(|image| alias.is_none_or(|alias| image.owner_alias.as_deref().unwrap_or("self") == alias))
        .filter(|image| !is_public || (image.is_public && !image.is_own()))
        .filter(|image| image.status.as_ref().is_some_and(|status| statuses.contains(status.as_str())))
        .filter(|image| name.passes(image.name.as_deref()))
        .filter(|image| family.passes(image.family.as_deref()))
        .filter(|image| snapshot.is_none_or(|snapshot| image.snapshots.iter().any(|id| id == snapshot)))
        .filter(|image| usage.is_none_or(|usage| image.usage.as_ref().map(ImageUsage::as_str) == Some(usage)))
        .filter(|image| group.passes(image.resource_group_id.as_deref()))
        .filter(|image| image.created_at.is_none_or(|at| from <= at && at <= to))
        .filter(|image| has_tags(&image.tags, &wanted_tags))
        .collect();
    selected.sort_by(|a, b| a.id.cmp(&b.id));
    let page = call.page(selected.into_iter(), |image: &Image| image.id.as_str(), PAGES)?;
    let mut reply = listed("Images", "Image", page, |image| write(image, world))?;
    reply.insert("RegionId".to_owned(), Value::String(world.region().to_owned()));
    Ok(reply)
}

fn write(image: &Image, world: &World) -> Value {
    let mappings: Vec<Value> = image
        .snapshots
        .iter()
        .zip('a'..='z')
        .map(|(snapshot, letter)| {
            let size = world.snapshots.get(snapshot).and_then(|snapshot| snapshot.size_gib).or(image.size_gib);
            json!({
                "SnapshotId": snapshot,
                "Type": if letter == 'a' { "system" } else { "data" },
                "Device": format!("/dev/xvd{letter}"),
                "Size": size.map_or(String::new(), |size| size.to_string()),
                "Format": "",
                "Encrypted": false,
                "Progress": "",
                "RemainTime": 0,
                "ImportOSSBucket": "",
                "ImportOSSObject": "",
            })
        })
        .collect();
    json!({
        "ImageId": image.id,
        "ImageName": image.name.as_deref().unwrap_or(""),
        "ImageFamily": image.family.as_deref().unwrap_or(""),
        "ImageVersion": "",
        "Description": "",
        "ImageOwnerAlias": image.owner_alias,
        "ImageOwnerId": world.account().parse::<u64>().ok(),
        "Status": image.status.as_ref().map(ImageStatus::as_str),
        "Usage": image.usage.as_ref().map(ImageUsage::as_str),
        "IsSelfShared": match (image.is_own(), image.is_shared()) {
            (true, true) => "True",
            (true, false) => "False",
            (false, _) => "",
        },
        "IsPublic": image.is_public,
        "IsCopied": image.is_copied,
        "IsSubscribed": false,
        "Progress": if image.status == Some(ImageStatus::Creating) { "40%" } else { "100%" },
        "Size": image.size_gib,
        "OSType": image.os_type,
        "Architecture": image.architecture,
        "BootMode": "BIOS",
        "ProductCode": "",
        "ResourceGroupId": image.resource_group_id.as_deref().unwrap_or(""),
        "CreationTime": image.created_at.map(clock::seconds),
        "DiskDeviceMappings": { "DiskDeviceMapping": mappings },
        "DetectionOptions": {},
        "Tags": tags(&image.tags),
    })
}

/// The system's images. No listing of an account's own has them, and instances boot from them all the same.
pub(crate) const SYSTEM_IMAGES: [&str; 3] = [
    "aliyun_3_x64_20G_alibase_20240819.vhd",
    "ubuntu_22_04_x64_20G_alibase_20240926.vhd",
    "win2022_21H2_x64_dtc_zh-cn_40G_alibase_20240918.vhd",
];

fn system_images() -> Vec<Image> {
    SYSTEM_IMAGES
        .iter()
        .map(|id| Image {
            id: (*id).to_owned(),
            name: Some((*id).to_owned()),
            created_at: clock::parse("2024-10-01T00:00:00Z"),
            status: Some(ImageStatus::Available),
            size_gib: Some(if id.starts_with("win") { 40 } else { 20 }),
            tags: BTreeMap::new(),
            usage: Some(ImageUsage::None),
            owner_alias: Some("system".to_owned()),
            family: None,
            is_copied: Some(false),
            os_type: Some(if id.starts_with("win") { "windows" } else { "linux" }.to_owned()),
            architecture: Some("x86_64".to_owned()),
            resource_group_id: None,
            snapshots: Vec::new(),
            accounts: BTreeMap::new(),
            groups: BTreeSet::new(),
            is_public: true,
            is_going: false,
            quirks: crate::world::Quirks::default(),
        })
        .collect()
}

/// `Force` skips the instances and nothing else. What is accepted happens later, and the snapshots stay (vendor
/// documentation of DeleteImage).
pub(crate) fn delete(world: &mut World, call: &Call<'_>) -> Reply {
    let id = call.parameters.required("ImageId")?;
    let is_forced = call.parameters.is_set("Force")?;
    let Some(image) = world.images.get(id).filter(|image| image.is_own()) else {
        return call.missing("InvalidImageId.NotFound");
    };
    if let Some(refusal) = refusal(world, image, is_forced) {
        return Err(refusal.into());
    }
    call.check_dry_run()?;
    let gone_at = clock::after_millis(call.now, call.behaviour.image_deletion_ms);
    world.doom_image(id, gone_at);
    done()
}

/// Ends a copy that is on its way: the image that was being made goes, and the one it was made from is not touched
/// (vendor documentation of CancelCopyImage).
pub(crate) fn cancel_copy(world: &mut World, call: &Call<'_>) -> Reply {
    let id = call.parameters.required("ImageId")?;
    let Some(image) = world.images.get(id).filter(|image| image.is_own()) else {
        return call.missing("InvalidImageId.NotFound");
    };
    if image.is_copied != Some(true) {
        return Err(Refusal::NotACopy.into());
    }
    if !matches!(image.status, Some(ImageStatus::Creating | ImageStatus::Waiting)) {
        return Err(Refusal::NotBeingCopied.into());
    }
    if image.quirks.refuse.contains(&Refusal::CancelNotSupported) {
        return Err(Refusal::CancelNotSupported.into());
    }
    world.doom_image(id, call.now);
    world.settle(call.now, call.behaviour.ways());
    done()
}

fn refusal(world: &World, image: &Image, is_forced: bool) -> Option<Refusal> {
    if let Some(refusal) = image.quirks.refuse.iter().find(|refusal| **refusal != Refusal::CancelNotSupported) {
        return Some(*refusal);
    }
    if let Some(refusal) = busy(world, &image.id) {
        return Some(refusal);
    }
    if matches!(image.status, Some(ImageStatus::Creating | ImageStatus::Waiting)) {
        return Some(Refusal::ImageIsCreating);
    }
    if image.is_shared() {
        return Some(Refusal::ImageUseShared);
    }
    if image.is_public {
        return Some(Refusal::ImageIsPublic);
    }
    let is_used = world.instances.values().any(|instance| instance.image.as_deref() == Some(&image.id));
    (is_used && !is_forced).then_some(Refusal::ImageUsingByInstance)
}

/// What a running task does to the image.
fn busy(world: &World, image: &str) -> Option<Refusal> {
    world.tasks.values().filter(|task| task.is_running() && task.image.as_deref() == Some(image)).find_map(|task| {
        match task.action {
            Some(TaskAction::ImportImage) => Some(Refusal::ImageIsImporting),
            Some(TaskAction::ExportImage) => Some(Refusal::ImageIsExporting),
            Some(TaskAction::Other(_)) | None => None,
        }
    })
}
