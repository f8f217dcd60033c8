//! A case for every guard of the rulebook, and one for every force: a resource on which exactly that guard is raised, and
//! what the provider then does.

use std::collections::{BTreeMap, BTreeSet};

use sexton_core::address::{Address, GuardCode, Kind, Relation};
use sexton_core::fact::Fact;
use sexton_core::resource::{Attribute, AttributeValue, Resource};
use sexton_core::rulebook::{
    AttributePredicate, AttributeTest, End, Goes, Guard, HolderClaim, Other, Raised, RaisedBy, StateTest, Strength,
};
use sexton_core::time::Timestamp;
use sexton_provider::{Answer, Effect, RefusalClass};

use super::report::Origin;
use super::scene::{Case, Scene, Suite, check, takes, world};
use super::subject::{Raise, Seen, Specimen};

pub(super) async fn cases(suite: &mut Suite<'_>) {
    let rulebook = suite.rulebook();
    for guard in &rulebook.guards {
        let by = match &guard.raised_by {
            RaisedBy::Other(other) => format!(" by {}", other.kind),
            RaisedBy::State(_) => " by state".to_owned(),
            RaisedBy::Attribute(test) => format!(" by {}", test.name),
            RaisedBy::Claim { attribute, .. } => format!(" claimed by {attribute}"),
        };
        let strength = match guard.strength {
            Strength::Enforced => "enforced",
            Strength::Assumed => "assumed",
        };
        let name = format!("{}: {}{by}, {strength}", guard.target, guard.code);
        suite.case_of(Origin::Rulebook, &name, async |suite| stands(suite, guard).await).await;
        if guard.force().is_some() {
            suite.case_of(Origin::Rulebook, &format!("{name}, forced"), async |suite| forced(suite, guard).await).await;
        }
    }
}

/// A target on which the guard is raised, and its other where it has one.
struct Guarded {
    target: Specimen,
    other: Option<Specimen>,
    by: Raise,
}

fn raised(suite: &Suite<'_>, guard: &Guard) -> Result<Guarded, String> {
    let kind = guard.target.as_str();
    match &guard.raised_by {
        RaisedBy::Other(other) => between(suite, guard, other),
        RaisedBy::State(test) => {
            let mut target = suite.specimen(kind, 1)?;
            let by = suite.subject.raise(guard, &mut target);
            if by == Raise::ByTheBook {
                target.resource.state = Fact::Known(state_of(test)?);
            }
            Ok(Guarded { target, other: None, by })
        }
        RaisedBy::Attribute(test) => {
            let mut target = suite.specimen(kind, 1)?;
            let by = suite.subject.raise(guard, &mut target);
            if by == Raise::ByTheBook {
                set(&mut target.resource, test)?;
            }
            Ok(Guarded { target, other: None, by })
        }
        RaisedBy::Claim { attribute, holders } => {
            let mut target = suite.specimen(kind, 1)?;
            let claim = holders.first().ok_or("the claim has no values")?;
            give(&mut target.resource, attribute, AttributeValue::from(claim.value.as_str()))?;
            Ok(Guarded { target, other: None, by: Raise::ByTheBook })
        }
    }
}

fn between(suite: &Suite<'_>, guard: &Guard, other: &Other) -> Result<Guarded, String> {
    let (kind, relation) = (guard.target.as_str(), other.relation.as_str());
    let none = |kind: &str| format!("the subject has no specimen of {kind} that is linked by {relation}");
    let (mut target, mut holder) = match other.end {
        End::Dependent => {
            let target = suite.specimen(kind, 1)?;
            let on = Some((relation, &target.resource.address));
            let holder = suite.subject.specimen(other.kind.as_str(), 7, on).ok_or_else(|| none(other.kind.as_str()))?;
            (target, holder)
        }
        End::Dependency => {
            let holder = suite.specimen(other.kind.as_str(), 7)?;
            let on = Some((relation, &holder.resource.address));
            let target = suite.subject.specimen(kind, 1, on).ok_or_else(|| none(kind))?;
            (target, holder)
        }
    };
    let by = suite.subject.raise(guard, &mut holder);
    if by == Raise::ByTheBook {
        if let Some(test) = &other.state {
            holder.resource.state = Fact::Known(state_of(test)?);
        }
        if let Some(test) = &other.attribute {
            set(&mut holder.resource, test)?;
        }
    }
    if let Some(test) = &other.target_attribute {
        set(&mut target.resource, test)?;
    }
    Ok(Guarded { target, other: Some(holder), by })
}

fn state_of(test: &StateTest) -> Result<String, String> {
    match test {
        StateTest::In(states) => states.first().cloned().ok_or_else(|| "no state raises the guard".to_owned()),
        StateTest::NotIn(_) => Err("the subject has to choose a state that the provider has".to_owned()),
    }
}

fn set(resource: &mut Resource, test: &AttributeTest) -> Case {
    let value = match &test.raises {
        AttributePredicate::Equals(value) => value.clone(),
        AttributePredicate::NotEquals(AttributeValue::Bool(value)) => AttributeValue::from(!value),
        AttributePredicate::NotEquals(_) => return Err("the subject has to choose another value".to_owned()),
        AttributePredicate::Contains(value) => AttributeValue::Array(vec![value.clone()]),
        AttributePredicate::InFuture => AttributeValue::from("2999-01-01T00:00:00Z"),
        AttributePredicate::NotEmpty => AttributeValue::from("something"),
    };
    give(resource, &test.name, value)
}

fn give(resource: &mut Resource, name: &str, value: AttributeValue) -> Case {
    match &mut resource.attributes {
        Fact::Known(attributes) => {
            attributes.insert(name.to_owned(), value);
            Ok(())
        }
        Fact::Unknown => Err("a specimen's attributes are known".to_owned()),
    }
}

/// An enforced guard is refused by its code, and what it guards stays. An assumed one is enforced by nobody: the removal is
/// taken. If it were not, the rulebook would be wrong about the provider.
async fn stands(suite: &Suite<'_>, guard: &Guard) -> Case {
    let Guarded { target, other, by } = raised(suite, guard)?;
    let scene = suite.set(world(std::iter::once(&target).chain(&other)), &[]).await;
    let address = &target.resource.address;
    if by != Raise::Untold {
        told(&scene, address, guard).await?;
    }
    match guard.strength {
        Strength::Enforced => refused(suite, &scene, address, guard).await,
        Strength::Assumed => {
            let answer = scene.remove_one(address, &[]).await?;
            check(takes(&answer), || format!("nobody refuses it by the rulebook, answered {answer:?}"))?;
            scene.until_gone(address).await?;
            match (&guard.raised_by, other) {
                (RaisedBy::Other(by), Some(other)) if by.goes == Goes::With => {
                    scene.until_gone(&other.resource.address).await
                }
                _ => Ok(()),
            }
        }
    }
}

/// The call is refused with the guard's code, and what is guarded stays.
async fn refused(suite: &Suite<'_>, scene: &Scene<'_>, address: &Address, guard: &Guard) -> Case {
    let code = suite.subject.answered(guard);
    let answer = scene.remove_one(address, &[]).await?;
    let fits = match &answer {
        Answer::Refused(refusal) => {
            let by_itself = !matches!(guard.raised_by, RaisedBy::Other(_));
            refusal.code == code && (refusal.class == RefusalClass::Waits || !guard.can_wait() || !by_itself)
        }
        Answer::Failed(_)
        | Answer::Removed { .. }
        | Answer::Accepted { .. }
        | Answer::AlreadyGone { .. }
        | Answer::Parked { .. } => false,
    };
    check(fits, || format!("refused with {code:?} by the rulebook, answered {answer:?}"))?;
    check(scene.has(address).await, || format!("{address} is gone"))
}

/// That the guard is raised on a known fact, by what the provider itself lists: a plan has nothing else to go by.
async fn told(scene: &Scene<'_>, address: &Address, guard: &Guard) -> Case {
    let found = scene.list().await.map_err(|error| format!("nothing was listed: {error}"))?;
    let Some(target) = found.resources.iter().find(|resource| resource.address == *address) else {
        return Err(format!("{address} is not listed"));
    };
    let raised = reads(guard, target, &found.resources, scene.state().await.taken_at());
    check(raised == Raised::Known, || format!("by what is listed the guard is raised: {raised:?}; by {target:?}"))
}

fn of_kind<'a>(all: &'a [Resource], kind: &'a Kind) -> impl Iterator<Item = &'a Resource> {
    all.iter().filter(move |resource| resource.address.kind() == kind.as_str())
}

fn reads(guard: &Guard, target: &Resource, all: &[Resource], now: Timestamp) -> Raised {
    let links = |from: &Resource, relation: &Relation, to: &Resource| {
        from.known_links().iter().any(|link| link.relation == *relation && link.target == to.address)
    };
    let attribute = |test: &AttributeTest, of: &Resource| test.reads(of.attribute(&test.name), now);
    match &guard.raised_by {
        RaisedBy::State(test) => test.reads(target.state.as_ref().map(String::as_str)),
        RaisedBy::Attribute(test) => attribute(test, target),
        RaisedBy::Claim { attribute, holders } => {
            let claimed = match target.attribute(attribute) {
                Attribute::Known(value) => value.as_str(),
                Attribute::Missing => return Raised::No,
                Attribute::Unknown => return Raised::Unknown,
            };
            let stands = |claim: &&HolderClaim| {
                claimed == Some(claim.value.as_str())
                    && !of_kind(all, &claim.kind).any(|holder| links(holder, &claim.relation, target))
            };
            if holders.iter().any(|claim| stands(&claim)) { Raised::Known } else { Raised::No }
        }
        RaisedBy::Other(other) => {
            let by = |resource: &&Resource| {
                let linked = match other.end {
                    End::Dependent => links(resource, &other.relation, target),
                    End::Dependency => links(target, &other.relation, resource),
                };
                let of_state = other.state.as_ref().map(|test| test.reads(resource.state.as_ref().map(String::as_str)));
                let of_other = other.attribute.as_ref().map(|test| attribute(test, resource));
                let of_target = other.target_attribute.as_ref().map(|test| attribute(test, target));
                linked && [of_state, of_other, of_target].into_iter().flatten().all(|read| read == Raised::Known)
            };
            if of_kind(all, &other.kind).any(|resource| by(&resource)) { Raised::Known } else { Raised::No }
        }
    }
}

/// The very resource that is refused without force goes by it. Of the two calls the second has the parameter that the
/// rulebook names, and nothing else that the first had not; where it names none, they are the same call. The others stay.
async fn forced(suite: &Suite<'_>, guard: &Guard) -> Case {
    let Guarded { mut target, other, .. } = raised(suite, guard)?;
    if let Some(only) = guard.force().and_then(|force| force.only.as_ref()) {
        give(&mut target.resource, &only.attribute, only.equals.clone())?;
    }
    let world = world(std::iter::once(&target).chain(&other));
    let scene = suite.set(world.clone(), &[]).await;
    let (unforced, by_force) = (&[][..], std::slice::from_ref(&guard.code));
    let address = &target.resource.address;
    let mut plain = Vec::new();
    match guard.strength {
        Strength::Enforced => {
            refused(suite, &scene, address, guard).await?;
            plain.extend(removals(suite, &scene, guard, unforced).await?);
        }
        Strength::Assumed => {
            let without = suite.set(world, &[]).await;
            let _taken = without.remove_one(address, &[]).await?;
            plain.extend(removals(suite, &without, guard, unforced).await?);
        }
    }
    let before = removals(suite, &scene, guard, by_force).await?.map_or(0, |calls| calls.len());
    let answer = scene.remove_one(address, by_force).await?;
    check(takes(&answer), || format!("forced, and answered {answer:?}"))?;
    if let (Some(plain), Some(calls)) = (plain.first(), removals(suite, &scene, guard, by_force).await?) {
        let forced = calls.get(before..).unwrap_or_default();
        let [plain, forced] = [plain.as_slice(), forced].map(|calls| calls.first().map(|call| &call.parameters));
        let (Some(plain), Some(forced)) = (plain, forced) else { return Err("no call was made".to_owned()) };
        let told = [unforced, by_force].map(|force| suite.rulebook().operation(guard.target.as_str(), force));
        only(guard, told, plain, forced)?;
    }
    scene.until_gone(address).await?;
    if let Some(other) = other {
        let stays = &other.resource.address;
        check(scene.has(stays).await, || format!("{stays} went along"))?;
    }
    unforceable(suite, guard).await
}

/// That a forced call differs from a plain one by the parameter that the rulebook names, and by the name of its operation
/// where it has one of its own.
fn only(
    guard: &Guard,
    operations: [Option<&str>; 2],
    plain: &BTreeMap<String, String>,
    forced: &BTreeMap<String, String>,
) -> Case {
    let names: BTreeSet<&str> = plain.keys().chain(forced.keys()).map(String::as_str).collect();
    let values = |name: &str| [plain, forced].map(|call| call.get(name).map(String::as_str));
    let differs: Vec<&str> = names
        .into_iter()
        .filter(|name| {
            let [plain, forced] = values(name);
            plain != forced && [plain, forced] != operations
        })
        .collect();
    let parameter = guard.force().and_then(|force| force.parameter.as_deref());
    let meant: Vec<&str> = parameter.into_iter().collect();
    check(differs == meant && meant.iter().all(|name| forced.contains_key(*name)), || {
        format!("by the rulebook force is {meant:?}; the calls differ in {differs:?}: {plain:?}, forced {forced:?}")
    })
}

/// The calls so far that remove the guard's target where those guards are forced; none where the cloud keeps no book.
async fn removals(
    suite: &Suite<'_>,
    scene: &Scene<'_>,
    guard: &Guard,
    forced: &[GuardCode],
) -> Result<Option<Vec<Seen>>, String> {
    let kind = guard.target.as_str();
    let operation = suite.rulebook().operation(kind, forced).ok_or_else(|| format!("nothing removes {kind}"))?;
    let calls = scene.calls().await;
    Ok(calls.map(|calls| calls.into_iter().filter(|call| call.operation == operation).collect()))
}

/// A guard that the rulebook does not let be forced is no reason to send anything.
async fn unforceable(suite: &Suite<'_>, guard: &Guard) -> Case {
    let target = suite.specimen(guard.target.as_str(), 1)?;
    let scene = suite.set(world([&target]), &[]).await;
    let code = GuardCode::new("NoSuchGuardEver").map_err(|error| error.to_string())?;
    let address = &target.resource.address;
    match scene.remove_one(address, &[code]).await? {
        Answer::Failed(error) if error.effect == Effect::None => {
            check(scene.has(address).await, || format!("{address} is gone"))
        }
        answer @ (Answer::Failed(_)
        | Answer::Refused(_)
        | Answer::Removed { .. }
        | Answer::Accepted { .. }
        | Answer::AlreadyGone { .. }
        | Answer::Parked { .. }) => Err(format!("a guard that nobody knows was forced: {answer:?}")),
    }
}
