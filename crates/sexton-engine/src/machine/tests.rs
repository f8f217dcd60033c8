//! The machine against a made-up cloud in virtual time.

mod harness;
mod properties;
mod scenarios;
