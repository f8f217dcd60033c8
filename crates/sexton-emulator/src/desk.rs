//! Where every request is answered, one after the other: checked, perhaps struck by a fault, carried out, written down.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::clock;
use crate::cloud::{Cloud, Note, Turn, Written};
use crate::decorate::decorate;
use crate::dice::Dice;
use crate::error::ApiError;
use crate::faults::{FaultAnswer, Mischief};
use crate::request::RawRequest;

/// What goes back over the wire.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) written: Written,
    pub(crate) delay: Duration,
    pub(crate) delivery: Delivery,
}

/// Whether it does go back, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    Send,
    Cut,
    HangThenCut(Duration),
    /// One byte after the other, each after that long.
    Drip(Duration),
}

/// One call, as `GET /_emulator/calls` shows it.
#[derive(Debug, Serialize)]
struct CallRecord {
    seq: u64,
    at: String,
    operation: String,
    parameters: BTreeMap<String, String>,
    access_key_id: Option<String>,
    /// None where no answer was sent.
    status: Option<u16>,
    code: Option<String>,
    request_id: String,
    /// The fault that struck the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
}

/// The one place that changes a cloud.
#[derive(Debug)]
pub(crate) struct Desk<C> {
    cloud: C,
    mischief: Mischief,
    seed: u64,
    endpoint: String,
    calls: Vec<CallRecord>,
}

/// What befalls a request.
#[derive(Debug, Default)]
struct Fate {
    fault: Option<FaultAnswer>,
    delay_ms: u64,
    /// The request, where the fault repeats it.
    repeated: Option<String>,
}

impl<C: Cloud> Desk<C> {
    pub(crate) fn new(cloud: C, mischief: Mischief, seed: u64, endpoint: String) -> Self {
        Self { cloud, mischief, seed, endpoint, calls: Vec::new() }
    }

    /// The world as an inventory, in its text format.
    pub(crate) fn state(&mut self, now: Timestamp) -> Result<Vec<u8>, String> {
        self.cloud.settle(now);
        let inventory = self.cloud.inventory(now).map_err(|error| error.to_string())?;
        let mut text = Vec::new();
        sexton_core::inventory::write(&inventory, &mut text).map_err(|error| error.to_string())?;
        Ok(text)
    }

    /// Every call so far, one JSON object a line.
    pub(crate) fn calls(&self) -> Result<Vec<u8>, String> {
        let mut text = Vec::new();
        for call in &self.calls {
            serde_json::to_writer(&mut text, call).map_err(|error| error.to_string())?;
            text.push(b'\n');
        }
        Ok(text)
    }

    /// Answers one request.
    pub(crate) fn call(&mut self, request: Result<RawRequest, ApiError>, now: Timestamp) -> Answer {
        let seq = u64::try_from(self.calls.len()).unwrap_or(u64::MAX) + 1;
        let request_id = request_id(self.seed, seq);
        self.cloud.settle(now);
        let mut note = Note::default();
        let mut fate = Fate::default();
        let reply = request.and_then(|request| self.reply(&request, &mut note, &mut fate, seq, now));
        let answer = self.answer(&note, &reply, &fate, &request_id);
        let sent = matches!(answer.delivery, Delivery::Send | Delivery::Drip(_));
        self.calls.push(CallRecord {
            seq,
            at: clock::seconds(now),
            operation: note.operation,
            parameters: note.parameters,
            access_key_id: note.access_key_id,
            status: sent.then_some(answer.written.status),
            code: reply.err().filter(|_| sent).map(|error| error.code.into_owned()),
            request_id,
            fault: fate.fault.as_ref().map(FaultAnswer::name),
        });
        answer
    }

    fn reply(
        &mut self,
        request: &RawRequest,
        note: &mut Note,
        fate: &mut Fate,
        seq: u64,
        now: Timestamp,
    ) -> Result<C::Done, ApiError> {
        let asked = self.cloud.read(request, note)?;
        let admitted = self.cloud.admit(request, asked, note, now)?;
        fate.delay_ms = self.mischief.delay_ms(&note.operation);
        fate.fault = self.mischief.strike(&note.operation, now.as_millisecond());
        if let Some(FaultAnswer::Echo { .. }) = &fate.fault {
            fate.repeated = Some(request.head());
        }
        if let Some(error) = fate.fault.as_ref().and_then(|fault| self.error_without_effect(fault)) {
            return Err(error);
        }
        let turn = Turn { now, seq, seed: self.seed, endpoint: &self.endpoint };
        let reply = self.cloud.carry_out(admitted, turn);
        match fate.fault.as_ref().and_then(|fault| self.error_after_effect(fault)) {
            Some(error) => Err(error),
            None => reply,
        }
    }

    /// What is answered in place of doing the work.
    fn error_without_effect(&self, fault: &FaultAnswer) -> Option<ApiError> {
        match fault {
            FaultAnswer::Throttle { .. } => Some(self.cloud.throttled()),
            FaultAnswer::Error { status, code, after_effect: false } => Some(self.cloud.broken(*status, code)),
            FaultAnswer::Drop { after_effect: false } | FaultAnswer::Hang { after_effect: false, .. } => {
                Some(self.cloud.broken(500, "InternalError"))
            }
            FaultAnswer::BadGateway {} | FaultAnswer::Echo { .. } => {
                Some(ApiError::new(502, "BadGateway", "A proxy answered in place of the service."))
            }
            FaultAnswer::Challenge {} => {
                Some(ApiError::new(403, "Challenge", "A page for a browser answered in place of the service."))
            }
            FaultAnswer::Error { after_effect: true, .. }
            | FaultAnswer::Drop { after_effect: true }
            | FaultAnswer::Hang { after_effect: true, .. }
            | FaultAnswer::Truncate {}
            | FaultAnswer::Garble {}
            | FaultAnswer::Html {}
            | FaultAnswer::Gigantic { .. }
            | FaultAnswer::Drip { .. }
            | FaultAnswer::Decorate {} => None,
        }
    }

    /// What is answered though the work was done.
    fn error_after_effect(&self, fault: &FaultAnswer) -> Option<ApiError> {
        match fault {
            FaultAnswer::Error { status, code, after_effect: true } => Some(self.cloud.broken(*status, code)),
            FaultAnswer::Error { after_effect: false, .. }
            | FaultAnswer::Throttle { .. }
            | FaultAnswer::Drop { .. }
            | FaultAnswer::Hang { .. }
            | FaultAnswer::Truncate {}
            | FaultAnswer::BadGateway {}
            | FaultAnswer::Challenge {}
            | FaultAnswer::Echo { .. }
            | FaultAnswer::Garble {}
            | FaultAnswer::Html {}
            | FaultAnswer::Gigantic { .. }
            | FaultAnswer::Drip { .. }
            | FaultAnswer::Decorate {} => None,
        }
    }

    fn answer(&self, note: &Note, reply: &Result<C::Done, ApiError>, fate: &Fate, request_id: &str) -> Answer {
        let mut written = self.cloud.write(note, reply.as_ref(), request_id);
        let mut delivery = Delivery::Send;
        match &fate.fault {
            None | Some(FaultAnswer::Error { .. } | FaultAnswer::Throttle { retry_after_ms: None }) => {}
            Some(FaultAnswer::Throttle { retry_after_ms: Some(millis) }) => {
                written.headers.push(self.cloud.retry_after(*millis));
            }
            Some(FaultAnswer::Drop { .. }) => delivery = Delivery::Cut,
            Some(FaultAnswer::Hang { ms, .. }) => delivery = Delivery::HangThenCut(Duration::from_millis(*ms)),
            Some(FaultAnswer::Truncate {}) => written.body.truncate(written.body.len() / 2),
            Some(FaultAnswer::Garble {}) => {
                let half = written.body.len() / 2;
                written.body[half..].fill(0xFF);
            }
            Some(FaultAnswer::BadGateway {}) => {
                written.content_type = "text/html";
                written.body = b"<html><head><title>502 Bad Gateway</title></head></html>\n".to_vec();
            }
            Some(FaultAnswer::Echo { before }) => {
                let (blank, request) = ("-".repeat(usize::from(*before)), fate.repeated.as_deref().unwrap_or_default());
                written.content_type = "text/html";
                written.body = format!("<html><pre>{blank}{request}</pre></html>\n").into_bytes();
            }
            Some(FaultAnswer::Challenge {}) => {
                written.content_type = "text/html";
                written.headers.push(("cf-mitigated", "challenge".to_owned()));
                written.body = b"<!DOCTYPE html><html><head><title>Just a moment</title></head></html>\n".to_vec();
            }
            Some(FaultAnswer::Html {}) => {
                written.status = 200;
                written.content_type = "text/html";
                written.body = b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>\n".to_vec();
            }
            Some(FaultAnswer::Gigantic { mib }) => {
                let length = written.body.len().saturating_add(usize::try_from(*mib << 20).unwrap_or(0));
                written.body.resize(length, b' ');
            }
            Some(FaultAnswer::Decorate {}) => written.body = decorate(&written.body),
            Some(FaultAnswer::Drip { ms }) => delivery = Delivery::Drip(Duration::from_millis(*ms)),
        }
        Answer { written, delay: Duration::from_millis(fate.delay_ms), delivery }
    }
}

/// In the form of the service's own.
fn request_id(seed: u64, seq: u64) -> String {
    let mut dice = Dice::split(seed, 3_000, seq);
    let (high, low) = (dice.next(), dice.next());
    format!(
        "{:08X}-{:04X}-{:04X}-{:04X}-{:012X}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}
