use super::*;
use crate::explain::tests::{address, blank, record};
use crate::plan::{CensusEntry, Held, Plan};

const POLICY: &str = r#"version = 1
[limits]
max_inventory_age = "24h"
[[protect]]
name = "golden"
when = "true"
[[protect]]
name = "elsewhere"
region = "far"
when = "true"
[[protect]]
name = "of-other-kinds"
kind = "k"
[[collect]]
name = "bare"
kind = "t"
when = "true"
[[collect]]
name = "takes"
kind = "t"
when = "true"
cascade = ["t", { kind = "o", when = "true" }]
[[collect]]
name = "orphans"
kind = "k"
when = "true"
orphans = ["t"]
[[collect]]
name = "retains"
kind = "o"
retain = { last = 2 }
[[collect]]
name = "retains-others"
kind = "k"
retain = { last = 2 }
[[collect]]
name = "retains-none"
kind = "o"
when = "true"
"#;

/// Guards on kind `t`, one for every sort of raiser with every set of remedies: `dependent`, `dependent+wait`, …
fn rulebook() -> Rulebook {
    let mut guards = Vec::new();
    let other = |end: &str| {
        format!(
            r#"{{"other":{{"relation":"r","kind":"o","end":"{end}","state":null,"attribute":null,"target_attribute":null,"goes":"before"}}}}"#
        )
    };
    let attribute =
        r#"{"attribute":{"name":"locked","raises":{"equals":true},"when_missing":"clear","when_carried":"raise"}}"#;
    let claim = r#"{"claim":{"attribute":"usage","holders":[{"value":"x","relation":"r","kind":"o"},{"value":"y","relation":"r","kind":"o"}]}}"#;
    for (name, raised_by) in [
        ("dependent", other("dependent")),
        ("dependency", other("dependency")),
        ("state", r#"{"state":{"in":["busy"]}}"#.to_owned()),
        ("attribute", attribute.to_owned()),
        ("claim", claim.to_owned()),
    ] {
        for remedies in ["", "+wait", "+force", "+wait+force"] {
            let mut list = Vec::new();
            if name.starts_with("depend") {
                list.push(r#""remove""#);
            }
            if remedies.contains("wait") {
                list.push(r#""wait""#);
            }
            if remedies.contains("force") {
                list.push(r#"{"force":{"parameter":null,"consequence":"something is lost"}}"#);
            }
            guards.push(format!(
                r#"{{"code":"{name}{remedies}","target":"t","raised_by":{raised_by},"strength":"enforced","remedies":[{}],"visibility":"region"}}"#,
                list.join(",")
            ));
        }
    }
    // One code, two raisers, of which only one can be forced.
    for (kind, remedies) in [("o", r#""remove""#), ("k", r#""remove",{"force":{"parameter":null,"consequence":"it"}}"#)]
    {
        let raised_by = other("dependent").replace("\"o\"", &format!("\"{kind}\""));
        guards.push(format!(
            r#"{{"code":"twin","target":"t","raised_by":{raised_by},"strength":"enforced","remedies":[{remedies}],"visibility":"region"}}"#
        ));
    }
    let kind = |name: &str, removal: &str, data: &str| {
        format!(r#"{{"kind":"{name}","removal":{removal},"probe_limit":1,"usable":"always","data":"{data}"}}"#)
    };
    let removal = |name: &str| {
        format!(
            r#"{{"operation":"Remove-{name}","consequence":null,"batch_limit":1,"batch_key":"region","completion":"sync"}}"#
        )
    };
    let text = format!(
        r#"{{"provider":"p","kinds":[{},{},{}],"guards":[{}]}}"#,
        kind("t", &removal("t"), "own"),
        kind("o", &removal("o"), "own"),
        kind("k", &removal("k"), "nothing"),
        guards.join(",")
    );
    let rulebook: Rulebook = serde_json::from_str(&text).unwrap();
    assert_eq!(rulebook.faults(), Vec::new());
    rulebook
}

fn plan_of(held: Vec<Held>, blocked: Vec<Held>, kept: Vec<Kept>) -> Plan {
    let mut plan = blank();
    plan.policy.text = POLICY.to_owned();
    (plan.held, plan.blocked, plan.kept) = (held, blocked, kept);
    plan
}

fn named(guard: &str, by: Option<&str>, because: Because) -> Blocker {
    Blocker { guard: Some(guard.parse().unwrap()), by: by.map(address), because, kind: None }
}

/// `cascade(bare) remove(o/1) …`: what lifts the first blocker of the first that is held, or else blocked.
fn lifts(plan: &Plan, rulebooks: &[Rulebook]) -> String {
    let reasons = Reasons::of(plan, rulebooks);
    let cause = reasons.causes().next().unwrap();
    let lifts = reasons.lifts(&cause, &cause.blockers()[0]);
    lifts.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn short(address: &Address) -> String {
    format!("{}/{}", address.kind(), address.id())
}

fn word(lift: &Lift<'_>) -> String {
    match lift {
        Lift::Cascade { rules, .. } => format!("cascade({})", rules.join(",")),
        Lift::CascadeCondition { rules, .. } => format!("cascade-condition({})", rules.join(",")),
        Lift::Select { other } => format!("select({})", short(other)),
        Lift::Remove { operation, .. } => format!("remove({})", operation.unwrap_or("by hand")),
        Lift::GrantForce { rules, .. } => format!("force({})", rules.join(",")),
        Lift::SelectToForce { address, .. } => format!("select-to-force({})", short(address)),
        Lift::GrantWait { rules, .. } => format!("wait({})", rules.join(",")),
        Lift::Protect { rules, .. } => format!("protect({})", rules.join(",")),
        Lift::ChangeState { raises, .. } => format!("state({raises:?})"),
        Lift::ChangeAttribute { attribute, .. } => format!("attribute({attribute})"),
        Lift::FindHolder { attribute, kinds, .. } => format!("holder({attribute},{kinds:?})"),
        Lift::List { kind, place, listed } => format!("list({kind},{place},{listed:?})"),
        Lift::Waive { kind, place } => format!("waive({kind},{place})"),
        Lift::Learn { of, missing } => format!("learn({},{missing:?})", short(of)),
        Lift::ListOther { other, listed } => format!("list-other({},{listed:?})", short(other)),
        Lift::AgreeOptions { rules } => format!("options({})", rules.join(",")),
        Lift::Unprotect { other, rules } => format!("unprotect({},{})", short(other), rules.join(",")),
        Lift::LowerRetain { other, rules, slot } => {
            format!("retain({},{},{})", short(other), rules.join(","), slot.unwrap_or("?"))
        }
        Lift::GiveGroup { of, .. } => format!("group({})", short(of)),
        Lift::LiftOther { other } => format!("other({})", short(other)),
        Lift::BreakCycle { members } => {
            format!("cycle({})", members.iter().map(|member| short(member)).collect::<Vec<_>>().join(","))
        }
        Lift::LookUp { guard, .. } => format!("look-up({guard})"),
    }
}

/// Every `because` that the sort of raiser allows, with every set of remedies, of a selected resource under rule
/// `bare`, which grants nothing.
const TABLE: &str = r#"
dependent Protected: unprotect(o/1,golden)
dependent+wait Protected: unprotect(o/1,golden) wait(bare)
dependent+force Protected: unprotect(o/1,golden)
dependent+wait+force Protected: unprotect(o/1,golden) wait(bare)
dependent Retained: retain(o/1,retains,?)
dependent+wait Retained: retain(o/1,retains,?) wait(bare)
dependent+force Retained: retain(o/1,retains,?)
dependent+wait+force Retained: retain(o/1,retains,?) wait(bare)
dependent Held: other(o/1)
dependent+wait Held: other(o/1) wait(bare)
dependent+force Held: other(o/1) force(bare)
dependent+wait+force Held: other(o/1) wait(bare) force(bare)
dependent Blocked: other(o/1)
dependent+wait Blocked: other(o/1) wait(bare)
dependent+force Blocked: other(o/1) force(bare)
dependent+wait+force Blocked: other(o/1) wait(bare) force(bare)
dependent UnknownState: learn(o/1,State) cascade(bare) remove(Remove-o)
dependent+wait UnknownState: learn(o/1,State) cascade(bare) remove(Remove-o) wait(bare)
dependent+force UnknownState: learn(o/1,State) cascade(bare) remove(Remove-o)
dependent+wait+force UnknownState: learn(o/1,State) cascade(bare) remove(Remove-o) wait(bare)
dependent OrphanNotForced: select(o/1) remove(Remove-o)
dependent+wait OrphanNotForced: select(o/1) remove(Remove-o) wait(bare)
dependent+force OrphanNotForced: select-to-force(t/1) select(o/1) remove(Remove-o)
dependent+wait+force OrphanNotForced: select-to-force(t/1) select(o/1) remove(Remove-o) wait(bare)
dependent NotSelected: cascade(bare) remove(Remove-o) protect(golden)
dependent+wait NotSelected: cascade(bare) remove(Remove-o) wait(bare) protect(golden)
dependent+force NotSelected: cascade(bare) remove(Remove-o) force(bare) protect(golden)
dependent+wait+force NotSelected: cascade(bare) remove(Remove-o) wait(bare) force(bare) protect(golden)
dependency UnknownState: learn(t/1,Links)
dependency+wait UnknownState: learn(t/1,Links) wait(bare)
dependency+force UnknownState: learn(t/1,Links)
dependency+wait+force UnknownState: learn(t/1,Links) wait(bare)
dependency Dangling: list-other(o/1,Not) remove(Remove-o)
dependency+wait Dangling: list-other(o/1,Not) remove(Remove-o) wait(bare)
dependency+force Dangling: list-other(o/1,Not) remove(Remove-o) force(bare)
dependency+wait+force Dangling: list-other(o/1,Not) remove(Remove-o) wait(bare) force(bare)
dependency NotSelected: select(o/1) remove(Remove-o) protect(golden)
dependency+wait NotSelected: select(o/1) remove(Remove-o) wait(bare) protect(golden)
dependency+force NotSelected: select(o/1) remove(Remove-o) force(bare) protect(golden)
dependency+wait+force NotSelected: select(o/1) remove(Remove-o) wait(bare) force(bare) protect(golden)
state State: state(In({"busy"}))
state+wait State: state(In({"busy"})) wait(bare)
state+force State: state(In({"busy"})) force(bare)
state+wait+force State: state(In({"busy"})) wait(bare) force(bare)
state UnknownState: learn(t/1,State)
state+wait UnknownState: learn(t/1,State) wait(bare)
state+force UnknownState: learn(t/1,State)
state+wait+force UnknownState: learn(t/1,State) wait(bare)
attribute Attribute: attribute(locked)
attribute+wait Attribute: attribute(locked) wait(bare)
attribute+force Attribute: attribute(locked) force(bare)
attribute+wait+force Attribute: attribute(locked) wait(bare) force(bare)
claim Attribute: holder(usage,["o"])
claim+wait Attribute: holder(usage,["o"]) wait(bare)
claim+force Attribute: holder(usage,["o"]) force(bare)
claim+wait+force Attribute: holder(usage,["o"]) wait(bare) force(bare)
"#;

#[test]
fn every_because_and_remedy_has_its_lifts() {
    let rulebooks = [rulebook()];
    let others = [
        Because::Protected,
        Because::Retained,
        Because::Held,
        Because::Blocked,
        Because::UnknownState,
        Because::OrphanNotForced,
        Because::NotSelected,
    ];
    let own = |because| vec![(because, None)];
    let mut table = String::new();
    for (sort, becauses) in [
        ("dependent", others.map(|because| (because, Some("o/1"))).to_vec()),
        (
            "dependency",
            [(Because::UnknownState, None), (Because::Dangling, Some("o/1")), (Because::NotSelected, Some("o/1"))]
                .to_vec(),
        ),
        ("state", [own(Because::State), own(Because::UnknownState)].concat()),
        ("attribute", own(Because::Attribute)),
        ("claim", own(Because::Attribute)),
    ] {
        for (because, by) in becauses {
            for remedies in ["", "+wait", "+force", "+wait+force"] {
                let blocker = named(&format!("{sort}{remedies}"), by, because);
                let plan = plan_of(vec![record("t/1", &["bare"], vec![blocker])], Vec::new(), Vec::new());
                let said = lifts(&plan, &rulebooks);
                table += &format!("{sort}{remedies} {because:?}: {said}\n");
            }
        }
    }
    assert_eq!(table.trim(), TABLE.trim(), "\n{table}");
}

/// The lifts of the first blocker of what is held.
fn held(blocker: Blocker) -> String {
    lifts(&plan_of(vec![record("t/1", &["bare"], vec![blocker])], Vec::new(), Vec::new()), &[rulebook()])
}

fn bare(because: Because, kind: Option<&str>) -> Blocker {
    Blocker { guard: None, by: None, because, kind: kind.map(|kind| kind.parse().unwrap()) }
}

#[test]
fn what_the_rules_grant_already_is_not_asked_for() {
    let rulebooks = [rulebook()];
    let said = |standing, rules: &[&str], guard: &str| {
        let record = record("t/1", rules, vec![named(guard, Some("o/1"), Because::NotSelected)]);
        let (held, blocked) = match standing {
            Standing::Held => (vec![record], Vec::new()),
            Standing::Blocked => (Vec::new(), vec![record]),
        };
        lifts(&plan_of(held, blocked, Vec::new()), &rulebooks)
    };
    let (held, blocked) = (Standing::Held, Standing::Blocked);
    assert_eq!(said(held, &["takes"], "dependent"), "cascade-condition(takes) remove(Remove-o) protect(golden)");
    assert_eq!(
        said(held, &["bare", "takes"], "dependent"),
        "cascade(bare) cascade-condition(takes) remove(Remove-o) protect(golden)"
    );
    // Drawn in by a cascade it would be held strongly, as an orphan weakly: nothing is taken along for an orphan.
    assert_eq!(said(blocked, &["takes"], "dependent+force"), "cascade-condition(takes) remove(Remove-o) force(takes)");
    assert_eq!(said(blocked, &["elsewhere"], "dependent+force"), "select(o/1) remove(Remove-o) force(elsewhere)");
    assert_eq!(
        said(blocked, &["orphans"], "dependent+wait+force"),
        "select(o/1) remove(Remove-o) wait(orphans) select-to-force(t/1)"
    );
}

#[test]
fn a_guard_of_several_raisers_is_read_by_the_one_that_raised_it() {
    let said = |other: &str| held(named("twin", Some(other), Because::NotSelected));
    assert_eq!(said("o/1"), "cascade(bare) remove(Remove-o) protect(golden)");
    assert_eq!(said("k/1"), "cascade(bare) remove(Remove-k) force(bare)");
}

#[test]
fn a_force_that_is_granted_and_not_used_lacks_a_fact() {
    let mut plan = plan_of(
        vec![record("t/1", &["bare"], vec![named("dependent+force", Some("o/1"), Because::NotSelected)])],
        Vec::new(),
        Vec::new(),
    );
    plan.policy.text = POLICY.replacen("kind = \"t\"\n", "kind = \"t\"\nforce = [\"dependent+force\"]\n", 1);
    assert_eq!(lifts(&plan, &[rulebook()]), "cascade(bare) remove(Remove-o) learn(o/1,Fact) protect(golden)");
}

#[test]
fn what_is_barred_names_what_bars_it() {
    let of = |because, reason| {
        let held = record("t/1", &["bare"], vec![named("dependent", Some("o/1"), because)]);
        let kept = Kept { address: address("o/1"), rules: vec!["retains".to_owned()], because: reason };
        lifts(&plan_of(vec![held], Vec::new(), vec![kept]), &[rulebook()])
    };
    assert_eq!(of(Because::Protected, KeepReason::Protect("mine".to_owned())), "unprotect(o/1,mine)");
    assert_eq!(of(Because::Retained, KeepReason::Retain("last 2".to_owned())), "retain(o/1,retains,last 2)");
}

#[test]
fn what_is_kept_names_what_would_make_it_go() {
    let said = |reason| {
        let kept = Kept { address: address("o/1"), rules: vec!["retains".to_owned()], because: reason };
        let plan = plan_of(Vec::new(), Vec::new(), vec![kept]);
        let reasons = Reasons::of(&plan, &[]);
        reasons.barred(&plan.kept[0]).lifts.iter().map(word).collect::<Vec<_>>().join(" ")
    };
    let retain = |slot: &str| KeepReason::Retain(slot.to_owned());
    assert_eq!(said(KeepReason::Protect("golden".to_owned())), "unprotect(o/1,golden)");
    let unknown = said(KeepReason::ProtectUnknown("golden".to_owned()));
    assert_eq!(unknown, "learn(o/1,Protection) unprotect(o/1,golden)");
    assert_eq!(said(retain("last 1, daily 1")), "retain(o/1,retains,last 1, daily 1)");
    assert_eq!(said(retain("unknown state")), "learn(o/1,State)");
    assert_eq!(said(retain("unknown time")), "learn(o/1,Time)");
    assert_eq!(said(retain("future time")), "learn(o/1,Time)");
    assert_eq!(said(retain("unknown group")), "learn(o/1,Group)");
    assert_eq!(said(retain("no group")), "group(o/1)");
}

#[test]
fn a_census_says_where_and_how_it_falls_short() {
    let rulebook = |visibility: &str| {
        let text = serde_json::to_string(&rulebook()).unwrap();
        let text = text.replace("\"visibility\":\"region\"", &format!("\"visibility\":{visibility}"));
        [serde_json::from_str::<Rulebook>(&text).unwrap()]
    };
    let said = |visibility: &str, lines: &[(&str, bool, Option<&str>)]| {
        let mut plan =
            plan_of(vec![record("t/1", &["bare"], vec![bare(Because::Unlisted, Some("o"))])], Vec::new(), Vec::new());
        plan.census = lines
            .iter()
            .map(|(region, complete, as_of)| CensusEntry {
                provider: "p".parse().unwrap(),
                // `x` stands in another account, whose name begins alike.
                account: if *region == "x" { "ab" } else { "a" }.parse().unwrap(),
                region: region.parse().unwrap(),
                kind: "o".parse().unwrap(),
                complete: *complete,
                as_of: as_of.map(|as_of| as_of.parse().unwrap()),
            })
            .collect();
        lifts(&plan, &rulebook(visibility))
    };
    let now = Some("2026-11-21T00:00:00Z");
    let region = "\"region\"";
    assert_eq!(said(region, &[]), "list(o,p:a:r,Not) waive(o,p:a:r)");
    assert_eq!(said(region, &[("r", false, now), ("s", false, now)]), "list(o,p:a:r,Partly) waive(o,p:a:r)");
    assert_eq!(said(region, &[("r", true, None)]), "list(o,p:a:r,Undated) waive(o,p:a:r)");
    assert_eq!(
        said(region, &[("r", true, Some("2026-11-19T00:00:00Z"))]),
        "list(o,p:a:r,TooLongAgo { as_of: 2026-11-19T00:00:00Z }) waive(o,p:a:r)"
    );
    // A census of just the age that is allowed is none too old.
    assert_eq!(said(region, &[("r", true, Some("2026-11-20T00:00:00Z"))]), "list(o,p:a:r,Completely)");
    // Complete and yet unlisted: a resource of the kind has unknown links, and a waiver does not speak of it.
    assert_eq!(said(region, &[("r", true, now)]), "list(o,p:a:r,Completely)");
    let account = [("r", true, now), ("s", false, now), ("t", false, now), ("x", false, now)];
    assert_eq!(
        said("\"account\"", &account),
        "list(o,p:a:s,Partly) list(o,p:a:t,Partly) waive(o,p:a:s) waive(o,p:a:t)"
    );
    assert_eq!(said("{\"census\":\"o\"}", &account[1..]), "list(o,p:a:r,Not) waive(o,p:a:r)");
}

#[test]
fn what_is_no_guard_has_its_lift() {
    assert_eq!(held(bare(Because::Options, None)), "options(bare)");
    assert_eq!(held(bare(Because::Cycle, None)), "cycle()");
}

#[test]
fn a_cycle_names_its_members() {
    let cyclic = |id: &str, next: &str| {
        record(id, &["bare"], vec![bare(Because::Cycle, None), named("dependent", Some(next), Because::Held)])
    };
    let mut apart = cyclic("t/5", "t/1");
    apart.blockers.remove(0);
    let plan = plan_of(
        vec![cyclic("t/1", "t/2"), cyclic("t/2", "t/3"), cyclic("t/3", "t/1"), cyclic("t/4", "t/1"), apart],
        Vec::new(),
        Vec::new(),
    );
    assert_eq!(lifts(&plan, &[]), "cycle(t/1,t/2,t/3)");
    let reasons = Reasons::of(&plan, &[]);
    let members = |place: usize| {
        let cause = reasons.causes().nth(place).unwrap();
        reasons.cycle(&cause).iter().map(|member| short(member)).collect::<Vec<_>>().join(",")
    };
    assert_eq!(members(1), "t/2,t/3,t/1");
    // What waits for it and is on no cycle is no way around.
    let mut around = vec![cyclic("t/1", "t/2"), cyclic("t/2", "t/3"), cyclic("t/3", "t/1")];
    around[0].blockers.push(named("dependent", Some("t/9"), Because::Held));
    around.push(record("t/9", &["bare"], vec![named("dependent", Some("t/1"), Because::Held)]));
    assert_eq!(lifts(&plan_of(around, Vec::new(), Vec::new()), &[]), "cycle(t/1,t/2,t/3)");
    // It waits for a cycle; the plan does not show the one that it is on itself.
    assert_eq!(members(3), "");
    // What waits for itself alone is on no cycle.
    let alone = plan_of(vec![cyclic("t/1", "t/1")], Vec::new(), Vec::new());
    assert_eq!(lifts(&alone, &[]), "cycle()");
    // A cycle of more members than are looked at is not named.
    let name = |at: usize| format!("t/{at:03}");
    let ring = |length: usize| (0..length).map(|at| cyclic(&name(at), &name((at + 1) % length))).collect();
    assert_eq!(lifts(&plan_of(ring(64), Vec::new(), Vec::new()), &[]).matches("t/").count(), 64);
    assert_eq!(lifts(&plan_of(ring(65), Vec::new(), Vec::new()), &[]), "cycle()");
}

#[test]
fn without_a_rulebook_the_guard_is_to_be_looked_up() {
    let said = |because, by| {
        let held = record("t/1", &["bare"], vec![named("G", by, because)]);
        lifts(&plan_of(vec![held], Vec::new(), Vec::new()), &[])
    };
    assert_eq!(said(Because::NotSelected, Some("o/1")), "remove(by hand) look-up(G)");
    assert_eq!(said(Because::State, None), "look-up(G)");
    assert_eq!(said(Because::Attribute, None), "look-up(G)");
    assert_eq!(said(Because::UnknownState, None), "learn(t/1,State) look-up(G)");
    assert_eq!(said(Because::Protected, Some("o/1")), "unprotect(o/1,golden) look-up(G)");
}

#[test]
fn without_a_policy_that_can_be_read_there_is_still_a_lift() {
    let mut plan = plan_of(
        vec![record("t/1", &["bare"], vec![named("dependent+force", Some("o/1"), Because::NotSelected)])],
        Vec::new(),
        Vec::new(),
    );
    plan.policy.text = "version = 99".to_owned();
    assert_eq!(lifts(&plan, &[rulebook()]), "select(o/1) remove(Remove-o) force(bare) protect()");
}
