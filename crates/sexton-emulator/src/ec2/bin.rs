//! The Recycle Bin: its retention rules, in the REST form of their own service, and what lies in it.

use serde_json::{Value, json};

use super::listings::{Answered, Look};
use super::world::{Ec2World, Rule};
use super::xml::{list, text};
use crate::error::ApiError;

/// The kinds that the bin keeps, by the names of its rules.
const TYPES: [(&str, &str); 3] = [("snapshot", "EBS_SNAPSHOT"), ("image", "EC2_IMAGE"), ("disk", "EBS_VOLUME")];

/// ListRules.
pub(crate) fn list_rules(world: &Ec2World, body: &Value) -> Result<Value, ApiError> {
    let asked = body.get("ResourceType").and_then(Value::as_str).unwrap_or_default();
    let kind = TYPES.iter().find(|(_, name)| *name == asked).map(|(kind, _)| *kind);
    let kind = kind.ok_or_else(|| ApiError::new(400, "ValidationException", "The resource type is not known."))?;
    let rules = world.rules.iter().filter(|rule| rule.kind == kind);
    let rules: Vec<Value> =
        rules.map(|rule| json!({ "Identifier": rule.id, "RetentionPeriod": period(rule) })).collect();
    Ok(json!({ "Rules": rules, "NextToken": null }))
}

/// GetRule.
pub(crate) fn get_rule(world: &Ec2World, id: &str) -> Result<Value, ApiError> {
    let rule = world.rules.iter().find(|rule| rule.id == id);
    let rule = rule.ok_or_else(|| ApiError::new(404, "ResourceNotFoundException", "There is no such rule."))?;
    let name = TYPES.iter().find(|(kind, _)| *kind == rule.kind).map(|(_, name)| *name);
    let tags: Vec<Value> =
        rule.tags.iter().map(|(key, value)| json!({ "ResourceTagKey": key, "ResourceTagValue": value })).collect();
    Ok(json!({
        "Identifier": rule.id,
        "ResourceType": name,
        "RetentionPeriod": period(rule),
        "ResourceTags": tags,
        "Status": "available",
    }))
}

fn period(rule: &Rule) -> Value {
    json!({ "RetentionPeriodValue": rule.days, "RetentionPeriodUnit": "DAYS" })
}

/// What of that kind lies in the bin.
pub(crate) fn contents(look: &Look<'_>, kind: &str) -> Answered {
    let (ids, set, field) = match kind {
        "snapshot" => ("SnapshotId", "snapshotSet", "snapshotId"),
        "image" => ("ImageId", "imageSet", "imageId"),
        _ => ("VolumeId", "volumeSet", "volumeId"),
    };
    let wanted = look.query.list(ids);
    let rows = look
        .world
        .bin
        .iter()
        .filter(|((of, id), _)| of == kind && (wanted.is_empty() || wanted.contains(&id.as_str())))
        .map(|((_, id), binned)| {
            text(field, id)
                + &text("recycleBinEnterTime", &binned.entered.to_string())
                + &text("recycleBinExitTime", &binned.leaves.to_string())
        });
    Ok(list(set, "item", rows))
}
