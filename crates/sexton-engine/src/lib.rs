//! Carries out one plan: what it names, in its order, if it is still what was reviewed, and nothing else.
//!
//! A run's whole logic is a [machine] without input or output. It keeps a [journal]: the intent of
//! every call is durable before the call is made, its outcome after, and a run that was cut off is taken up from the
//! same records through the same transition table. The [driver] is the thin shell that makes the calls, on
//! tokio. What happens meanwhile is told as [events](mod@event); what it came to stands in a [`Receipt`].
//!
//! ```
//! use std::collections::BTreeSet;
//! use std::sync::{Arc, Mutex};
//!
//! use sexton_core::address::{Address, Region};
//! use sexton_core::plan::Plan;
//! use sexton_core::resource::Resource;
//! use sexton_core::rulebook::Rulebook;
//! use sexton_engine::driver::{RunRequest, SystemClock, drive, stop_signal};
//! use sexton_engine::journal::{Journal, MemoryStore, NewRun};
//! use sexton_engine::{RunId, RunLocks, Settings};
//! use sexton_provider::{Answer, CallError, Identity, ListSink, Observed, Provider, Quota, RemovalCall};
//!
//! /// A cloud in memory, of which nothing is known but what is there.
//! #[derive(Debug)]
//! struct Shelf {
//!     rulebook: Rulebook,
//!     there: Mutex<BTreeSet<Address>>,
//! }
//!
//! #[async_trait::async_trait]
//! impl Provider for Shelf {
//!     fn rulebook(&self) -> &Rulebook {
//!         &self.rulebook
//!     }
//!
//!     async fn identity(&self, region: &Region) -> Result<Identity, CallError> {
//!         Ok(Identity { account: "me".parse().unwrap(), region: region.clone() })
//!     }
//!
//!     async fn probe(&self, targets: &[Address]) -> Result<Vec<Observed>, CallError> {
//!         let there = self.there.lock().unwrap();
//!         let look = |target: &Address| match there.contains(target) {
//!             true => Observed::Present(Box::new(Resource::unknown(target.clone()))),
//!             false => Observed::Absent,
//!         };
//!         Ok(targets.iter().map(look).collect())
//!     }
//!
//!     async fn remove(&self, call: &RemovalCall) -> Vec<Answer> {
//!         let mut there = self.there.lock().unwrap();
//!         call.targets
//!             .iter()
//!             .map(|target| {
//!                 there.remove(&target.address);
//!                 Answer::Removed { request_id: None }
//!             })
//!             .collect()
//!     }
//!     // …
//! #   fn quotas(&self) -> &[Quota] {
//! #       &[]
//! #   }
//! #   fn credentials_generation(&self) -> u64 {
//! #       0
//! #   }
//! #   async fn regions(&self) -> Result<Vec<Region>, CallError> {
//! #       Ok(vec!["here".parse().unwrap()])
//! #   }
//! #   async fn list(&self, _: &Region, _: &mut dyn ListSink) -> Result<(), CallError> {
//! #       Ok(())
//! #   }
//! #   async fn dependents(&self, _: &Address) -> Result<Vec<Resource>, CallError> {
//! #       Ok(Vec::new())
//! #   }
//! }
//!
//! # fn plan() -> Plan {
//! #     let step = |index: u32, id: &str, after: &[u32]| serde_json::json!({
//! #         "index": index, "operation": "Discard", "address": format!("shelf:me:here:book/{id}"), "name": null,
//! #         "created_at": null, "size_bytes": null, "tags": null, "wave": index, "after": after, "with": null,
//! #         "rules": ["old"], "drawn_by": [], "force": [], "consequences": [], "wait": [], "options": {},
//! #         "expect": {"created_at": null, "state": null, "tags": null, "attrs": {}, "dependents": null, "retained": []},
//! #     });
//! #     let plan: Plan = serde_json::from_value(serde_json::json!({
//! #         "now": "2026-11-21T00:00:00Z", "expires_at": "9000-01-01T00:00:00Z",
//! #         "inventory": {"digest": "", "taken_at": "2026-11-21T00:00:00Z"}, "policy": {"digest": "", "text": ""},
//! #         "census": [], "assumed": [], "applyable": true, "complete": true, "exceeded": [],
//! #         "summary": {"remove": {}, "forced": 0, "drawn": 0, "held": 0, "kept": 0, "freed_bytes": {"min": 0, "max": 0}},
//! #         "steps": [step(0, "appendix", &[]), step(1, "volume", &[0])],
//! #         "held": [], "blocked": [], "kept": [], "findings": [],
//! #     })).unwrap();
//! #     plan.sealed()
//! # }
//! # fn rulebook() -> Rulebook {
//! #     serde_json::from_value(serde_json::json!({
//! #         "provider": "shelf",
//! #         "kinds": [{
//! #             "kind": "book",
//! #             "removal": {"operation": "Discard", "consequence": null, "batch_limit": 1, "batch_key": "region", "completion": "sync"},
//! #             "probe_limit": 100, "usable": "always",
//! #             "data": "own",
//! #         }],
//! #         "guards": [],
//! #     })).unwrap()
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let plan = plan(); // of two books: first the appendix, then the volume
//! let there = plan.steps.iter().map(|step| step.address.clone()).collect();
//! let shelf = Arc::new(Shelf { rulebook: rulebook(), there: Mutex::new(there) });
//!
//! let mut document = Vec::new();
//! plan.write(&mut document)?;
//! let run = RunId::new("run-1")?;
//! let new = NewRun { run: run.clone(), created_at: plan.now, plan: document, verification: None };
//! # let folder = tempfile::tempdir()?;
//! # let state_folder = folder.path();
//! let request = RunRequest {
//!     locks: RunLocks::acquire(state_folder, &plan, &run)?,
//!     journal: Journal::in_store(&new, &[], Box::new(MemoryStore::default()))?,
//!     providers: vec![shelf.clone()],
//!     prepared: None,
//!     settings: Settings::default(),
//!     seed: 1,
//! };
//! let (_handle, stop) = stop_signal();
//! let receipt = drive(request, &SystemClock, stop, &mut |event| drop(event)).await?;
//!
//! assert!(receipt.complete);
//! assert!(shelf.there.lock().unwrap().is_empty());
//! # Ok(())
//! # }
//! ```

pub mod driver;
pub mod event;
pub mod journal;
mod lock;
pub mod machine;
mod outcome;
pub mod progress;
mod receipt;
mod run;
mod settings;
#[cfg(test)]
mod testing;

/// The page on runs inside another program, whose block is a test.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding-runs.md")]
struct EmbeddingRuns;

pub use lock::{LockError, RunLocks};
pub use outcome::{Difference, FailureClass, Outcome};
pub use receipt::document::schema as receipt_schema;
pub use receipt::{Calls, Counts, Receipt, ReceiptDocument, ReceiptEntry, ReceiptError, StepReport};
pub use run::{RunId, RunIdError};
pub use settings::{RetrySettings, Settings, SettleSettings};
