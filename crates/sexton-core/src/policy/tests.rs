use super::*;

const WHOLE: &str = r#"
version = 1

[limits]
max_steps = 500
max_percent = 20
max_drawn = 200
max_forced = 5
max_inventory_age = "12h"
[limits.kind.instance]
max_steps = 3

[[protect]]
name = "golden"
when = "tags.keep == 'true'"

[[collect]]
name = "stale-dev-images"
provider = "aliyun-ecs"
kind = "image"
where = "tags.env == 'dev'"
when = "age > duration('720h')"
retain = { last = 2, daily = 7, per = "tags.family" }
cascade = ["share"]
orphans = [{ kind = "snapshot", when = "attrs.snapshot_type == 'auto'" }]
options = { delete_original = true }
force = ["SnapshotCreatedDisk"]
wait = "15m"

[[assume_none]]
kind = "task"
account = "123"
reason = "this account never exports"
"#;

#[test]
fn reads_all_of_the_language() {
    let policy = Policy::parse(WHOLE).unwrap();
    assert_eq!(policy.limits.max_steps, 500);
    assert_eq!(policy.limits.max_inventory_age, Span::from_hours(12));
    assert_eq!(policy.limits.kind_max_steps[&Kind::new("instance").unwrap()], 3);
    assert_eq!(policy.limits.kind_max_steps[&Kind::new("disk").unwrap()], 0);
    let rule = &policy.collect[0];
    assert_eq!(rule.filters.kind.as_ref().unwrap().as_str(), "image");
    assert_eq!(rule.population.as_ref().unwrap().text(), "tags.env == 'dev'");
    assert_eq!(rule.retain.as_ref().unwrap().daily, Some(7));
    assert_eq!(rule.orphans[0].when.as_ref().unwrap().text(), "attrs.snapshot_type == 'auto'");
    assert_eq!(rule.options["delete_original"], true);
    assert_eq!(rule.wait, Some(Span::from_secs(900)));
    assert_eq!(policy.assume_none[0].region, None);
    assert_eq!(policy.digest(), format!("blake3:{}", blake3::hash(WHOLE.as_bytes()).to_hex()));
}

#[test]
fn standard_limits_are_cautious() {
    let policy = Policy::parse("version = 1").unwrap();
    assert_eq!(policy.limits, Limits::standard());
    assert_eq!((policy.limits.max_steps, policy.limits.max_percent), (100, 25));
    assert_eq!((policy.limits.max_drawn, policy.limits.max_forced), (50, 0));
}

fn faults(text: &str) -> Vec<(usize, usize, String)> {
    let faults = Policy::parse(text).unwrap_err().faults;
    faults.into_iter().map(|fault| (fault.passage.line, fault.passage.column, fault.problem)).collect()
}

#[test]
fn what_is_no_policy_at_all_is_said_in_a_few_lines() {
    let inventory = "{\"format\":\"sexton.inventory\"}\n".repeat(50);
    let found = faults(&inventory);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].2.starts_with("this is JSON, and a policy is TOML"), "{found:#?}");
    let letter = "Dear Sir or Madam, it is with great regret that we\n".repeat(50);
    assert!((1..=3).contains(&faults(&letter).len()), "{:#?}", faults(&letter));
    assert!(faults(&format!("version = 1\n{letter}")).len() > 3);
}

#[test]
fn all_faults_are_reported_at_once_with_their_places() {
    let text = "version = 1\n[limits]\nmax_stepz = 3\nmax_drawn = -1\n[[collect]]\nname = \"a\"\nkind = \"image\"\nwhen = \"nmae == 'x' && stat == 'y'\"\nwait = \"soon\"\n[[collect]]\nname = \"a\"\nretain = { last = 0 }\n";
    let found = faults(text);
    let places: Vec<(usize, usize)> = found.iter().map(|(line, column, _)| (*line, *column)).collect();
    assert_eq!(places, [(3, 1), (4, 13), (8, 9), (8, 24), (9, 8), (10, 1), (11, 8), (12, 19)], "{found:#?}");
    for (fault, expected) in found.iter().zip([
        "unknown key `max_stepz`: did you mean `max_steps`?",
        "expected a whole number of 0 or more",
        "unknown variable `nmae`",
        "unknown variable `stat`",
        "\"soon\" is not a length of time",
        "the rule has no `kind`",
        "a [[collect]] rule named \"a\" stands above already",
        "`last = 0` retains nothing",
    ]) {
        assert!(fault.2.starts_with(expected), "{:?} does not start with {expected:?}", fault.2);
    }
}

#[test]
fn a_fault_underlines_what_it_means() {
    let error =
        Policy::parse("version = 1\n[[protect]]\nname = \"x\"\nwhen = \"tags.a == 'b' && nmae == ''\"\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 4, column 26: unknown variable `nmae`: did you mean `name`?\n  | when = \"tags.a == 'b' && nmae == ''\"\n  |                          ^^^^"
    );
}

#[test]
fn a_policy_that_would_sweep_everything_is_a_fault() {
    assert!(faults("version = 1\n[[collect]]\nname = \"a\"\nkind = \"image\"\n")[0].2.contains("collect everything"));
    assert!(faults("[[collect]]\nname = \"a\"\n").len() >= 3);
    for span in ["0s", "-720h"] {
        let text =
            format!("version = 1\n[[collect]]\nname = \"a\"\nkind = \"image\"\nretain = {{ within = \"{span}\" }}\n");
        assert!(faults(&text).iter().any(|fault| fault.2.contains("more than no time")), "{span}");
    }
    let long = format!("version = 1\n[[protect]]\nname = \"a\"\nwhen = \"{} > 0\"\n", "1+".repeat(450) + "1");
    assert!(faults(&long)[0].2.contains("nested too deeply"));
    let longer = format!("version = 1\n[[protect]]\nname = \"a\"\nwhen = \"{} > 0\"\n", "1+".repeat(50_000) + "1");
    assert!(faults(&longer)[0].2.contains("at most 500 operators"));
    assert!(faults("version = 2\n")[0].2.contains("not supported"));
    assert!(faults("version = 1\nfoo = [")[0].0 >= 2);
    assert!(faults("version = 1\n[[assume_none]]\nkind = \"x\"\n")[0].2.contains("reason"));
}
