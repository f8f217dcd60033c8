//! What a step costs the engine by itself: a plan of many steps against a provider that answers at once, with the
//! journal in a file. Prints wall time and processor time per step, how long it takes from the end of a plan's
//! verification to the first removal call, and the most memory.
//!
//! `cargo bench -p sexton-engine --bench steps [-- STEPS]`, 100000 by default. Processor time and memory are read from
//! `/proc/self`, so they are shown on Linux only.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::collections::HashSet;
use std::error::Error;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use async_trait::async_trait;
use serde_json::json;
use sexton_core::address::{Address, Region};
use sexton_core::plan::Plan;
use sexton_core::resource::Resource;
use sexton_core::rulebook::Rulebook;
use sexton_engine::driver::{Prepared, RunRequest, SystemClock, drive, stop_signal};
use sexton_engine::journal::{JournalDraft, NewRun};
use sexton_engine::{RunId, RunLocks, Settings};
use sexton_provider::{Answer, CallError, Identity, ListSink, Observed, Provider, Quota, RemovalCall};

#[derive(Debug)]
struct Instantly {
    rulebook: Rulebook,
    gone: Mutex<HashSet<Address>>,
    first: Arc<OnceLock<Instant>>,
}

#[async_trait]
impl Provider for Instantly {
    fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    fn quotas(&self) -> &[Quota] {
        &[]
    }

    fn credentials_generation(&self) -> u64 {
        0
    }

    async fn regions(&self) -> Result<Vec<Region>, CallError> {
        Ok(Vec::new())
    }

    async fn identity(&self, region: &Region) -> Result<Identity, CallError> {
        let account = "a".parse().expect("a letter is an account");
        Ok(Identity { account, region: region.clone() })
    }

    async fn list(&self, _region: &Region, _sink: &mut dyn ListSink) -> Result<(), CallError> {
        Ok(())
    }

    async fn probe(&self, targets: &[Address]) -> Result<Vec<Observed>, CallError> {
        let gone = self.gone.lock().expect("nothing panics while it is held");
        let look = |target: &Address| match gone.contains(target) {
            true => Observed::Absent,
            false => Observed::Present(Box::new(Resource::unknown(target.clone()))),
        };
        Ok(targets.iter().map(look).collect())
    }

    async fn dependents(&self, _target: &Address) -> Result<Vec<Resource>, CallError> {
        Ok(Vec::new())
    }

    async fn remove(&self, call: &RemovalCall) -> Vec<Answer> {
        self.first.get_or_init(Instant::now);
        let mut gone = self.gone.lock().expect("nothing panics while it is held");
        gone.extend(call.targets.iter().map(|target| target.address.clone()));
        vec![Answer::Removed { request_id: None }; call.targets.len()]
    }
}

/// Pairs of an image and its snapshot.
fn plan(steps: usize) -> Result<Plan, serde_json::Error> {
    let step = |index: usize| {
        let (kind, operation, after) = match index % 2 {
            0 => ("image", "DeleteImage", vec![]),
            _ => ("snapshot", "DeleteSnapshot", vec![index - 1]),
        };
        json!({
            "index": index, "operation": operation, "address": format!("p:a:r:{kind}/{index}"), "name": null,
            "created_at": null, "size_bytes": null, "tags": null, "wave": index % 2, "after": after, "with": null,
            "rules": ["rule"], "drawn_by": [], "force": [], "consequences": [], "wait": [], "options": {},
            "expect": {"created_at": null, "state": null, "tags": null, "attrs": {}, "dependents": null, "retained": []},
        })
    };
    let plan: Plan = serde_json::from_value(json!({
        "now": "2026-11-21T00:00:00Z", "expires_at": "9000-01-01T00:00:00Z",
        "inventory": {"digest": "", "taken_at": "2026-11-21T00:00:00Z"}, "policy": {"digest": "", "text": ""},
        "census": [], "assumed": [], "applyable": true, "complete": true, "exceeded": [],
        "summary": {"remove": {}, "forced": 0, "drawn": 0, "held": 0, "kept": 0, "freed_bytes": {"min": 0, "max": 0}},
        "steps": (0..steps).map(step).collect::<Vec<_>>(),
        "held": [], "blocked": [], "kept": [], "findings": [],
    }))?;
    Ok(plan.sealed())
}

fn rulebook() -> Result<Rulebook, serde_json::Error> {
    let kind = |kind: &str, operation: &str| {
        json!({
            "kind": kind, "probe_limit": 100, "usable": "always", "data": "shared",
            "removal": {"operation": operation, "consequence": null, "batch_limit": 1, "batch_key": "region",
                        "completion": "sync"},
        })
    };
    serde_json::from_value(json!({
        "provider": "p",
        "kinds": [kind("image", "DeleteImage"), kind("snapshot", "DeleteSnapshot")],
        "guards": [],
    }))
}

/// User and system time of this process, in seconds.
fn processor_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(ticks / 100.0)
}

/// A line of `/proc/self/status`, in MiB.
fn mebibytes(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
}

fn main() -> Result<(), Box<dyn Error>> {
    let steps = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(100_000_usize);
    let plan = plan(steps)?;
    let mut document = Vec::new();
    plan.write(&mut document)?;
    let folder = tempfile::tempdir()?;
    let run = RunId::new("bench")?;
    let new = NewRun { run: run.clone(), created_at: plan.now, plan: document, verification: None };
    let first = Arc::new(OnceLock::new());
    let before = mebibytes("VmRSS:");
    let providers: Vec<Arc<dyn Provider>> =
        vec![Arc::new(Instantly { rulebook: rulebook()?, gone: Mutex::default(), first: first.clone() })];
    // Both are done while a plan is verified.
    let draft = JournalDraft::write(&folder.path().join("run.journal"), &new)?;
    let prepared = Prepared::new(draft.plan(), &providers)?;
    drop((plan, new));
    let verified = Instant::now();
    let journal = draft.finish(Some(&json!({ "found": [] })))?;
    let request = RunRequest {
        locks: RunLocks::acquire(folder.path(), journal.plan(), &run)?,
        journal,
        providers,
        prepared: Some(prepared),
        settings: Settings::default(),
        seed: 1,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let (_handle, stop) = stop_signal();
    let (wall, processor) = (Instant::now(), processor_seconds());
    let receipt = runtime.block_on(drive(request, &SystemClock, stop, &mut |event| drop(event)))?;
    let wall = wall.elapsed();
    assert!(receipt.complete, "{:?}", receipt.counts);
    let steps = u32::try_from(steps)?;
    println!("{steps} steps: {wall:?}, {:?} a step", wall / steps);
    if let (Some(before), Some(after)) = (processor, processor_seconds()) {
        println!("processor time: {:.1} µs a step", (after - before) * 1e6 / f64::from(steps));
    }
    if let Some(first) = first.get() {
        println!("first removal call: {:?} after the plan was verified", first.duration_since(verified));
    }
    if let (Some(before), Some(peak)) = (before, mebibytes("VmHWM:")) {
        println!("memory: {before} MiB with the plan, {peak} MiB at most");
    }
    Ok(())
}
