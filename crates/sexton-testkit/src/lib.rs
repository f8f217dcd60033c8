//! Worlds, an oracle planner and laws to test deletion orders with.
//!
//! [`rulebook::synthetic`] has a guard of every sort; [`world::worlds`] generates small inventories and policies under
//! it; [`oracle`] decides by enumeration what the planner computes; [`scale`] writes inventories of any size to
//! measure with.

pub mod oracle;
pub mod rulebook;
pub mod scale;
pub mod world;
