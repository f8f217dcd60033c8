//! A plan as JSON Lines.

use std::io::{self, Write};

use serde_json::json;
use sexton_core::harmless::write_json;

use crate::report::view::View;

/// One tagged object a line: steps, held, blocked, kept, findings, exceeded limits, and the summary last.
pub(super) fn lines(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let plan = view.plan;
    let mut line = |value: serde_json::Value| {
        write_json(&mut *out, &value)?;
        out.write_all(b"\n")
    };
    for step in view.steps() {
        line(json!({ "step": step }))?;
    }
    for held in view.held() {
        line(json!({ "held": held }))?;
    }
    for blocked in view.blocked() {
        line(json!({ "blocked": blocked }))?;
    }
    for kept in view.kept() {
        line(json!({ "kept": kept }))?;
    }
    for finding in &plan.findings {
        line(json!({ "finding": finding }))?;
    }
    for exceeded in &plan.exceeded {
        line(json!({ "exceeded": exceeded }))?;
    }
    line(
        json!({ "summary": plan.summary, "applyable": plan.applyable, "complete": plan.complete, "digest": plan.digest }),
    )
}
