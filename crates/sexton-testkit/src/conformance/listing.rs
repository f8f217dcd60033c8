//! Listings: complete ones, and all the ways in which one is not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sexton_core::resource::Resource;

use super::scene::{Case, Found, Scene, Suite, check, world};
use super::subject::{Keys, Seen, Trouble, Wrong};

/// More than fits on any provider's page that is asked for.
const MANY: u32 = 130;

pub(super) async fn cases(suite: &mut Suite<'_>) {
    suite.case("listing: all that is there, as it is, and a complete census", complete).await;
    suite.case("listing over several pages", pages).await;
    suite.case("listing an empty account is a complete census of nothing", nothing).await;
    suite.case("listing with unknown fields everywhere", unknown_fields).await;
    suite.case("listing through bodies that drip", dripping).await;
    suite.case("listing, throttled at first, with a hint", async |suite| throttled(suite, Some(50)).await).await;
    suite.case("listing, throttled at first, without a hint", async |suite| throttled(suite, None).await).await;
    suite
        .case("listing with one operation broken: never complete, never empty", async |suite| broken(suite).await)
        .await;
    suite
        .case("listing with one operation denied: never complete, never empty", async |suite| denied(suite).await)
        .await;
    for (name, wrong) in super::bodies::WRONG_BODIES {
        suite.case(&format!("listing answered by {name}"), async |suite| bodies(suite, wrong).await).await;
    }
    suite.case("rows shift while listing", shifting).await;
    suite.case("listing with a wrong secret", wrong_secret).await;
}

/// A few of each kind.
fn several(suite: &Suite<'_>, of_each: u32) -> Result<Vec<Resource>, String> {
    let mut specimens = Vec::new();
    for rules in &suite.rulebook().kinds {
        for number in 1..=of_each {
            specimens.extend(suite.subject.specimen(rules.kind.as_str(), number, None));
        }
    }
    check(!specimens.is_empty(), || "there are no specimens".to_owned())?;
    Ok(world(&specimens))
}

async fn listed(scene: &Scene<'_>) -> Result<Found, String> {
    scene.list().await.map_err(|error| format!("nothing was listed: {error}"))
}

/// That a listing tells exactly what is there.
async fn exact(scene: &Scene<'_>) -> Case {
    let found = listed(scene).await?;
    let truth = scene.state().await;
    found.honest(&truth)?;
    check(found.is_complete(), || format!("not complete: {:?}", found.problems))?;
    check(found.problems.is_empty(), || format!("complete, with problems: {:?}", found.problems))?;
    let mut there: Vec<Resource> = truth.resources().map(|resource| resource.to_resource()).collect();
    let mut told = found.resources;
    there.sort_by(|a, b| a.address.cmp(&b.address));
    told.sort_by(|a, b| a.address.cmp(&b.address));
    match there.iter().zip(&told).find(|(there, told)| there != told) {
        Some((there, told)) => Err(format!("there is {there:?}, told is {told:?}")),
        None => check(there.len() == told.len(), || format!("{} are there, {} told", there.len(), told.len())),
    }
}

async fn complete(suite: &Suite<'_>) -> Case {
    let scene = suite.set(several(suite, 2)?, &[]).await;
    exact(&scene).await?;
    let kinds: BTreeSet<String> = scene.state().await.resources().map(|resource| resource.kind().to_owned()).collect();
    let all = suite.rulebook().kinds.iter().map(|rules| rules.kind.as_str());
    let unseen: Vec<&str> = all.filter(|kind| !kinds.contains(*kind)).collect();
    check(unseen.is_empty(), || format!("no specimens of {unseen:?}"))
}

async fn pages(suite: &Suite<'_>) -> Case {
    exact(&suite.set(several(suite, MANY)?, &[]).await).await
}

async fn nothing(suite: &Suite<'_>) -> Case {
    exact(&suite.set(Vec::new(), &[]).await).await
}

async fn unknown_fields(suite: &Suite<'_>) -> Case {
    exact(&suite.set(several(suite, 2)?, &[every(Wrong::Decorated)]).await).await
}

async fn dripping(suite: &Suite<'_>) -> Case {
    let scene = suite.set(several(suite, 1)?, &[every(Wrong::Dripping { ms: 0 })]).await;
    exact(&scene).await
}

fn every(wrong: Wrong) -> Trouble {
    Trouble { operation: "*".to_owned(), calls: Vec::new(), wrong }
}

/// The operations that a listing makes beside those that say who the caller is.
async fn operations(suite: &Suite<'_>) -> Result<Vec<String>, String> {
    let scene = suite.set(several(suite, 2)?, &[]).await;
    let identity = scene.identity().await;
    check(identity.is_ok(), || format!("identity: {identity:?}"))?;
    let before = named(scene.calls().await.ok_or("the cloud keeps no book of its calls")?);
    let _found = listed(&scene).await?;
    let after = named(scene.calls().await.unwrap_or_default());
    let operations: Vec<String> = after.difference(&before).cloned().collect();
    check(!operations.is_empty(), || "a listing makes no calls of its own".to_owned())?;
    Ok(operations)
}

fn named(calls: Vec<Seen>) -> BTreeSet<String> {
    calls.into_iter().map(|call| call.operation).collect()
}

async fn throttled(suite: &Suite<'_>, retry_after_ms: Option<u64>) -> Case {
    let operation = operations(suite).await?.swap_remove(0);
    let trouble = Trouble { operation, calls: vec![1], wrong: Wrong::Throttled { retry_after_ms } };
    exact(&suite.set(several(suite, 2)?, &[trouble]).await).await
}

/// That with these troubles a listing is not complete, and what it tells is true.
async fn incomplete(suite: &Suite<'_>, trouble: Trouble) -> Case {
    let operation = trouble.operation.clone();
    let scene = suite.set(several(suite, 2)?, &[trouble]).await;
    // An error of the whole is as good: it is no inventory.
    let Ok(found) = scene.list().await else { return Ok(()) };
    found.honest(&scene.state().await).map_err(|why| format!("{operation}: {why}"))?;
    check(!found.is_complete(), || format!("{operation}: every census line is complete"))?;
    check(!found.problems.is_empty(), || format!("{operation}: nobody is told why the listing is not complete"))
}

async fn broken(suite: &Suite<'_>) -> Case {
    for operation in operations(suite).await? {
        let wrong = Wrong::Error { status: 500, code: "InternalError".to_owned(), after_effect: false };
        incomplete(suite, Trouble { operation, calls: Vec::new(), wrong }).await?;
    }
    Ok(())
}

async fn denied(suite: &Suite<'_>) -> Case {
    let (status, code) = suite.subject.codes().denied;
    for operation in operations(suite).await? {
        let wrong = Wrong::Error { status, code: code.to_owned(), after_effect: false };
        incomplete(suite, Trouble { operation, calls: Vec::new(), wrong }).await?;
    }
    Ok(())
}

async fn bodies(suite: &Suite<'_>, wrong: &Wrong) -> Case {
    let operation = operations(suite).await?.swap_remove(0);
    incomplete(suite, Trouble { operation, calls: Vec::new(), wrong: wrong.clone() }).await
}

/// One resource goes while the listing is between two pages.
async fn shifting(suite: &Suite<'_>) -> Case {
    let mut tried = 0;
    let removable = suite.removable();
    for rules in suite.rulebook().kinds.iter().filter(|rules| removable.contains(&&rules.kind)) {
        let specimens = suite.together(rules, MANY * 3)?;
        // Those that each need others of their own are listed with them, and not over pages of their own.
        if specimens.iter().filter(|specimen| !specimen.with.is_empty()).count() > 1 {
            continue;
        }
        let slow = every(Wrong::Slow { ms: 120 });
        for victim in specimens.iter().take(2) {
            let scene = suite.set(world(&specimens), std::slice::from_ref(&slow)).await;
            let meddling = async {
                between_pages(&scene).await?;
                scene.remove_one(&victim.resource.address, &[]).await
            };
            let (found, removed) = tokio::join!(scene.list(), meddling);
            removed?;
            let found = found.map_err(|error| format!("nothing was listed: {error}"))?;
            found.honest(&scene.state().await)?;
        }
        tried += 1;
    }
    check(tried > 0, || "no kind was tried".to_owned())
}

/// Waits until a second page of something was asked for.
async fn between_pages(scene: &Scene<'_>) -> Case {
    for _ in 0..5_000 {
        let calls = scene.calls().await.ok_or("the cloud keeps no book of its calls")?;
        let mut times: BTreeMap<String, u32> = BTreeMap::new();
        for call in calls {
            *times.entry(call.operation).or_default() += 1;
        }
        let paged = |(operation, times): (&String, &u32)| *times > 1 && !scene.says_who_calls(operation);
        if times.iter().any(paged) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Err("nothing was asked for twice".to_owned())
}

async fn wrong_secret(suite: &Suite<'_>) -> Case {
    let scene = suite.set_for(several(suite, 1)?, &[], Keys::WrongSecret).await;
    match scene.list().await {
        Err(_) => Ok(()),
        Ok(found) => {
            found.honest(&scene.state().await)?;
            check(!found.is_complete(), || "complete".to_owned())
        }
    }
}
