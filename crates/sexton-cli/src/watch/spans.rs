//! The events of a run as `tracing` spans: the run, in it its steps, in those their removal calls.

use std::collections::HashMap;

use sexton_core::address::Address;
use sexton_engine::event::{Event, RunEvent, SessionFailure};
use sexton_engine::{Counts, Outcome};
use tracing::field::Empty;
use tracing::{Span, info_span};

/// By which the spans of runs are told from other ones.
#[cfg(feature = "opentelemetry")]
pub(crate) const TARGET: &str = module_path!();

/// The spans that are open.
#[derive(Default)]
pub(super) struct Spans {
    run: Option<Span>,
    steps: HashMap<u32, StepSpans>,
}

struct StepSpans {
    step: Span,
    call: Option<Span>,
}

impl Spans {
    #[expect(clippy::wildcard_enum_match_arm, reason = "what has no span of its own")]
    pub(super) fn event(&mut self, event: &RunEvent) {
        match &event.event {
            Event::SessionBegan { plan, steps, .. } => {
                self.steps.clear();
                let (run, session) = (event.run.as_str(), event.session);
                self.run = Some(info_span!(
                    parent: None, "run", run, session, plan, steps, complete = Empty, removed = Empty, not_removed = Empty,
                    failure = Empty, otel.status_code = Empty
                ));
            }
            Event::StepBegan { step, address } => {
                self.step(*step, address);
            }
            Event::StepWaits { step, address, guard, .. } => {
                let spans = self.step(*step, address);
                spans.step.in_scope(|| tracing::info!(guard, "waits"));
            }
            Event::StepCalled { step, address, operation, attempt, call } => {
                let spans = self.step(*step, address);
                spans.call = Some(info_span!(
                    parent: &spans.step, "call", operation, attempt, call, answer = Empty, otel.status_code = Empty
                ));
            }
            Event::StepAccepted { step, .. } => self.answer(*step, "accepted", "OK"),
            Event::StepRetries { step, trouble, .. } => self.answer(*step, &trouble.message, "ERROR"),
            Event::StepUnsettled { step, trouble, .. } => self.answer(*step, &trouble.message, "ERROR"),
            Event::StepStillThere { .. } => {}
            Event::StepEnded { step, outcome, .. } => self.end(*step, outcome),
            Event::Throttled { scope, operation, until } => {
                self.tell(|| tracing::info!(scope, operation, %until, "throttled"));
            }
            Event::RateChanged { scope, operation, rate } => {
                self.tell(|| tracing::info!(scope, operation, rate, "rate changed"));
            }
            Event::Stopping { cause } => self.tell(|| tracing::info!(?cause, "stopping")),
            Event::Paused => self.tell(|| tracing::info!("paused")),
            Event::Unpaused => self.tell(|| tracing::info!("unpaused")),
            Event::SessionEnded { complete, counts, failure } => {
                self.session_ended(*complete, counts, failure.as_ref());
            }
            _ => {}
        }
    }

    /// The spans of a step, opened where they are not.
    fn step(&mut self, step: u32, address: &Address) -> &mut StepSpans {
        let run = self.run.as_ref().and_then(Span::id);
        self.steps.entry(step).or_insert_with(|| {
            let (address, kind) = (address.as_str(), address.kind());
            let span = info_span!(parent: run, "step", step, kind, address, outcome = Empty, otel.status_code = Empty);
            StepSpans { step: span, call: None }
        })
    }

    fn answer(&mut self, step: u32, answer: &str, status: &str) {
        if let Some(call) = self.steps.get_mut(&step).and_then(|spans| spans.call.take()) {
            call.record("answer", answer).record("otel.status_code", status);
        }
    }

    fn end(&mut self, step: u32, outcome: &Outcome) {
        let status = if outcome.is_done() { "OK" } else { "ERROR" };
        self.answer(step, outcome.name(), status);
        if let Some(spans) = self.steps.remove(&step) {
            spans.step.record("outcome", outcome.name()).record("otel.status_code", status);
        }
    }

    fn session_ended(&mut self, complete: bool, counts: &Counts, failure: Option<&SessionFailure>) {
        self.steps.clear();
        if let Some(failure) = failure {
            self.tell(|| tracing::error!(?failure, "failed"));
        }
        if let Some(run) = self.run.take() {
            run.record("complete", complete)
                .record("removed", counts.removed)
                .record("not_removed", counts.not_removed());
            if let Some(failure) = failure {
                run.record("failure", failure.name()).record("otel.status_code", "ERROR");
            }
        }
    }

    fn tell(&self, say: impl FnOnce()) {
        if let Some(run) = &self.run {
            run.in_scope(say);
        }
    }
}
