//! The calls of ICE 2020-11-09 about live snapshots.

pub(crate) mod cloud;
mod files;
mod generate;
mod jobs;
mod objects;
mod operation;
#[cfg(test)]
mod tests;
pub(crate) mod world;
