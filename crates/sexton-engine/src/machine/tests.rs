//! The machine against a made-up cloud in virtual time.

mod batches;
mod conditions;
mod control;
mod follows;
mod harness;
mod parked;
mod properties;
mod quotas;
mod recorded;
mod scenarios;
