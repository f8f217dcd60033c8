use std::sync::Arc;

use sexton_engine::driver::{RunRequest, drive, stop_signal};
use sexton_engine::journal::{Journal, MemoryStore, NewRun};
use sexton_engine::{RunId, RunLocks, Settings};

use super::*;
use crate::case::{CallSort, Case, Fault, Trouble, quiet};
use crate::makespan::climate;
use crate::world::Lab;

#[tokio::test(start_paused = true)]
async fn the_driver_empties_the_cloud_of_what_the_plan_names() {
    let lab = Lab::new().unwrap();
    let mut case: Case = quiet(3, 10, climate(true));
    for trouble in [Trouble::TimeoutAfter, Trouble::ErrorBefore, Trouble::PartialBatch] {
        case.faults.push(Fault::Call { sort: CallSort::Removal, nth: 2, trouble });
    }
    let world = lab.world(&case.clusters).unwrap();
    let cloud = Cloud::new(&world, &case).unwrap();
    let providers: Vec<Arc<CloudProvider>> =
        CloudProvider::of_each_account(world.clone(), cloud).into_iter().map(Arc::new).collect();
    let new = NewRun {
        run: RunId::new("run-1").unwrap(),
        created_at: world.taken_at,
        plan: world.document.clone(),
        verification: None,
    };
    let folder = tempfile::tempdir().unwrap();
    let request = RunRequest {
        locks: RunLocks::acquire(folder.path(), &world.plan, &new.run).unwrap(),
        journal: Journal::in_store(&new, &[], Box::new(MemoryStore::default())).unwrap(),
        providers: providers.iter().map(|provider| provider.clone() as Arc<dyn Provider>).collect(),
        prepared: None,
        settings: Settings::default(),
        seed: 1,
    };
    let taken_at = world.taken_at;
    let receipt = drive(request, &move || taken_at, stop_signal().1, &mut |_| {}).await.unwrap();
    assert!(receipt.complete, "{:?}", receipt.counts);
    let left: Vec<Address> = providers[0].resources().into_iter().map(|resource| resource.address).collect();
    let steps: Vec<&Address> = world.plan.steps.iter().map(|step| &step.address).collect();
    assert!(!steps.is_empty() && left.iter().all(|address| !steps.contains(&address)));
    assert_eq!(left.len() + steps.len(), world.resources.len(), "all else is there");
    assert!(!providers[0].drain_log().is_empty());
}
