//! Removals that are answered wrongly, late or not at all: whether the answer may be believed, and whether what is said of
//! its effect is true.

use std::time::Duration;

use sexton_provider::{Answer, Effect, ErrorClass, RefusalClass};

use super::scene::{Case, Scene, Suite, check, failed, takes, world};
use super::subject::{Keys, Specimen, Trouble, Wrong};

/// Bodies that are no answer, by name.
pub(super) const WRONG_BODIES: &[(&str, Wrong)] = &[
    ("half a body", Wrong::Truncated),
    ("bytes that are no text", Wrong::Garbled),
    ("a web page with status 200", Wrong::Html),
    ("a proxy's page with status 502", Wrong::BadGateway),
    ("a proxy's page that repeats the request", Wrong::Echo { before: 120 }),
    ("a gigantic body", Wrong::Gigantic),
];

pub(super) async fn cases(suite: &mut Suite<'_>) {
    suite.case("removal throttled, with a hint", async |suite| throttled(suite, Some(2_500)).await).await;
    suite.case("removal throttled, without a hint", async |suite| throttled(suite, None).await).await;
    for after_effect in [false, true] {
        let when = if after_effect { "after" } else { "before" };
        let error = Wrong::Error { status: 500, code: "InternalError".to_owned(), after_effect };
        suite
            .case(&format!("removal answered 500 {when} its effect"), async |suite| unknown(suite, &error).await)
            .await;
        let unheard = Wrong::Error { status: 503, code: "NoSuchCodeEver".to_owned(), after_effect };
        let name = format!("removal answered 503 with an unknown code {when} its effect");
        suite.case(&name, async |suite| unknown(suite, &unheard).await).await;
        let dropped = Wrong::Dropped { after_effect };
        suite.case(&format!("connection closed {when} the effect"), async |suite| unknown(suite, &dropped).await).await;
    }
    suite.case("no answer after the effect", async |suite| unknown(suite, &Wrong::Hung { ms: 30 }).await).await;
    for (name, wrong) in WRONG_BODIES {
        suite.case(&format!("removal answered by {name}"), async |suite| unreadable(suite, wrong).await).await;
    }
    suite
        .case("removal answered by a body that drips", async |suite| plain(suite, Wrong::Dripping { ms: 2 }).await)
        .await;
    suite.case("removal answered with unknown fields", async |suite| plain(suite, Wrong::Decorated).await).await;
    suite.case("removal refused with an unknown code", unknown_code).await;
    suite.case("removal with a wrong secret", wrong_secret).await;
    suite.case("removal with an expired token", async |suite| auth(suite, suite.subject.codes().expired).await).await;
    suite.case("removal with a wrong clock", async |suite| auth(suite, suite.subject.codes().skewed).await).await;
    suite.case("removal without the permission", denied).await;
}

/// A specimen of each kind that can be removed.
fn specimens(suite: &Suite<'_>) -> Result<Vec<Specimen>, String> {
    suite.removable().into_iter().map(|kind| suite.specimen(kind.as_str(), 1)).collect()
}

/// Each specimen under temporary keys, for those have more to hide, and the first under the account's own as well.
fn under_keys(suite: &Suite<'_>) -> Result<Vec<(Specimen, Keys)>, String> {
    let specimens = specimens(suite)?;
    let own = specimens.first().cloned().map(|first| (first, Keys::Right));
    Ok(own.into_iter().chain(specimens.into_iter().map(|specimen| (specimen, Keys::Temporary))).collect())
}

/// Sets up a cloud in which removing the specimen goes wrong.
async fn struck<'s>(suite: &Suite<'s>, specimen: &Specimen, wrong: Wrong) -> Result<Scene<'s>, String> {
    struck_under(suite, specimen, wrong, Keys::Right).await
}

async fn struck_under<'s>(
    suite: &Suite<'s>,
    specimen: &Specimen,
    wrong: Wrong,
    keys: Keys,
) -> Result<Scene<'s>, String> {
    let operation = suite.operation(specimen.resource.address.kind())?;
    Ok(suite.set_for(world([specimen]), &[Trouble { operation, calls: Vec::new(), wrong }], keys).await)
}

async fn throttled(suite: &Suite<'_>, retry_after_ms: Option<u64>) -> Case {
    let class = ErrorClass::Throttle { retry_after: retry_after_ms.map(Duration::from_millis) };
    for specimen in specimens(suite)? {
        let address = &specimen.resource.address;
        let scene = struck(suite, &specimen, Wrong::Throttled { retry_after_ms }).await?;
        let answer = scene.remove_one(address, &[]).await?;
        failed(&answer, |is| same_hint(is, &class), Effect::None).map_err(|why| format!("{address}: {why}"))?;
        check(scene.has(address).await, || format!("{address} is gone"))?;
    }
    Ok(())
}

/// Some providers' hints are whole seconds, which are rounded up.
fn same_hint(is: &ErrorClass, wanted: &ErrorClass) -> bool {
    match (is, wanted) {
        (ErrorClass::Throttle { retry_after: Some(is) }, ErrorClass::Throttle { retry_after: Some(wanted) }) => {
            is >= wanted && *is <= *wanted + Duration::from_secs(1)
        }
        _ => is == wanted,
    }
}

/// The call failed, nobody can say with what effect, and reading can.
async fn unknown(suite: &Suite<'_>, wrong: &Wrong) -> Case {
    for specimen in specimens(suite)? {
        let address = &specimen.resource.address;
        let scene = struck(suite, &specimen, wrong.clone()).await?;
        let answer = scene.remove_one(address, &[]).await?;
        let transient = |class: &ErrorClass| *class == ErrorClass::Transient;
        failed(&answer, transient, Effect::Unknown).map_err(|why| format!("{address}: {why}"))?;
        match wrong {
            Wrong::Error { after_effect: false, .. } | Wrong::Dropped { after_effect: false } => {
                check(scene.has(address).await, || format!("{address} is gone"))?;
            }
            Wrong::Error { .. }
            | Wrong::Dropped { .. }
            | Wrong::Hung { .. }
            | Wrong::Throttled { .. }
            | Wrong::Truncated
            | Wrong::Garbled
            | Wrong::Html
            | Wrong::BadGateway
            | Wrong::Echo { .. }
            | Wrong::Gigantic
            | Wrong::Dripping { .. }
            | Wrong::Decorated
            | Wrong::Slow { .. } => scene.until_gone(address).await?,
        }
    }
    Ok(())
}

/// An answer that cannot be read: either the provider says that it does not know, or it says what reading confirms.
async fn unreadable(suite: &Suite<'_>, wrong: &Wrong) -> Case {
    let without_effect = matches!(wrong, Wrong::BadGateway | Wrong::Echo { .. });
    for (specimen, keys) in under_keys(suite)? {
        let address = &specimen.resource.address;
        let scene = struck_under(suite, &specimen, wrong.clone(), keys).await?;
        let answer = scene.remove_one(address, &[]).await?;
        match &answer {
            Answer::Failed(error) if error.effect == Effect::Unknown => {}
            // Whether a removal succeeded may stand in the status alone; it is confirmed by reading.
            Answer::Accepted { .. } if !without_effect => scene.until_gone(address).await?,
            Answer::Failed(_)
            | Answer::Refused(_)
            | Answer::Removed { .. }
            | Answer::Accepted { .. }
            | Answer::AlreadyGone { .. }
            | Answer::Parked { .. } => return Err(format!("{address}: answered {answer:?}")),
        }
    }
    Ok(())
}

/// It comes late or in a strange dress, and is an answer all the same.
async fn plain(suite: &Suite<'_>, wrong: Wrong) -> Case {
    for specimen in specimens(suite)? {
        let address = &specimen.resource.address;
        let scene = struck(suite, &specimen, wrong.clone()).await?;
        let answer = scene.remove_one(address, &[]).await?;
        check(takes(&answer), || format!("{address}: answered {answer:?}"))?;
        scene.until_gone(address).await?;
    }
    Ok(())
}

async fn unknown_code(suite: &Suite<'_>) -> Case {
    let wrong = Wrong::Error { status: 400, code: "NoSuchCodeEver".to_owned(), after_effect: false };
    for specimen in specimens(suite)? {
        let address = &specimen.resource.address;
        let scene = struck(suite, &specimen, wrong.clone()).await?;
        match scene.remove_one(address, &[]).await? {
            Answer::Refused(refusal) if refusal.class == RefusalClass::Blocked => {}
            Answer::Failed(error) if error.class == ErrorClass::Permanent && error.effect == Effect::None => {}
            answer @ (Answer::Refused(_)
            | Answer::Failed(_)
            | Answer::Removed { .. }
            | Answer::Accepted { .. }
            | Answer::AlreadyGone { .. }
            | Answer::Parked { .. }) => return Err(format!("{address}: answered {answer:?}")),
        }
        check(scene.has(address).await, || format!("{address} is gone"))?;
    }
    Ok(())
}

async fn wrong_secret(suite: &Suite<'_>) -> Case {
    for specimen in specimens(suite)? {
        let scene = suite.set_for(world([&specimen]), &[], Keys::WrongSecret).await;
        no_auth(&scene, &specimen).await?;
    }
    Ok(())
}

async fn auth(suite: &Suite<'_>, (status, code): (u16, &str)) -> Case {
    for (specimen, keys) in under_keys(suite)? {
        let wrong = Wrong::Error { status, code: code.to_owned(), after_effect: false };
        no_auth(&struck_under(suite, &specimen, wrong, keys).await?, &specimen).await?;
    }
    Ok(())
}

async fn no_auth(scene: &Scene<'_>, specimen: &Specimen) -> Case {
    let address = &specimen.resource.address;
    let answer = scene.remove_one(address, &[]).await?;
    let of_auth = |class: &ErrorClass| *class == ErrorClass::Auth;
    failed(&answer, of_auth, Effect::None).map_err(|why| format!("{address}: {why}"))?;
    check(scene.has(address).await, || format!("{address} is gone"))
}

async fn denied(suite: &Suite<'_>) -> Case {
    let (status, code) = suite.subject.codes().denied;
    for specimen in specimens(suite)? {
        let address = &specimen.resource.address;
        let wrong = Wrong::Error { status, code: code.to_owned(), after_effect: false };
        let scene = struck(suite, &specimen, wrong).await?;
        let answer = scene.remove_one(address, &[]).await?;
        match &answer {
            // The permission may be wanting for this resource alone: then it is a refusal of its own.
            Answer::Refused(refusal) if refusal.class == RefusalClass::Blocked => {}
            Answer::Refused(_)
            | Answer::Failed(_)
            | Answer::Removed { .. }
            | Answer::Accepted { .. }
            | Answer::AlreadyGone { .. }
            | Answer::Parked { .. } => {
                let of_denial = |class: &ErrorClass| matches!(class, ErrorClass::Auth | ErrorClass::Permanent);
                failed(&answer, of_denial, Effect::None).map_err(|why| format!("{address}: {why}"))?;
            }
        }
        check(scene.has(address).await, || format!("{address} is gone"))?;
    }
    Ok(())
}
