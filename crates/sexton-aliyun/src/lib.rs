//! Alibaba Cloud for Sexton: the providers `aliyun-ecs`, and `aliyun-ice` for live snapshots.
//!
//! ```
//! use sexton_aliyun::{
//!     CredentialSource, Credentials, EcsConfig, EcsProvider, LISTINGS_SERVE_FOR, RegionChoice, SignatureVersion,
//! };
//! use sexton_provider::Provider;
//!
//! let provider = EcsProvider::connect(EcsConfig {
//!     name: "prod".to_owned(),
//!     regions: RegionChoice::All,
//!     endpoint: Some("http://127.0.0.1:8099".to_owned()),
//!     credentials: CredentialSource::Given(Credentials::new("id", "secret", None)),
//!     signature: SignatureVersion::V3,
//!     bootstrap: None,
//!     listings_serve_for: LISTINGS_SERVE_FOR,
//! })?;
//! assert_eq!(provider.rulebook().provider.as_str(), "aliyun-ecs");
//! # Ok::<(), sexton_aliyun::ConnectError>(())
//! ```
//!
//! # What a census of ECS means
//!
//! A kind is listed completely where every page was read and nothing hints that the identity sees less than there is.
//! The vendor documents that DescribeInstances answers an *empty list* to a RAM identity without permission, so an
//! empty answer of the listings that know `DryRun` (snapshots, images, disks, instances) counts as complete only after
//! a dry run was answered with `DryRunOperation`. Limits of that, which no call can tell:
//!
//! - The listings that know no `DryRun` (tasks, locks, snapshot groups, launch templates, share permissions, scaling
//!   configurations, automatic snapshot policies) are documented to refuse an identity without permission. Their empty
//!   answers are believed.
//! - An identity whose permission reaches some resource groups or tags only, and that therefore gets a list that is
//!   not empty, cannot be told from one that sees everything. Inventories want a permission on all resources.
//! - Whether an account's own community images are listed among its own is not documented. One that is not would be
//!   missed by the listing; the API refuses to delete its snapshots all the same, and their `usage` holds them.
//! - An image that is being copied shows that only when its deletion is refused.
//!
//! # Attempts
//!
//! Listings try a page again where the failure may pass, a few times, and up to sixty times where a quota is used up:
//! nothing above them does. Probes, look-ups of dependents and removals are made once. Every attempt has a nonce,
//! a time and a signature of its own.

mod connect;
mod credential;
mod ecs;
mod ice;
mod pages;
mod row;
mod rpc;
mod shortfall;

pub use connect::{ConnectError, RegionChoice};
pub use credential::{CredentialError, CredentialSource, Credentials};
pub use ecs::{
    EcsConfig, EcsProvider, SavedAnswer, SavedError, SavedListing, SavedOperation, SavedResource, SavedRowError,
    ecs_rulebook, read_saved,
};
pub use ice::{IceConfig, IceProvider, ice_rulebook};
pub use rpc::SignatureVersion;
pub use sexton_http::{EndpointError, LISTINGS_SERVE_FOR};
