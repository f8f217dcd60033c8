//! Settings, and the decisions that follow from them.

use super::*;

fn faults(text: &str) -> Faults {
    toml::from_str(text).unwrap()
}

fn mischief(text: &str) -> Mischief {
    Mischief::new(faults(text)).unwrap()
}

#[test]
fn every_setting_is_read() {
    let all = faults(
        r#"
        seed = 3
        [behaviour]
        image_deletion_ms = 10
        guard_lingers_ms = 20
        usage_lags = true
        finishes_after_ms = 30
        missing = "ignored"
        dry_run_status = 412
        short_pages = true
        [[fault]]
        operation = "DeleteSnapshot"
        when = { one_in = 4 }
        answer = { throttle = { retry_after_ms = 300 } }
        [[fault]]
        operation = "Delete*"
        when = { calls = [2, 3] }
        answer = { error = { after_effect = true } }
        [[fault]]
        operation = "*"
        when = "always"
        answer = { error = { status = 503, code = "ServiceUnavailable" } }
        [[fault]]
        operation = "DescribeTasks"
        answer = { drop = { after_effect = true } }
        [[fault]]
        operation = "DescribeTasks"
        answer = { hang = { ms = 5 } }
        [[fault]]
        operation = "DescribeTasks"
        answer = { truncate = {} }
        [[fault]]
        operation = "DescribeTasks"
        answer = { bad_gateway = {} }
        [[quota]]
        operation = "Describe*"
        calls = 2
        per_ms = 1000
        retry_after = true
        [[latency]]
        operation = "*"
        min_ms = 1
        max_ms = 2
        [[credential]]
        access_key_id = "A"
        access_key_secret = "B"
        security_token = "C"
        account = "1"
        deny = ["Describe*"]
        denied_listings = "all-empty"
        "#,
    );
    assert_eq!(all.fault.len(), 7);
    assert_eq!(
        all.fault[1].answer,
        FaultAnswer::Error { status: 500, code: "InternalError".to_owned(), after_effect: true }
    );
    assert_eq!(all.behaviour.missing, Missing::Ignored);
    assert_eq!(all.credential[0].deny, ["Describe*"]);
    assert!(!format!("{all:?}").contains("\"B\""), "a secret is not shown");
    assert!(toml::from_str::<Faults>("unknown = 1").is_err());
    assert!(toml::from_str::<Faults>("[behaviour]\nunknown = 1").is_err());
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let refused = |text: &str| Mischief::new(faults(text)).unwrap_err();
    assert_eq!(
        refused("[[fault]]\noperation = \"*\"\nanswer = { error = { status = 200 } }"),
        FaultsError::Status(200)
    );
    assert_eq!(refused("[behaviour]\ndry_run_status = 200"), FaultsError::Status(200));
    assert!(matches!(
        refused("[[latency]]\noperation = \"*\"\nmin_ms = 2\nmax_ms = 1"),
        FaultsError::Latency { operation } if operation == "*"
    ));
}

#[test]
fn no_settings_do_no_mischief() {
    let mut none = Mischief::new(Faults::default()).unwrap();
    assert!((0..1000).all(|now| none.strike("DeleteImage", now).is_none()));
    assert_eq!(none.delay_ms("DeleteImage"), 0);
}

#[test]
fn one_in_n_is_about_one_in_n_and_repeats_with_its_seed() {
    let hits = |seed: u64| {
        let mut mischief = mischief(&format!(
            "seed = {seed}\n[[fault]]\noperation = \"DeleteImage\"\nwhen = {{ one_in = 5 }}\nanswer = {{ throttle = {{}} }}"
        ));
        assert_eq!(mischief.strike("DeleteSnapshot", 0), None);
        (0..1000).map(|_| mischief.strike("DeleteImage", 0).is_some()).collect::<Vec<bool>>()
    };
    let first = hits(1);
    assert_eq!(first, hits(1));
    assert_ne!(first, hits(2));
    let count = first.iter().filter(|hit| **hit).count();
    assert!((150..250).contains(&count), "{count}");
}

#[test]
fn listed_calls_are_counted_from_one_over_all_that_match() {
    let mut mischief =
        mischief("[[fault]]\noperation = \"Delete*\"\nwhen = { calls = [2, 4] }\nanswer = { drop = {} }");
    let hits: Vec<bool> = ["DeleteImage", "DeleteSnapshot", "DescribeImages", "DeleteDisk", "DeleteImage"]
        .into_iter()
        .map(|operation| mischief.strike(operation, 0).is_some())
        .collect();
    assert_eq!(hits, [false, true, false, false, true]);
}

#[test]
fn a_quota_counts_in_spans_and_says_when_the_span_ends() {
    let mut mischief = mischief("[[quota]]\noperation = \"Describe*\"\ncalls = 2\nper_ms = 1000\nretry_after = true");
    let mut at = |now| mischief.strike("DescribeImages", now);
    assert_eq!(at(5_000), None);
    assert_eq!(at(5_100), None);
    assert_eq!(at(5_900), Some(FaultAnswer::Throttle { retry_after_ms: Some(100) }));
    assert_eq!(at(6_000), None);
    assert_eq!(at(8_500), None);
    assert_eq!(at(8_600), None);
    assert_eq!(at(8_700), Some(FaultAnswer::Throttle { retry_after_ms: Some(300) }));
}

#[test]
fn latency_stays_within_its_bounds() {
    let mut mischief = mischief("[[latency]]\noperation = \"*\"\nmin_ms = 3\nmax_ms = 6");
    let delays: Vec<u64> = (0..200).map(|_| mischief.delay_ms("DeleteImage")).collect();
    assert_eq!(delays.iter().min(), Some(&3));
    assert_eq!(delays.iter().max(), Some(&6));
}
