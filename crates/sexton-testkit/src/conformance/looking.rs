//! Identity, second looks and dependents.

use std::time::Duration;

use sexton_core::fact::Fact;
use sexton_core::rulebook::{End, Goes, RaisedBy, Remedy, Strength};
use sexton_core::time::Timestamp;
use sexton_provider::{CallError, ErrorClass, Observed};

use super::bodies::WRONG_BODIES;
use super::scene::{Case, Suite, check, world};
use super::subject::{Keys, Trouble, Wrong};

pub(super) async fn cases(suite: &mut Suite<'_>) {
    suite.case("identity: the account and region of the caller", identity).await;
    suite.case("identity with temporary keys", temporary).await;
    suite.case("identity with a wrong secret", wrong_secret).await;
    suite
        .case("identity with an expired token", async |suite| refused(suite, suite.subject.codes().expired).await)
        .await;
    suite.case("identity with a wrong clock", async |suite| refused(suite, suite.subject.codes().skewed).await).await;
    let name = "identity answered by a page that repeats the request: no secret, wherever what is shown of it ends";
    suite.case(name, repeated).await;
    suite.case("a second look: present, absent, in the order asked", probes).await;
    suite.case("a second look tells another resource of the same id apart", reuse).await;
    suite.case("a second look that fails says nothing of anything", failing_probes).await;
    suite.case("dependents of every kind that a run has to ask for", dependents).await;
    suite.case("dependents that cannot be asked for are an error", failing_dependents).await;
}

async fn identity(suite: &Suite<'_>) -> Case {
    let told = suite.set(Vec::new(), &[]).await.identity().await.map_err(|error| error.to_string())?;
    let wanted = suite.subject.identity();
    check(told == wanted, || format!("told {told:?}, it is {wanted:?}"))
}

async fn temporary(suite: &Suite<'_>) -> Case {
    let scene = suite.set_for(Vec::new(), &[], Keys::Temporary).await;
    let told = scene.identity().await.map_err(|error| error.to_string())?;
    check(told == suite.subject.identity(), || format!("told {told:?}"))
}

async fn wrong_secret(suite: &Suite<'_>) -> Case {
    let scene = suite.set_for(Vec::new(), &[], Keys::WrongSecret).await;
    auth(scene.identity().await.map(|identity| format!("{identity:?}")))
}

async fn refused(suite: &Suite<'_>, (status, code): (u16, &str)) -> Case {
    let wrong = Wrong::Error { status, code: code.to_owned(), after_effect: false };
    let trouble = Trouble { operation: "*".to_owned(), calls: Vec::new(), wrong };
    for keys in [Keys::Right, Keys::Temporary] {
        let scene = suite.set_for(Vec::new(), std::slice::from_ref(&trouble), keys).await;
        auth(scene.identity().await.map(|identity| format!("{identity:?}")))?;
    }
    Ok(())
}

/// How much of a page is shown is for the provider to choose: the secrets lie before, across and behind its end.
async fn repeated(suite: &Suite<'_>) -> Case {
    for before in (0..600).step_by(20) {
        let wrong = Wrong::Echo { before };
        let trouble = Trouble { operation: "*".to_owned(), calls: Vec::new(), wrong };
        let scene = suite.set_for(Vec::new(), &[trouble], Keys::Temporary).await;
        match scene.identity().await {
            Err(error) => check(!format!("{error} {error:?}").contains("canary"), || {
                format!("a secret is shown of a page that has {before} characters before it")
            })?,
            Ok(identity) => return Err(format!("told {identity:?}")),
        }
    }
    Ok(())
}

fn auth(answer: Result<String, CallError>) -> Case {
    match answer {
        Err(error) => {
            check(error.class == ErrorClass::Auth, || format!("an error of class {:?}: {error}", error.class))
        }
        Ok(told) => Err(format!("told {told}")),
    }
}

async fn probes(suite: &Suite<'_>) -> Case {
    for rules in &suite.rulebook().kinds {
        let kind = rules.kind.as_str();
        let Some(there) = suite.subject.specimen(kind, 1, None) else { continue };
        let absent = suite.specimen(kind, 2)?.resource.address;
        let scene = suite.set(world([&there]), &[]).await;
        let present = there.resource.address.clone();
        let limit = rules.probe_limit.get();
        let asked = if limit > 1 { vec![absent, present] } else { vec![present] };
        let seen = scene.probe(&asked).await.map_err(|error| format!("{kind}: {error}"))?;
        check(seen.len() == asked.len(), || format!("{kind}: {} entries for {}", seen.len(), asked.len()))?;
        for (address, seen) in asked.iter().zip(&seen) {
            match seen {
                Observed::Present(resource) => {
                    let truth = scene.state().await;
                    let there = truth.resources().find(|there| there.address() == *address);
                    let same = there.is_some_and(|there| there.to_resource() == **resource);
                    check(same, || format!("{kind}: seen as {resource:?}, the cloud has {there:?}"))?;
                }
                Observed::Parked { .. } => {
                    return Err(format!("{address} was never removed, and is seen in a recycle bin"));
                }
                Observed::Absent => {
                    check(!scene.has(address).await, || format!("{address} is there and was not seen"))?;
                }
            }
        }
    }
    Ok(())
}

async fn reuse(suite: &Suite<'_>) -> Case {
    let mut told = Vec::new();
    for day in [1, 2] {
        let mut specimen = suite.specimen(suite.first()?.as_str(), 1)?;
        let instant = Timestamp::from_second(1_767_225_600 + day * 86_400).ok_or("no such time")?;
        specimen.resource.created_at = Fact::Known(instant);
        let scene = suite.set(world([&specimen]), &[]).await;
        let seen = scene.probe(&[specimen.resource.address]).await.map_err(|error| error.to_string())?;
        match seen.into_iter().next() {
            Some(Observed::Present(resource)) if resource.created_at == Fact::Known(instant) => told.push(instant),
            other => return Err(format!("made at {instant}, seen {other:?}")),
        }
    }
    check(told.len() == 2, || format!("{told:?}"))
}

async fn failing_probes(suite: &Suite<'_>) -> Case {
    let there = suite.specimen(suite.first()?.as_str(), 1)?;
    let (status, denied) = suite.subject.codes().denied;
    let error = |status: u16, code: &str| Wrong::Error { status, code: code.to_owned(), after_effect: false };
    let mut wrongs: Vec<(Wrong, IsOfClass)> = vec![
        (error(500, "InternalError"), |class| *class == ErrorClass::Transient),
        (error(503, "ServiceUnavailable"), |class| *class == ErrorClass::Transient),
        (error(status, denied), |class| matches!(class, ErrorClass::Auth | ErrorClass::Permanent)),
        (error(400, "NoSuchCodeEver"), |class| *class == ErrorClass::Permanent),
        (Wrong::Throttled { retry_after_ms: None }, |class| *class == ErrorClass::Throttle { retry_after: None }),
        (Wrong::Dropped { after_effect: false }, |class| *class == ErrorClass::Transient),
        (Wrong::Hung { ms: 30 }, |class| *class == ErrorClass::Transient),
    ];
    wrongs.extend(WRONG_BODIES.iter().map(|(_, wrong)| (wrong.clone(), any as IsOfClass)));
    for (wrong, is) in wrongs {
        let trouble = Trouble { operation: "*".to_owned(), calls: Vec::new(), wrong };
        let scene = suite.set_for(world([&there]), std::slice::from_ref(&trouble), Keys::Temporary).await;
        match scene.probe(std::slice::from_ref(&there.resource.address)).await {
            Err(error) => check(is(&error.class), || format!("{:?}: {:?} {error}", trouble.wrong, error.class))?,
            Ok(seen) => return Err(format!("{:?}: seen {seen:?}", trouble.wrong)),
        }
    }
    let trouble = Trouble {
        operation: "*".to_owned(),
        calls: Vec::new(),
        wrong: Wrong::Throttled { retry_after_ms: Some(3_000) },
    };
    let scene = suite.set(world([&there]), &[trouble]).await;
    let error = scene.probe(&[there.resource.address]).await.err().ok_or("a throttled look saw something")?;
    let hint = ErrorClass::Throttle { retry_after: Some(Duration::from_secs(3)) };
    check(error.class == hint, || format!("asked to wait three seconds: {:?}", error.class))
}

/// Whether a failure is of the class that its cause has.
type IsOfClass = fn(&ErrorClass) -> bool;

fn any(_: &ErrorClass) -> bool {
    true
}

/// Those whose guard only the run can watch: assumed ones and ones that may be forced.
async fn dependents(suite: &Suite<'_>) -> Case {
    let mut asked = 0;
    for guard in &suite.rulebook().guards {
        let RaisedBy::Other(other) = &guard.raised_by else { continue };
        let watched = guard.strength == Strength::Assumed
            || guard.remedies.iter().any(|remedy| matches!(remedy, Remedy::Force(_)));
        if other.end != End::Dependent || other.goes == Goes::With || !watched {
            continue;
        }
        let case = format!("{}: {}", guard.target, guard.code);
        let Some(target) = suite.subject.specimen(guard.target.as_str(), 1, None) else { continue };
        let on = Some((other.relation.as_str(), &target.resource.address));
        let Some(holder) = suite.subject.specimen(other.kind.as_str(), 7, on) else { continue };
        let scene = suite.set(world([&target, &holder]), &[]).await;
        let address = &target.resource.address;
        let told = scene.dependents(address).await.map_err(|error| format!("{case}: {error}"))?;
        check(told.iter().any(|told| told.address == holder.resource.address), || {
            format!("{case}: {} refers to {address} and is not among {told:?}", holder.resource.address)
        })?;
        asked += 1;
    }
    check(asked > 0, || "no guard was tried".to_owned())
}

async fn failing_dependents(suite: &Suite<'_>) -> Case {
    let guards = suite.rulebook().guards.iter();
    let watched = guards.filter(|guard| {
        matches!(&guard.raised_by, RaisedBy::Other(other) if other.end == End::Dependent && other.goes == Goes::Before)
            && (guard.strength == Strength::Assumed || guard.force().is_some())
    });
    let mut tried = 0;
    for guard in watched {
        let Some(target) = suite.subject.specimen(guard.target.as_str(), 1, None) else { continue };
        let wrong = Wrong::Error { status: 500, code: "InternalError".to_owned(), after_effect: false };
        let trouble = Trouble { operation: "*".to_owned(), calls: Vec::new(), wrong };
        let scene = suite.set(world([&target]), &[trouble]).await;
        if let Ok(told) = scene.dependents(&target.resource.address).await {
            return Err(format!("{} {}: told {told:?}", guard.target, guard.code));
        }
        tried += 1;
    }
    check(tried > 0, || "no guard was tried".to_owned())
}
