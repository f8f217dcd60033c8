//! Listings: complete ones, and all the ways in which one is not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sexton_core::address::{Address, Kind};
use sexton_core::resource::Resource;
use sexton_provider::Observed;

use super::scene::{Case, Found, Running, Scene, Suite, at_once, check, takes, world};
use super::subject::{Keys, Specimen, Trouble, Wrong};

/// More than fits on any provider's page that is asked for.
const MANY: u32 = 130;

pub(super) async fn cases(suite: &mut Suite<'_>) {
    suite.case("listing: all that is there, as it is, and a complete census", complete).await;
    suite.case("listing over several pages", pages).await;
    suite.case("listing an empty account is a complete census of nothing", nothing).await;
    suite.case("listing with unknown fields everywhere", unknown_fields).await;
    suite.case("listing through bodies that drip", dripping).await;
    // Without it the cases below fail, and say so.
    suite.told_by = told_by(suite).await.unwrap_or_default();
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
    let scene = suite.set(several(suite, 1)?, &[]).await;
    let mut operations: Vec<String> = times(&scene).await?.into_keys().collect();
    operations.retain(|operation| !suite.subject.identity_operations().contains(&operation.as_str()));
    check(!operations.is_empty(), || "a listing makes no calls of its own".to_owned())?;
    Ok(operations)
}

async fn throttled(suite: &Suite<'_>, retry_after_ms: Option<u64>) -> Case {
    check(!suite.told_by.is_empty(), || "nobody knows the operations of a listing".to_owned())?;
    let each = suite.told_by.keys().cloned().map(|operation| -> Running<'_> {
        Box::pin(async move {
            let said = operation.clone();
            let trouble = Trouble { operation, calls: vec![1], wrong: Wrong::Throttled { retry_after_ms } };
            let scene = suite.set(several(suite, 2)?, &[trouble]).await;
            exact(&scene).await.map_err(|why| format!("{said}: {why}"))
        })
    });
    at_once(each).await
}

/// That with an operation in trouble a listing is not complete where it should be, and what it tells is true.
async fn incomplete(suite: &Suite<'_>, operation: &str, wrong: &Wrong, keys: Keys) -> Case {
    let meant = suite.told_by.get(operation).ok_or_else(|| format!("nobody knows what {operation} tells of"))?;
    let trouble = Trouble { operation: operation.to_owned(), calls: Vec::new(), wrong: wrong.clone() };
    let scene = suite.set_for(several(suite, 1)?, &[trouble], keys).await;
    // An error of the whole is as good: it is no inventory.
    let Ok(found) = scene.list().await else { return Ok(()) };
    let truth = scene.state().await;
    found.honest(&truth).and_then(|()| found.faithful(&truth)).map_err(|why| format!("{operation}: {why}"))?;
    let incomplete = found.incomplete();
    check(!incomplete.is_empty(), || format!("{operation}: every census line is complete"))?;
    let missing: Vec<&Kind> = meant.difference(&incomplete).collect();
    check(missing.is_empty(), || format!("{operation} tells of {missing:?}, and is said to have told all"))?;
    check(!found.problems.is_empty(), || format!("{operation}: nobody is told why the listing is not complete"))
}

/// The kinds that each operation tells of: those that are not complete where the caller lacks its permission.
async fn told_by(suite: &Suite<'_>) -> Result<BTreeMap<String, BTreeSet<Kind>>, String> {
    let (status, code) = suite.subject.codes().denied;
    let mut told = BTreeMap::new();
    for operation in operations(suite).await? {
        let wrong = Wrong::Error { status, code: code.to_owned(), after_effect: false };
        let trouble = Trouble { operation: operation.clone(), calls: Vec::new(), wrong };
        let scene = suite.set(several(suite, 1)?, &[trouble]).await;
        told.insert(operation, scene.list().await.map(|found| found.incomplete()).unwrap_or_default());
    }
    Ok(told)
}

async fn broken(suite: &Suite<'_>) -> Case {
    let wrong = Wrong::Error { status: 500, code: "InternalError".to_owned(), after_effect: false };
    each_incomplete(suite, &wrong, Keys::Right).await
}

async fn denied(suite: &Suite<'_>) -> Case {
    let (status, code) = suite.subject.codes().denied;
    let wrong = Wrong::Error { status, code: code.to_owned(), after_effect: false };
    each_incomplete(suite, &wrong, Keys::Right).await
}

async fn bodies(suite: &Suite<'_>, wrong: &Wrong) -> Case {
    each_incomplete(suite, wrong, Keys::Temporary).await
}

/// Every operation of a listing in its turn. They wait for each other's pauses, so they do it together.
async fn each_incomplete(suite: &Suite<'_>, wrong: &Wrong, keys: Keys) -> Case {
    let operations: Vec<&String> = suite.told_by.keys().collect();
    check(!operations.is_empty(), || "nobody knows the operations of a listing".to_owned())?;
    // How much is read of an answer does not hang on what was asked, and takes long to try.
    let asked = if *wrong == Wrong::Gigantic { 1 } else { operations.len() };
    let each = operations.into_iter().take(asked);
    at_once(each.map(|operation| -> Running<'_> { Box::pin(incomplete(suite, operation, wrong, keys)) })).await
}

/// One resource goes while the listing is between two pages.
async fn shifting(suite: &Suite<'_>) -> Case {
    let mut moved = 0;
    let removable = suite.removable();
    for rules in suite.rulebook().kinds.iter().filter(|rules| removable.contains(&&rules.kind)) {
        let specimens = suite.together(rules, MANY * 3)?;
        // Those that each need others of their own are listed with them, and not over pages of their own.
        if specimens.iter().filter(|specimen| !specimen.with.is_empty()).count() > 1 {
            continue;
        }
        // Of some kinds so many fit on one page, and of those nothing can move.
        let (Some(operation), Some(victim)) = (paged(suite, &specimens).await?, specimens.first()) else { continue };
        let address = &victim.resource.address;
        let shifted = shifts(suite, &specimens, address, &operation).await;
        moved += shifted.map_err(|why| format!("{address} goes during {operation}: {why}"))?;
    }
    check(moved > 0, || "no row was moved".to_owned())
}

/// How many resources went in the midst of a listing that was honest all the same: it, unless it went into a recycle bin.
async fn shifts(suite: &Suite<'_>, specimens: &[Specimen], victim: &Address, operation: &str) -> Result<usize, String> {
    let slow = Trouble { operation: operation.to_owned(), calls: Vec::new(), wrong: Wrong::Slow { ms: 200 } };
    let scene = suite.set(world(specimens), &[slow]).await;
    let meddling = async {
        between_pages(&scene, operation).await?;
        let answer = scene.remove_one(victim, &[]).await?;
        check(takes(&answer), || format!("its removal was answered {answer:?}"))?;
        for _ in 0..20 {
            if !scene.has(victim).await {
                return Ok(Some(asked(&scene, operation).await?));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let seen = scene.probe(std::slice::from_ref(victim)).await.map_err(|error| error.to_string())?;
        check(matches!(seen[..], [Observed::Parked { .. }]), || format!("it does not go: {seen:?}"))?;
        Ok::<Option<usize>, String>(None)
    };
    let (found, pages) = tokio::join!(scene.list(), meddling);
    let pages = pages?;
    let found = found.map_err(|error| format!("nothing was listed: {error}"))?;
    found.honest(&scene.state().await)?;
    let Some(pages) = pages else { return Ok(0) };
    check(asked(&scene, operation).await? > pages, || "it went after the last page".to_owned())?;
    Ok(1)
}

/// The operation that tells of these page by page.
async fn paged(suite: &Suite<'_>, specimens: &[Specimen]) -> Result<Option<String>, String> {
    let (many, one) = (suite.set(world(specimens), &[]).await, suite.set(world(specimens.first()), &[]).await);
    let (many, one) = (times(&many).await?, times(&one).await?);
    let more = many.into_iter().map(|(operation, times)| {
        let fewer = one.get(&operation).copied().unwrap_or_default();
        (times.saturating_sub(fewer), operation)
    });
    // What is asked for each row is asked more often than what is asked for each page.
    Ok(more.filter(|(more, _)| *more > 1).min().map(|(_, operation)| operation))
}

/// How often a listing makes each call.
async fn times(scene: &Scene<'_>) -> Result<BTreeMap<String, usize>, String> {
    let _found = listed(scene).await?;
    let mut times = BTreeMap::new();
    for call in scene.calls().await.ok_or("the cloud keeps no book of its calls")? {
        *times.entry(call.operation).or_default() += 1;
    }
    Ok(times)
}

async fn asked(scene: &Scene<'_>, operation: &str) -> Result<usize, String> {
    let calls = scene.calls().await.ok_or("the cloud keeps no book of its calls")?;
    Ok(calls.iter().filter(|call| call.operation == operation).count())
}

/// Waits until a second page was asked for.
async fn between_pages(scene: &Scene<'_>, operation: &str) -> Case {
    for _ in 0..500 {
        if asked(scene, operation).await? > 1 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Err("no second page was asked for".to_owned())
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
