//! Whatever is altered in a receipt is found.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::machine::Tries;
use crate::outcome::Outcome;
use crate::receipt::StepReport;
use crate::testing::{address, now};

fn receipt() -> Receipt {
    let tries = Tries { count: 1, unsure: false };
    let ended = |outcome| StepState::Ended { tries, outcome };
    let removed = |id: &str| ended(Outcome::Removed { request_id: Some(id.to_owned()), with: None });
    let states = [removed("r-1"), removed("r-2"), ended(Outcome::Stale { differences: Vec::new() }), StepState::NEW];
    let steps: Vec<StepReport> = (0..)
        .zip(states)
        .map(|(index, state)| StepReport {
            index,
            address: address("snapshot", &format!("s{index}")),
            state,
            at: Some(now()),
        })
        .collect();
    Receipt {
        run: RunId::new("run-1").unwrap(),
        plan: "blake3:p".to_owned(),
        session: 1,
        began_at: now(),
        ended_at: now(),
        complete: false,
        stopped: Some(StopCause::Requested),
        counts: Counts::of(steps.iter().map(|step| &step.state)),
        calls: Calls { removal: BTreeMap::from([("DeleteSnapshot".to_owned(), 2)]), ..Calls::default() },
        freed_bytes: FreedBytes { min: 0, max: 7 },
        steps,
    }
}

fn text(document: &ReceiptDocument) -> Vec<u8> {
    let mut bytes = Vec::new();
    document.write(&mut bytes).unwrap();
    bytes
}

/// Every document that differs from this one in one value, one key or one element less.
fn altered(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(fields) => {
            let mut all = Vec::new();
            for (key, field) in fields {
                for other in altered(field) {
                    let mut fields = fields.clone();
                    fields.insert(key.clone(), other);
                    all.push(Value::Object(fields));
                }
                let mut fewer = fields.clone();
                fewer.remove(key);
                all.push(Value::Object(fewer));
            }
            all
        }
        Value::Array(elements) => {
            let mut all = Vec::new();
            for (place, element) in elements.iter().enumerate() {
                for other in altered(element) {
                    let mut elements = elements.clone();
                    elements[place] = other;
                    all.push(Value::Array(elements));
                }
                let mut fewer = elements.clone();
                fewer.remove(place);
                all.push(Value::Array(fewer));
                let mut moved = elements.clone();
                moved.swap(place, 0);
                all.extend((place > 0).then_some(Value::Array(moved)));
            }
            all
        }
        Value::String(text) => vec![Value::String(format!("{text}0")), Value::String(text.replace('1', "2"))],
        Value::Number(number) => vec![Value::from(number.as_u64().unwrap() + 1)],
        Value::Bool(is) => vec![Value::Bool(!is)],
        Value::Null => vec![Value::String("requested".to_owned())],
    }
}

#[test]
fn a_receipt_that_was_written_is_read_and_believed() {
    let document = receipt().document().unwrap();
    assert_eq!(ReceiptDocument::read(&text(&document)).unwrap(), document);
}

#[test]
fn whatever_is_altered_left_out_or_moved_is_found() {
    let document: Value = serde_json::from_slice(&text(&receipt().document().unwrap())).unwrap();
    let whole = ReceiptDocument::read(document.to_string().as_bytes()).unwrap();
    let mut tried = 0;
    for other in altered(&document) {
        if let Ok(read) = ReceiptDocument::read(other.to_string().as_bytes()) {
            assert_eq!(read, whole, "it was altered and believed: {other}");
        }
        tried += 1;
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn the_first_entry_that_does_not_fit_is_named() {
    let mut document = receipt().document().unwrap();
    document.entries[2].at = None;
    assert!(matches!(document.verify(), Err(ReceiptError::Entry { place: 2, index: 2 })));
    let mut document = receipt().document().unwrap();
    document.entries.pop();
    assert!(matches!(document.verify(), Err(ReceiptError::Digest)));
    document.version = 2;
    assert!(matches!(document.verify(), Err(ReceiptError::Version { version: 2, .. })));
}

#[test]
fn a_receipt_goes_by_its_schema() {
    let document: Value = serde_json::from_slice(&text(&receipt().document().unwrap())).unwrap();
    jsonschema::draft202012::new(&schema()).unwrap().validate(&document).unwrap();
}
