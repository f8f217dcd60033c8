//! Servers that speak the providers' wire protocols, so that a client can be driven against refusals, paging, throttling
//! and asynchronous deletions without a cloud.

mod authentication;
mod call;
mod clock;
mod credential;
mod desk;
mod dice;
mod ecs;
mod error;
mod ess;
mod faults;
mod generate;
mod operation;
mod paging;
mod parameters;
mod percent;
mod refusal;
mod request;
mod server;
mod signature;
mod sts;
mod wire;
mod world;

pub use credential::{Credential, DeniedListings};
pub use faults::{Behaviour, Fault, FaultAnswer, Faults, FaultsError, Latency, Missing, Quota, When};
pub use generate::Generate;
pub use server::{AskError, Emulator, EmulatorConfig, Listening, StartError};
pub use world::reading::WorldError;
pub use world::{DEFAULT_ACCOUNT, DEFAULT_REGION, World};
