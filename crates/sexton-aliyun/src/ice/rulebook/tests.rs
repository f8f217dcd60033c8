use super::*;

#[test]
fn files_go_two_hundred_of_one_job_at_a_time_and_jobs_never() {
    let rules = ice_rulebook();
    assert_eq!(rules.faults(), []);
    let removal = rules.kind("live-snapshot-file").unwrap().removal.clone().unwrap();
    assert_eq!((removal.operation.as_str(), removal.batch_limit.get()), ("DeleteLiveSnapshotFiles", 200));
    assert_eq!((removal.batch_key, removal.completion), (BatchKey::IdPrefix, Completion::Async));
    assert_eq!(rules.kind("live-snapshot-job").unwrap().removal, None);
    assert_eq!(rules.kind("live-snapshot-job").unwrap().active.clone().unwrap().states, ["started".to_owned()].into());
}

#[test]
fn every_choice_about_the_objects_says_what_it_comes_to() {
    let removal = ice_rulebook().kind("live-snapshot-file").unwrap().removal.clone().unwrap();
    let [option] = &removal.options[..] else { panic!("one option") };
    assert_eq!(option.name, "delete_original");
    let said = |value: bool| option.values.iter().find(|known| known.value == value).unwrap().consequence.clone();
    assert!(said(true).unwrap().contains("for good"));
    assert!(said(false).unwrap().contains("can no longer be found"));
    assert_eq!(option.otherwise, said(false));
}

#[test]
fn files_that_are_overlays_or_whose_times_disagree_are_never_removed_nor_those_that_do_not_say() {
    let rules = ice_rulebook();
    let codes = [("OverlayNotSupported", "is_overlay"), ("TimesDisagree", "time_disagrees")];
    assert_eq!(rules.guards.len(), codes.len());
    for (guard, (code, attribute)) in rules.guards.iter().zip(codes) {
        assert_eq!((guard.code.as_str(), guard.target.as_str()), (code, "live-snapshot-file"));
        assert_eq!(guard.remedies, []);
        let RaisedBy::Attribute(test) = &guard.raised_by else { panic!("by an attribute") };
        assert_eq!(test.name, attribute);
        assert_eq!(test.raises, AttributePredicate::NotEquals(AttributeValue::Bool(false)));
        assert_eq!(test.when_missing, WhenMissing::Raise);
    }
}

#[test]
fn it_survives_being_printed() {
    let rules = ice_rulebook();
    let text = serde_json::to_string(&rules).unwrap();
    assert_eq!(serde_json::from_str::<Rulebook>(&text).unwrap(), rules);
}
