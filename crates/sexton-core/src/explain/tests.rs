use super::*;
use crate::inventory::Inventory;
use crate::plan::{DrawRole, DrawnBy, Expect};

/// The address of `kind/id`.
pub(crate) fn address(name: &str) -> Address {
    format!("p:a:r:{name}").parse().unwrap()
}

/// A plan of nothing.
pub(crate) fn blank() -> Plan {
    let inventory = Inventory::new("2026-11-21T00:00:00Z".parse().unwrap(), [], Vec::new()).unwrap();
    crate::planner::plan(&inventory, &[], &Policy::parse("version = 1").unwrap(), None).unwrap()
}

pub(crate) fn record(name: &str, rules: &[&str], blockers: Vec<Blocker>) -> Held {
    Held { address: address(name), rules: rules.iter().map(|rule| (*rule).to_owned()).collect(), blockers }
}

pub(crate) fn by(because: Because, by: &str) -> Blocker {
    Blocker { guard: Some("G".parse().unwrap()), by: Some(address(by)), because, kind: None }
}

fn held(name: &str, because: Because, other: &str) -> Held {
    record(name, &["rule"], vec![by(because, other)])
}

pub(crate) fn step(index: usize, name: &str, wave: usize, rules: &[&str], drawn_by: &[(&str, &str)]) -> Step {
    Step {
        index: u32::try_from(index).unwrap(),
        operation: "Remove".to_owned(),
        address: address(name),
        name: None,
        created_at: None,
        size_bytes: None,
        tags: None,
        wave: u32::try_from(wave).unwrap(),
        after: Vec::new(),
        with: None,
        rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
        drawn_by: drawn_by
            .iter()
            .map(|(rule, by)| DrawnBy {
                rule: (*rule).to_owned(),
                by: address(by),
                guard: "G".parse().unwrap(),
                role: DrawRole::Cascade,
            })
            .collect(),
        force: Vec::new(),
        consequences: Vec::new(),
        wait: Vec::new(),
        options: crate::plan::Options::new(),
        expect: Expect {
            created_at: None,
            state: None,
            tags: None,
            attrs: Default::default(),
            dependents: None,
            retained: Vec::new(),
        },
    }
}

/// `depth id<-other[+ follows, ^ told, . root]` for the lines of the tree of the first that is held.
fn told(plan: &Plan, extent: Extent) -> Vec<String> {
    let reasons = Reasons::of(plan, &[]);
    let mut told = Told::nothing(&reasons);
    let root = reasons.causes().next().unwrap();
    let lines = reasons.walk(root, &mut told, extent).map(|line| match line {
        Line::Blocker { depth, of, blocker, below } => {
            let sign = match below {
                Below::Root => ".",
                Below::Follows(_) => "+",
                Below::Told(_) => "^",
            };
            format!("{depth} {}<-{}{sign}", of.held.address.id(), blocker.by.as_ref().unwrap().id())
        }
        Line::More { depth, count, like } => format!("{depth} {count} like {}", like.by.as_ref().unwrap().id()),
    });
    lines.collect()
}

fn held_plan(held: Vec<Held>, blocked: Vec<Held>) -> Plan {
    let mut plan = blank();
    (plan.held, plan.blocked) = (held, blocked);
    plan
}

#[test]
fn a_held_resource_is_walked_down_to_the_roots() {
    let mut a = held("k/a", Because::Held, "k/b");
    a.blockers.push(by(Because::Protected, "k/x"));
    let plan = held_plan(vec![a, held("k/b", Because::Blocked, "k/c")], vec![held("k/c", Because::NotSelected, "k/d")]);
    assert_eq!(told(&plan, Extent::Whole), ["0 a<-b+", "1 b<-c+", "2 c<-d.", "0 a<-x."]);
    assert!(matches!(
        explain(&plan, &[], &address("k/c")),
        Explanation::Held(Cause { standing: Standing::Blocked, .. })
    ));
    assert!(matches!(explain(&plan, &[], &address("k/d")), Explanation::NotSelected(_)));
}

#[test]
fn what_is_shared_is_told_once_and_what_waits_for_itself_ends() {
    let both = |name: &str, first: &str, second: &str| {
        record(name, &["rule"], vec![by(Because::Held, first), by(Because::Held, second)])
    };
    let plan = held_plan(
        vec![
            both("k/a", "k/b", "k/c"),
            held("k/b", Because::Held, "k/d"),
            held("k/c", Because::Held, "k/d"),
            held("k/d", Because::Held, "k/a"),
        ],
        Vec::new(),
    );
    assert_eq!(told(&plan, Extent::Whole), ["0 a<-b+", "1 b<-d+", "2 d<-a^", "0 a<-c+", "1 c<-d^"]);
    // One `Told` over many trees: every blocker is told once, as part of the first tree that reaches it.
    let reasons = Reasons::of(&plan, &[]);
    let mut told = Told::nothing(&reasons);
    let lines: usize = reasons
        .causes()
        .map(|root| if told.has(&root) { 0 } else { reasons.walk(root, &mut told, Extent::Whole).count() })
        .sum();
    assert_eq!(lines, 5);
}

#[test]
fn of_many_blockers_of_a_sort_some_are_told_and_the_rest_counted() {
    let mut blockers: Vec<Blocker> = (0..7).map(|id| by(Because::NotSelected, &format!("k/{id}"))).collect();
    blockers.push(by(Because::NotSelected, "other/9"));
    blockers.push(by(Because::Protected, "k/8"));
    let plan = held_plan(vec![record("k/a", &["rule"], blockers)], Vec::new());
    assert_eq!(told(&plan, Extent::Examples(2)), ["0 a<-0.", "0 a<-1.", "0 a<-9.", "0 a<-8.", "0 5 like 0"]);
    assert_eq!(told(&plan, Extent::Examples(7)).len(), 9);
}

#[test]
fn a_chain_is_as_deep_as_it_likes() {
    const DEEP: usize = 100_000;
    let link = |at: usize| {
        let because = if at + 1 == DEEP { Because::NotSelected } else { Because::Held };
        held(&format!("k/{at:06}"), because, &format!("k/{:06}", at + 1))
    };
    let plan = held_plan((0..DEEP).map(link).collect(), Vec::new());
    let reasons = Reasons::of(&plan, &[]);
    let mut told = Told::nothing(&reasons);
    let root = reasons.causes().next().unwrap();
    let last = reasons.walk(root, &mut told, Extent::Examples(3)).last().unwrap();
    let Line::Blocker { depth, of, below: Below::Root, .. } = last else { panic!("{last:?} is the root cause") };
    assert_eq!((depth, of.held.address.id()), (DEEP - 1, "099999"));
}

#[test]
fn a_drawn_step_tells_how_it_came_in() {
    let mut plan = blank();
    plan.steps = vec![
        step(0, "k/a", 0, &["one", "two"], &[("one", "k/c")]),
        step(1, "k/c", 1, &["one"], &[("one", "k/d"), ("one", "k/e")]),
        step(2, "k/d", 2, &["one", "two"], &[("one", "k/c"), ("two", "k/e")]),
        step(3, "k/e", 2, &["one", "two"], &[]),
    ];
    plan.steps[1].after = vec![0];
    plan.steps[1].with = Some(3);
    let reasons = Reasons::of(&plan, &[]);
    let said = |name: &str| {
        let Explanation::Collected(collected) = reasons.explain(&address(name)) else { panic!("{name} is collected") };
        let way = |holding: &Holding<'_>| {
            let path: Vec<&str> = holding.path.iter().map(|link| link.by.address.id()).collect();
            format!("{}:{} {:?}", holding.rule, path.join(">"), holding.origin)
        };
        collected.holdings.iter().map(way).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(said("k/a"), "one:c>e Selected, two: Selected");
    // Each rule by its own way, although another's is shorter.
    assert_eq!(said("k/d"), "one:c>e Selected, two:e Selected");
    let Explanation::Collected(collected) = reasons.explain(&address("k/c")) else { panic!("c is collected") };
    assert_eq!(collected.after, [&plan.steps[0]]);
    assert_eq!(collected.with, Some(&plan.steps[3]));
}

#[test]
fn what_draws_each_other_does_not_tell_which_is_selected() {
    let mut plan = blank();
    plan.steps = vec![step(0, "k/a", 0, &["one"], &[("one", "k/b")]), step(1, "k/b", 1, &["one"], &[("one", "k/a")])];
    let reasons = Reasons::of(&plan, &[]);
    let holdings = reasons.collected(&plan.steps[0]).holdings;
    assert_eq!((holdings[0].origin, holdings[0].path.len()), (Origin::Mutual, 1));
}

#[test]
fn an_address_is_found_wherever_it_stands() {
    // Few waves are searched, many have a table.
    for waves in [3, 200] {
        let mut plan = blank();
        for wave in 0..waves {
            for id in 0..3 {
                let index = plan.steps.len();
                plan.steps.push(step(index, &format!("k/{id}-{wave}"), wave, &["rule"], &[]));
            }
        }
        plan.held = vec![held("h/1", Because::Protected, "x/1"), held("h/2", Because::Protected, "x/1")];
        plan.blocked = vec![held("b/1", Because::Protected, "x/1")];
        plan.kept = vec![Kept {
            address: address("k/kept"),
            rules: Vec::new(),
            because: KeepReason::Protect("golden".to_owned()),
        }];
        let reasons = Reasons::of(&plan, &[]);
        for step in &plan.steps {
            assert_eq!(reasons.verdict(step.address.as_str()), Some(Verdict::Collected(step)));
        }
        assert_eq!(reasons.verdict("p:a:r:h/2"), Some(Verdict::Held(&plan.held[1])));
        assert_eq!(reasons.verdict("p:a:r:b/1"), Some(Verdict::Blocked(&plan.blocked[0])));
        assert_eq!(reasons.verdict("p:a:r:k/kept"), Some(Verdict::Kept(&plan.kept[0])));
        assert_eq!(reasons.verdict("p:a:r:k/none"), None);
    }
}

#[test]
fn a_misspelt_address_is_told_the_closest() {
    let mut plan = blank();
    plan.census = ["image", "snapshot"]
        .iter()
        .flat_map(|kind| ["r", "s"].map(|region| (kind, region)))
        .map(|(kind, region)| crate::plan::CensusEntry {
            provider: "p".parse().unwrap(),
            account: "a".parse().unwrap(),
            region: region.parse().unwrap(),
            kind: kind.parse().unwrap(),
            complete: region == "r",
            as_of: Some(plan.now),
        })
        .collect();
    plan.steps = vec![step(0, "image/m-bp1abcdef", 0, &["rule"], &[])];
    plan.held = vec![held("snapshot/s-bp1uvwxyz", Because::Protected, "x/1")];
    let reasons = Reasons::of(&plan, &[]);
    let apart = |text: &str| {
        let Explanation::NotSelected(apart) = reasons.explain(&text.parse().unwrap()) else {
            panic!("{text} is apart")
        };
        (apart.closest.map(|address| address.id()), apart.listed)
    };
    assert_eq!(apart("p:a:r:image/m-bp1abcdfe"), (Some("m-bp1abcdef"), Listed::Completely));
    assert_eq!(apart("p:a:r:imgae/m-bp1abcdef"), (Some("m-bp1abcdef"), Listed::Not));
    assert_eq!(apart("p:a:s:image/m-bp1abcdef"), (Some("m-bp1abcdef"), Listed::Partly));
    assert_eq!(apart("p:b:r:snapshot/s-bp1uvwxyz"), (Some("s-bp1uvwxyz"), Listed::Not));
    assert_eq!(apart("p:a:r:snapshot/s-pb1uvwxyz"), (Some("s-bp1uvwxyz"), Listed::Completely));
    assert_eq!(apart("p:a:r:image/s-bp1uvwxyz"), (Some("s-bp1uvwxyz"), Listed::Completely));
    assert_eq!(apart("p:a:r:snapshot/s-other"), (None, Listed::Completely));
}
