//! The same work on many things by several threads, with the results in the order of the things.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Does `work` on each of so many things. Whoever is free takes the next one.
pub(super) fn each<T: Send>(count: usize, workers: NonZeroUsize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return done;
            }
            done.push((at, work(at)));
        }
    };
    let mut all = thread::scope(|scope| {
        let others: Vec<_> = (1..workers.get().min(count)).map(|_| scope.spawn(take)).collect();
        let mut all = take();
        for other in others {
            all.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        all
    });
    all.sort_unstable_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, done)| done).collect()
}

/// Cuts a range into about equal pieces, several for each worker where that is worth it.
pub(super) fn pieces(length: usize, workers: NonZeroUsize) -> Vec<std::ops::Range<usize>> {
    const LEAST: usize = 4_096;
    let wanted = if workers.get() == 1 { 1 } else { workers.get() * 4 };
    let size = length.div_ceil(wanted).max(LEAST);
    (0..length).step_by(size).map(|start| start..(start + size).min(length)).collect()
}
