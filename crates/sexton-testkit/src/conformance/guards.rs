//! A case for every guard of the rulebook, and one for every force: a resource on which exactly that guard is raised, and
//! what the provider then does.

use sexton_core::address::{Address, GuardCode};
use sexton_core::fact::Fact;
use sexton_core::resource::{AttributeValue, Resource};
use sexton_core::rulebook::{
    AttributePredicate, AttributeTest, End, Goes, Guard, Other, RaisedBy, StateTest, Strength,
};
use sexton_provider::{Answer, Effect, RefusalClass};

use super::report::Origin;
use super::scene::{Case, Suite, check, takes, world};
use super::subject::{Raise, Specimen};

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
}

fn raised(suite: &Suite<'_>, guard: &Guard) -> Result<Guarded, String> {
    let kind = guard.target.as_str();
    match &guard.raised_by {
        RaisedBy::Other(other) => between(suite, guard, other),
        RaisedBy::State(test) => {
            let mut target = suite.specimen(kind, 1)?;
            if suite.subject.raise(guard, &mut target) == Raise::ByTheBook {
                target.resource.state = Fact::Known(state_of(test)?);
            }
            Ok(Guarded { target, other: None })
        }
        RaisedBy::Attribute(test) => {
            let mut target = suite.specimen(kind, 1)?;
            if suite.subject.raise(guard, &mut target) == Raise::ByTheBook {
                set(&mut target.resource, test)?;
            }
            Ok(Guarded { target, other: None })
        }
        RaisedBy::Claim { attribute, holders } => {
            let mut target = suite.specimen(kind, 1)?;
            let claim = holders.first().ok_or("the claim has no values")?;
            give(&mut target.resource, attribute, AttributeValue::from(claim.value.as_str()))?;
            Ok(Guarded { target, other: None })
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
    if suite.subject.raise(guard, &mut holder) == Raise::ByTheBook {
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
    Ok(Guarded { target, other: Some(holder) })
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
    let Guarded { target, other } = raised(suite, guard)?;
    let scene = suite.set(world(std::iter::once(&target).chain(&other)), &[]).await;
    let address = &target.resource.address;
    check(is_raised(suite, &scene.state().await, address, guard), || {
        "the guard is not raised in the cloud that was set up".to_owned()
    })?;
    let answer = scene.remove_one(address, &[]).await?;
    match guard.strength {
        Strength::Enforced => {
            let code = suite.subject.answered(guard);
            let fits = match &answer {
                Answer::Refused(refusal) => {
                    let waits = guard.remedies.contains(&sexton_core::rulebook::Remedy::Wait);
                    refusal.code == code && (refusal.class == RefusalClass::Waits || !waits || other.is_some())
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
        Strength::Assumed => {
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

fn is_raised(suite: &Suite<'_>, state: &sexton_core::inventory::Inventory, target: &Address, guard: &Guard) -> bool {
    let resources: Vec<Resource> = state.resources().map(|resource| resource.to_resource()).collect();
    let Some(target) = resources.iter().find(|resource| resource.address == *target) else { return false };
    match &guard.raised_by {
        RaisedBy::Other(other) => {
            let links = |from: &Resource, to: &Resource| {
                from.known_links().iter().any(|link| link.relation == other.relation && link.target == to.address)
            };
            resources.iter().filter(|resource| resource.address.kind() == other.kind.as_str()).any(|resource| {
                match other.end {
                    End::Dependent => links(resource, target),
                    End::Dependency => links(target, resource),
                }
            })
        }
        // What the specimen says of itself is what the suite made of it; the cloud may tell it in its own words.
        RaisedBy::State(_) | RaisedBy::Attribute(_) | RaisedBy::Claim { .. } => {
            suite.rulebook().guards_of(target.address.kind()).any(|known| known.code == guard.code)
        }
    }
}

/// With the force that the rulebook names, the removal is taken and what is guarded goes; the others stay. Without it, an
/// enforced guard stands: that is the case before.
async fn forced(suite: &Suite<'_>, guard: &Guard) -> Case {
    let Guarded { mut target, other } = raised(suite, guard)?;
    if let Some(only) = guard.force().and_then(|force| force.only.as_ref()) {
        give(&mut target.resource, &only.attribute, only.equals.clone())?;
    }
    let scene = suite.set(world(std::iter::once(&target).chain(&other)), &[]).await;
    let address = &target.resource.address;
    let answer = scene.remove_one(address, std::slice::from_ref(&guard.code)).await?;
    check(takes(&answer), || format!("forced, and answered {answer:?}"))?;
    scene.until_gone(address).await?;
    if let Some(other) = other {
        let stays = &other.resource.address;
        check(scene.has(stays).await, || format!("{stays} went along"))?;
    }
    unforceable(suite, guard).await
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
