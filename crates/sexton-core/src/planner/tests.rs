use super::*;
use crate::inventory;
use crate::plan::{Exceeded, KeepReason, Plan};

/// Images with a state that counts, disks with data of their own, and snapshots below images.
const RULEBOOK: &str = r#"{"provider":"p","kinds":[
  {"kind":"image","removal":{"operation":"DeleteImage","consequence":null,"batch_limit":1,"batch_key":"region","completion":"sync","options":[{"name":"quick","values":[{"value":true,"consequence":"nothing is wiped"},{"value":false,"consequence":null}],"otherwise":"it takes an hour"}]},"probe_limit":1,"usable":{"in":["ok"]},"data":"elsewhere","active":{"states":["busy"],"consequence":"they go on"}},
  {"kind":"disk","removal":{"operation":"DeleteDisk","consequence":"the data is gone","batch_limit":1,"batch_key":"region","completion":"sync"},"probe_limit":1,"usable":"always","data":"own"},
  {"kind":"snapshot","removal":{"operation":"DeleteSnapshot","consequence":null,"batch_limit":1,"batch_key":"region","completion":"sync"},"probe_limit":1,"usable":"always","data":"shared"},
  {"kind":"template","removal":null,"probe_limit":1,"usable":"always","data":"nothing"}],
 "guards":[
  {"code":"SnapshotCreatedImage","target":"snapshot","raised_by":{"other":{"relation":"created-from","kind":"image","end":"dependent","state":null,"attribute":null,"target_attribute":null,"goes":"before"}},"strength":"enforced","remedies":["remove"],"visibility":"region"},
  {"code":"DiskCloned","target":"disk","raised_by":{"other":{"relation":"clone-of","kind":"disk","end":"dependent","state":null,"attribute":null,"target_attribute":null,"goes":"before"}},"strength":"assumed","remedies":["remove",{"force":{"parameter":null,"consequence":"the clone loses its parent"}}],"visibility":"region"},
  {"code":"DiskLocked","target":"disk","raised_by":{"attribute":{"name":"locked","raises":{"equals":true},"when_missing":"clear","when_carried":"raise"}},"strength":"enforced","remedies":[],"visibility":"region"}]}"#;

fn rulebook() -> Rulebook {
    serde_json::from_str(RULEBOOK).unwrap()
}

/// A resource line: kind, id, age in days, state, further members of the object.
fn resource(kind: &str, id: &str, age: i64, state: &str, more: &str) -> String {
    let created = "2026-11-21T00:00:00Z".parse::<Timestamp>().unwrap().checked_sub(Span::from_hours(24 * age)).unwrap();
    format!(
        r#"{{"resource":{{"provider":"p","account":"a","region":"r","kind":"{kind}","id":"{id}","name":"{id}","created_at":"{created}","state":"{state}","size_bytes":10,"tags":{{}},"attrs":{{}},"links":[]{more}}}}}"#
    )
}

fn planned(resources: &[String], policy: &str) -> Plan {
    let mut text =
        String::from("{\"format\":\"sexton.inventory\",\"version\":1,\"taken_at\":\"2026-11-21T00:00:00Z\"}\n");
    for kind in ["image", "disk", "snapshot"] {
        text += &format!(
            "{{\"census\":{{\"provider\":\"p\",\"account\":\"a\",\"region\":\"r\",\"kind\":\"{kind}\",\"complete\":true,\"as_of\":\"2026-11-21T00:00:00Z\"}}}}\n"
        );
    }
    text += &resources.join("\n");
    let inventory = inventory::read(text.as_bytes()).unwrap();
    plan(&inventory, &[rulebook()], &Policy::parse(policy).unwrap(), None).unwrap()
}

fn ids(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.address.id()).collect()
}

fn policy(limits: &str, rule: &str) -> String {
    format!("version = 1\n[limits]\n{limits}\n[[collect]]\nname = \"rule\"\n{rule}\n")
}

fn exceeded(limit: &str, allowed: u64, actual: u64, scope: Option<&str>) -> Exceeded {
    Exceeded { limit: limit.to_owned(), allowed, actual, scope: scope.map(str::to_owned) }
}

#[test]
fn unusable_resources_take_no_slot() {
    let images: Vec<String> = [("a", 5, "ok"), ("b", 4, "ok"), ("c", 3, "ok"), ("d", 2, "failed"), ("e", 1, "failed")]
        .iter()
        .map(|(id, age, state)| resource("image", id, *age, state, ""))
        .collect();
    let plan = planned(&images, &policy("max_percent = 100", "kind = \"image\"\nretain = { last = 2 }"));
    assert_eq!(ids(&plan), ["a", "d", "e"]);
    let kept: Vec<_> = plan.kept.iter().map(|kept| (kept.address.id(), kept.because.clone())).collect();
    assert_eq!(kept, [("b", KeepReason::Retain("last 2".to_owned())), ("c", KeepReason::Retain("last 1".to_owned()))]);
    for step in &plan.steps {
        let retained: Vec<&str> = step.expect.retained.iter().map(|address| address.id()).collect();
        assert_eq!(retained, ["b", "c"], "what justifies the removal of {}", step.address);
    }
}

#[test]
fn what_is_not_known_well_enough_is_retained() {
    let images = [
        resource("image", "a", 9, "ok", ""),
        resource("image", "b", 8, "ok", ""),
        resource("image", "nostate", 20, "ok", "").replace("\"state\":\"ok\"", "\"state\":null"),
        resource("image", "notime", 20, "ok", "")
            .replace("\"created_at\":\"2026-11-01T00:00:00Z\"", "\"created_at\":null"),
        resource("image", "future", -1, "ok", ""),
        resource("image", "nokey", 20, "ok", "").replace("\"tags\":{}", "\"tags\":null"),
        resource("image", "nullkey", 20, "ok", "").replace("\"tags\":{}", "\"tags\":{\"x\":\"y\"}"),
    ]
    .map(|line| {
        let keyed = !line.contains("nullkey") && !line.contains("nokey");
        if keyed { line.replace("\"tags\":{}", "\"tags\":{\"family\":\"f\"}") } else { line }
    });
    let rule = "kind = \"image\"\nretain = { last = 1, per = \"tags.family\" }";
    let plan = planned(&images, &policy("max_percent = 100", rule));
    assert_eq!(ids(&plan), ["a"]);
    let kept: Vec<String> = plan
        .kept
        .iter()
        .map(|kept| {
            let KeepReason::Retain(slot) = &kept.because else { panic!("{:?}", kept.because) };
            format!("{} {slot}", kept.address.id())
        })
        .collect();
    assert_eq!(
        kept,
        [
            "b last 1",
            "future future time",
            "nokey unknown group",
            "nostate unknown state",
            "notime unknown time",
            "nullkey no group"
        ]
    );
    assert!(plan.findings.iter().any(|finding| finding.code == "no-group" && finding.count == 1));
    let grouped = planned(&images, &policy("max_percent = 100", &rule.replace(" }", ", per_missing = \"group\" }")));
    assert!(
        grouped
            .kept
            .iter()
            .any(|kept| { kept.address.id() == "nullkey" && kept.because == KeepReason::Retain("last 1".to_owned()) })
    );
}

#[test]
fn limits_are_judged_on_the_finished_plan() {
    let disks: Vec<String> = (0..40).map(|id| resource("disk", &format!("d{id:02}"), id, "ok", "")).collect();
    let rule = "kind = \"disk\"\nwhen = \"age > duration('24h')\"";
    let scope = "p:a:r:disk";
    let plan = planned(&disks, &policy("", rule));
    assert_eq!(plan.steps.len(), 38);
    assert_eq!(
        plan.exceeded,
        [exceeded("kind.disk.max_steps", 0, 38, None), exceeded("max_percent", 25, 95, Some(scope))]
    );
    assert!(!plan.applyable);
    let allowed = "max_percent = 95\nkind.disk.max_steps = 38";
    assert!(planned(&disks, &policy(allowed, rule)).applyable);
    assert_eq!(
        planned(&disks, &policy(&format!("max_steps = 37\n{allowed}"), rule)).exceeded,
        [exceeded("max_steps", 37, 38, None)]
    );
    assert_eq!(
        planned(&disks, &policy("max_percent = 94\nkind.disk.max_steps = 38", rule)).exceeded,
        [exceeded("max_percent", 94, 95, Some(scope))]
    );
    let none = policy("max_percent = 0\nkind.disk.max_steps = 99", rule);
    assert_eq!(planned(&disks, &none).exceeded, [exceeded("max_percent", 0, 95, Some(scope))]);
}

#[test]
fn a_small_group_is_exempt_unless_all_of_it_would_go() {
    let images: Vec<String> = (0..19).map(|id| resource("image", &format!("m{id:02}"), id, "ok", "")).collect();
    let most = policy("", "kind = \"image\"\nwhen = \"age > duration('24h')\"");
    assert!(planned(&images, &most).applyable);
    let all = policy("", "kind = \"image\"\nwhen = \"true\"");
    assert_eq!(planned(&images, &all).exceeded, [exceeded("max_percent", 25, 100, Some("p:a:r:image"))]);
}

#[test]
fn drawn_and_forced_steps_have_limits_of_their_own() {
    let link = |kind: &str, relation: &str, id: &str| {
        format!(",\"links\":[{{\"relation\":\"{relation}\",\"kind\":\"{kind}\",\"id\":\"{id}\"}}]")
    };
    let image = |id: &str, snapshot: &str| {
        resource("image", id, 1, "ok", "").replace(",\"links\":[]", &link("snapshot", "created-from", snapshot))
    };
    let mut world = vec![image("m1", "s1"), image("m2", "s2")];
    world.extend(["s1", "s2"].map(|id| resource("snapshot", id, 1, "ok", "")));
    world.push(resource("disk", "d1", 1, "ok", ""));
    world.push(resource("disk", "d2", 1, "ok", "").replace(",\"links\":[]", &link("disk", "clone-of", "d1")));
    let rules = "kind = \"image\"\nwhen = \"true\"\norphans = [\"snapshot\"]\n[[collect]]\nname = \"disks\"\nkind = \"disk\"\nwhen = \"id == 'd1'\"\nforce = [\"DiskCloned\"]";
    let plan = planned(&world, &policy("max_percent = 100\nmax_drawn = 1\nkind.disk.max_steps = 1", rules));
    assert_eq!(ids(&plan), ["d1", "m1", "m2", "s1", "s2"]);
    assert_eq!(plan.exceeded, [exceeded("max_drawn", 1, 2, None), exceeded("max_forced", 0, 1, None)]);
    assert_eq!((plan.summary.drawn, plan.summary.forced), (2, 1));
    assert_eq!((plan.summary.freed_bytes.min, plan.summary.freed_bytes.max), (10, 30));
    assert_eq!(plan.steps[0].consequences, ["the data is gone", "the clone loses its parent"]);
    assert_eq!(plan.steps[0].expect.dependents.as_ref().unwrap()[0].id(), "d2");
}

#[test]
fn a_step_expects_every_attribute_that_decided_about_it() {
    let disk = resource("disk", "d", 9, "ok", "").replace("\"attrs\":{}", "\"attrs\":{\"usage\":\"none\",\"other\":1}");
    let rule = "kind = \"disk\"\nwhere = \"attrs.usage == 'none'\"\nwhen = \"has(attrs.gone) || age > duration('1h')\"\n[[protect]]\nname = \"kept\"\nkind = \"disk\"\nwhen = \"has(attrs.hold)\"";
    let plan = planned(&[disk], &policy("max_percent = 100\nkind.disk.max_steps = 1", rule));
    let expected = serde_json::to_string(&plan.steps[0].expect.attrs).unwrap();
    assert_eq!(expected, r#"{"gone":null,"hold":null,"locked":null,"usage":"none"}"#);
}

#[test]
fn rules_that_disagree_in_options_hold_what_both_match() {
    let rule = "kind = \"image\"\nwhen = \"true\"\noptions = { quick = true }\n[[collect]]\nname = \"other\"\nkind = \"image\"\nwhen = \"id == 'a'\"";
    let images = [resource("image", "a", 1, "ok", ""), resource("image", "b", 1, "ok", "")];
    let plan = planned(&images, &policy("max_percent = 100", rule));
    assert_eq!(ids(&plan), ["b"]);
    assert_eq!(plan.steps[0].options["quick"], true);
    assert_eq!(plan.held[0].blockers[0].because, crate::plan::Because::Options);
}

#[test]
fn what_cannot_be_planned_is_an_error() {
    let inventory = crate::inventory::Inventory::new("2026-11-21T00:00:00Z".parse().unwrap(), [], Vec::new()).unwrap();
    let check = |rulebooks: &[Rulebook], policy: &str, now: Option<&str>| {
        let now = now.map(|now| now.parse().unwrap());
        plan(&inventory, rulebooks, &Policy::parse(policy).unwrap(), now).unwrap_err()
    };
    assert!(matches!(check(&[], "version = 1", Some("2026-11-20T23:59:59Z")), PlanError::NowBeforeInventory { .. }));
    assert!(matches!(check(&[rulebook(), rulebook()], "version = 1", None), PlanError::RepeatedRulebook { .. }));
    let mut faulty = rulebook();
    faulty.guards[0].target = "nothing".parse().unwrap();
    assert!(matches!(check(&[faulty], "version = 1", None), PlanError::Rulebook { .. }));
    for (rule, problem) in [
        ("kind = \"imag\"\nwhen = \"true\"", "no rulebook knows kind `imag`: did you mean `image`?"),
        ("kind = \"template\"\nwhen = \"true\"", "kind `template` has no removal operation"),
        ("kind = \"disk\"\nwhen = \"true\"\ncascade = [\"template\"]", "kind `template` has no removal operation"),
        ("kind = \"disk\"\nwhen = \"true\"\nforce = [\"DiskClond\"]", "did you mean `DiskCloned`?"),
        ("kind = \"disk\"\nwhen = \"true\"\nforce = [\"DiskLocked\"]", "guard `DiskLocked` cannot be forced"),
        ("kind = \"disk\"\nwhen = \"dependents.imge == 0\"", "did you mean `image`?"),
        (
            "kind = \"disk\"\nprovider = \"pp\"\nwhen = \"true\"",
            "there is no rulebook of provider `pp`: did you mean `p`?",
        ),
        (
            "kind = \"disk\"\nwhen = \"true\"\n[[protect]]\nname = \"x\"\nkind = \"disks\"",
            "no rulebook knows kind `disks`: did you mean `disk`?",
        ),
        (
            "kind = \"disk\"\nwhen = \"true\"\n[[protect]]\nname = \"x\"\nprovider = \"nobody\"",
            "there is no rulebook of provider `nobody`: the providers are p",
        ),
        (
            "kind = \"disk\"\nwhen = \"true\"\n[limits.kind.disks]\nmax_steps = 1",
            "no rulebook knows kind `disks`: did you mean `disk`?",
        ),
    ] {
        let PlanError::Policy(error) = check(&[rulebook()], &policy("", rule), None) else { panic!("{rule}") };
        assert!(error.to_string().contains(problem), "{error}");
    }
}

#[test]
fn what_is_held_always_has_a_blocker() {
    let disk = |id: &str, parents: &[&str], attributes: &str| {
        let links: Vec<String> = parents
            .iter()
            .map(|parent| format!("{{\"relation\":\"clone-of\",\"kind\":\"disk\",\"id\":\"{parent}\"}}"))
            .collect();
        resource("disk", id, 1, "ok", "")
            .replace("\"links\":[]", &format!("\"links\":[{}]", links.join(",")))
            .replace("\"attrs\":{}", &format!("\"attrs\":{attributes}"))
    };
    // c would come along with a, and its own guard could be forced: but only by the rule of b, which is locked.
    let world = [
        disk("a", &[], "{}"),
        disk("b", &[], "{\"locked\":true}"),
        disk("c", &["a", "b"], "{}"),
        disk("d", &["c"], "{}"),
    ];
    let draws = "cascade = [{ kind = \"disk\", when = \"id == 'c'\" }]";
    let rules = format!(
        "kind = \"disk\"\nwhen = \"id == 'a'\"\n{draws}\n[[collect]]\nname = \"other\"\nkind = \"disk\"\nwhen = \"id == 'b'\"\n{draws}\nforce = [\"DiskCloned\"]"
    );
    let plan = planned(&world, &policy("", &rules));
    assert!(plan.steps.is_empty());
    let held: Vec<(&str, Vec<Option<&str>>)> = plan
        .held
        .iter()
        .map(|held| (held.address.id(), held.blockers.iter().map(|b| b.by.as_ref().map(|by| by.id())).collect()))
        .collect();
    assert_eq!(held, [("a", vec![Some("c")]), ("b", vec![None])]);
}

#[test]
fn a_step_names_the_newest_of_many_retained() {
    let images: Vec<String> = (0..50).map(|id| resource("image", &format!("m{id:02}"), id, "ok", "")).collect();
    let rule = "kind = \"image\"\nretain = { last = 40 }";
    let plan = planned(&images, &policy("max_percent = 100", rule));
    assert_eq!(plan.steps.len(), 10);
    let named: Vec<&str> = plan.steps[0].expect.retained.iter().map(|address| address.id()).collect();
    assert_eq!((named.len(), named[0], named[31]), (32, "m00", "m31"));
}

#[test]
fn rules_beyond_one_word_are_told_apart() {
    let disks: Vec<String> = (0..40).map(|disk| resource("disk", &format!("d{disk:02}"), 5, "ok", "")).collect();
    let mut text = "version = 1\n[limits]\nmax_percent = 100\n".to_owned();
    for rule in 0..40 {
        text += &format!("[[collect]]\nname = \"r{rule:02}\"\nkind = \"disk\"\nwhen = \"name == 'd{rule:02}'\"\n");
    }
    let plan = planned(&disks, &text);
    let rules: Vec<(&str, &[String])> =
        plan.steps.iter().map(|step| (step.address.id(), step.rules.as_slice())).collect();
    assert_eq!(rules.len(), 40);
    for (id, rules) in rules {
        assert_eq!(rules, [id.replace('d', "r")], "{id}");
    }
}

#[test]
fn a_step_says_what_its_options_and_their_absence_come_to() {
    let images = [resource("image", "a", 1, "ok", ""), resource("image", "b", 1, "ok", "")];
    let consequences = |options: &str| {
        let rule = format!("kind = \"image\"\nwhen = \"id == 'a'\"\n{options}");
        let plan = planned(&images, &policy("max_percent = 100", &rule));
        assert_eq!(plan.steps.len(), 1, "{options}");
        plan.steps[0].consequences.clone()
    };
    assert_eq!(consequences("options = { quick = true }"), ["nothing is wiped"]);
    assert_eq!(consequences("options = { quick = false }"), Vec::<String>::new());
    assert_eq!(consequences(""), ["it takes an hour"]);
}

#[test]
fn options_that_no_removal_has_are_a_fault_of_the_policy() {
    let faults = |rule: &str| {
        let text = format!("version = 1\n[[collect]]\nname = \"r\"\nwhen = \"true\"\n{rule}");
        match Policy::parse_with(&text, &[rulebook()]) {
            Ok(_) => String::new(),
            Err(error) => error.faults.iter().map(|fault| fault.problem.clone()).collect::<Vec<_>>().join("; "),
        }
    };
    assert_eq!(faults("kind = \"image\"\noptions = { quick = true }"), "");
    let misspelt = faults("kind = \"image\"\noptions = { quik = true }");
    assert_eq!(misspelt, "the removal of kind `image` has no option `quik`: did you mean `quick`?");
    let odd = faults("kind = \"image\"\noptions = { quick = \"yes\" }");
    assert_eq!(odd, "option `quick` cannot be \"yes\": it can be false, true");
    let none = faults("kind = \"disk\"\noptions = { quick = true }");
    assert_eq!(none, "the removal of kind `disk` has no option `quick`: there are none");
}

#[test]
fn what_goes_on_making_others_is_a_finding() {
    let images = [resource("image", "a", 1, "busy", ""), resource("image", "b", 1, "ok", "")];
    let rule = "kind = \"disk\"\nwhen = \"true\"";
    let plan = planned(&images, &policy("", rule));
    let found: Vec<_> = plan.findings.iter().filter(|finding| finding.code == "still-active").collect();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].count, found[0].message.as_str()), (1, "1 resources p image are busy: they go on"));
    let plan = planned(&images[1..], &policy("", rule));
    assert!(plan.findings.iter().all(|finding| finding.code != "still-active"));
}

#[test]
fn verification_reads_options_and_activity_for_itself() {
    use crate::verify::{Conditions, Grounds, Seal, verify};
    let line = resource("image", "a", 1, "busy", "");
    let text =
        format!("{{\"format\":\"sexton.inventory\",\"version\":1,\"taken_at\":\"2026-11-21T00:00:00Z\"}}\n{line}");
    let inventory = inventory::read(text.as_bytes()).unwrap();
    let rule = "kind = \"image\"\nwhen = \"true\"\noptions = { quick = true }";
    let policy = Policy::parse(&policy("max_percent = 100", rule)).unwrap();
    let rulebooks = [rulebook()];
    let grounds = Grounds { inventory: &inventory, rulebooks: &rulebooks, policy: &policy };
    let made = plan(&inventory, &rulebooks, &policy, None).unwrap();
    assert_eq!(made.steps.len(), 1);
    assert_eq!(verify(&made, &grounds, Conditions::Interpreted, Seal::Skip).map(|good| good.steps), Ok(1));
    let mut silent = made.clone();
    silent.steps[0].consequences.clear();
    assert!(verify(&silent, &grounds, Conditions::Interpreted, Seal::Skip).is_err());
    let mut other = made.clone();
    other.steps[0].consequences = vec!["it takes an hour".to_owned()];
    assert!(verify(&other, &grounds, Conditions::Interpreted, Seal::Skip).is_err());
    let mut calm = made;
    calm.findings.retain(|finding| finding.code != "still-active");
    assert!(verify(&calm, &grounds, Conditions::Interpreted, Seal::Skip).is_err());
}
