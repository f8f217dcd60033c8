//! A generated region of EC2 of some thousands of resources, listed: every fact of each is what the world has.

use std::collections::BTreeMap;

use sexton_aws::{CredentialSource, Credentials, Ec2Config, Ec2Provider, LISTINGS_SERVE_FOR, RegionChoice};
use sexton_core::address::{Kind, Region};
use sexton_core::inventory::{self, CensusLine, Listing};
use sexton_core::resource::Resource;
use sexton_emulator::{Ec2World, Emulator, EmulatorConfig, Generate};
use sexton_provider::{ListProblem, ListSink, Provider};

const REGION: &str = "eu-west-1";

/// What was listed.
#[derive(Debug, Default)]
struct Listed {
    resources: Vec<Resource>,
    complete: BTreeMap<String, bool>,
    problems: Vec<String>,
}

impl ListSink for Listed {
    fn resource(&mut self, resource: Resource) {
        self.resources.push(resource);
    }

    fn census(&mut self, line: CensusLine) {
        self.complete.insert(line.scope.kind.to_string(), line.listing == Listing::Complete);
    }

    fn problem(&mut self, problem: ListProblem) {
        self.problems.push(problem.message);
    }

    fn progress(&mut self, _: &Region, _: &Kind, _: u64, _: Option<u64>) {}
}

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
    let mut listed = Listed::default();
    provider.list(&REGION.parse().unwrap(), &mut listed).await.unwrap();

    assert_eq!(listed.problems, [""; 0]);
    let incomplete: Vec<&String> = listed.complete.iter().filter(|(_, complete)| !**complete).map(|(k, _)| k).collect();
    assert_eq!((incomplete, listed.complete.len()), (Vec::new(), 10));
    let state = inventory::read(emulator.state().await.unwrap().as_bytes()).unwrap();
    let wanted: Vec<Resource> = state.resources().map(inventory::ResourceRef::to_resource).collect();
    assert!(wanted.len() > 2900, "{}", wanted.len());
    listed.resources.sort_by(|a, b| a.address.cmp(&b.address));
    assert_eq!(listed.resources.len(), wanted.len());
    for (listed, wanted) in listed.resources.iter().zip(&wanted) {
        assert_eq!(listed, wanted);
    }
}
