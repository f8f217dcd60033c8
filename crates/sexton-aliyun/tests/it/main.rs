//! The provider against a scripted server: what it calls, what it makes of the answers, and what it does not believe.

mod dependents;
mod identity;
mod list;
mod probe;
mod remove;
mod server;
