//! How results look: for people, and for programs.

pub(crate) mod around;
mod colours;
pub(crate) mod diff;
pub(crate) mod explain;
mod graphs;
mod lifts;
pub(crate) mod outcome;
mod page;
pub(crate) mod plan;
pub(crate) mod policy;
pub(crate) mod view;
pub(crate) mod words;
