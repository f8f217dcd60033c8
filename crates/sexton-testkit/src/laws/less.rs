//! Changes after which no more goes: protecting more, guarding more, listing less, knowing less.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::inventory::CensusLine;
use sexton_core::plan::Plan;
use sexton_core::policy::{Collect, Draw, Policy};
use sexton_core::resource::{Attribute, AttributeValue, Link, Resource, Tags};
use sexton_core::rulebook::{
    AttributePredicate, AttributeTest, End, Goes, Guard, Other, RaisedBy, Rulebook, StateTest,
};

use super::{Planner, Trial, Verdict, made, no_more};
use crate::greatest::Greatest;
use crate::world::{KINDS, World};

/// Protect rules to add: of a kind or of all, with a condition or without.
pub fn protections() -> impl Strategy<Value = String> {
    let conditions = [
        "tags.env == 'a'",
        "tags.env != 'a'",
        "age > duration('480h')",
        "size_bytes == 0",
        "state == 'odd'",
        "attrs.type == 'auto'",
        "id.endsWith('7')",
    ];
    (prop::option::weighted(0.8, select(&KINDS[..])), prop::option::weighted(0.7, select(conditions.to_vec())))
        .prop_map(|(kind, when)| {
            let mut rule = "[[protect]]\nname = \"more\"\n".to_owned();
            kind.into_iter().for_each(|kind| rule.push_str(&format!("kind = \"{kind}\"\n")));
            when.into_iter().for_each(|when| rule.push_str(&format!("when = \"{when}\"\n")));
            rule
        })
}

/// Adding a protect rule never makes more go. Asked of every world.
///
/// # Errors
/// More goes.
pub fn protecting_never_collects_more(world: &World, protection: &str, planner: Planner<'_>) -> Verdict {
    let mut protected = world.clone();
    protected.policy.push_str(protection);
    no_more("protecting never collects more", &made(planner, world), &made(planner, &protected))
}

/// Forgetting a listing, all census lines of one kind in the place of a resource, never makes more go.
///
/// Not asked where that would leave nothing known of a region, which then is no longer one in which anything was listed.
///
/// # Errors
/// More goes.
pub fn listing_less_never_collects_more(world: &World, which: Index, near: Aim, planner: Planner<'_>) -> Verdict {
    let before = made(planner, world);
    let there = &world.resources[near.at(world, &before)].address;
    let is_there = |line: &&CensusLine| {
        (line.scope.account.as_str(), line.scope.region.as_str()) == (there.account(), there.region())
    };
    let lines: Vec<&CensusLine> = world.census.iter().filter(is_there).collect();
    if lines.is_empty() {
        return Ok(Trial::NotAsked);
    }
    let forgotten = which.get(&lines).scope.clone();
    let mut less = world.clone();
    less.census.retain(|line| line.scope != forgotten);
    let place =
        |account: &str, region: &str| (account, region) == (forgotten.account.as_str(), forgotten.region.as_str());
    let known = less.census.iter().any(|line| place(line.scope.account.as_str(), line.scope.region.as_str()))
        || less.resources.iter().any(|resource| place(resource.address.account(), resource.address.region()));
    if !known {
        return Ok(Trial::NotAsked);
    }
    no_more("listing less never collects more", &before, &made(planner, &less))
}

/// Where a change is made.
#[derive(Debug, Clone, Copy)]
pub enum Aim {
    /// At something that would go, where anything would.
    Going(Index),
    /// Anywhere.
    Anywhere(Index),
}

/// Places to make a change.
pub fn aims() -> impl Strategy<Value = Aim> {
    prop_oneof![
        2 => any::<Index>().prop_map(Aim::Going),
        1 => any::<Index>().prop_map(Aim::Anywhere),
    ]
}

impl Aim {
    /// The place of a resource of the world.
    fn at(self, world: &World, plan: &Plan) -> usize {
        let (Self::Going(index) | Self::Anywhere(index)) = self;
        let aimed = match self {
            Self::Going(_) if !plan.steps.is_empty() => Some(&index.get(&plan.steps).address),
            Self::Going(_) | Self::Anywhere(_) => None,
        };
        aimed
            .and_then(|address| world.resources.iter().position(|resource| resource.address == *address))
            .unwrap_or_else(|| index.index(world.resources.len()))
    }
}

/// A fact that is forgotten.
#[derive(Debug, Clone, Copy)]
pub enum Forgotten {
    /// The state.
    State,
    /// When it was made.
    CreatedAt,
    /// The size.
    Size,
    /// The tags.
    Tags,
    /// The links.
    Links,
    /// All attributes.
    Attributes,
    /// The value of one attribute.
    Attribute(Index),
}

/// Facts to forget.
pub fn forgetting() -> impl Strategy<Value = Forgotten> {
    prop_oneof![
        1 => Just(Forgotten::State),
        1 => Just(Forgotten::CreatedAt),
        1 => Just(Forgotten::Size),
        1 => Just(Forgotten::Tags),
        1 => Just(Forgotten::Links),
        1 => Just(Forgotten::Attributes),
        2 => any::<Index>().prop_map(Forgotten::Attribute),
    ]
}

/// Knowing less of a resource never makes more go.
///
/// Not asked in four cases, in which the specification lets the unknown do more than what is known would:
/// - where rules pass different options: two that disagree hold what they match, and one of them may match no more;
/// - where a rule retains some of what it speaks of under a condition: of whom the condition is unknown is outside its
///   population, and so is not retained by it;
/// - where an unknown fact raises a guard between two resources along which a rule draws: what is raised draws;
/// - where an unknown fact makes something go *with* another: a guard that speaks of the call that would then not be
///   made is not raised.
///
/// # Errors
/// More goes.
pub fn forgetting_never_collects_more(
    world: &World,
    whose: Aim,
    forgotten: Forgotten,
    rulebooks: &[Rulebook],
    planner: Planner<'_>,
) -> Verdict {
    let conditional = |rule: &Collect| {
        rule.retain.is_some() && rule.population.as_ref().is_some_and(|population| population.text() != "true")
    };
    let policy = world.policy();
    if options_differ(&policy) || policy.collect.iter().any(conditional) {
        return Ok(Trial::NotAsked);
    }
    let before = made(planner, world);
    let mut less = world.clone();
    let resource = &mut less.resources[whose.at(world, &before)];
    match forgotten {
        Forgotten::State => resource.state = Fact::Unknown,
        Forgotten::CreatedAt => resource.created_at = Fact::Unknown,
        Forgotten::Size => resource.size_bytes = Fact::Unknown,
        Forgotten::Tags => resource.tags = Fact::Unknown,
        Forgotten::Links => resource.links = Fact::Unknown,
        Forgotten::Attributes => resource.attributes = Fact::Unknown,
        Forgotten::Attribute(which) => {
            if let Fact::Known(attributes) = &mut resource.attributes
                && !attributes.is_empty()
            {
                let names: Vec<String> = attributes.keys().cloned().collect();
                attributes.insert(which.get(&names).clone(), AttributeValue::Null);
            }
        }
    }
    let verdict = no_more("forgetting never collects more", &before, &made(planner, &less));
    if verdict.is_ok() {
        return verdict;
    }
    let raised = between(world, rulebooks);
    let mut new = between(&less, rulebooks).into_iter().filter(|one| !raised.contains(one));
    let names = |draws: &[Draw], kind: &str| draws.iter().any(|draw| draw.kind.as_str() == kind);
    let drawn = |(other, target, _): &(Address, Address, Goes)| {
        policy.collect.iter().any(|rule| names(&rule.cascade, other.kind()) || names(&rule.orphans, target.kind()))
    };
    if new.any(|one| one.2 == Goes::With || drawn(&one)) { Ok(Trial::NotAsked) } else { verdict }
}

/// The guards that dependents raise: by what, on what, and whether it goes with the target.
fn between(world: &World, rulebooks: &[Rulebook]) -> Vec<(Address, Address, Goes)> {
    let (inventory, policy) = (world.inventory(), world.policy());
    let reading = Greatest::new(&inventory, rulebooks, &policy);
    let named = |index: usize| reading.resources[index].address.clone();
    let raised = reading.raised.iter().filter(|raised| raised.by_dependent());
    raised
        .filter_map(|raised| {
            let goes = if raised.goes_with() { Goes::With } else { Goes::Before };
            raised.other().map(|other| (named(other), named(raised.target), goes))
        })
        .collect()
}

/// A resource to add that guards another and stays.
#[derive(Debug, Clone)]
pub struct Stayer {
    guard: Index,
    target: Aim,
    facts: Facts,
}

/// What is known of a resource that is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Facts {
    /// What raises the guard.
    Raising,
    /// Nothing of state and attributes.
    Unknown,
}

/// Resources to add.
pub fn stayers() -> impl Strategy<Value = Stayer> {
    (any::<Index>(), aims(), prop_oneof![2 => Just(Facts::Raising), 1 => Just(Facts::Unknown)])
        .prop_map(|(guard, target, facts)| Stayer { guard, target, facts })
}

/// The name by which the policy keeps what is added.
const STAYS: &str = "stays";

/// Adding a resource that raises a guard and stays never makes more go.
///
/// Not asked where the resource would be the holder that an attribute of the target claims: the claim, which nothing
/// lifts, then gives way to a guard that may be forced. Nor where rules pass different options and ask what hangs on a
/// resource: two that disagree hold what they match, and one of them may match no more.
///
/// # Errors
/// More goes.
pub fn guarding_never_collects_more(
    world: &World,
    stayer: &Stayer,
    rulebooks: &[Rulebook],
    planner: Planner<'_>,
) -> Verdict {
    let mut before = world.clone();
    before.policy.push_str(&format!("[[protect]]\nname = \"stayer\"\nwhen = \"name == '{STAYS}'\"\n"));
    let plan = made(planner, &before);
    let target = stayer.target.at(world, &plan);
    let address = world.resources[target].address.clone();
    let Some(rulebook) = rulebooks.iter().find(|rulebook| rulebook.provider.as_str() == address.provider()) else {
        return Ok(Trial::NotAsked);
    };
    let guards: Vec<(&Guard, &Other)> =
        rulebook.guards_of(address.kind()).filter_map(|guard| guard.other().map(|other| (guard, other))).collect();
    if guards.is_empty() {
        return Ok(Trial::NotAsked);
    }
    let (_, rule) = stayer.guard.get(&guards);
    let policy = before.policy();
    if claims(rulebook, &world.resources[target], rule) || options_differ(&policy) && asks_around(&policy) {
        return Ok(Trial::NotAsked);
    }
    let mut after = before.clone();
    let mut added = Resource {
        // It takes no slot of a retention.
        created_at: Fact::Unknown,
        name: Fact::Known(STAYS.to_owned()),
        size_bytes: Fact::Known(1),
        tags: Fact::Known(Tags::new()),
        links: Fact::Known(Vec::new()),
        ..Resource::unknown(
            format!("{}:{}/{STAYS}", address.scope(), rule.kind).parse().expect("the parts make an address"),
        )
    };
    if stayer.facts == Facts::Raising {
        added.state = Fact::Known(raising_state(rule.state.as_ref()));
        added.attributes = Fact::Known(rule.attribute.iter().filter_map(raising_attribute).collect());
    }
    let link = |target| Link { relation: rule.relation.clone(), target };
    match rule.end {
        End::Dependent => added.links = Fact::Known(vec![link(address.clone())]),
        End::Dependency => {
            let Fact::Known(links) = &mut after.resources[target].links else { return Ok(Trial::NotAsked) };
            links.push(link(added.address.clone()));
            links.sort();
        }
    }
    after.resources.push(added);
    no_more("guarding never collects more", &plan, &made(planner, &after))
}

fn claims(rulebook: &Rulebook, target: &Resource, rule: &Other) -> bool {
    rulebook.guards_of(target.address.kind()).any(|guard| match &guard.raised_by {
        RaisedBy::Claim { attribute, holders } => holders.iter().any(|claim| {
            let said = match target.attribute(attribute) {
                Attribute::Known(value) => value.as_str() == Some(claim.value.as_str()),
                Attribute::Missing | Attribute::Unknown => false,
            };
            said && (&claim.relation, &claim.kind) == (&rule.relation, &rule.kind)
        }),
        RaisedBy::Other(_) | RaisedBy::State(_) | RaisedBy::Attribute(_) => false,
    })
}

fn raising_state(test: Option<&StateTest>) -> String {
    match test {
        Some(StateTest::In(states)) => states.first().cloned().unwrap_or_default(),
        Some(StateTest::NotIn(_)) | None => "of no rulebook".to_owned(),
    }
}

fn raising_attribute(test: &AttributeTest) -> Option<(String, AttributeValue)> {
    let value = match &test.raises {
        AttributePredicate::Equals(value) => value.clone(),
        AttributePredicate::NotEquals(_) | AttributePredicate::NotEmpty => "of no rulebook".into(),
        AttributePredicate::Contains(value) => vec![value.clone()].into(),
        AttributePredicate::InFuture => "2999-01-01T00:00:00Z".into(),
    };
    Some((test.name.clone(), value))
}

fn options_differ(policy: &Policy) -> bool {
    policy.collect.windows(2).any(|pair| pair[0].options != pair[1].options)
}

/// Whether a policy asks what hangs on a resource.
pub(super) fn asks_around(policy: &Policy) -> bool {
    ["unused", "dependents"].iter().any(|word| policy.text().contains(word))
}
