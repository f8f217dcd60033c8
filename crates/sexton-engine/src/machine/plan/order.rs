//! Which step goes before which, and which first where several could.

use std::cmp::Reverse;

use sexton_core::rulebook::Completion;

use super::{RunStep, position};

/// Says of every step what comes after it and what goes with it.
pub(super) fn connect(steps: &mut [RunStep]) {
    for index in 0..steps.len() {
        let number = u32::try_from(index).expect("a plan's indexes are 32 bits wide");
        for after in steps[index].after.clone() {
            steps[position(after)].successors.push(number);
        }
        let mut carriers = Vec::new();
        let mut with = steps[index].with;
        while let Some(carrier) = with {
            steps[position(carrier)].carried.push(number);
            carriers.push(carrier);
            with = steps[position(carrier)].with;
        }
        steps[index].follows_others &= steps[index].after.iter().any(|after| !carriers.contains(after));
    }
}

/// What a removal weighs on a path: a look at what it removes, and a call …
const WEIGHT: u64 = 2;
/// … and, where its operation takes several targets, a reading whether its answer is true …
const SHARED_WEIGHT: u64 = 3;
/// … or, where it is asynchronous, readings until it is gone.
const ASYNC_WEIGHT: u64 = 16;

/// Ranks steps: the longest remaining path first.
pub(super) fn rank(steps: &mut [RunStep]) {
    for index in (0..steps.len()).rev() {
        let own = match (steps[index].completion, steps[index].group) {
            (Completion::Sync, None) => WEIGHT,
            (Completion::Sync, Some(_)) => SHARED_WEIGHT,
            (Completion::Async, _) => ASYNC_WEIGHT,
        };
        let longest = steps[index].successors.iter().map(|next| steps[position(*next)].path).max().unwrap_or(0);
        steps[index].path = own + longest;
    }
    let mut order: Vec<usize> = (0..steps.len()).collect();
    order.sort_by(|a, b| {
        (Reverse(steps[*a].path), &steps[*a].address).cmp(&(Reverse(steps[*b].path), &steps[*b].address))
    });
    for (rank, index) in order.into_iter().enumerate() {
        steps[index].rank = u32::try_from(rank).expect("a plan's indexes are 32 bits wide");
    }
}
