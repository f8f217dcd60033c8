//! The contract that a Sexton provider crate implements.
