//! Sexton's pure core: what is there, what is garbage, and in which order it can go.
//!
//! Nothing here reads a clock, a file, the environment or a random source: time is an argument, and the same input
//! gives the same bytes.
//!
//! ```
//! use sexton_core::inventory::{self, Inventory};
//! use sexton_core::policy::Policy;
//! use sexton_core::rulebook::Rulebook;
//! use sexton_core::{explain, planner};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A provider's rules: a snapshot cannot go while an image is made from it.
//! let rulebook: Rulebook = serde_json::from_str(
//!     r#"{"provider":"shop","kinds":[
//!         {"kind":"snapshot","removal":{"operation":"DeleteSnapshot","consequence":null,"batch_limit":1,
//!          "batch_key":"region","completion":"sync"},"probe_limit":1,"usable":"always","data":"shared"},
//!         {"kind":"image","removal":{"operation":"DeleteImage","consequence":null,"batch_limit":1,
//!          "batch_key":"region","completion":"async"},"probe_limit":1,"usable":"always","data":"elsewhere"}],
//!       "guards":[{"code":"SnapshotCreatedImage","target":"snapshot","raised_by":{"other":{"relation":"created-from",
//!          "kind":"image","end":"dependent","state":null,"attribute":null,"target_attribute":null,"goes":"before"}},
//!          "strength":"enforced","remedies":["remove"],"visibility":"region"}]}"#,
//! )?;
//! let inventory: Inventory = inventory::read(
//!     r#"{"format":"sexton.inventory","version":1,"taken_at":"2026-11-21T00:00:00Z"}
//! {"census":{"provider":"shop","account":"1","region":"here","kind":"image","complete":true,"as_of":"2026-11-21T00:00:00Z"}}
//! {"resource":{"provider":"shop","account":"1","region":"here","kind":"image","id":"m-1","name":"web","created_at":"2026-01-02T03:04:05Z","state":"ok","size_bytes":1,"tags":{"env":"dev"},"attrs":{},"links":[{"relation":"created-from","kind":"snapshot","id":"s-1"}]}}
//! {"resource":{"provider":"shop","account":"1","region":"here","kind":"snapshot","id":"s-1","name":null,"created_at":null,"state":"ok","size_bytes":1,"tags":{},"attrs":{},"links":[]}}"#
//!         .as_bytes(),
//! )?;
//! let policy = Policy::parse(
//!     r#"
//! version = 1
//! [limits]
//! max_percent = 100
//! [[collect]]
//! name = "stale-dev-images"
//! kind = "image"
//! when = "tags.env == 'dev' && age > duration('720h')"
//! orphans = ["snapshot"]
//! "#,
//! )?;
//!
//! let rulebooks = [rulebook];
//! let plan = planner::plan(&inventory, &rulebooks, &policy, None)?;
//! let order: Vec<&str> = plan.steps.iter().map(|step| step.address.as_str()).collect();
//! assert_eq!(order, ["shop:1:here:image/m-1", "shop:1:here:snapshot/s-1"]);
//! assert!(plan.applyable);
//! let why = explain::explain(&plan, &rulebooks, &plan.steps[1].address);
//! assert!(matches!(why, explain::Explanation::Collected(_)));
//! # Ok(())
//! # }
//! ```
//!
//! An inventory of one's own types: [`inventory::Inventory::new`]. Rules of one's own: [`rulebook::Rulebook`]. What became
//! of a resource and why: [`plan::Plan`] and [`explain`](mod@explain). Whether a plan is right: [`verify`](mod@verify).
//! Whether somebody else's order is: [`verify::order::order`]. By several threads: [`planner::propose`]. `docs/embedding.md`
//! goes through them one by one.

pub mod address;
pub mod diff;
pub mod explain;
pub mod fact;
mod graph;
pub mod harmless;
pub mod inventory;
pub mod plan;
pub mod planner;
pub mod policy;
pub mod resource;
pub mod rulebook;
pub mod schema;
pub mod time;
pub mod verify;

/// The page on embedding, whose blocks are tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
struct Embedding;
