//! How results look: for people, and for programs.

pub(crate) mod explain;
pub(crate) mod graphs;
pub(crate) mod outcome;
pub(crate) mod page;
pub(crate) mod plan;
pub(crate) mod policy;
pub(crate) mod words;
