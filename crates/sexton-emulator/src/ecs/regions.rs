//! DescribeRegions: this region with this server as its endpoint, and some others with theirs.

use serde_json::{Value, json};

use crate::call::Call;
use crate::error::{Reply, fields};
use crate::world::World;

/// Regions that are listed and not served here, with the endpoints that the vendor publishes.
const OTHERS: [(&str, &str, &str); 4] = [
    ("cn-hangzhou", "ecs-cn-hangzhou.aliyuncs.com", "华东1(杭州)"),
    ("cn-shanghai", "ecs.cn-shanghai.aliyuncs.com", "华东2(上海)"),
    ("cn-beijing", "ecs.cn-beijing.aliyuncs.com", "华北2(北京)"),
    ("ap-southeast-1", "ecs.ap-southeast-1.aliyuncs.com", "新加坡"),
];

pub(crate) fn describe(world: &World, call: &Call<'_>) -> Reply {
    let here = world.region();
    let local_name = OTHERS.iter().find(|(id, ..)| *id == here).map_or(here, |(_, _, name)| name);
    let own =
        json!({ "RegionId": here, "RegionEndpoint": call.endpoint, "LocalName": local_name, "Status": "available" });
    let neighbours = world.neighbours.iter().filter(|(id, _)| *id != here).map(
        |(id, endpoint)| json!({ "RegionId": id, "RegionEndpoint": endpoint, "LocalName": id, "Status": "available" }),
    );
    let published = OTHERS.iter().filter(|(id, ..)| *id != here && !world.neighbours.contains_key(*id));
    let others = published.map(|(id, endpoint, name)| {
        json!({ "RegionId": id, "RegionEndpoint": endpoint, "LocalName": name, "Status": "available" })
    });
    let mut regions: Vec<Value> = std::iter::once(own).chain(neighbours).chain(others).collect();
    if call.is_blind {
        regions.clear();
    }
    fields(json!({ "Regions": { "Region": regions } }))
}
