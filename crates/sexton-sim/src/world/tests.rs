use std::collections::BTreeMap;

use super::*;
use crate::random::Random;

#[test]
fn the_rulebook_is_sound_and_worlds_have_plans_of_every_sort_of_step() {
    let lab = Lab::new().unwrap();
    assert_eq!(lab.rulebook.faults(), []);
    let mut random = Random::new(1);
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..300 {
        let clusters: Vec<u64> = (0..3).map(|_| random.number()).collect();
        let world = lab.world(&clusters).unwrap();
        assert!(world.plan.applyable && world.plan.complete, "{:?}", world.plan.exceeded);
        for step in &world.plan.steps {
            *count.entry(step.address.kind().to_owned()).or_default() += 1;
            *count.entry("carried".to_owned()).or_default() += usize::from(step.with.is_some());
            *count.entry("forced".to_owned()).or_default() += usize::from(!step.force.is_empty());
            let cancels = step.operation == "CancelCopy";
            assert_eq!(cancels, world.may_come_too_late(&step.address), "{step:?}");
            *count.entry("cancels".to_owned()).or_default() += usize::from(cancels);
            *count.entry("waits".to_owned()).or_default() += usize::from(!step.wait.is_empty());
            *count.entry("retained".to_owned()).or_default() += usize::from(!step.expect.retained.is_empty());
            *count.entry("after".to_owned()).or_default() += usize::from(!step.after.is_empty());
        }
        *count.entry("kept".to_owned()).or_default() += world.plan.kept.len();
        *count.entry("held".to_owned()).or_default() += world.plan.held.len();
    }
    for sort in [
        "snapshot", "image", "share", "task", "instance", "disk", "file", "carried", "forced", "cancels", "waits",
        "retained", "after", "kept",
    ] {
        assert!(count.get(sort).copied().unwrap_or_default() >= 20, "{sort}: {count:?}");
    }
}

#[test]
fn the_same_clusters_make_the_same_plan() {
    let lab = Lab::new().unwrap();
    let first = lab.world(&[1, 2, 3]).unwrap();
    assert_eq!(first.document, lab.world(&[1, 2, 3]).unwrap().document);
}
