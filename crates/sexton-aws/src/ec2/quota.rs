//! The vendor's documented token buckets, one for each operation, account and region. Accounts can have them raised.

use std::num::NonZeroU32;
use std::time::Duration;

use sexton_provider::{Counted, Quota};

use super::rulebook::removal_operation;
use super::vocabulary::Ec2Kind;

/// A bucket by its operation, tokens, tokens a second, and what takes from it.
type Bucket = (&'static str, u32, u32, Vec<Counted>);

/// What is known of the quotas.
pub(super) fn quotas() -> Vec<Quota> {
    let probe = |kind: Ec2Kind| Counted::Probe { kind: kind.name() };
    let dependents = |kind: Ec2Kind| Counted::Dependents { kind: kind.name() };
    // Each of these reads filters and asks for pages, which the vendor gives a larger bucket.
    let reads: [Bucket; 6] = [
        ("DescribeSnapshots", 100, 20, vec![probe(Ec2Kind::Snapshot)]),
        ("DescribeImages", 100, 20, vec![probe(Ec2Kind::Image)]),
        ("DescribeVolumes", 100, 20, vec![probe(Ec2Kind::Disk), dependents(Ec2Kind::Instance)]),
        ("DescribeInstances", 100, 20, vec![probe(Ec2Kind::Instance), dependents(Ec2Kind::Image)]),
        (
            "DescribeImageAttribute",
            100,
            20,
            vec![probe(Ec2Kind::Share), probe(Ec2Kind::Publication), dependents(Ec2Kind::Image)],
        ),
        ("DescribeSnapshotAttribute", 100, 20, vec![dependents(Ec2Kind::Snapshot)]),
    ];
    // Two operations with a bucket each share the last one here: which of them a share wants, its kind does not say.
    let removals = [Ec2Kind::Snapshot, Ec2Kind::Image, Ec2Kind::Disk, Ec2Kind::Instance, Ec2Kind::Share]
        .into_iter()
        .filter_map(removal_operation)
        .map(|operation| (operation, 100, 5, vec![Counted::Removal { operation: operation.to_owned() }]));
    reads
        .into_iter()
        .chain(removals)
        .map(|(operation, capacity, a_second, counts)| Quota {
            operation: operation.to_owned(),
            counts,
            capacity: NonZeroU32::new(capacity).unwrap_or(NonZeroU32::MIN),
            refill: Duration::from_secs(1) / a_second,
        })
        .collect()
}
