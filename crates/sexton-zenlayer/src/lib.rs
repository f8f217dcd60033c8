//! Zenlayer ZEC for Sexton: the provider `zenlayer-zec`.
//!
//! ```
//! use sexton_provider::Provider;
//! use sexton_zenlayer::{ApiVersion, CredentialSource, Credentials, RegionChoice, ZecConfig, ZecProvider};
//!
//! let provider = ZecProvider::connect(ZecConfig {
//!     name: "edge".to_owned(),
//!     account: "acme".parse()?,
//!     regions: RegionChoice::All,
//!     endpoint: Some("http://127.0.0.1:8099".to_owned()),
//!     version: ApiVersion::V20250901,
//!     credentials: CredentialSource::Given(Credentials::key("id", "password")),
//! })?;
//! assert_eq!(provider.rulebook().provider.as_str(), "zenlayer-zec");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The account
//!
//! The API has no call that says whose key it is: none of its services in the vendor's SDK (2.0.77) has one. The account
//! is therefore a setting, a name that the user gives, and what stands in addresses. What
//! [`identity`](sexton_provider::Provider::identity) proves is less than elsewhere: that the key is accepted, and that
//! the endpoint knows the region. A key of another account under the same name would find none of a plan's resources,
//! and each would pass for gone; so give each account its own name, and change a key together with nothing else.
//!
//! # Regions
//!
//! One endpoint serves the whole account. A zone belongs to a region by DescribeZones, and disks, instances, snapshots
//! and auto snapshot policies are in a zone. Images are the account's: they are listed under the region `global`.
//!
//! # What a census of this provider means
//!
//! A kind is listed completely where every page was read and as many distinct rows were seen as the API counted. Limits,
//! which no call can tell:
//!
//! - An identity whose permission reaches some resource groups only gets a list that looks complete. The API has no dry
//!   run. Inventories want a permission on all resources.
//! - What is in a zone that DescribeZones does not name is not listed.
//! - `global` has a census line of instances, of which it has none: complete where no instance outside the configured
//!   regions was booted from an image of the account. Without it, listing some regions would let an image pass for unused
//!   that an instance elsewhere uses.
//! - Version 2024-04-01 of the API has neither custom images nor auto snapshot policies: their census is incomplete, and
//!   they are not removed. Its rows have no tags, which are unknown, and never none.
//!
//! # Failures
//!
//! A page of the vendor's edge (status 403 with `cf-mitigated`, status 451) is of class auth, without effect: the one
//! class by which a run stops, for a person to look. So is a signature that came too late: a retry would come from the
//! same clock. Numbers of calls in a second that the API allows are not published, and none are declared; a run finds
//! its rate by being throttled.
//!
//! # Attempts
//!
//! Listings try a page again where the failure may pass, a few times, and up to sixty times where a quota is used up:
//! nothing above them does. Probes, look-ups of dependents and removals are made once. Every attempt is signed anew.

mod credential;
mod rpc;
mod zec;

pub use credential::{CredentialError, CredentialSource, Credentials};
pub use rpc::ApiVersion;
pub use sexton_http::EndpointError;
pub use zec::{ConnectError, RegionChoice, ZecConfig, ZecProvider, zec_rulebook};
