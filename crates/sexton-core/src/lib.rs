//! Sexton's pure core: model, inventory, rulebook, policy, planner and plan.
