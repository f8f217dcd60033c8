//! Auto Scaling (ESS 2022-02-22): DescribeScalingConfigurations, whose lists are flat.

use serde_json::{Value, json};

use crate::call::Call;
use crate::clock;
use crate::error::{ApiError, Reply};
use crate::paging::Pages;
use crate::world::World;
use crate::world::reference::ScalingConfiguration;

const PAGES: Pages = Pages { token: None, by_number: Some(50) };

pub(crate) fn describe_scaling_configurations(world: &World, call: &mut Call<'_>) -> Reply {
    let ids = call.parameters.numbered("ScalingConfigurationIds");
    if ids.len() > 10 {
        return Err(ApiError::invalid("ScalingConfigurationIds", "at most 10 may be given"));
    }
    let group = call.filter("ScalingGroupId");
    let selected: Vec<&ScalingConfiguration> = world
        .scaling_configurations
        .values()
        .filter(|configuration| ids.is_empty() || ids.contains(&configuration.id.as_str()))
        .filter(|configuration| group.passes(configuration.scaling_group_id.as_deref()))
        .collect();
    let page = call.page(selected.into_iter(), |row: &ScalingConfiguration| row.id.as_str(), PAGES)?;
    let rows: Vec<Value> = page.rows.iter().map(|configuration| write(configuration)).collect();
    let mut fields = page.fields;
    fields.insert("ScalingConfigurations".to_owned(), Value::Array(rows));
    Ok(fields)
}

fn write(configuration: &ScalingConfiguration) -> Value {
    let disks: Vec<Value> = configuration
        .snapshots
        .iter()
        .map(|snapshot| json!({ "SnapshotId": snapshot, "Size": 40, "Category": "cloud_essd" }))
        .collect();
    json!({
        "ScalingConfigurationId": configuration.id,
        "ScalingConfigurationName": configuration.name.as_deref().unwrap_or(""),
        "ScalingGroupId": configuration.scaling_group_id.as_deref().unwrap_or(""),
        "LifecycleState": configuration.lifecycle_state.as_deref().unwrap_or(""),
        "ImageId": configuration.image.as_deref().unwrap_or(""),
        "ImageFamily": configuration.image_family.as_deref().unwrap_or(""),
        "ImageName": "",
        "CreationTime": configuration.created_at.map(clock::minutes).unwrap_or_default(),
        "DataDisks": disks,
    })
}
