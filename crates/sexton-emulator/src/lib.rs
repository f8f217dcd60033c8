//! Servers that speak the providers' wire protocols, so that a client can be driven against refusals, paging, throttling
//! and asynchronous deletions without a cloud. Of Alibaba Cloud: ECS, with the calls of STS and Auto Scaling that a garbage
//! collector needs, and the live snapshots of ICE ([`IceWorld`]), with objects on disk. Beside them Zenlayer ZEC
//! ([`ZecWorld`]) and AWS EC2 ([`Ec2World`]).
//!
//! ```
//! use std::time::Duration;
//!
//! use sexton_emulator::{DEFAULT_ACCOUNT, DEFAULT_REGION, Emulator, EmulatorConfig, Generate, World};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let world = World::generate(&Generate {
//!     resources: 400,
//!     seed: 7,
//!     account: DEFAULT_ACCOUNT.to_owned(),
//!     region: DEFAULT_REGION.to_owned(),
//!     now: "2026-11-21T00:00:00Z".parse()?,
//! })?;
//! let emulator = Emulator::start(EmulatorConfig::new(([127, 0, 0, 1], 0).into()), world).await?;
//! assert!(emulator.listening().listening.starts_with("http://127.0.0.1:"));
//! assert!(emulator.state().await?.contains("\"kind\":\"snapshot\""));
//! emulator.shutdown(Duration::from_secs(1)).await;
//! # Ok(())
//! # })
//! # }
//! ```
//!
//! It is written from the vendor's documentation and knows no client; the vendor's own SDK is one of its tests. Where the
//! documentation is silent or contradicts itself, this is what it does:
//!
//! | open question | here |
//! |---|---|
//! | code for a locked snapshot | 403 `OperationDenied.SnapshotLocked`, a name of the emulator's own |
//! | removal of what is not there | 404 `Invalid…Id.NotFound`, or 200 by [`Missing::Ignored`] |
//! | how far a V1 `Timestamp` may be off | 15 minutes, as for V3; one page says 31 |
//! | XML of a list without a wrapper | elements of its name, one after the other |
//! | the RAM action of an operation | the product and the operation's name, also of ModifyImageShareGroupPermission |
//! | status of `DryRunOperation` | 400, or [`Behaviour::dry_run_status`] |
//! | status of `Throttling.User`, `SignatureDoesNotMatch`, `InvalidAccessKeyId.NotFound` | 400 |
//! | codes about security tokens | 400 `MissingSecurityToken`, `InvalidSecurityToken.MismatchWithAccessKey` |
//! | whether `Usage` lags | it does not, unless [`Behaviour::usage_lags`] |
//! | whether share groups count for `ImageUseShared` | they do |
//! | own community images under `ImageOwnerAlias=self` | listed |
//! | an endpoint of another region | it knows none of the ids: `…NotFound` |
//! | what a cancelled task leaves | the task as `Failed`; of an import the image as `CreateFailed` |
//! | `RemoveAccount` of an account that has no share | 404 `InvalidAccount.NotFound`, and nothing of the call is done |
//! | `MaxResults` or `PageSize` out of bounds | 400 `InvalidParameter` where the documentation does not say *clamped* |
//! | order of a listing | ascending by id |
//!
//! A request is signed by V3 in its headers, or by V1 in its parameters; under V1 its answer is XML unless `Format` says
//! JSON.
//!
//! And where that of ZEC is:
//!
//! | open question | here |
//! |---|---|
//! | statuses of the common codes | 403 for `AUTHFAILURE_…`, 400 for `…PARAMETER…`, 429 for `REQUEST_LIMIT_EXCEEDED` |
//! | an unknown action | 403 `AUTHFAILURE_UNAUTHORIZED_OPERATION`, as one without permission |
//! | one missing id of several | 404 of the whole call, or overlooked by [`Missing::Ignored`] |
//! | what cannot go of several | listed, without a reason; alone, the code of the reason |
//! | lists of what failed | honest, or [lying](ZecBehaviour::failed_lists) |
//! | a first release | for good, or into the [recycle bin](ZecBehaviour::recycle_bin) |
//! | a disk's snapshots | stay, or [go](ZecBehaviour::snapshots_go_with_disk) with it |
//! | images in use, running instances, policies that cover disks | go all the same |
//! | order of a listing | ascending by id, or [another for each page](ZecBehaviour::unordered) |
//! | a hint when throttled | `retry-after`, where a faults file asks for one |
//!
//! Two pages beside the API need no signature: `GET /_emulator/state`, the world in Sexton's inventory format, and
//! `GET /_emulator/calls`, every call as JSON Lines.

mod authentication;
mod call;
mod clock;
mod cloud;
mod credential;
mod decorate;
mod desk;
mod dice;
mod ec2;
mod ecs;
mod error;
mod ess;
mod faults;
mod generate;
mod ice;
mod operation;
mod paging;
mod parameters;
mod percent;
mod ram;
mod refusal;
mod request;
mod rpc;
mod server;
mod signature;
mod sts;
mod wire;
mod world;
mod zec;

pub use credential::{Credential, DeniedListings, IdentitySort};
pub use ec2::world::Ec2World;
pub use faults::{Behaviour, Fault, FaultAnswer, Faults, FaultsError, Latency, Missing, Quota, When};
pub use generate::Generate;
pub use ice::world::IceWorld;
pub use ram::{RamEffect, RamPolicy, RamResource, RamStatement, RamVersion};
pub use server::{AskError, Emulator, EmulatorConfig, Listening, Realm, StartError};
pub use world::reading::WorldError;
pub use world::{DEFAULT_ACCOUNT, DEFAULT_REGION, World};
pub use zec::{DEFAULT_ZEC_ACCOUNT, DEFAULT_ZEC_REGION, FailedLists, ZecBehaviour, ZecGenerate, ZecWorld};
