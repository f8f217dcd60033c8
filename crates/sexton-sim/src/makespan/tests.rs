use super::*;

#[test]
fn no_run_is_shorter_than_its_bound_and_no_call_is_saved_beyond_the_fewest() {
    let lab = Lab::new().unwrap();
    let mut measured = 0;
    for seed in 0..25 {
        for quotas in [false, true] {
            let Some(one) = measure(&lab, seed, quotas).unwrap() else { continue };
            measured += 1;
            assert!(one.ratio() >= 1.0, "seed {seed}: {one:?}");
            assert!(one.ratio_by_order() >= 1.0 && one.ratio_by_order() <= one.ratio(), "seed {seed}: {one:?}");
            assert!(one.calls >= one.fewest_calls, "seed {seed}: {one:?}");
            assert!(one.critical_path > Duration::ZERO);
            assert_eq!(one.quota > Duration::ZERO, quotas, "seed {seed}: {one:?}");
        }
    }
    assert!(measured >= 40);
}
