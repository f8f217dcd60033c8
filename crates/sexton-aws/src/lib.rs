//! AWS for Sexton: the provider `aws-ec2`.
//!
//! ```
//! use sexton_aws::{CredentialSource, Credentials, Ec2Config, Ec2Provider, LISTINGS_SERVE_FOR, RegionChoice};
//! use sexton_provider::Provider;
//!
//! let provider = Ec2Provider::connect(Ec2Config {
//!     name: "prod".to_owned(),
//!     regions: RegionChoice::All,
//!     endpoint: Some("http://127.0.0.1:8098".to_owned()),
//!     credentials: CredentialSource::Given(Credentials::new("id", "secret", None)),
//!     listings_serve_for: LISTINGS_SERVE_FOR,
//! })?;
//! assert_eq!(provider.rulebook().provider.as_str(), "aws-ec2");
//! # Ok::<(), sexton_aws::ConnectError>(())
//! ```
//!
//! # What a census of this provider means
//!
//! A kind is listed completely where every page was read. EC2 refuses an identity without permission
//! (`UnauthorizedOperation`), so an empty answer is believed; its listings know no permissions for single resources.
//! A first page that is exactly full and names no next one is asked for again with another size, for a server that cuts
//! a listing off looks the same. Limits of that, which no call can tell:
//!
//! - An image of another account that was registered from a snapshot of this one is not visible. Field reports have
//!   the API refuse the snapshot's deletion then.
//! - Who else names an image (the overrides of Auto Scaling groups, Spot fleets, Systems Manager parameters, templates
//!   of other tools) is not listed.
//! - Termination protection of instances is not listed; the API refuses, and that is told.
//!
//! # Attempts
//!
//! Listings try a page again where the failure may pass, a few times, and up to sixty times where a quota is used up:
//! nothing above them does. Probes, look-ups of dependents and removals are made once. Every attempt is signed anew.

mod credential;
mod ec2;
mod rpc;

pub use credential::{CredentialSource, Credentials};
pub use ec2::{ConnectError, Ec2Config, Ec2Provider, RegionChoice, ec2_rulebook};
pub use sexton_http::{EndpointError, LISTINGS_SERVE_FOR};
