//! The rulebook of live snapshots through the planner, and retention over very many files.

#![expect(clippy::unwrap_used, reason = "a test stops at its first surprise")]

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::time::Instant;

use sexton_aliyun::ice_rulebook;
use sexton_core::inventory::{self, Inventory};
use sexton_core::plan::Plan;
use sexton_core::planner::{plan, propose};
use sexton_core::policy::Policy;
use sexton_core::verify::{Conditions, Expected, Grounds, Seal, verify};

const PLACE: &str = r#""provider":"aliyun-ice","account":"1","region":"cn-shanghai""#;
/// 2026-11-21T00:00:00Z.
const NOW: u64 = 1_795_219_200_000;

fn header() -> String {
    let mut text = "{\"format\":\"sexton.inventory\",\"version\":1,\"taken_at\":\"2026-11-21T00:00:00Z\"}\n".to_owned();
    for kind in ["live-snapshot-job", "live-snapshot-file"] {
        let _ = writeln!(
            text,
            r#"{{"census":{{{PLACE},"kind":"{kind}","complete":true,"as_of":"2026-11-21T00:00:00Z"}}}}"#
        );
    }
    text
}

fn job(text: &mut String, id: &str, state: &str) {
    let _ = writeln!(
        text,
        r#"{{"resource":{{{PLACE},"kind":"live-snapshot-job","id":"{id}","name":"{id}","created_at":"2025-01-01T00:00:00Z","state":"{state}","tags":{{}},"attrs":{{"bucket":"b"}},"links":[]}}}}"#
    );
}

fn file(text: &mut String, job: &str, millis: u64, overlay: &str) {
    let at = sexton_core::time::Timestamp::from_second(i64::try_from(millis / 1000).unwrap()).unwrap();
    let _ = writeln!(
        text,
        r#"{{"resource":{{{PLACE},"kind":"live-snapshot-file","id":"{job}/{millis}","name":"snapshot/{job}/{millis}.jpg","created_at":"{at}","state":null,"tags":{{}},"attrs":{{"job":"{job}","bucket":"b"{overlay}}},"links":[{{"relation":"made-by","kind":"live-snapshot-job","id":"{job}"}}]}}}}"#
    );
}

const PLAIN: &str = ",\"is_overlay\":false,\"time_disagrees\":false";

/// Two jobs, the second still running; the first has an overlay file and one that does not say, one whose times disagree
/// and one that does not say.
fn small() -> Inventory {
    let mut text = header();
    job(&mut text, "j", "paused");
    job(&mut text, "k", "started");
    for day in 1..=5 {
        file(&mut text, "j", NOW - day * 86_400_000, PLAIN);
        file(&mut text, "k", NOW - day * 86_400_000, PLAIN);
    }
    file(&mut text, "j", 1_000, ",\"is_overlay\":true,\"time_disagrees\":false");
    file(&mut text, "j", 2_000, ",\"time_disagrees\":false");
    file(&mut text, "j", 3_000, ",\"is_overlay\":false,\"time_disagrees\":true");
    file(&mut text, "j", 4_000, ",\"is_overlay\":false");
    inventory::read(text.as_bytes()).unwrap()
}

fn policy(rule: &str) -> Policy {
    let text = format!(
        "version = 1\n[limits]\nmax_percent = 100\nmax_steps = 2000000\n[[collect]]\nname = \"r\"\nprovider = \"aliyun-ice\"\nkind = \"live-snapshot-file\"\n{rule}\n"
    );
    Policy::parse_with(&text, &[ice_rulebook()]).unwrap()
}

fn planned(rule: &str) -> Plan {
    let (inventory, policy, rulebooks) = (small(), policy(rule), [ice_rulebook()]);
    let plan = plan(&inventory, &rulebooks, &policy, None).unwrap();
    let grounds = Grounds { inventory: &inventory, rulebooks: &rulebooks, policy: &policy };
    verify(&plan, &grounds, Conditions::Interpreted, Seal::Skip).unwrap();
    plan
}

#[test]
fn retention_counts_for_each_job_and_what_cannot_be_removed_and_seen_to_be_gone_is_held() {
    let plan = planned("retain = { last = 2, per = \"attrs.job\" }");
    let mut steps: Vec<&str> = plan.steps.iter().map(|step| step.address.id()).collect();
    steps.sort_unstable();
    let old = |job: &str, days: [u64; 3]| days.map(|day| format!("{job}/{}", NOW - day * 86_400_000));
    assert_eq!(steps, [old("j", [5, 4, 3]), old("k", [5, 4, 3])].concat());
    let held: Vec<(&str, &str)> =
        plan.held.iter().map(|held| (held.address.id(), held.blockers[0].guard.as_ref().unwrap().as_str())).collect();
    let expected = [
        ("j/1000", "OverlayNotSupported"),
        ("j/2000", "OverlayNotSupported"),
        ("j/3000", "TimesDisagree"),
        ("j/4000", "TimesDisagree"),
    ];
    assert_eq!(held, expected);
    assert_eq!(plan.kept.len(), 4);
}

#[test]
fn every_step_states_what_becomes_of_the_objects() {
    for (options, said) in [
        ("options = { delete_original = true }", "deleted with the records, for good"),
        ("options = { delete_original = false }", "can no longer be found through ICE"),
        ("", "can no longer be found through ICE"),
    ] {
        let plan = planned(&format!("when = \"age > duration('1h')\"\n{options}"));
        assert_eq!(plan.steps.len(), 10);
        for step in &plan.steps {
            assert!(step.consequences.len() == 1 && step.consequences[0].contains(said), "{:?}", step.consequences);
        }
    }
}

#[test]
fn a_misspelt_choice_is_a_fault_of_the_policy() {
    let text = "version = 1\n[[collect]]\nname = \"r\"\nkind = \"live-snapshot-file\"\nwhen = \"true\"\noptions = { delete_originals = true }\n";
    let error = Policy::parse_with(text, &[ice_rulebook()]).unwrap_err();
    assert!(error.faults[0].problem.contains("did you mean `delete_original`?"), "{error}");
    assert_eq!(error.faults[0].passage.line, 6);
}

#[test]
fn a_job_that_still_runs_is_a_finding() {
    let plan = planned("when = \"true\"");
    let found: Vec<_> = plan.findings.iter().filter(|finding| finding.code == "still-active").collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].count, 1);
    assert!(found[0].message.contains("live-snapshot-job are started"), "{}", found[0].message);
}

/// Times are printed: `cargo test -p sexton-tests --test ice_rules -- --ignored --nocapture`.
#[test]
#[ignore = "takes about a minute and a gigabyte"]
fn retention_over_a_million_files_is_planned_and_verified() {
    const FILES: u64 = 1_000_000;
    const JOBS: u64 = 8;
    let mut text = header();
    for number in 0..JOBS {
        job(&mut text, &format!("job-{number}"), "paused");
        for shot in 0..FILES / JOBS {
            file(&mut text, &format!("job-{number}"), NOW - 60_000 - shot * 5_000, PLAIN);
        }
    }
    let clock = Instant::now();
    let inventory = inventory::read(text.as_bytes()).unwrap();
    let read = clock.elapsed();
    let (policy, rulebooks) = (
        policy("when = \"age > duration('24h')\"\nretain = { last = 10, daily = 30, per = \"attrs.job\" }"),
        [ice_rulebook()],
    );
    let workers = NonZeroUsize::MIN.saturating_add(1);
    let clock = Instant::now();
    let plan = propose(&inventory, &rulebooks, &policy, None, workers).unwrap();
    let proposed = clock.elapsed();
    let clock = Instant::now();
    let grounds = Grounds { inventory: &inventory, rulebooks: &rulebooks, policy: &policy };
    let expected = Expected::read(&grounds, plan.now, Conditions::Interpreted, workers).unwrap();
    expected.check(&plan, Seal::Skip).unwrap();
    let verified = clock.elapsed();
    // Of each job 17,269 shots are of the last day; of the other 107,731 the newest of seven days stay, and the oldest.
    assert_eq!((plan.steps.len(), plan.kept.len()), (8 * (107_731 - 8), 8 * 8));
    {
        println!(
            "{FILES} files of {JOBS} jobs: read {read:?}, planned {proposed:?} ({} steps, {} kept), verified {verified:?}",
            plan.steps.len(),
            plan.kept.len()
        );
    }
}
