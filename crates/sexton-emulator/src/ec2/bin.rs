//! The Recycle Bin: its retention rules, in the REST form of their own service, and what lies in it.

use serde_json::{Value, json};
use sexton_core::resource::Tags;

use super::listings::{Answered, Look};
use super::world::{Ec2World, Rule};
use super::xml::{list, optional, text};
use crate::error::ApiError;

/// The kinds that the bin keeps, by the names of its rules.
const TYPES: [(&str, &str); 3] = [("snapshot", "EBS_SNAPSHOT"), ("image", "EC2_IMAGE"), ("disk", "EBS_VOLUME")];

/// ListRules.
pub(crate) fn list_rules(world: &Ec2World, body: &Value) -> Result<Value, ApiError> {
    let given = |name: &str| body.get(name).and_then(Value::as_str);
    let asked = given("ResourceType").unwrap_or_default();
    let kind = TYPES.iter().find(|(_, name)| *name == asked).map(|(kind, _)| *kind);
    let kind = kind.ok_or_else(|| invalid("The resource type is not known."))?;
    let most = match body.get("MaxResults") {
        None | Some(Value::Null) => usize::MAX,
        Some(count) => {
            let count = count.as_u64().filter(|count| (1..=1000).contains(count));
            count.and_then(|count| usize::try_from(count).ok()).ok_or_else(|| invalid("MaxResults is out of range."))?
        }
    };
    let after = given("NextToken");
    let mut rules: Vec<&Rule> = world.rules.iter().filter(|rule| rule.kind == kind).collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules.retain(|rule| after.is_none_or(|after| rule.id.as_str() > after));
    let next = (rules.len() > most).then(|| rules[most - 1].id.clone());
    let page = rules.iter().take(most);
    let page: Vec<Value> = page.map(|rule| json!({ "Identifier": rule.id, "RetentionPeriod": period(rule) })).collect();
    Ok(json!({ "Rules": page, "NextToken": next }))
}

fn invalid(message: &str) -> ApiError {
    ApiError::new(400, "ValidationException", message)
}

/// GetRule.
pub(crate) fn get_rule(world: &Ec2World, id: &str) -> Result<Value, ApiError> {
    let rule = world.rules.iter().find(|rule| rule.id == id);
    let rule = rule.ok_or_else(|| ApiError::new(404, "ResourceNotFoundException", "There is no such rule."))?;
    let name = TYPES.iter().find(|(kind, _)| *kind == rule.kind).map(|(_, name)| *name);
    let written = |tags: &Tags| -> Vec<Value> {
        tags.iter().map(|(key, value)| json!({ "ResourceTagKey": key, "ResourceTagValue": value })).collect()
    };
    Ok(json!({
        "Identifier": rule.id,
        "ResourceType": name,
        "RetentionPeriod": period(rule),
        "ResourceTags": written(&rule.tags),
        "ExcludeResourceTags": written(&rule.excluded),
        "Status": "available",
    }))
}

fn period(rule: &Rule) -> Value {
    json!({ "RetentionPeriodValue": rule.days, "RetentionPeriodUnit": "DAYS" })
}

/// What of that kind lies in the bin.
pub(crate) fn contents(look: &mut Look<'_>, kind: &str) -> Answered {
    let (ids, set, field, bounds) = match kind {
        "snapshot" => ("SnapshotId", "snapshotSet", "snapshotId", 5..=1000),
        "image" => ("ImageId", "imageSet", "imageId", 1..=1000),
        _ => ("VolumeId", "volumeSet", "volumeId", 5..=500),
    };
    let wanted = look.query.list(ids);
    let rows = look
        .world
        .bin
        .iter()
        .filter(|((of, id), _)| of == kind && (wanted.is_empty() || wanted.contains(&id.as_str())))
        .map(|((_, id), binned)| {
            let row = text(field, id)
                + &text("recycleBinEnterTime", &binned.entered.to_string())
                + &text("recycleBinExitTime", &binned.leaves.to_string());
            (id.clone(), row)
        });
    let page = look.query.page(rows.collect(), ("MaxResults", bounds), look.dice.as_mut())?;
    Ok(list(set, "item", page.rows) + &optional("nextToken", page.next))
}
