//! One removal call: files of one job, each of which is answered for itself.

use std::collections::BTreeMap;

use sexton_core::plan::Options;
use sexton_core::resource::{Attribute, AttributeValue, Resource};
use sexton_http::{Pace, Purpose, refused};
use sexton_provider::{Answer, CallError, Effect, ErrorClass, Refusal, RefusalClass, RemovalCall, RemovalTarget};

use super::decode::{TIME_DISAGREES, file_parts};
use super::outcome::{CallFor, Meaning, OVERLAY, TIMES_DISAGREE, meaning, of_result};
use super::probe::{Present, Prober, kind_of};
use super::provider::IceProvider;
use super::rulebook::{DELETE_ORIGINAL, FILES_PER_CALL, IS_OVERLAY, REMOVES_FILES, removal_operation};
use crate::pages::{Parameters, parameters};
use crate::row::{DecodeError, Row};
use crate::rpc::{Call, Reply, Service};

/// Sends one removal call, for those of its files that are known to be ones of their own and to be seen by a look. One
/// that is overwritten in place would fail the call for all. What nobody looked at is looked at first.
pub(super) async fn remove(provider: &IceProvider, call: &RemovalCall) -> Vec<Answer> {
    let checked = match check(call) {
        Ok(Some(checked)) => checked,
        Ok(None) => return Vec::new(),
        Err(error) => return call.targets.iter().map(|_| Answer::Failed(error.clone())).collect(),
    };
    let looked = match look_at_unseen(provider, &call.targets).await {
        Ok(looked) => looked,
        Err(error) => return call.targets.iter().map(|_| Answer::Failed(error.clone())).collect(),
    };
    let mut answers: BTreeMap<usize, Answer> = BTreeMap::new();
    let (mut places, mut sent) = (Vec::new(), Vec::new());
    for (at, (target, millis)) in call.targets.iter().zip(&checked.timestamps).enumerate() {
        match target.seen.as_deref().or_else(|| looked.get(target.address.id())) {
            None => {
                answers.insert(at, unseen());
            }
            Some(file) => match unsent(file) {
                Some(answer) => {
                    answers.insert(at, answer);
                }
                None => {
                    places.push(at);
                    sent.push((target, *millis));
                }
            },
        }
    }
    if !sent.is_empty() {
        let told = send(provider, &checked, &sent).await;
        answers.extend(places.into_iter().zip(told));
    }
    answers.into_values().collect()
}

async fn look_at_unseen(provider: &IceProvider, targets: &[RemovalTarget]) -> Result<Present, CallError> {
    let unseen: Vec<&RemovalTarget> = targets.iter().filter(|target| target.seen.is_none()).collect();
    let Some(first) = unseen.first() else { return Ok(Present::new()) };
    let ids: Vec<&str> = unseen.iter().map(|target| target.address.id()).collect();
    Prober::new(provider, &first.address, Pace::Once)?.files(&ids).await
}

/// A call whose targets may share it.
struct Checked<'a> {
    job: &'a str,
    /// Of each target.
    timestamps: Vec<u64>,
    original: Original,
}

/// What becomes of the object that a file is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Original {
    Deleted,
    Stays,
}

fn check(call: &RemovalCall) -> Result<Option<Checked<'_>>, CallError> {
    let Some(first) = call.targets.first() else { return Ok(None) };
    let wrong = |message| refused(&call.operation, message);
    let kind = kind_of(&first.address)?;
    if removal_operation(kind).is_none_or(|operation| operation != call.operation) {
        return Err(wrong(format!("{} does not remove {}", call.operation, first.address)));
    }
    let original = original(&call.options).map_err(wrong)?;
    let mut job = None;
    let mut timestamps = Vec::with_capacity(call.targets.len());
    for target in &call.targets {
        let address = &target.address;
        if let Some(guard) = target.force.first() {
            return Err(wrong(format!("guard {guard} of {} cannot be forced", address.kind())));
        }
        let (of, millis) = file_parts(address.id())
            .ok_or_else(|| wrong(format!("{address} does not name a job and a timestamp of its own")))?;
        let alike = address.scope() == first.address.scope() && address.kind() == first.address.kind();
        if !alike || *job.get_or_insert(of) != of || call.targets.len() > FILES_PER_CALL as usize {
            return Err(wrong(format!("one call cannot remove these {} targets together", call.targets.len())));
        }
        timestamps.push(millis);
    }
    Ok(job.map(|job| Checked { job, timestamps, original }))
}

/// What the options choose. One that is not known is never left out: it may be what makes the removal bearable.
fn original(options: &Options) -> Result<Original, String> {
    let mut original = Original::Stays;
    for (name, value) in options {
        original = match (name.as_str(), value) {
            (DELETE_ORIGINAL, AttributeValue::Bool(true)) => Original::Deleted,
            (DELETE_ORIGINAL, AttributeValue::Bool(false)) => Original::Stays,
            (DELETE_ORIGINAL, value) => return Err(format!("option {DELETE_ORIGINAL} is true or false, not {value}")),
            (name, _) => return Err(format!("{REMOVES_FILES} knows no option {name}")),
        };
    }
    Ok(original)
}

/// What is said of a file that nobody had looked at, and that a look does not find.
fn unseen() -> Answer {
    const WORDS: &str =
        "a look does not find it, which it would not either if its time and its timestamp disagree: nothing was sent";
    Answer::Failed(CallError { effect: Effect::Unknown, ..refused(REMOVES_FILES, WORDS.to_owned()) })
}

/// Why a file that looks like this is not sent; none where it is.
fn unsent(file: &Resource) -> Option<Answer> {
    const OF_ITS_OWN: &str = "it was not seen to be a file of its own: the object of an overlay is removed in OSS";
    const FOUND_AGAIN: &str =
        "its time and its timestamp are not known to agree: whether it is gone could not be seen afterwards";
    if may_be_overlay(file) {
        Some(refusal(OVERLAY, OF_ITS_OWN, None))
    } else if !is_known_false(file, TIME_DISAGREES) {
        Some(refusal(TIMES_DISAGREE, FOUND_AGAIN, None))
    } else {
        None
    }
}

/// Whether a file is not known to be one of its own.
fn may_be_overlay(file: &Resource) -> bool {
    !is_known_false(file, IS_OVERLAY)
}

fn is_known_false(file: &Resource, attribute: &str) -> bool {
    match file.attribute(attribute) {
        Attribute::Known(value) => *value == AttributeValue::Bool(false),
        Attribute::Missing | Attribute::Unknown => false,
    }
}

fn refusal(code: &str, message: &str, request_id: Option<String>) -> Answer {
    Answer::Refused(Refusal {
        by: None,
        code: code.to_owned(),
        class: RefusalClass::Blocked,
        message: message.to_owned(),
        request_id,
    })
}

/// Sends the call, and says of each file what became of it.
async fn send(provider: &IceProvider, checked: &Checked<'_>, sent: &[(&RemovalTarget, u64)]) -> Vec<Answer> {
    let Some((first, _)) = sent.first() else { return Vec::new() };
    let call_for = if sent.len() == 1 { CallFor::One } else { CallFor::Several };
    let reply = call(provider, first.address.region(), parameters_of(checked, sent)).await;
    let error = match reply {
        Ok(reply) => return read(&reply, sent),
        Err(error) => error,
    };
    match meaning(call_for, error) {
        Meaning::Answer(answer) => sent.iter().map(|_| answer.clone()).collect(),
        Meaning::Look(error) => look(provider, sent, &error).await,
    }
}

fn parameters_of(checked: &Checked<'_>, sent: &[(&RemovalTarget, u64)]) -> Parameters {
    let timestamps: Vec<u64> = sent.iter().map(|(_, millis)| *millis).collect();
    let original = match checked.original {
        Original::Deleted => "true",
        Original::Stays => "false",
    };
    let list = AttributeValue::from(timestamps).to_string();
    parameters([("JobId", checked.job), ("CreateTimestampList", &list), ("DeleteOriginalFile", original)])
}

async fn call(provider: &IceProvider, region: &str, parameters: Parameters) -> Result<Reply, CallError> {
    let endpoint = provider.endpoint_of(region)?;
    let (service, purpose) = (Service::Ice, Purpose::Change);
    provider.client().call(&Call { service, endpoint, operation: REMOVES_FILES, parameters, purpose }).await
}

/// Status 200 may hold files that were not removed: what counts is the result of each.
fn read(reply: &Reply, sent: &[(&RemovalTarget, u64)]) -> Vec<Answer> {
    let results = || -> Result<BTreeMap<u64, Vec<String>>, DecodeError> {
        const LIST: &str = "DeleteFileResultList";
        let mut results: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for row in Row::new(&reply.body).rows(LIST, LIST)? {
            if let Some(millis) = row.number("CreateTimestamp") {
                results.entry(millis).or_default().push(row.text("Result").unwrap_or_default());
            }
        }
        Ok(results)
    };
    match results() {
        Ok(mut results) => sent
            .iter()
            .map(|(_, millis)| {
                let mut told = results.remove(millis).unwrap_or_default();
                told.dedup();
                of_result(REMOVES_FILES, &told, reply.request_id.clone())
            })
            .collect(),
        Err(error) => {
            let unclear = CallError {
                class: ErrorClass::Transient,
                effect: Effect::Unknown,
                status: Some(200),
                request_id: reply.request_id.clone(),
                ..refused(REMOVES_FILES, error.to_string())
            };
            sent.iter().map(|_| Answer::Failed(unclear.clone())).collect()
        }
    }
}

/// The call failed for some of its files, and which of them is not told: looking tells.
async fn look(provider: &IceProvider, sent: &[(&RemovalTarget, u64)], error: &CallError) -> Vec<Answer> {
    let Some((first, _)) = sent.first() else { return Vec::new() };
    let ids: Vec<&str> = sent.iter().map(|(target, _)| target.address.id()).collect();
    let present = match Prober::new(provider, &first.address, Pace::Once) {
        Ok(prober) => prober.files(&ids).await,
        Err(error) => Err(error),
    };
    let unclear = |class| Answer::Failed(CallError { class, effect: Effect::Unknown, ..error.clone() });
    let Ok(present) = present else { return sent.iter().map(|_| unclear(ErrorClass::Permanent)).collect() };
    sent.iter()
        .map(|(target, _)| match present.get(target.address.id()) {
            None => Answer::AlreadyGone { request_id: error.request_id.clone() },
            Some(file) if may_be_overlay(file) => refusal(OVERLAY, &error.message, error.request_id.clone()),
            // Another of the call was meant; the next call goes without that.
            Some(_) => unclear(ErrorClass::Transient),
        })
        .collect()
}
