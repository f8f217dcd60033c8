//! DescribeLaunchTemplates and DescribeLaunchTemplateVersions.

use serde_json::{Value, json};

use super::{listed, row};
use crate::call::{Call, is_wanted};
use crate::clock;
use crate::error::{ApiError, Reply};
use crate::paging::Pages;
use crate::world::World;
use crate::world::reference::LaunchTemplate;

/// An old page of the documentation gives 50 as the maximum; newer ones give none.
const PAGES: Pages = Pages { token: None, by_number: Some(50) };

pub(crate) fn describe(world: &World, call: &mut Call<'_>) -> Reply {
    let ids = call.parameters.numbered_ids("LaunchTemplateId")?;
    let names = call.parameters.numbered_ids("LaunchTemplateName")?;
    let selected: Vec<&LaunchTemplate> = world
        .launch_templates
        .values()
        .filter(|template| is_wanted(ids.as_ref(), &template.id))
        .filter(|template| is_wanted(names.as_ref(), template.name.as_deref().unwrap_or("")))
        .collect();
    let page = call.page(selected.into_iter(), |template: &LaunchTemplate| template.id.as_str(), PAGES)?;
    listed("LaunchTemplateSets", "LaunchTemplateSet", page, |template| {
        json!({
            "LaunchTemplateId": template.id,
            "LaunchTemplateName": template.name.as_deref().unwrap_or(""),
            "DefaultVersionNumber": template.default_version,
            "LatestVersionNumber": template.latest_version,
            "CreateTime": template.created_at.map(clock::seconds),
            "ModifiedTime": template.created_at.map(clock::seconds),
            "CreatedBy": "",
            "ResourceGroupId": "",
            "Tags": { "Tag": [] },
        })
    })
}

/// One version of one template.
struct Version<'a> {
    /// Its number as text of even length, so that versions sort.
    id: String,
    number: u64,
    template: &'a LaunchTemplate,
}

/// The newest version first. `DetailFlag=false` leaves the data out (vendor documentation of
/// DescribeLaunchTemplateVersions).
pub(crate) fn describe_versions(world: &World, call: &mut Call<'_>) -> Reply {
    let id = call.parameters.get("LaunchTemplateId");
    let name = call.parameters.get("LaunchTemplateName");
    if id.is_none() && name.is_none() {
        return Err(ApiError::missing("LaunchTemplateId"));
    }
    let template = world
        .launch_templates
        .values()
        .filter(|_| !call.is_blind)
        .find(|template| {
            id.is_none_or(|id| template.id == id) && name.is_none_or(|name| template.name.as_deref() == Some(name))
        })
        .ok_or_else(|| {
            ApiError::new(404, "InvalidLaunchTemplate.NotFound", "The specified launch template does not exist.")
        })?;
    let is_detailed = call.parameters.flag("DetailFlag")?.unwrap_or(true);
    let wanted = call.parameters.numbered_ids("LaunchTemplateVersion")?;
    let versions: Vec<Version<'_>> = (1..=template.versions())
        .rev()
        .map(|number| Version { id: format!("{:020}", u64::MAX - number), number, template })
        .filter(|version| is_wanted(wanted.as_ref(), &version.number.to_string()))
        .collect();
    let page = call.page(versions.iter(), |version: &Version<'_>| version.id.as_str(), PAGES)?;
    listed("LaunchTemplateVersionSets", "LaunchTemplateVersionSet", page, |version| write(version, is_detailed))
}

fn write(version: &Version<'_>, is_detailed: bool) -> Value {
    let Version { number, template, .. } = version;
    let disks: Vec<Value> = template
        .snapshots
        .iter()
        .filter(|_| *number == template.versions())
        .map(|snapshot| json!({ "SnapshotId": snapshot, "Size": 40, "Category": "cloud_essd" }))
        .collect();
    let data = row(json!({
        "ImageId": template.image_of(*number),
        "ImageOwnerAlias": template.image_of(*number).map(|_| "self"),
        "InstanceType": "ecs.g7.large",
        "SystemDisk.Size": 40,
        "DataDisks": { "DataDisk": disks },
    }));
    json!({
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name.as_deref().unwrap_or(""),
        "VersionNumber": number,
        "DefaultVersion": template.default_version == Some(*number),
        "VersionDescription": "",
        "CreateTime": template.created_at.map(clock::seconds),
        "LaunchTemplateData": is_detailed.then_some(data),
    })
}
