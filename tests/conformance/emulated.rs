//! What all subjects share that stand before an emulator.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use sexton_core::inventory::{self, Inventory};
use sexton_core::resource::Resource;
use sexton_core::time::Timestamp;
use sexton_emulator::{Emulator, Faults};
use sexton_provider::Provider;
use sexton_testkit::conformance::{Seen, Stage, Trouble, Wrong};

/// An emulator and the provider before it.
#[derive(Debug)]
pub(crate) struct Emulated {
    pub(crate) emulator: Emulator,
    pub(crate) provider: Arc<dyn Provider>,
}

#[async_trait]
impl Stage for Emulated {
    fn provider(&self) -> Arc<dyn Provider> {
        Arc::clone(&self.provider)
    }

    async fn state(&self) -> Inventory {
        inventory::read(self.emulator.state().await.unwrap().as_bytes()).unwrap()
    }

    async fn calls(&self) -> Option<Vec<Seen>> {
        let text = self.emulator.calls().await.unwrap();
        let calls = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let seen = calls.map(|call| Seen {
            operation: call["operation"].as_str().unwrap().to_owned(),
            status: call["status"].as_u64().map(|status| status.try_into().unwrap()),
            parameters: parameters(&call["parameters"]),
        });
        Some(seen.collect())
    }
}

/// What V1 adds to every query changes from call to call.
fn parameters(sent: &Value) -> BTreeMap<String, String> {
    let sent = sent.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
    sent.filter(|(name, _)| !["Timestamp", "SignatureNonce"].contains(&name.as_str())).collect()
}

/// An inventory of these resources, of which nothing was listed.
pub(crate) fn inventory_of(world: Vec<Resource>) -> Inventory {
    let taken_at: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
    Inventory::new(taken_at, [], world).unwrap()
}

/// The settings of an emulator in which these things go wrong.
pub(crate) fn faults(troubles: &[Trouble]) -> Faults {
    let slow = |trouble: &&Trouble| matches!(trouble.wrong, Wrong::Slow { .. });
    let latency: Vec<Value> = troubles
        .iter()
        .filter(slow)
        .map(|trouble| {
            let Wrong::Slow { ms } = trouble.wrong else { unreachable!("only slow ones are left") };
            json!({ "operation": trouble.operation, "min_ms": ms, "max_ms": ms })
        })
        .collect();
    let fault: Vec<Value> = troubles
        .iter()
        .filter(|trouble| !slow(trouble))
        .map(|trouble| {
            let when = if trouble.calls.is_empty() { json!("always") } else { json!({ "calls": trouble.calls }) };
            json!({ "operation": trouble.operation, "when": when, "answer": answer(&trouble.wrong) })
        })
        .collect();
    serde_json::from_value(json!({ "fault": fault, "latency": latency })).unwrap()
}

fn answer(wrong: &Wrong) -> Value {
    match wrong {
        Wrong::Throttled { retry_after_ms } => json!({ "throttle": { "retry_after_ms": retry_after_ms } }),
        Wrong::Error { status, code, after_effect } => {
            json!({ "error": { "status": status, "code": code, "after_effect": after_effect } })
        }
        Wrong::Dropped { after_effect } => json!({ "drop": { "after_effect": after_effect } }),
        Wrong::Hung { ms } => json!({ "hang": { "ms": ms, "after_effect": true } }),
        Wrong::Truncated => json!({ "truncate": {} }),
        Wrong::Garbled => json!({ "garble": {} }),
        Wrong::Html => json!({ "html": {} }),
        Wrong::BadGateway => json!({ "bad_gateway": {} }),
        Wrong::Echo { before } => json!({ "echo": { "before": before } }),
        Wrong::Gigantic => json!({ "gigantic": { "mib": 33 } }),
        Wrong::Dripping { ms } => json!({ "drip": { "ms": ms } }),
        Wrong::Decorated => json!({ "decorate": {} }),
        Wrong::Slow { .. } => unreachable!("a latency is no fault"),
    }
}
