//! Proptest strategies and the oracle planner.
