//! Providers around providers: what is the same for every one, added where a provider is put together.
//!
//! Each hands on every method; since the contract has no default bodies, none can be forgotten. They can be put around
//! each other in any order. The usual one, from the outside: traced, recorded, bounded, gated, so that time spent waiting at the
//! gate counts against the bound, and what is recorded is what the caller got.

mod bounded;
mod gated;
mod recorded;
#[cfg(test)]
mod tests;
mod traced;

pub use bounded::{Bounded, Bounds, Timer};
pub use gated::Gated;
pub use recorded::{Exchange, Recorded, Recorder};
pub use traced::Traced;
