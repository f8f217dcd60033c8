//! Without an endpoint of one's own: the regions and their endpoints as DescribeRegions publishes them.

use sexton_aliyun::{
    CredentialSource, Credentials, EcsConfig, EcsProvider, LISTINGS_SERVE_FOR, RegionChoice, SignatureVersion,
};
use sexton_core::address::{Address, Region};
use sexton_core::inventory;
use sexton_emulator::{Emulator, EmulatorConfig, World};
use sexton_provider::{Observed, Provider};

const ACCOUNT: &str = "1234567890";

/// A region with one snapshot, among neighbours.
async fn region(name: &str, snapshot: &str, neighbours: &[(&str, &Emulator)]) -> Emulator {
    let text = format!(
        r#"{{"format":"sexton.inventory","version":1,"taken_at":"2026-11-21T00:00:00Z"}}
{{"resource":{{"provider":"aliyun-ecs","account":"{ACCOUNT}","region":"{name}","kind":"snapshot","id":"{snapshot}","state":"accomplished","tags":{{}},"attrs":{{}},"links":[]}}}}
"#
    );
    let read = inventory::read(text.as_bytes()).unwrap();
    let world = World::from_inventory(&read, name, Some(ACCOUNT)).unwrap();
    let world = neighbours
        .iter()
        .fold(world, |world, (name, emulator)| world.with_neighbour(name, &emulator.address().to_string()));
    Emulator::start(EmulatorConfig::new(([127, 0, 0, 1], 0).into()), world).await.unwrap()
}

fn provider(bootstrap: &Emulator, regions: RegionChoice) -> EcsProvider {
    EcsProvider::connect(EcsConfig {
        name: "everywhere".to_owned(),
        regions,
        endpoint: None,
        credentials: CredentialSource::Given(Credentials::new(
            EmulatorConfig::ACCESS_KEY_ID,
            EmulatorConfig::ACCESS_KEY_SECRET,
            None,
        )),
        signature: SignatureVersion::V3,
        bootstrap: Some(bootstrap.listening().listening.clone()),
        listings_serve_for: LISTINGS_SERVE_FOR,
    })
    .unwrap()
}

fn snapshot(region: &str, id: &str) -> Address {
    format!("aliyun-ecs:{ACCOUNT}:{region}:snapshot/{id}").parse().unwrap()
}

async fn operations(emulator: &Emulator) -> Vec<String> {
    let calls = emulator.calls().await.unwrap();
    let calls = calls.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    calls.map(|call| call["operation"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_region_is_called_at_the_endpoint_that_is_published_for_it() {
    let shanghai = region("cn-shanghai", "s-shanghai", &[]).await;
    let beijing = region("cn-beijing", "s-beijing", &[]).await;
    let first = region("cn-hangzhou", "s-hangzhou", &[("cn-shanghai", &shanghai), ("cn-beijing", &beijing)]).await;
    let provider = provider(&first, RegionChoice::All);
    let listed: Vec<String> = provider.regions().await.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(listed, ["ap-southeast-1", "cn-beijing", "cn-hangzhou", "cn-shanghai"]);

    for (name, id) in [("cn-shanghai", "s-shanghai"), ("cn-beijing", "s-beijing"), ("cn-hangzhou", "s-hangzhou")] {
        let here: Region = name.parse().unwrap();
        let identity = provider.identity(&here).await.unwrap();
        assert_eq!((identity.account.as_str(), identity.region.as_str()), (ACCOUNT, name));
        let seen = provider.probe(&[snapshot(name, id), snapshot(name, "s-other")]).await.unwrap();
        assert!(matches!(seen[..], [Observed::Present(_), Observed::Absent]), "{name}: {seen:?}");
    }
    for emulator in [&shanghai, &beijing] {
        let operations = operations(emulator).await;
        assert!(operations.contains(&"DescribeSnapshots".to_owned()), "{operations:?}");
        assert!(!operations.contains(&"GetCallerIdentity".to_owned()), "who calls is asked elsewhere: {operations:?}");
    }
    let asked = operations(&first).await.iter().filter(|operation| *operation == "DescribeRegions").count();
    assert_eq!(asked, 2, "once for all regions, and once for who serves this one");
}

#[tokio::test]
async fn an_endpoint_that_is_published_for_another_region_is_found_out() {
    let wrong = region("cn-beijing", "s-1", &[]).await;
    let first = region("cn-hangzhou", "s-1", &[("cn-shanghai", &wrong)]).await;
    let provider = provider(&first, RegionChoice::All);
    let identity = provider.identity(&"cn-shanghai".parse().unwrap()).await.unwrap();
    assert_eq!(identity.region.as_str(), "cn-beijing", "the endpoint's own word counts");
    let error = provider.identity(&"cn-nowhere".parse().unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("lists no region"), "{error}");
}
