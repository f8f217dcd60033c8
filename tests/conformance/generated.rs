//! A generated region of EC2 of some thousands of resources, listed: every fact of each is what the world has.

use sexton_aws::{CredentialSource, Credentials, Ec2Config, Ec2Provider, LISTINGS_SERVE_FOR, RegionChoice};
use sexton_core::inventory;
use sexton_core::resource::Resource;
use sexton_emulator::{Ec2World, Emulator, EmulatorConfig, Generate};
use sexton_testkit::listed::Listed;

const REGION: &str = "eu-west-1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_generated_region_of_ec2_is_listed_as_it_is() {
    let world = Ec2World::generate(&Generate {
        resources: 3000,
        seed: 5,
        account: "123456789012".to_owned(),
        region: REGION.to_owned(),
        now: "2026-11-21T00:00:00Z".parse().unwrap(),
    })
    .unwrap();
    let mut config = EmulatorConfig::new(([127, 0, 0, 1], 0).into());
    // Pages come short, as they may.
    config.faults.behaviour.short_pages = true;
    let emulator = Emulator::start(config, world).await.unwrap();
    let provider = Ec2Provider::connect(Ec2Config {
        name: "generated".to_owned(),
        regions: RegionChoice::Named(vec![REGION.parse().unwrap()]),
        endpoint: Some(emulator.listening().listening.clone()),
        credentials: CredentialSource::Given(Credentials::new(
            EmulatorConfig::ACCESS_KEY_ID,
            EmulatorConfig::ACCESS_KEY_SECRET.to_owned(),
            None,
        )),
        listings_serve_for: LISTINGS_SERVE_FOR,
    })
    .unwrap();
    let listed = Listed::of(&provider, &REGION.parse().unwrap()).await.unwrap();

    assert_eq!(listed.problems(), []);
    assert_eq!((listed.incomplete(), listed.kinds().len()), (Vec::new(), 10));
    let state = inventory::read(emulator.state().await.unwrap().as_bytes()).unwrap();
    let wanted: Vec<Resource> = state.resources().map(inventory::ResourceRef::to_resource).collect();
    assert!(wanted.len() > 2900, "{}", wanted.len());
    let mut listed = listed.resources().to_vec();
    listed.sort_by(|a, b| a.address.cmp(&b.address));
    assert_eq!(listed.len(), wanted.len());
    for (listed, wanted) in listed.iter().zip(&wanted) {
        assert_eq!(listed, wanted);
    }
}
