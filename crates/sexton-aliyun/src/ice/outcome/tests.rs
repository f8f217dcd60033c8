use super::*;
use crate::rpc::error_of_status_and_code;

/// What the call amounts to, in a few words.
fn outcome(call: CallFor, status: u16, code: &str) -> String {
    match meaning(call, error_of_status_and_code(status, code)) {
        Meaning::Look(_) => "look".to_owned(),
        Meaning::Answer(answer) => words(&answer),
    }
}

fn words(answer: &Answer) -> String {
    match answer {
        Answer::AlreadyGone { .. } => "gone".to_owned(),
        Answer::Refused(refusal) => format!("{:?}", refusal.class).to_lowercase(),
        Answer::Failed(error) => {
            let class = match error.class {
                ErrorClass::Throttle { .. } => "throttle",
                ErrorClass::Transient => "transient",
                ErrorClass::Permanent => "permanent",
                ErrorClass::Auth => "auth",
            };
            match error.effect {
                Effect::None => class.to_owned(),
                Effect::Unknown => format!("{class}?"),
            }
        }
        Answer::Removed { .. } | Answer::Accepted { .. } | Answer::Parked { .. } => "success".to_owned(),
    }
}

#[test]
fn every_documented_code_has_a_meaning() {
    for (status, code, one, several) in [
        (400, "MissingParameter", "permanent", "permanent"),
        (400, "InvalidParameter", "permanent", "permanent"),
        (400, "OverlayNotSupported", "blocked", "look"),
        (403, "UserDisable", "auth", "auth"),
        (403, "BucketNotAuthorized", "blocked", "blocked"),
        (403, "Forbidden", "auth", "auth"),
        (403, "OperationDenied", "auth", "auth"),
        (404, "JobNotFound", "permanent?", "permanent?"),
        (404, "NoValidSnapshot", "gone", "look"),
        (500, "InternalError", "transient?", "transient?"),
        // Of every operation of the vendor.
        (400, "Throttling.User", "throttle", "throttle"),
        (400, "SignatureDoesNotMatch", "auth", "auth"),
        (503, "ServiceUnavailable", "transient?", "transient?"),
        // What nobody has heard of is never success.
        (403, "Something.New", "blocked", "blocked"),
        (400, "Something.New", "permanent", "permanent"),
        (404, "Something.NotFound", "permanent", "permanent"),
    ] {
        assert_eq!(outcome(CallFor::One, status, code), one, "{status} {code}");
        assert_eq!(outcome(CallFor::Several, status, code), several, "{status} {code}, of several");
    }
}

#[test]
fn only_the_result_ok_is_a_removal_and_only_not_found_is_gone() {
    let result = |told: &[&str]| {
        let told: Vec<String> = told.iter().map(|told| (*told).to_owned()).collect();
        words(&of_result("DeleteLiveSnapshotFiles", &told, None))
    };
    assert_eq!(result(&["OK"]), "success");
    assert_eq!(result(&["NotFound"]), "gone");
    assert_eq!(result(&["ok"]), "permanent?");
    assert_eq!(result(&["Failed"]), "permanent?");
    assert_eq!(result(&[""]), "permanent?");
    assert_eq!(result(&[]), "transient?");
    assert_eq!(result(&["OK", "NotFound"]), "transient?");
}
