//! The warehouse: what stands in for a vendor's service. It answers with a status and bytes, and can go wrong in every way
//! in which a service over a network can.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use sexton_testkit::conformance::{Seen, Trouble, Wrong};

/// Rows on a page.
const PAGE: usize = 50;

/// What a caller shows.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) secret: String,
    pub(super) token: Option<String>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}

/// One row of a listing.
#[derive(Debug, Clone, Default)]
pub(super) struct Thing {
    pub(super) name: Option<String>,
    pub(super) made_at: Option<String>,
    pub(super) full: Option<bool>,
    pub(super) of: Option<String>,
}

/// An answer as it comes over the wire.
#[derive(Debug)]
pub(super) struct WireAnswer {
    pub(super) status: u16,
    pub(super) retry_after_ms: Option<u64>,
    pub(super) body: Vec<u8>,
}

/// The connection ended.
#[derive(Debug)]
pub(super) struct NoAnswer;

/// Things by kind and id.
pub(super) type Things = BTreeMap<(String, String), Thing>;

#[derive(Debug, Default)]
struct Inside {
    things: Things,
    calls: Vec<Seen>,
}

#[derive(Debug)]
pub(super) struct Warehouse {
    inside: std::sync::Arc<Mutex<Inside>>,
    troubles: Vec<Trouble>,
    key: Key,
}

type Refusal = (u16, &'static str);

impl Warehouse {
    pub(super) fn new(things: Things, troubles: &[Trouble], key: Key) -> Self {
        let inside = Inside { things, calls: Vec::new() };
        Self { inside: std::sync::Arc::new(Mutex::new(inside)), troubles: troubles.to_vec(), key }
    }

    /// Another door to the same warehouse.
    pub(super) fn door(&self) -> Self {
        Self { inside: self.inside.clone(), troubles: self.troubles.clone(), key: self.key.clone() }
    }

    pub(super) fn things(&self) -> Things {
        self.lock().things.clone()
    }

    pub(super) fn calls(&self) -> Vec<Seen> {
        self.lock().calls.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one call.
    pub(super) async fn send(
        &self,
        key: &Key,
        operation: &str,
        parameters: &[(&str, &str)],
    ) -> Result<WireAnswer, NoAnswer> {
        let trouble = self.trouble(operation);
        if let Some(Wrong::Slow { ms }) = &trouble {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
        }
        let admitted = key.secret == self.key.secret && key.token == self.key.token;
        let before = match &trouble {
            Some(Wrong::Throttled { .. }) => Some((429, "TooManyCalls".to_owned())),
            Some(Wrong::Error { status, code, after_effect: false }) => Some((*status, code.clone())),
            Some(Wrong::BadGateway | Wrong::Echo { .. }) => Some((502, String::new())),
            Some(Wrong::Dropped { after_effect: false }) => return Err(NoAnswer),
            _ => (!admitted).then(|| (401, "WrongKey".to_owned())),
        };
        let reply = match before {
            Some(refused) => Err(refused),
            None => self.carry_out(operation, parameters).map_err(|(status, code)| (status, code.to_owned())),
        };
        let reply = match (&trouble, reply) {
            (Some(Wrong::Error { status, code, after_effect: true }), _) => Err((*status, code.clone())),
            (_, reply) => reply,
        };
        let (status, value) = match reply {
            Ok(value) => (200, value),
            Err((status, code)) => (status, json!({ "code": code, "message": "the warehouse refuses" })),
        };
        let sent = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.lock().calls.push(Seen { operation: operation.to_owned(), status: Some(status), parameters: sent });
        let mut answer = WireAnswer { status, retry_after_ms: None, body: value.to_string().into_bytes() };
        match trouble {
            Some(Wrong::Throttled { retry_after_ms }) => answer.retry_after_ms = retry_after_ms,
            Some(Wrong::Dropped { .. }) => return Err(NoAnswer),
            Some(Wrong::Hung { ms }) => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                return Err(NoAnswer);
            }
            Some(Wrong::Truncated) => answer.body.truncate(answer.body.len() / 2),
            Some(Wrong::Garbled) => answer.body.iter_mut().skip(3).for_each(|byte| *byte = 0xFF),
            Some(Wrong::Html | Wrong::BadGateway) => answer.body = b"<html></html>".to_vec(),
            Some(Wrong::Echo { before }) => {
                let token = key.token.as_deref().unwrap_or_default();
                answer.body = format!("<p>{}{} {token}</p>", "-".repeat(before.into()), key.secret).into_bytes();
            }
            Some(Wrong::Gigantic) => answer.body.resize(9 << 20, b' '),
            Some(Wrong::Decorated) => answer.body = decorated(value).to_string().into_bytes(),
            Some(Wrong::Dripping { .. } | Wrong::Slow { .. } | Wrong::Error { .. }) | None => {}
        }
        Ok(answer)
    }

    fn trouble(&self, operation: &str) -> Option<Wrong> {
        let names = |trouble: &&Trouble| match trouble.operation.strip_suffix('*') {
            Some(beginning) => operation.starts_with(beginning),
            None => operation == trouble.operation,
        };
        let earlier = self.lock().calls.iter().filter(|call| call.operation == operation).count() as u64;
        let now = |trouble: &&Trouble| trouble.calls.is_empty() || trouble.calls.contains(&(earlier + 1));
        self.troubles.iter().filter(names).find(now).map(|trouble| trouble.wrong.clone())
    }

    fn carry_out(&self, operation: &str, parameters: &[(&str, &str)]) -> Result<Value, Refusal> {
        let given = |name: &str| parameters.iter().find(|(given, _)| *given == name).map_or("", |(_, value)| value);
        let mut inside = self.lock();
        match operation {
            "WhoAmI" => Ok(json!({ "account": "ada", "region": "hall-1" })),
            "ListBoxes" => Ok(page(&inside.things, "box", given("after"))),
            "ListLabels" => Ok(page(&inside.things, "label", given("after"))),
            "ListEntries" => Ok(page(&inside.things, "entry", given("after"))),
            "RemoveBox" => {
                let id = given("id").to_owned();
                let key = ("box".to_owned(), id.clone());
                let Some(found) = inside.things.get(&key) else { return Err((404, "NoSuchBox")) };
                let is_label =
                    |((kind, _), thing): (&(String, String), &Thing)| kind == "label" && thing.of.as_ref() == Some(&id);
                if inside.things.iter().any(is_label) {
                    return Err((409, "BoxLabelled"));
                }
                if found.full == Some(true) && given("force") != "true" {
                    return Err((409, "BoxFull"));
                }
                inside.things.remove(&key);
                Ok(json!({ "results": [] }))
            }
            "RemoveLabels" => {
                let ids: Vec<&str> = given("ids").split(',').collect();
                if ids.len() > 5 {
                    return Err((400, "TooManyLabels"));
                }
                let mut remove = |id: &str| inside.things.remove(&("label".to_owned(), id.to_owned())).is_some();
                let result = |gone| if gone { "removed" } else { "unknown" };
                let results: Vec<Value> =
                    ids.into_iter().map(|id| json!({ "id": id, "result": result(remove(id)) })).collect();
                Ok(json!({ "results": results }))
            }
            _ => Err((400, "NoSuchOperation")),
        }
    }
}

/// What follows an id, so that nothing shifts.
fn page(things: &Things, kind: &str, after: &str) -> Value {
    let rows = things.iter().filter(|((of, id), _)| of == kind && id.as_str() > after).take(PAGE);
    let row = |((_, id), thing): (&(String, String), &Thing)| json!({ "id": id, "name": thing.name, "made_at": thing.made_at, "full": thing.full, "of": thing.of });
    json!({ "at": "2026-11-21T00:00:00Z", "rows": rows.map(row).collect::<Vec<Value>>() })
}

fn decorated(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            for field in fields.values_mut() {
                *field = decorated(field.take());
            }
            fields.insert("new_since_yesterday".to_owned(), json!([1, { "a": null }]));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = decorated(item.take())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    value
}
