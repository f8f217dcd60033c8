//! Whole sessions on tokio, against a made-up cloud, with the journal in a file.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sexton_core::plan::Plan;
use sexton_core::resource::Resource;
use sexton_core::time::Timestamp;
use sexton_provider::RemovalCall;

use super::*;
use crate::event::{Event, RunEvent};
use crate::journal::{Entry, JournalReader, MemoryStore, NewRun};
use crate::machine::StepState;
use crate::outcome::Outcome;
use crate::run::RunId;
use crate::testing::provider::WorldProvider;
use crate::testing::world::{Faults, World};
use crate::testing::{document, now, plan, resource, step, time};

mod together;

/// Images with a share, a snapshot and a snapshot of that each: chains of three.
fn chains(count: u32) -> (Plan, Vec<Resource>) {
    let mut steps = Vec::new();
    let mut there = Vec::new();
    for chain in 0..count {
        let chained = [
            resource("share", &format!("m{chain:03}/1")),
            resource("image", &format!("m{chain:03}")),
            resource("snapshot", &format!("s{chain:03}")),
        ];
        for (place, resource) in (0_u32..).zip(chained) {
            let after: Vec<u32> = if place == 0 { vec![] } else { vec![3 * chain + place - 1] };
            steps.push(step(&resource, &after));
            there.push(resource);
        }
    }
    (plan(steps), there)
}

fn new_run(plan: &Plan) -> NewRun {
    NewRun { run: RunId::new("run-1").unwrap(), created_at: now(), plan: document(plan), verification: None }
}

struct Fixture {
    folder: tempfile::TempDir,
    plan: Plan,
    provider: Arc<WorldProvider>,
}

impl Fixture {
    fn new(plan: Plan, there: Vec<Resource>) -> Self {
        Self::with(plan, there, |_, _| {})
    }

    fn with(plan: Plan, there: Vec<Resource>, adjust: impl FnOnce(&mut WorldProvider, &Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut provider = WorldProvider::new(World::of(&plan, there, 7));
        adjust(&mut provider, &folder.path().join("run.journal"));
        Self { folder, plan, provider: Arc::new(provider) }
    }

    fn journal(&self) -> PathBuf {
        self.folder.path().join("run.journal")
    }

    fn request(&self, journal: Journal) -> RunRequest {
        RunRequest {
            providers: vec![Arc::clone(&self.provider) as Arc<dyn Provider>],
            locks: RunLocks::acquire(self.folder.path(), journal.plan(), journal.run()).unwrap(),
            journal,
            prepared: None,
            settings: Settings { max_failures: None, ..Settings::default() },
            seed: 5,
        }
    }

    async fn apply(&self) -> Result<Receipt, RunError> {
        let journal = Journal::create(&self.journal(), &new_run(&self.plan)).unwrap();
        drive(self.request(journal), &now, stop_signal().1, &mut |_| {}).await
    }

    async fn resume(&self) -> Result<Receipt, RunError> {
        let journal = Journal::open(&self.journal()).unwrap();
        drive(self.request(journal), &now, stop_signal().1, &mut |_| {}).await
    }

    fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.provider.world.lock().unwrap())
    }
}

/// Looks into the journal's file, as another process would, whether a call's intents are there.
fn require_intents(path: &Path, plan: &Plan, call: &RemovalCall) {
    let status = JournalReader::new(path).status().unwrap();
    assert!(status.live);
    for target in &call.targets {
        let step = plan.steps.iter().position(|step| step.address == target.address).unwrap();
        let state = &status.history.steps[step].state;
        assert!(matches!(state, StepState::Called(_)), "{} is removed and its step is {state:?}", target.address);
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_carried_out_with_every_intent_in_the_file_before_its_call() {
    let (plan, there) = chains(20);
    let fixture = Fixture::with(plan.clone(), there, |provider, path| {
        let (plan, path) = (plan.clone(), path.to_owned());
        provider.before_removal = Box::new(move |call| require_intents(&path, &plan, call));
    });
    let receipt = fixture.apply().await.unwrap();
    assert!(receipt.complete);
    assert_eq!(receipt.counts.removed, 60);
    assert!(fixture.world(|world| world.resources.is_empty()));
    let status = JournalReader::new(&fixture.journal()).status().unwrap();
    assert!(status.is_complete() && !status.live);
    assert_eq!(status.history.ended, Some(true));
    assert_eq!(status.steps(), receipt.steps);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_cut_off_anywhere_is_made_good_by_resumes() {
    for cut in 1..12 {
        let (plan, there) = chains(12);
        let fixture = Fixture::with(plan.clone(), there, |provider, path| {
            let (plan, path) = (plan.clone(), path.to_owned());
            provider.before_removal = Box::new(move |call| require_intents(&path, &plan, call));
            provider.world.lock().unwrap().faults = Faults { throttle: 20, lost_after: 2, ..Faults::default() };
        });
        let cut_off = tokio::time::timeout(Duration::from_millis(cut * 613), fixture.apply()).await;
        assert!(cut_off.is_err(), "it ended before it was cut off");
        let cut_off = tokio::time::timeout(Duration::from_millis(cut * 811), fixture.resume()).await;
        let receipt = match cut_off {
            Ok(receipt) => receipt.unwrap(),
            Err(_) => fixture.resume().await.unwrap(),
        };
        assert!(receipt.complete, "{:?}", receipt.counts);
        assert!(receipt.session >= 2);
        fixture.world(|world| {
            assert!(world.resources.is_empty());
            assert_eq!(world.too_early, []);
        });
    }
}

#[tokio::test(start_paused = true)]
async fn an_expired_plan_is_not_begun_and_not_resumed() {
    let (plan, there) = chains(1);
    let fixture = Fixture::new(plan, there);
    let late = || time("2026-11-22T00:00:00Z");
    let journal = Journal::create(&fixture.journal(), &new_run(&fixture.plan)).unwrap();
    let error = drive(fixture.request(journal), &late, stop_signal().1, &mut |_| {}).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the plan expired at 2026-11-22T00:00:00Z, and it is 2026-11-22T00:00:00Z: make and review a new one"
    );
    let journal = Journal::open(&fixture.journal()).unwrap();
    let error = drive(fixture.request(journal), &late, stop_signal().1, &mut |_| {}).await.unwrap_err();
    assert!(matches!(error, RunError::Expired { .. }));
    assert!(fixture.world(|world| world.probes.is_empty() && world.removal_calls == 0));
}

#[tokio::test(start_paused = true)]
async fn another_account_or_region_is_refused_and_nothing_is_removed() {
    for (account, region) in [("other", "r1"), ("acct", "r2")] {
        let (plan, there) = chains(1);
        let fixture = Fixture::with(plan, there, |provider, _| {
            provider.identity.account = account.parse().unwrap();
            provider.identity.region = region.parse().unwrap();
        });
        let error = fixture.apply().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "the plan is for test:acct:r1, and the configured credentials and endpoint are for account {account} \
                 in region {region}"
            )
        );
        assert!(fixture.world(|world| world.probes.is_empty() && world.removal_calls == 0));
    }
}

#[tokio::test(start_paused = true)]
async fn the_provider_whose_account_and_region_fit_is_the_one_that_serves() {
    let (plan, there) = chains(1);
    let fixture = Fixture::new(plan, there);
    let mut other = WorldProvider::new(World::of(&fixture.plan, Vec::new(), 1));
    other.identity.account = "other".parse().unwrap();
    let journal = Journal::create(&fixture.journal(), &new_run(&fixture.plan)).unwrap();
    let mut request = fixture.request(journal);
    request.providers.insert(0, Arc::new(other));
    let receipt = drive(request, &now, stop_signal().1, &mut |_| {}).await.unwrap();
    assert_eq!(receipt.counts.removed, 3);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_not_configured_is_an_identity_that_is_not_found() {
    let (plan, there) = chains(1);
    let fixture = Fixture::new(plan, there);
    let journal = Journal::create(&fixture.journal(), &new_run(&fixture.plan)).unwrap();
    let mut request = fixture.request(journal);
    request.providers.clear();
    let error = drive(request, &now, stop_signal().1, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.to_string(), "the plan is for test, and no such provider is configured");
}

#[tokio::test(start_paused = true)]
async fn no_removal_goes_out_under_credentials_that_have_not_said_whose_they_are() {
    for refreshed_at in 1..30 {
        let (plan, there) = chains(30);
        let (calls, strangers) = (AtomicU64::new(0), Arc::new(AtomicU64::new(0)));
        let fixture = Fixture::with(plan, there, |provider, _| {
            let (generation, identified) = (Arc::clone(&provider.generation), Arc::clone(&provider.identified));
            let strangers = Arc::clone(&strangers);
            provider.before_removal = Box::new(move |_| {
                let is_stranger = generation.load(Ordering::SeqCst) != identified.load(Ordering::SeqCst);
                strangers.fetch_add(u64::from(is_stranger), Ordering::SeqCst);
                if calls.fetch_add(1, Ordering::SeqCst) + 1 == refreshed_at {
                    generation.fetch_add(1, Ordering::SeqCst);
                }
            });
        });
        let receipt = fixture.apply().await.unwrap();
        assert!(receipt.complete);
        assert_eq!((receipt.calls.identity, strangers.load(Ordering::SeqCst)), (2, 0), "refreshed at {refreshed_at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_keeps_its_locks_until_it_has_ended() {
    let (plan, there) = chains(3);
    let fixture = Fixture::new(plan, there);
    let journal = Journal::create(&fixture.journal(), &new_run(&fixture.plan)).unwrap();
    let request = fixture.request(journal);
    let acquire = || RunLocks::acquire(fixture.folder.path(), &fixture.plan, &RunId::new("run-2").unwrap());
    let mut refused = Vec::new();
    let receipt = drive(request, &now, stop_signal().1, &mut |_| refused.push(acquire().is_err())).await.unwrap();
    assert!(receipt.complete);
    assert!(refused.len() > 20 && refused.iter().all(|refused| *refused), "{refused:?}");
    acquire().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stop_finishes_what_is_under_way_and_a_resume_does_the_rest() {
    let (plan, there) = chains(30);
    let fixture = Fixture::new(plan, there);
    let (handle, signal) = stop_signal();
    let journal = Journal::create(&fixture.journal(), &new_run(&fixture.plan)).unwrap();
    let mut seen = 0;
    let mut sink = move |event: RunEvent| {
        if matches!(event.event, Event::StepCalled { .. }) {
            seen += 1;
            if seen == 5 {
                handle.stop();
            }
        }
    };
    let receipt = drive(fixture.request(journal), &now, signal, &mut sink).await.unwrap();
    assert!(!receipt.complete && receipt.counts.left > 0);
    let called = fixture.world(|world| world.asked.len());
    let ended = receipt.steps.iter().filter(|step| step.state.tries().count > 0).count();
    assert_eq!(called, ended, "every call that was made is in the receipt");
    assert!(receipt.steps.iter().all(|step| !matches!(step.state, StepState::Called(_))));
    assert!(fixture.resume().await.unwrap().complete);
}

#[tokio::test(start_paused = true)]
async fn events_are_numbered_and_tell_of_every_step() {
    let (plan, there) = chains(3);
    let fixture = Fixture::new(plan, there);
    let journal = Journal::create(&fixture.journal(), &new_run(&fixture.plan)).unwrap();
    let mut events = Vec::new();
    drive(fixture.request(journal), &now, stop_signal().1, &mut |event| events.push(event)).await.unwrap();
    assert!((1..).zip(&events).all(|(seq, event)| event.seq == seq));
    let schema = jsonschema::validator_for(&crate::event::schema()).unwrap();
    for event in &events {
        let errors: Vec<String> =
            schema.iter_errors(&serde_json::to_value(event).unwrap()).map(|error| error.to_string()).collect();
        assert_eq!(errors, [""; 0], "{event:?}");
    }
    let ended = events.iter().filter(|event| matches!(event.event, Event::StepEnded { .. })).count();
    assert_eq!(ended, 9);
    let first = serde_json::to_string(&events[0]).unwrap();
    let none = ["removed", "already_gone", "parked", "refused", "stale", "failed", "unknown", "blocked", "underway"]
        .map(|name| format!("\"{name}\":0"))
        .join(",");
    let three_left = |kind| format!("\"{kind}\":{{{none},\"left\":3}}");
    assert_eq!(
        first,
        format!(
            r#"{{"run":"run-1","session":1,"seq":1,"at":"2026-11-21T00:00:00Z","event":{{"type":"session-began","plan":"{}","steps":9,"done":0,"kinds":{{{}}},"underway":[]}}}}"#,
            fixture.plan.digest,
            ["image", "share", "snapshot"].map(three_left).join(",")
        )
    );
    let read: RunEvent = serde_json::from_str(&serde_json::to_string(events.last().unwrap()).unwrap()).unwrap();
    assert_eq!(&read, events.last().unwrap());
}

/// A store that takes so many appends and then no more.
#[derive(Debug)]
struct FullDisk {
    kept: MemoryStore,
    left: u32,
}

impl Store for FullDisk {
    fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        if self.left == 0 {
            let source = std::io::Error::other("no space left");
            return Err(JournalError::NotWritable { path: PathBuf::from("full"), source });
        }
        self.left -= 1;
        self.kept.append(entries)
    }
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_cannot_be_written_ends_the_run_and_can_be_resumed() {
    let (plan, there) = chains(10);
    for left in 0..6 {
        let fixture = Fixture::new(plan.clone(), there.clone());
        let kept = MemoryStore::default();
        let store = Box::new(FullDisk { kept: kept.clone(), left });
        let journal = Journal::in_store(&new_run(&fixture.plan), &[], store).unwrap();
        let error = drive(fixture.request(journal), &now, stop_signal().1, &mut |_| {}).await.unwrap_err();
        assert!(matches!(error, RunError::Journal(JournalError::NotWritable { .. })), "{error:?}");
        let store = Box::new(kept.clone());
        let journal = Journal::in_store(&new_run(&fixture.plan), &kept.entries(), store).unwrap();
        let receipt = drive(fixture.request(journal), &now, stop_signal().1, &mut |_| {}).await.unwrap();
        assert!(receipt.complete);
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_panics_is_a_call_whose_effect_is_read() {
    let (plan, there) = chains(1);
    let panicked = Mutex::new(false);
    let fixture = Fixture::with(plan, there, |provider, _| {
        provider.before_removal = Box::new(move |_| {
            if !std::mem::replace(&mut *panicked.lock().unwrap(), true) {
                panic!("the provider is at fault");
            }
        });
    });
    let receipt = fixture.apply().await.unwrap();
    assert!(receipt.complete);
    assert_eq!(receipt.steps[0].state.tries().count, 2);
    assert!(matches!(receipt.steps[0].state.outcome(), Some(Outcome::Removed { .. })));
}

#[test]
fn the_system_clock_tells_a_time_of_this_age() {
    let told: Timestamp = SystemClock.now();
    assert!(told > time("2024-01-01T00:00:00Z") && told < time("2200-01-01T00:00:00Z"));
}
