//! The binary against an emulator in a process of its own, as a person would use them.

#![expect(clippy::unwrap_used, reason = "a test stops at its first surprise")]

mod altered;
mod bad_input;
mod blind;
mod bounds;
mod by_tags;
mod clouds;
mod copies;
mod crash;
mod credentials;
mod demo;
mod ec2;
mod ec2_moto;
mod faults;
mod fewest;
mod from_files;
mod hostile_names;
mod live_snapshots;
mod own_rules;
mod pipeline;
mod policy_check;
mod review;
mod scene;
mod signals;
mod telemetry;
mod vendor;
mod vendor_sdk;
mod watch;
