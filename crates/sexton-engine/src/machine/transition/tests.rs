//! The table, row by row: every pair of a state and a record that is not listed is refused.

use super::*;
use crate::journal::Trouble;
use crate::outcome::FailureClass;

fn tries(count: u32, unsure: bool) -> Tries {
    Tries { count, unsure }
}

fn outcomes() -> Vec<Outcome> {
    vec![
        Outcome::Removed { request_id: None, with: None },
        Outcome::Removed { request_id: None, with: Some(0) },
        Outcome::AlreadyGone,
        Outcome::Parked { until: None, request_id: None },
        Outcome::Refused { code: "C".to_owned(), by: None, message: String::new(), request_id: None },
        Outcome::Stale { differences: Vec::new() },
        Outcome::Failed { class: FailureClass::Transient, code: None, message: String::new(), request_id: None },
        Outcome::Unknown { message: String::new() },
        Outcome::Blocked { by: 0 },
    ]
}

fn records() -> Vec<StepRecord> {
    let trouble = || Trouble { class: None, code: None, message: String::new(), request_id: None };
    let mut records = vec![
        StepRecord::Intent { attempt: 1, call: 1 },
        StepRecord::Intent { attempt: 2, call: 1 },
        StepRecord::NotSent,
        StepRecord::Accepted { request_id: None },
        StepRecord::NoEffect { trouble: trouble() },
        StepRecord::Unsettled { trouble: trouble() },
        StepRecord::StillThere,
        StepRecord::Reopened,
    ];
    records.extend(outcomes().into_iter().map(|outcome| StepRecord::Ended { outcome }));
    records
}

fn describe(state: &StepState) -> String {
    let tries = state.tries();
    let unsure = if tries.unsure { "?" } else { "" };
    match state {
        StepState::Ended { outcome, .. } => format!("{}{}{unsure}", outcome.name(), tries.count),
        StepState::Waiting(_) | StepState::Called(_) | StepState::Accepted { .. } | StepState::Unsettled(_) => {
            format!("{}{}{unsure}", state.name(), tries.count)
        }
    }
}

/// Every record that a state allows, with what follows.
fn allowed(state: &StepState) -> Vec<String> {
    records()
        .iter()
        .filter_map(|record| {
            let next = transition(7, state.clone(), record).ok()?;
            let goes_with = matches!(record, StepRecord::Ended { outcome: Outcome::Removed { with: Some(_), .. } });
            let with = if goes_with { " (with)" } else { "" };
            Some(format!("{}{with} -> {}", describe_record(record), describe(&next)))
        })
        .collect()
}

#[test]
fn a_new_step_may_be_intended_or_end_without_a_removal_of_its_own() {
    assert_eq!(
        allowed(&StepState::NEW),
        [
            "intent of attempt 1 -> called1",
            "ended (removed) (with) -> removed0",
            "ended (already-gone) -> already-gone0",
            "ended (parked) -> parked0",
            "ended (refused) -> refused0",
            "ended (stale) -> stale0",
            "ended (failed) -> failed0",
            "ended (unknown) -> unknown0",
            "ended (blocked) -> blocked0",
        ]
    );
}

#[test]
fn a_step_called_before_is_removed_without_a_call_only_where_a_call_may_have_done_it() {
    assert_eq!(
        allowed(&StepState::Waiting(tries(1, false))),
        [
            "intent of attempt 2 -> called2",
            "ended (already-gone) -> already-gone1",
            "ended (refused) -> refused1",
            "ended (stale) -> stale1",
            "ended (failed) -> failed1",
            "ended (blocked) -> blocked1",
        ]
    );
    let unsure = allowed(&StepState::Waiting(tries(1, true)));
    assert!(unsure.contains(&"ended (removed) -> removed1?".to_owned()), "{unsure:?}");
    assert!(unsure.contains(&"ended (parked) -> parked1?".to_owned()), "{unsure:?}");
    assert!(unsure.contains(&"ended (unknown) -> unknown1?".to_owned()), "{unsure:?}");
}

#[test]
fn a_called_step_takes_an_answer_and_no_second_intent() {
    assert_eq!(
        allowed(&StepState::Called(tries(1, false))),
        [
            "not-sent -> waiting1",
            "accepted -> accepted1",
            "no-effect -> waiting1",
            "unsettled -> unsettled1",
            "still-there -> waiting1?",
            "ended (removed) -> removed1",
            "ended (already-gone) -> already-gone1",
            "ended (parked) -> parked1",
            "ended (refused) -> refused1",
            "ended (failed) -> failed1",
            "ended (unknown) -> unknown1",
        ]
    );
}

#[test]
fn what_was_accepted_or_is_unsettled_is_settled_by_reading() {
    let accepted = StepState::Accepted { tries: tries(1, false), request_id: None };
    let ends = ["ended (removed) -> removed1", "ended (parked) -> parked1", "ended (unknown) -> unknown1"];
    assert_eq!(allowed(&accepted), ends);
    let unsettled = allowed(&StepState::Unsettled(tries(1, false)));
    assert_eq!(unsettled[0], "still-there -> waiting1?");
    assert_eq!(unsettled[1..], ends);
}

#[test]
fn an_ended_step_is_reopened_only_where_its_resource_is_not_out_of_the_way() {
    let reopened: Vec<Vec<String>> =
        outcomes().into_iter().map(|outcome| allowed(&StepState::Ended { tries: tries(1, false), outcome })).collect();
    let waiting = vec!["reopened -> waiting1".to_owned()];
    let unsettled = vec!["reopened -> unsettled1".to_owned()];
    assert_eq!(
        reopened,
        [vec![], vec![], vec![], vec![], waiting.clone(), waiting.clone(), waiting.clone(), unsettled, waiting.clone(),]
    );
    let unknown = StepState::Ended { tries: tries(0, false), outcome: Outcome::Unknown { message: String::new() } };
    assert_eq!(allowed(&unknown), ["reopened -> waiting0"]);
}

#[test]
fn a_refusal_names_the_step_its_state_and_the_record() {
    let error = transition(7, StepState::Called(tries(2, false)), &StepRecord::Intent { attempt: 3, call: 1 });
    assert_eq!(
        error.unwrap_err().to_string(),
        "step 7 is called after 2 attempts: the record intent of attempt 3 is not possible"
    );
}
