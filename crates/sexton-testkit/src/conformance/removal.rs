//! Removals that nothing hinders: of every kind, twice, in batches, and in batches that are too large.

use std::collections::BTreeSet;

use sexton_core::address::Address;
use sexton_core::rulebook::KindRules;
use sexton_provider::{Answer, Effect};

use super::scene::{Case, Suite, check, takes, world};
use super::subject::Specimen;

pub(super) async fn cases(suite: &mut Suite<'_>) {
    suite.case("removal of every kind: it goes, and nothing else", each_kind).await;
    suite.case("removal of what is gone already", twice).await;
    suite.case("a batch up to its limit", full_batch).await;
    suite.case("a batch with some that are gone already", partial_batch).await;
    suite.case("a batch over its limit is not sent", over_limit).await;
    suite.case("an option that nobody knows is not sent along", unknown_option).await;
}

async fn each_kind(suite: &Suite<'_>) -> Case {
    for kind in suite.removable() {
        let (one, other) = (suite.specimen(kind.as_str(), 1)?, suite.specimen(kind.as_str(), 2)?);
        let scene = suite.set(world([&one, &other]), &[]).await;
        let before: BTreeSet<Address> = scene.state().await.resources().map(|resource| resource.address()).collect();
        let address = one.resource.address;
        let answer = scene.remove_one(&address, &[]).await?;
        check(takes(&answer), || format!("{address}: answered {answer:?}"))?;
        scene.until_gone(&address).await?;
        let after: BTreeSet<Address> = scene.state().await.resources().map(|resource| resource.address()).collect();
        let gone: Vec<&Address> = before.difference(&after).collect();
        let parked = matches!(answer, Answer::Parked { .. }) && gone.is_empty();
        check(gone == [&address] || parked, || format!("{address} was to go, gone are {gone:?}"))?;
    }
    Ok(())
}

async fn twice(suite: &Suite<'_>) -> Case {
    for kind in suite.removable() {
        let (there, never) = (suite.specimen(kind.as_str(), 1)?, suite.specimen(kind.as_str(), 2)?);
        let scene = suite.set(world([&there]), &[]).await;
        let address = there.resource.address;
        let _first = scene.remove_one(&address, &[]).await?;
        scene.until_gone(&address).await?;
        for address in [address, never.resource.address] {
            let answer = scene.remove_one(&address, &[]).await?;
            let fits = match &answer {
                Answer::AlreadyGone { .. } | Answer::Accepted { .. } => true,
                // Its own reading settles it.
                Answer::Failed(error) => error.effect == Effect::Unknown,
                Answer::Removed { .. } | Answer::Parked { .. } | Answer::Refused(_) => false,
            };
            check(fits, || format!("{address} is not there, and removing it was answered {answer:?}"))?;
            scene.until_gone(&address).await?;
        }
    }
    Ok(())
}

/// The kinds that are removed several at a time.
fn in_batches<'s>(suite: &Suite<'s>) -> Vec<(&'s KindRules, u32)> {
    let removable = suite.removable();
    let kinds = suite.rulebook().kinds.iter().filter(|rules| removable.contains(&&rules.kind));
    kinds.filter_map(|rules| rules.removal.as_ref().map(|removal| (rules, removal.batch_limit.get()))).collect()
}

async fn full_batch(suite: &Suite<'_>) -> Case {
    for (rules, limit) in in_batches(suite) {
        let specimens = suite.together(rules, limit)?;
        let scene = suite.set(world(&specimens), &[]).await;
        let targets: Vec<&Address> = specimens.iter().map(|specimen| &specimen.resource.address).collect();
        for (answer, target) in scene.remove(&targets, &[]).await?.iter().zip(&targets) {
            check(takes(answer), || format!("{target}: answered {answer:?}"))?;
        }
        for target in targets {
            scene.until_gone(target).await?;
        }
    }
    Ok(())
}

/// Whatever is answered: none that is still there may be called removed, and after another call for each of those that
/// were not taken, all are gone.
async fn partial_batch(suite: &Suite<'_>) -> Case {
    for (rules, limit) in in_batches(suite).into_iter().filter(|(_, limit)| *limit > 1) {
        let specimens = suite.together(rules, limit.min(4))?;
        let (absent, present) = specimens.split_at(specimens.len() / 2);
        let mut needed = present.to_vec();
        // What the absent ones would hang on stays, so that only they are missing.
        for specimen in absent {
            let mut support = specimen.with.clone();
            if let Some(resource) = support.pop() {
                needed.push(Specimen { resource, with: support });
            }
        }
        let scene = suite.set(world(&needed), &[]).await;
        let targets: Vec<&Address> = specimens.iter().map(|specimen| &specimen.resource.address).collect();
        for (answer, target) in scene.remove(&targets, &[]).await?.iter().zip(&targets) {
            let is_absent = absent.iter().any(|specimen| specimen.resource.address == **target);
            match answer {
                Answer::Removed { .. } | Answer::Parked { .. } => {
                    check(!is_absent && !scene.has(target).await, || format!("{target}: answered {answer:?}"))?;
                }
                Answer::AlreadyGone { .. } => check(is_absent, || format!("{target}: answered {answer:?}"))?,
                Answer::Accepted { .. } => scene.until_gone(target).await?,
                Answer::Refused(_) => check(!is_absent, || format!("{target}: answered {answer:?}"))?,
                Answer::Failed(_) => {}
            }
        }
        for target in targets {
            if scene.has(target).await {
                let answer = scene.remove_one(target, &[]).await?;
                check(takes(&answer), || format!("{target}, alone: answered {answer:?}"))?;
            }
            scene.until_gone(target).await?;
        }
    }
    Ok(())
}

async fn over_limit(suite: &Suite<'_>) -> Case {
    for (rules, limit) in in_batches(suite) {
        let specimens = suite.together(rules, limit + 1)?;
        let scene = suite.set(world(&specimens), &[]).await;
        let targets: Vec<&Address> = specimens.iter().map(|specimen| &specimen.resource.address).collect();
        for (answer, target) in scene.remove(&targets, &[]).await?.iter().zip(&targets) {
            match answer {
                Answer::Failed(error) if error.effect == Effect::None => {}
                Answer::Failed(_)
                | Answer::Refused(_)
                | Answer::Removed { .. }
                | Answer::Accepted { .. }
                | Answer::AlreadyGone { .. }
                | Answer::Parked { .. } => return Err(format!("{target}: answered {answer:?}")),
            }
            check(scene.has(target).await, || format!("{target} is gone"))?;
        }
    }
    Ok(())
}

async fn unknown_option(suite: &Suite<'_>) -> Case {
    for kind in suite.removable() {
        let specimen = suite.specimen(kind.as_str(), 1)?;
        let scene = suite.set(world([&specimen]), &[]).await;
        let address = specimen.resource.address;
        match scene.remove_with_option(&address, "no_such_option").await? {
            Answer::Failed(error) if error.effect == Effect::None => {}
            answer @ (Answer::Failed(_)
            | Answer::Refused(_)
            | Answer::Removed { .. }
            | Answer::Accepted { .. }
            | Answer::AlreadyGone { .. }
            | Answer::Parked { .. }) => return Err(format!("{address}: answered {answer:?}")),
        }
        check(scene.has(&address).await, || format!("{address} is gone"))?;
    }
    Ok(())
}
