//! The sorts of single alteration that a plan can suffer, and by what each has to be found.

use std::sync::Arc;

use sexton_core::address::{Address, GuardCode};
use sexton_core::inventory::Inventory;
use sexton_core::plan::{
    Because, Blocker, DrawRole, DrawnBy, Exceeded, Expect, Held, KeepReason, Kept, Options, Plan, Severity, Step,
    WaitFor,
};
use sexton_core::planner::plan;
use sexton_core::policy::Policy;
use sexton_core::time::Span;
use sexton_core::verify::{List, PlanPart, ReportPart, Seal, StepPart, Violation};
use sexton_testkit::rulebook::synthetics;
use sexton_testkit::world::World;

/// A world with its plan.
pub(crate) struct Case {
    pub(crate) inventory: Inventory,
    pub(crate) policy: Policy,
    pub(crate) plan: Plan,
}

impl Case {
    pub(crate) fn of(world: &World) -> Self {
        let (inventory, policy) = (world.inventory(), world.policy());
        let plan = plan(&inventory, &synthetics(), &policy, None).unwrap();
        Self { inventory, policy, plan }
    }
}

/// An altered plan, and what a violation of it has to be like.
pub(crate) struct Altered {
    pub(crate) plan: Plan,
    pub(crate) named: Box<dyn Fn(&Violation) -> bool>,
}

type Alter = fn(&Case) -> Vec<Altered>;

/// Every sort, whether the digest is looked at, and all alterations of it. But for the one of the digest, none is found
/// by its digest.
pub(crate) const SORTS: [(&str, Seal, Alter); 62] = [
    ("drop a step that another needs", Seal::Skip, drop_needed),
    ("omit a collectable resource", Seal::Skip, drop_unneeded),
    ("swap a dependent pair", Seal::Skip, swap_pair),
    ("turn the order of a dependent pair round", Seal::Skip, turn_pair),
    ("add a barred resource", Seal::Skip, add_barred),
    ("add an unselected resource", Seal::Skip, add_unselected),
    ("add a held or blocked resource", Seal::Skip, add_blocked),
    ("add what is not in the inventory", Seal::Skip, add_nothing),
    ("repeat a step", Seal::Skip, repeat_step),
    ("swap two steps of one wave", Seal::Skip, swap_in_wave),
    ("drop a forced code", Seal::Skip, drop_force),
    ("force another code", Seal::Skip, add_force),
    ("drop a consequence", Seal::Skip, drop_consequence),
    ("reword a consequence", Seal::Skip, reword_consequence),
    ("change the expected time", Seal::Skip, |case| {
        steps(case, StepPart::ExpectedCreatedAt, |step| {
            step.expect.created_at = if step.expect.created_at.is_some() { None } else { Some(other_time()) };
        })
    }),
    ("change the expected state", Seal::Skip, |case| {
        steps(case, StepPart::ExpectedState, |step| step.expect.state = Some("elsewhere".to_owned()))
    }),
    ("change the expected tags", Seal::Skip, |case| {
        steps(case, StepPart::ExpectedTags, |step| {
            Arc::make_mut(step.expect.tags.get_or_insert_default()).insert("keep".to_owned(), "true".to_owned());
        })
    }),
    ("forget the expected tags", Seal::Skip, |case| {
        steps_where(case, StepPart::ExpectedTags, |step| step.expect.tags.take().is_some())
    }),
    ("change an expected attribute", Seal::Skip, change_attribute),
    ("drop an expected attribute", Seal::Skip, drop_attribute),
    ("expect another attribute", Seal::Skip, |case| {
        steps(case, StepPart::ExpectedAttributes, |step| {
            Arc::make_mut(&mut step.expect.attrs).insert("another".to_owned(), true.into());
        })
    }),
    ("drop an accepted dependent", Seal::Skip, drop_dependent),
    ("accept another dependent", Seal::Skip, |case| {
        steps(case, StepPart::ExpectedDependents, |step| {
            step.expect.dependents.get_or_insert_default().push(somebody());
        })
    }),
    ("drop a retained", Seal::Skip, drop_retained),
    ("name another retained", Seal::Skip, |case| {
        steps(case, StepPart::ExpectedRetained, |step| step.expect.retained.push(somebody()))
    }),
    ("change a wave", Seal::Skip, |case| steps(case, StepPart::Wave, |step| step.wave += 1)),
    ("change an index", Seal::Skip, |case| steps(case, StepPart::Index, |step| step.index += 1)),
    ("drop a predecessor", Seal::Skip, drop_after),
    ("add a predecessor", Seal::Skip, |case| steps(case, StepPart::After, |step| step.after.push(step.index + 1))),
    ("name a predecessor that is not there", Seal::Skip, |case| {
        steps(case, StepPart::After, |step| step.after.push(u32::MAX))
    }),
    ("drop the carrier", Seal::Skip, |case| steps_where(case, StepPart::With, |step| step.with.take().is_some())),
    ("name another carrier", Seal::Skip, |case| {
        steps(case, StepPart::With, |step| step.with = Some(step.with.map_or(step.index, |with| with + 1)))
    }),
    ("drop a wait", Seal::Skip, |case| steps_where(case, StepPart::Wait, |step| step.wait.pop().is_some())),
    ("wait longer", Seal::Skip, |case| {
        steps_where(case, StepPart::Wait, |step| {
            let Some(wait) = step.wait.first_mut() else { return false };
            wait.timeout = Span::from_hours(100);
            true
        })
    }),
    ("wait for something else", Seal::Skip, |case| {
        steps(case, StepPart::Wait, |step| {
            step.wait.push(WaitFor { guard: code("ZZ"), by: None, timeout: Span::from_secs(1) });
        })
    }),
    ("drop a rule of a step", Seal::Skip, |case| steps_where(case, StepPart::Rules, |step| step.rules.pop().is_some())),
    ("add a rule to a step", Seal::Skip, |case| {
        steps(case, StepPart::Rules, |step| step.rules.push("another".to_owned()))
    }),
    ("drop a draw", Seal::Skip, |case| steps_where(case, StepPart::DrawnBy, |step| step.drawn_by.pop().is_some())),
    ("change a draw", Seal::Skip, change_draw),
    ("add a draw", Seal::Skip, |case| {
        steps(case, StepPart::DrawnBy, |step| {
            let (rule, guard) = ("another".to_owned(), code("Another"));
            step.drawn_by.push(DrawnBy { rule, by: somebody(), guard, role: DrawRole::Orphan });
        })
    }),
    ("change the options", Seal::Skip, |case| {
        steps(case, StepPart::Options, |step| {
            step.options.insert("another".to_owned(), true.into());
        })
    }),
    ("drop the options", Seal::Skip, |case| {
        steps_where(case, StepPart::Options, |step| !std::mem::take(&mut step.options).is_empty())
    }),
    ("change the operation", Seal::Skip, |case| {
        steps(case, StepPart::Operation, |step| step.operation = "Remove-everything".to_owned())
    }),
    ("change what is said of a resource", Seal::Skip, change_said),
    ("change a digest", Seal::Skip, change_digest),
    ("keep the digest of another plan", Seal::Check, |case| {
        let mut plan = case.plan.clone();
        plan.findings.clear();
        plan.digest = format!("blake3:{}", "0".repeat(64));
        vec![of_plan(plan, PlanPart::Digest)]
    }),
    ("change the policy's text", Seal::Skip, |case| {
        of_plans(case, PlanPart::PolicyText, |plan| plan.policy.text.push_str("# and more\n"))
    }),
    ("change a time", Seal::Skip, change_time),
    ("change the census", Seal::Skip, change_census),
    ("change a waiver", Seal::Skip, change_assumed),
    ("be applyable beyond a limit", Seal::Skip, |case| {
        if case.plan.applyable {
            return Vec::new();
        }
        of_plans(case, PlanPart::Applyable, |plan| plan.applyable = true)
    }),
    ("not be applyable within the limits", Seal::Skip, |case| {
        if !case.plan.applyable {
            return Vec::new();
        }
        of_plans(case, PlanPart::Applyable, |plan| plan.applyable = false)
    }),
    ("be complete where something is unlisted", Seal::Skip, |case| {
        if case.plan.complete {
            return Vec::new();
        }
        of_plans(case, PlanPart::Complete, |plan| plan.complete = true)
    }),
    ("not be complete", Seal::Skip, |case| {
        if !case.plan.complete {
            return Vec::new();
        }
        of_plans(case, PlanPart::Complete, |plan| plan.complete = false)
    }),
    ("change an exceeded limit", Seal::Skip, change_exceeded),
    ("change a count", Seal::Skip, change_summary),
    ("leave a resource out of a list", Seal::Skip, leave_out),
    ("put a resource into a wrong list", Seal::Skip, put_into),
    ("put a list into another order", Seal::Skip, reorder),
    ("change a blocker", Seal::Skip, change_blocker),
    ("change what a list says otherwise", Seal::Skip, change_report),
    ("change a finding", Seal::Skip, change_finding),
];

fn other_time() -> sexton_core::time::Timestamp {
    "2001-02-03T04:05:06Z".parse().unwrap()
}

fn somebody() -> Address {
    "p:a:r:zz/somebody".parse().unwrap()
}

fn code(text: &str) -> GuardCode {
    GuardCode::new(text).unwrap()
}

fn of_plan(plan: Plan, wanted: PlanPart) -> Altered {
    Altered { plan, named: Box::new(move |found| matches!(found, Violation::Plan { part, .. } if *part == wanted)) }
}

/// The plan with one thing changed as a whole.
fn of_plans(case: &Case, wanted: PlanPart, alter: impl Fn(&mut Plan)) -> Vec<Altered> {
    let mut plan = case.plan.clone();
    alter(&mut plan);
    vec![of_plan(plan, wanted)]
}

/// A plan for each step, with that step changed.
fn steps(case: &Case, part: StepPart, alter: impl Fn(&mut Step)) -> Vec<Altered> {
    steps_where(case, part, |step| {
        alter(step);
        true
    })
}

fn steps_where(case: &Case, wanted: StepPart, alter: impl Fn(&mut Step) -> bool) -> Vec<Altered> {
    let mut altered = Vec::new();
    for at in 0..case.plan.steps.len() {
        let mut plan = case.plan.clone();
        if alter(&mut plan.steps[at]) {
            altered.push(of_step(plan, at, wanted));
        }
    }
    altered
}

fn of_step(plan: Plan, at: usize, wanted: StepPart) -> Altered {
    let is =
        move |found: &Violation| matches!(found, Violation::Step { step, part, .. } if *step == at && *part == wanted);
    Altered { plan, named: Box::new(is) }
}

/// The plan without a step: what is numbered is numbered anew, and what is counted is counted anew.
fn without(plan: &Plan, at: usize) -> Plan {
    let mut plan = plan.clone();
    let gone = plan.steps.remove(at);
    let shift = |number: &mut u32| {
        if *number > gone.index {
            *number -= 1;
        }
    };
    for step in &mut plan.steps {
        shift(&mut step.index);
        step.after.retain(|before| *before != gone.index);
        step.after.iter_mut().for_each(shift);
        step.with = step.with.filter(|with| *with != gone.index);
        step.with.iter_mut().for_each(shift);
        step.drawn_by.retain(|drawn| drawn.by != gone.address);
    }
    let of_kind = plan.summary.remove.get_mut(gone.address.kind()).unwrap();
    *of_kind -= 1;
    if *of_kind == 0 {
        plan.summary.remove.remove(gone.address.kind());
    }
    plan.summary.forced -= u64::from(!gone.force.is_empty());
    plan
}

fn omitted(plan: Plan, gone: Address) -> Altered {
    Altered { plan, named: Box::new(move |found| matches!(found, Violation::Omitted { address } if *address == gone)) }
}

fn needs(step: &Step, other: &Step) -> bool {
    step.after.contains(&other.index) || step.drawn_by.iter().any(|drawn| drawn.by == other.address)
}

fn drop_needed(case: &Case) -> Vec<Altered> {
    let plan = &case.plan;
    let needed = |step: &&Step| plan.steps.iter().any(|other| needs(other, step));
    let drop = |step: &Step| omitted(without(plan, step.index as usize), step.address.clone());
    plan.steps.iter().filter(needed).map(drop).collect()
}

fn drop_unneeded(case: &Case) -> Vec<Altered> {
    let plan = &case.plan;
    let unneeded = |step: &&Step| !plan.steps.iter().any(|other| needs(other, step));
    let drop = |step: &Step| omitted(without(plan, step.index as usize), step.address.clone());
    plan.steps.iter().filter(unneeded).map(drop).collect()
}

/// Pairs of steps of which the second comes after the first.
fn pairs(plan: &Plan) -> impl Iterator<Item = (usize, usize)> + '_ {
    plan.steps.iter().flat_map(|step| step.after.iter().map(|before| (*before as usize, step.index as usize)))
}

fn swap(plan: &Plan, a: usize, b: usize) -> Plan {
    let mut plan = plan.clone();
    let (low, high) = (u32::try_from(a).unwrap(), u32::try_from(b).unwrap());
    let turn = |number: &mut u32| {
        if *number == low {
            *number = high;
        } else if *number == high {
            *number = low;
        }
    };
    plan.steps.swap(a, b);
    for step in &mut plan.steps {
        turn(&mut step.index);
        step.after.iter_mut().for_each(turn);
        step.after.sort_unstable();
        step.with.iter_mut().for_each(turn);
    }
    plan
}

fn misplaced(plan: Plan) -> Altered {
    let named = |found: &Violation| matches!(found, Violation::Step { part: StepPart::Place, .. });
    Altered { plan, named: Box::new(named) }
}

fn swap_pair(case: &Case) -> Vec<Altered> {
    pairs(&case.plan).map(|(before, after)| misplaced(swap(&case.plan, before, after))).collect()
}

fn turn_pair(case: &Case) -> Vec<Altered> {
    let turn = |(before, after): (usize, usize)| {
        let mut plan = case.plan.clone();
        let (first, second) = (plan.steps[before].index, plan.steps[after].index);
        plan.steps[after].after.retain(|own| *own != first);
        plan.steps[before].after.push(second);
        of_step(plan, after, StepPart::After)
    };
    pairs(&case.plan).map(turn).collect()
}

fn swap_in_wave(case: &Case) -> Vec<Altered> {
    let steps = &case.plan.steps;
    let alike = (1..steps.len()).filter(|at| steps[at - 1].wave == steps[*at].wave);
    alike.map(|at| misplaced(swap(&case.plan, at - 1, at))).collect()
}

/// A plan with one more step, at its end.
fn with_step(case: &Case, address: &Address, rules: &[String]) -> Plan {
    let mut plan = case.plan.clone();
    let facts = case.inventory.find(address.as_str()).map(|index| case.inventory.resource(index));
    let created_at = facts.and_then(|facts| facts.created_at().known());
    let tags = facts.and_then(|facts| facts.tags().map(|tags| Arc::new(tags.to_tags())).known());
    plan.steps.push(Step {
        index: u32::try_from(plan.steps.len()).unwrap(),
        operation: format!("Remove-{}", address.kind()),
        address: address.clone(),
        name: facts.and_then(|facts| facts.name().known()).map(str::to_owned),
        created_at,
        size_bytes: facts.and_then(|facts| facts.size_bytes().known()),
        tags: tags.clone(),
        wave: plan.steps.last().map_or(0, |step| step.wave + 1),
        after: Vec::new(),
        with: None,
        rules: rules.to_vec(),
        drawn_by: Vec::new(),
        force: Vec::new(),
        consequences: Vec::new(),
        wait: Vec::new(),
        options: Options::new(),
        expect: Expect {
            created_at,
            state: facts.and_then(|facts| facts.state().known()).map(str::to_owned),
            tags,
            attrs: Arc::default(),
            dependents: None,
            retained: Vec::new(),
        },
    });
    *plan.summary.remove.entry(address.kind().to_owned()).or_insert(0) += 1;
    plan
}

fn add_barred(case: &Case) -> Vec<Altered> {
    let add = |kept: &Kept| {
        let mut plan = with_step(case, &kept.address, &kept.rules);
        plan.kept.retain(|own| own.address != kept.address);
        plan.summary.kept -= 1;
        let barred = kept.address.clone();
        let named = move |found: &Violation| matches!(found, Violation::Barred { address, .. } if *address == barred);
        Altered { plan, named: Box::new(named) }
    };
    case.plan.kept.iter().map(add).collect()
}

fn listed(plan: &Plan, address: &Address) -> bool {
    plan.steps.iter().any(|step| step.address == *address)
        || plan.held.iter().chain(&plan.blocked).any(|held| held.address == *address)
        || plan.kept.iter().any(|kept| kept.address == *address)
}

fn add_unselected(case: &Case) -> Vec<Altered> {
    let mut altered = Vec::new();
    for resource in case.inventory.resources() {
        let own = resource.address();
        if listed(&case.plan, &own) {
            continue;
        }
        let plan = with_step(case, &own, &[]);
        // It may be held as an orphan, and reported nowhere because what guards it would go along with another.
        let named = move |found: &Violation| {
            matches!(
                found,
                Violation::NotHeld { address } | Violation::Barred { address, .. } | Violation::NotMet { address, .. }
                    if *address == own
            )
        };
        altered.push(Altered { plan, named: Box::new(named) });
    }
    altered
}

fn add_blocked(case: &Case) -> Vec<Altered> {
    let add = |held: &Held| {
        let mut plan = with_step(case, &held.address, &held.rules);
        let count = plan.held.len();
        plan.held.retain(|own| own.address != held.address);
        plan.blocked.retain(|own| own.address != held.address);
        plan.summary.held -= (count - plan.held.len()) as u64;
        let own = held.address.clone();
        let named = move |found: &Violation| {
            matches!(
                found,
                Violation::NotMet { address, .. }
                    | Violation::NotHeld { address }
                    | Violation::Cycle { address }
                    | Violation::Unlisted { address, .. }
                    | Violation::OptionsDisagree { address }
                    if *address == own
            )
        };
        Altered { plan, named: Box::new(named) }
    };
    case.plan.held.iter().chain(&case.plan.blocked).map(add).collect()
}

fn add_nothing(case: &Case) -> Vec<Altered> {
    let plan = with_step(case, &somebody(), &[]);
    let named = |found: &Violation| matches!(found, Violation::NotInInventory { .. });
    vec![Altered { plan, named: Box::new(named) }]
}

fn repeat_step(case: &Case) -> Vec<Altered> {
    let repeat = |step: &Step| {
        let mut plan = case.plan.clone();
        let index = u32::try_from(plan.steps.len()).unwrap();
        plan.steps.push(Step { index, ..step.clone() });
        let named = |found: &Violation| matches!(found, Violation::Repeated { .. });
        Altered { plan, named: Box::new(named) }
    };
    case.plan.steps.iter().map(repeat).collect()
}

/// A plan for each item of a list in each step, with that item changed.
fn items(
    case: &Case,
    part: StepPart,
    count: impl Fn(&Step) -> usize,
    alter: impl Fn(&mut Step, usize),
) -> Vec<Altered> {
    let mut altered = Vec::new();
    for (at, step) in case.plan.steps.iter().enumerate() {
        for item in 0..count(step) {
            let mut plan = case.plan.clone();
            alter(&mut plan.steps[at], item);
            altered.push(of_step(plan, at, part));
        }
    }
    altered
}

fn drop_force(case: &Case) -> Vec<Altered> {
    items(case, StepPart::Force, |step| step.force.len(), |step, item| drop(step.force.remove(item)))
}

fn add_force(case: &Case) -> Vec<Altered> {
    let more = ["ImageInstance", "NodeBusy", "NodeNeeded", "SnapshotDisk", "SnapshotInProgress"];
    let mut altered = Vec::new();
    for other in more {
        altered.extend(steps_where(case, StepPart::Force, |step| {
            let new = !step.force.contains(&code(other));
            if new {
                step.force.push(code(other));
                step.force.sort();
            }
            new
        }));
    }
    altered
}

fn drop_consequence(case: &Case) -> Vec<Altered> {
    let count = |step: &Step| step.consequences.len();
    items(case, StepPart::Consequences, count, |step, item| drop(step.consequences.remove(item)))
}

fn reword_consequence(case: &Case) -> Vec<Altered> {
    let count = |step: &Step| step.consequences.len();
    items(case, StepPart::Consequences, count, |step, item| step.consequences[item] = "nothing is lost".to_owned())
}

fn change_attribute(case: &Case) -> Vec<Altered> {
    let count = |step: &Step| step.expect.attrs.len();
    items(case, StepPart::ExpectedAttributes, count, |step, item| {
        let value = Arc::make_mut(&mut step.expect.attrs).values_mut().nth(item).unwrap();
        *value = if value.is_null() { false.into() } else { serde_json::Value::Null };
    })
}

fn drop_attribute(case: &Case) -> Vec<Altered> {
    let count = |step: &Step| step.expect.attrs.len();
    items(case, StepPart::ExpectedAttributes, count, |step, item| {
        let name = step.expect.attrs.keys().nth(item).unwrap().clone();
        Arc::make_mut(&mut step.expect.attrs).remove(&name);
    })
}

fn drop_dependent(case: &Case) -> Vec<Altered> {
    let count = |step: &Step| step.expect.dependents.as_ref().map_or(0, |own| own.len() + 1);
    items(case, StepPart::ExpectedDependents, count, |step, item| {
        let own = step.expect.dependents.as_mut().unwrap();
        if item < own.len() {
            own.remove(item);
        } else {
            step.expect.dependents = None;
        }
    })
}

fn drop_retained(case: &Case) -> Vec<Altered> {
    let count = |step: &Step| step.expect.retained.len();
    items(case, StepPart::ExpectedRetained, count, |step, item| drop(step.expect.retained.remove(item)))
}

fn drop_after(case: &Case) -> Vec<Altered> {
    items(
        case,
        StepPart::After,
        |step| step.after.len(),
        |step, item| {
            step.after.remove(item);
        },
    )
}

fn change_draw(case: &Case) -> Vec<Altered> {
    let count = |step: &Step| step.drawn_by.len() * 4;
    items(case, StepPart::DrawnBy, count, |step, item| {
        let drawn = &mut step.drawn_by[item / 4];
        match item % 4 {
            0 => drawn.rule.push('!'),
            1 => drawn.by = somebody(),
            2 => drawn.guard = code("Another"),
            _ => {
                drawn.role = match drawn.role {
                    DrawRole::Cascade => DrawRole::Orphan,
                    DrawRole::Orphan => DrawRole::Cascade,
                }
            }
        }
    })
}

fn change_said(case: &Case) -> Vec<Altered> {
    let mut altered = steps(case, StepPart::Name, |step| step.name = Some("harmless".to_owned()));
    altered.extend(steps(case, StepPart::CreatedAt, |step| step.created_at = Some(other_time())));
    altered.extend(steps(case, StepPart::SizeBytes, |step| {
        step.size_bytes = Some(step.size_bytes.map_or(1, |size| size + 1));
    }));
    altered.extend(steps(case, StepPart::Tags, |step| {
        Arc::make_mut(step.tags.get_or_insert_default()).insert("harmless".to_owned(), "yes".to_owned());
    }));
    altered
}

fn change_digest(case: &Case) -> Vec<Altered> {
    let mut altered = of_plans(case, PlanPart::InventoryDigest, |plan| plan.inventory.digest.push('0'));
    altered.extend(of_plans(case, PlanPart::PolicyDigest, |plan| plan.policy.digest.push('0')));
    altered
}

fn change_time(case: &Case) -> Vec<Altered> {
    let second = Span::from_secs(1);
    let mut altered = of_plans(case, PlanPart::Now, |plan| plan.now = plan.now.checked_sub(second).unwrap());
    altered.extend(of_plans(case, PlanPart::ExpiresAt, |plan| {
        plan.expires_at = plan.expires_at.checked_add(second).unwrap();
    }));
    altered.extend(of_plans(case, PlanPart::TakenAt, |plan| {
        plan.inventory.taken_at = plan.inventory.taken_at.checked_add(second).unwrap();
    }));
    altered
}

fn change_census(case: &Case) -> Vec<Altered> {
    let mut altered = of_plans(case, PlanPart::Census, |plan| drop(plan.census.pop()));
    for line in 0..case.plan.census.len() {
        altered.extend(of_plans(case, PlanPart::Census, |plan| plan.census[line].complete ^= true));
        altered.extend(of_plans(case, PlanPart::Census, |plan| plan.census[line].as_of = None));
    }
    altered
}

fn change_assumed(case: &Case) -> Vec<Altered> {
    let mut altered = Vec::new();
    if !case.plan.assumed.is_empty() {
        altered.extend(of_plans(case, PlanPart::Assumed, |plan| plan.assumed.clear()));
        altered.extend(of_plans(case, PlanPart::Assumed, |plan| plan.assumed[0].reason.push('!')));
        altered.extend(of_plans(case, PlanPart::Findings, |plan| {
            let finding = plan.findings.iter_mut().find(|finding| finding.code == "assumed-none").unwrap();
            finding.message = "nothing of note".to_owned();
            plan.findings.sort();
        }));
    }
    altered
}

fn change_exceeded(case: &Case) -> Vec<Altered> {
    let mut altered = of_plans(case, PlanPart::Exceeded, |plan| {
        plan.exceeded.push(Exceeded { limit: "max_tries".to_owned(), allowed: 1, actual: 2, scope: None });
    });
    for at in 0..case.plan.exceeded.len() {
        altered.extend(of_plans(case, PlanPart::Exceeded, |plan| drop(plan.exceeded.remove(at))));
        altered.extend(of_plans(case, PlanPart::Exceeded, |plan| plan.exceeded[at].actual -= 1));
        altered.extend(of_plans(case, PlanPart::Exceeded, |plan| plan.exceeded[at].allowed += 1));
    }
    altered
}

fn change_summary(case: &Case) -> Vec<Altered> {
    let changes: [fn(&mut Plan); 7] = [
        |plan| plan.summary.forced += 1,
        |plan| plan.summary.drawn += 1,
        |plan| plan.summary.held += 1,
        |plan| plan.summary.kept += 1,
        |plan| plan.summary.freed_bytes.min += 1,
        |plan| plan.summary.freed_bytes.max += 1,
        |plan| *plan.summary.remove.entry("image".to_owned()).or_insert(0) += 1,
    ];
    changes.into_iter().flat_map(|change| of_plans(case, PlanPart::Summary, change)).collect()
}

fn of_list(plan: Plan, wanted: Violation) -> Altered {
    Altered { plan, named: Box::new(move |found| *found == wanted) }
}

fn leave_out(case: &Case) -> Vec<Altered> {
    let mut altered = Vec::new();
    for at in 0..case.plan.held.len() {
        let mut plan = case.plan.clone();
        let address = plan.held.remove(at).address;
        plan.summary.held -= 1;
        altered.push(of_list(plan, Violation::Unreported { list: List::Held, address }));
    }
    for at in 0..case.plan.blocked.len() {
        let mut plan = case.plan.clone();
        let address = plan.blocked.remove(at).address;
        altered.push(of_list(plan, Violation::Unreported { list: List::Blocked, address }));
    }
    for at in 0..case.plan.kept.len() {
        let mut plan = case.plan.clone();
        let address = plan.kept.remove(at).address;
        plan.summary.kept -= 1;
        altered.push(of_list(plan, Violation::Unreported { list: List::Kept, address }));
    }
    altered
}

fn put_into(case: &Case) -> Vec<Altered> {
    let mut altered = Vec::new();
    for (at, held) in case.plan.held.iter().enumerate() {
        let mut plan = case.plan.clone();
        plan.held.remove(at);
        plan.blocked.push(held.clone());
        plan.blocked.sort_by(|a, b| a.address.cmp(&b.address));
        let address = held.address.clone();
        altered.push(of_list(plan, Violation::WronglyReported { list: List::Blocked, address }));
    }
    for resource in case.inventory.resources() {
        let address = resource.address();
        if case.plan.kept.iter().any(|kept| kept.address == address) {
            continue;
        }
        let mut plan = case.plan.clone();
        let because = KeepReason::Retain("last 1".to_owned());
        plan.kept.push(Kept { address: address.clone(), rules: vec!["rule-0".to_owned()], because });
        plan.kept.sort_by(|a, b| a.address.cmp(&b.address));
        altered.push(of_list(plan, Violation::WronglyReported { list: List::Kept, address }));
    }
    let mut plan = case.plan.clone();
    plan.held.push(Held { address: somebody(), rules: Vec::new(), blockers: Vec::new() });
    plan.held.sort_by(|a, b| a.address.cmp(&b.address));
    altered.push(of_list(plan, Violation::WronglyReported { list: List::Held, address: somebody() }));
    altered
}

fn reorder(case: &Case) -> Vec<Altered> {
    let mut altered = Vec::new();
    let unsorted = |plan: Plan, wanted: List| {
        let is = move |found: &Violation| matches!(found, Violation::Unsorted { list, .. } if *list == wanted);
        Altered { plan, named: Box::new(is) }
    };
    for (list, length) in [
        (List::Held, case.plan.held.len()),
        (List::Blocked, case.plan.blocked.len()),
        (List::Kept, case.plan.kept.len()),
    ] {
        for at in 1..length {
            let mut plan = case.plan.clone();
            match list {
                List::Held => plan.held.swap(at - 1, at),
                List::Blocked => plan.blocked.swap(at - 1, at),
                List::Kept => plan.kept.swap(at - 1, at),
            }
            altered.push(unsorted(plan, list));
        }
        if length > 0 {
            let mut plan = case.plan.clone();
            match list {
                List::Held => plan.held.push(plan.held[length - 1].clone()),
                List::Blocked => plan.blocked.push(plan.blocked[length - 1].clone()),
                List::Kept => plan.kept.push(plan.kept[length - 1].clone()),
            }
            altered.push(unsorted(plan, list));
        }
    }
    altered
}

fn of_report(plan: Plan, wanted: List, of: Address, what: ReportPart) -> Altered {
    let is = move |found: &Violation| matches!(found, Violation::Report { list, address, part, .. } if *list == wanted && *address == of && *part == what);
    Altered { plan, named: Box::new(is) }
}

fn next_because(because: Because) -> Because {
    match because {
        Because::Cycle => Because::Unlisted,
        Because::Unlisted => Because::Options,
        Because::Options => Because::Protected,
        Because::Protected => Because::Retained,
        Because::Retained => Because::Held,
        Because::Held => Because::Blocked,
        Because::Blocked => Because::UnknownState,
        Because::UnknownState => Because::State,
        Because::State => Because::Attribute,
        Because::Attribute => Because::Dangling,
        Because::Dangling => Because::OrphanNotForced,
        Because::OrphanNotForced => Because::NotSelected,
        Because::NotSelected => Because::Cycle,
    }
}

fn change_blocker(case: &Case) -> Vec<Altered> {
    let changes: [fn(&mut Vec<Blocker>, usize); 6] = [
        |blockers, at| drop(blockers.remove(at)),
        |blockers, at| blockers[at].because = next_because(blockers[at].because),
        |blockers, at| blockers[at].by = Some(somebody()),
        |blockers, at| blockers[at].guard = Some(code("Another")),
        |blockers, at| blockers[at].kind = Some("another".parse().unwrap()),
        |blockers, at| {
            let more = Blocker { by: Some(somebody()), ..blockers[at].clone() };
            blockers.push(more);
            blockers.sort();
        },
    ];
    let mut altered = Vec::new();
    for (list, length) in [(List::Held, case.plan.held.len()), (List::Blocked, case.plan.blocked.len())] {
        for at in 0..length {
            let of = |plan: &Plan| if list == List::Held { plan.held[at].clone() } else { plan.blocked[at].clone() };
            for blocker in 0..of(&case.plan).blockers.len() {
                for change in changes {
                    let mut plan = case.plan.clone();
                    let held = if list == List::Held { &mut plan.held[at] } else { &mut plan.blocked[at] };
                    change(&mut held.blockers, blocker);
                    let address = held.address.clone();
                    altered.push(of_report(plan, list, address, ReportPart::Blockers));
                }
            }
        }
    }
    altered
}

fn change_report(case: &Case) -> Vec<Altered> {
    let mut altered = Vec::new();
    for at in 0..case.plan.held.len() {
        let mut plan = case.plan.clone();
        plan.held[at].rules.pop();
        let address = plan.held[at].address.clone();
        altered.push(of_report(plan, List::Held, address, ReportPart::Rules));
    }
    for at in 0..case.plan.blocked.len() {
        let mut plan = case.plan.clone();
        plan.blocked[at].rules.push("another".to_owned());
        let address = plan.blocked[at].address.clone();
        altered.push(of_report(plan, List::Blocked, address, ReportPart::Rules));
    }
    for at in 0..case.plan.kept.len() {
        let address = case.plan.kept[at].address.clone();
        let mut plan = case.plan.clone();
        plan.kept[at].rules.push("another".to_owned());
        altered.push(of_report(plan, List::Kept, address.clone(), ReportPart::Rules));
        let mut plan = case.plan.clone();
        plan.kept[at].because = match &plan.kept[at].because {
            KeepReason::Protect(name) => KeepReason::ProtectUnknown(name.clone()),
            KeepReason::ProtectUnknown(name) => KeepReason::Protect(name.clone()),
            KeepReason::Retain(slot) => KeepReason::Retain(format!("{slot}, yearly 1")),
        };
        altered.push(of_report(plan, List::Kept, address, ReportPart::Because));
    }
    altered
}

fn change_finding(case: &Case) -> Vec<Altered> {
    let mut altered = Vec::new();
    for at in 0..case.plan.findings.len() {
        let changes: [fn(&mut Plan, usize); 4] = [
            |plan, at| drop(plan.findings.remove(at)),
            |plan, at| plan.findings[at].count += 1,
            |plan, at| plan.findings[at].code.push('!'),
            |plan, at| {
                plan.findings[at].severity = match plan.findings[at].severity {
                    Severity::Note => Severity::Warning,
                    Severity::Warning => Severity::Note,
                };
            },
        ];
        for change in changes {
            let mut plan = case.plan.clone();
            change(&mut plan, at);
            plan.findings.sort();
            altered.push(of_plan(plan, PlanPart::Findings));
        }
    }
    altered
}
