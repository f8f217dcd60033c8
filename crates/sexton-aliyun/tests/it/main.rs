//! The provider against a scripted server: what it calls, what it makes of the answers, and what it does not believe.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod dependents;
mod ice;
mod identity;
mod list;
mod probe;
mod remove;
mod server;
