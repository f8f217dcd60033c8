//! The plan as a whole: what it was made from, its counts, the limits, what is remarked.

use std::collections::BTreeMap;

use super::Grounds;
use super::holders::Holders;
use super::readings::Unknown;
use super::remade;
use super::stays::Stayed;
use super::steps::{Ground, Steps};
use super::violation::{PlanPart, Violation, Violations, shown};
use crate::inventory::Listing;
use crate::plan::{AssumedNone, CensusEntry, Exceeded, FreedBytes, Plan, Severity, Summary};
use crate::rulebook::DataHeld;
use crate::time::{Span, Timestamp};

/// How long after the inventory was taken a plan is carried out at the latest.
const LIFETIME: Span = Span::from_hours(24);

/// Groups smaller than this are exempt from `max_percent`, unless all of the group would go.
const SMALL_GROUP: u64 = 20;

/// What the plan was made from.
pub(super) fn check_sources(plan: &Plan, grounds: &Grounds<'_>, violations: &mut Violations) {
    let Grounds { inventory, policy, .. } = grounds;
    let taken_at = inventory.taken_at();
    violations.part(PlanPart::InventoryDigest, inventory.digest(), plan.inventory.digest.as_str());
    violations.part(PlanPart::TakenAt, &taken_at, &plan.inventory.taken_at);
    violations.part(PlanPart::PolicyDigest, policy.digest(), plan.policy.digest.as_str());
    violations.part(PlanPart::PolicyText, policy.text(), plan.policy.text.as_str());
    if plan.now < taken_at {
        violations.add(|| Violation::Plan {
            part: PlanPart::Now,
            expected: format!("{} or later", shown(&taken_at)),
            found: shown(&plan.now),
        });
    }
    let expires_at: Timestamp = taken_at.checked_add(LIFETIME).unwrap_or(taken_at);
    violations.part(PlanPart::ExpiresAt, &expires_at, &plan.expires_at);
    let census: Vec<CensusEntry> = inventory
        .census()
        .lines()
        .map(|line| CensusEntry {
            provider: line.scope.provider,
            account: line.scope.account,
            region: line.scope.region,
            kind: line.scope.kind,
            complete: line.listing == Listing::Complete,
            as_of: line.as_of.known(),
        })
        .collect();
    violations.part(PlanPart::Census, &census, &plan.census);
    let mut assumed: Vec<AssumedNone> = policy.assume_none.clone();
    assumed.sort();
    violations.part(PlanPart::Assumed, &assumed, &plan.assumed);
}

/// Its counts, and the limits that it exceeds.
pub(super) fn check_totals(
    ground: Ground<'_, '_>,
    plan: &Plan,
    steps: &Steps,
    holders: &Holders,
    stayed: Stayed,
    violations: &mut Violations,
) {
    let Ground { world, standing, policy, .. } = ground;
    let limits = &policy.limits;
    let mut going = vec![0_u64; world.groups().len()];
    let mut freed = FreedBytes { min: 0, max: 0 };
    let (mut forced, mut drawn) = (0, 0);
    for (_, resource) in steps.iter() {
        let group = world.group_of(resource);
        going[group] += 1;
        drawn += u64::from(!standing.is_selected(resource));
        forced += u64::from(super::steps::is_forced(ground, steps, holders, resource));
        let size = world.resource(resource).size_bytes().known().unwrap_or(0);
        match world.class_of_group(group).rules.map(|rules| rules.data) {
            Some(DataHeld::Own) => {
                freed.min = freed.min.saturating_add(size);
                freed.max = freed.max.saturating_add(size);
            }
            Some(DataHeld::Shared) => freed.max = freed.max.saturating_add(size),
            Some(DataHeld::Nothing | DataHeld::Elsewhere) | None => {}
        }
    }
    let mut remove: BTreeMap<String, u64> = BTreeMap::new();
    for (group, going) in going.iter().enumerate().filter(|(_, going)| **going > 0) {
        *remove.entry(world.class_of_group(group).kind.to_owned()).or_insert(0) += going;
    }
    let mut exceeded = Vec::new();
    let mut limit = |limit: String, allowed: u64, actual: u64, scope: Option<String>| {
        if actual > allowed {
            exceeded.push(Exceeded { limit, allowed, actual, scope });
        }
    };
    limit("max_steps".to_owned(), limits.max_steps, going.iter().sum(), None);
    limit("max_drawn".to_owned(), limits.max_drawn, drawn, None);
    limit("max_forced".to_owned(), limits.max_forced, forced, None);
    for (kind, allowed) in &limits.kind_max_steps {
        let actual = remove.get(kind.as_str()).copied().unwrap_or(0);
        limit(format!("kind.{kind}.max_steps"), *allowed, actual, None);
    }
    for (at, group) in world.groups().iter().enumerate() {
        let class = world.class_of_group(at);
        let (size, going) = (group.size(), going[at]);
        let holds_data = class.rules.is_some_and(|rules| rules.data != DataHeld::Nothing);
        if !holds_data || size < SMALL_GROUP && going < size {
            continue;
        }
        // So many hundredths of the group, against so many that are allowed: no rounding decides.
        if u128::from(going) * 100 > u128::from(limits.max_percent) * u128::from(size) {
            let percent = going.saturating_mul(100).div_ceil(size);
            let scope = format!("{}:{}", group.scope, class.kind);
            limit("max_percent".to_owned(), limits.max_percent, percent, Some(scope));
        }
    }
    violations.part(PlanPart::Exceeded, &exceeded, &plan.exceeded);
    violations.part(PlanPart::Applyable, &exceeded.is_empty(), &plan.applyable);
    violations.part(PlanPart::Complete, &stayed.complete, &plan.complete);
    let summary = Summary { remove, forced, drawn, held: stayed.held, kept: stayed.kept, freed_bytes: freed };
    violations.part(PlanPart::Summary, &summary, &plan.summary);
}

/// The remarks: which there are, how often, and how bad. Their words are for people, and are not compared, except that a
/// waiver's remark has to begin with its kind and end with its reason.
pub(super) fn check_findings(ground: Ground<'_, '_>, plan: &Plan, violations: &mut Violations) {
    let Ground { world, standing, policy, .. } = ground;
    let mut expected: Vec<(&str, Severity, u64)> = Vec::new();
    expected.extend(world.dangling_links.values().map(|count| ("dangling-link", Severity::Note, *count)));
    let mut unknown = |severity, count: u64| {
        if count > 0 {
            expected.push(("unknown-condition", severity, count));
        }
    };
    standing.not_excluded.iter().for_each(|count| unknown(Severity::Warning, *count));
    for Unknown { population, when, cascade, orphans } in &standing.unknown {
        [population, when, cascade, orphans].into_iter().for_each(|count| unknown(Severity::Note, *count));
    }
    let keyless = standing.keyless.iter().filter(|count| **count > 0);
    expected.extend(keyless.map(|count| ("no-group", Severity::Note, *count)));
    let idle = standing.matches.iter().filter(|count| **count == 0);
    expected.extend(idle.map(|_| ("rule-matches-nothing", Severity::Note, 1)));
    expected.extend(policy.assume_none.iter().map(|_| ("assumed-none", Severity::Warning, 1)));
    let mut foreign: BTreeMap<&str, u64> = BTreeMap::new();
    for (at, group) in world.groups().iter().enumerate() {
        let class = world.class_of_group(at);
        if class.rulebook.is_none() {
            *foreign.entry(class.provider).or_insert(0) += group.size();
        }
    }
    let mut busy = vec![0; world.class_count()];
    for (at, group) in world.groups().iter().enumerate() {
        let rules = world.class_of_group(at).rules;
        if let Some(active) = rules.and_then(|rules| rules.active.as_ref()) {
            let is_busy = |at: &u32| world.resource(*at).state().known().is_some_and(|own| active.states.contains(own));
            busy[group.class] += group.members().filter(is_busy).count() as u64;
        }
    }
    let busy = busy.into_iter().filter(|count| *count > 0);
    expected.extend(busy.map(|count| ("still-active", Severity::Note, count)));
    expected.extend(foreign.values().map(|count| ("no-rulebook", Severity::Warning, *count)));
    let undone = remade::counts(world, plan);
    expected.extend(undone.into_iter().map(|count| ("keeps-re-creating", Severity::Warning, count)));
    expected.sort_unstable();
    let mut found: Vec<(&str, Severity, u64)> =
        plan.findings.iter().map(|finding| (finding.code.as_str(), finding.severity, finding.count)).collect();
    found.sort_unstable();
    violations.part(PlanPart::Findings, &expected, &found);
    for waiver in &policy.assume_none {
        let (begins, ends) = (format!("kind {} ", waiver.kind), format!(": {}", waiver.reason));
        let says = |message: &str| message.starts_with(&begins) && message.ends_with(&ends);
        let wanted = policy.assume_none.iter().filter(|own| own.kind == waiver.kind && own.reason == waiver.reason);
        let remarks = plan.findings.iter().filter(|finding| finding.code == "assumed-none" && says(&finding.message));
        if remarks.count() < wanted.count() {
            violations.add(|| Violation::Plan {
                part: PlanPart::Findings,
                expected: shown(&("assumed-none", waiver)),
                found: "null".to_owned(),
            });
        }
    }
    if !plan.findings.is_sorted() {
        violations.add(|| Violation::Plan {
            part: PlanPart::Findings,
            expected: "\"sorted\"".to_owned(),
            found: "\"in another order\"".to_owned(),
        });
    }
}
