//! A plan as one page that stands by itself, for a reviewer with a browser. Every name is escaped by the template, after
//! what could hide or reorder text was written out.

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, html};
use sexton_core::harmless::escaped;
use sexton_core::plan::{Held, Kept, Plan, Step};

use super::colours::Sign;
use super::view::View;
use super::{plan::summary, words};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}code{font:13px ui-monospace,monospace;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #d8dee4}
.sum{font-weight:600}.remove{color:#a40e26}.force{background:#ffe3e0;font-weight:600}.wait{color:#7a5200}.quiet{color:#59636e}
.warn{background:#fff3d1;padding:.4rem .6rem}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}td,th{border-color:#30363d}.remove{color:#ff8182}.force{background:#5d1a16}.wait{color:#e3b341}.quiet{color:#9198a1}.warn{background:#4b3a0a}}";

pub(crate) fn page(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let plan: &Plan = view.plan;
    let steps: Vec<&Step> = view.steps().collect();
    let waves: Vec<&[&Step]> = steps.chunk_by(|a, b| a.wave == b.wave).collect();
    let (held, blocked): (Vec<&Held>, Vec<&Held>) = (view.held().collect(), view.blocked().collect());
    let kept: Vec<&Kept> = view.kept().collect();
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { "Sexton plan" }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                h1 { "Deletion plan" }
                p.sum { (summary(plan)) }
                p.quiet {
                    "Made of the inventory of " (plan.inventory.taken_at) ", ages taken at " (plan.now)
                    ", carried out until " (plan.expires_at) "." br; code { (escaped(&plan.digest)) }
                }
                @for exceeded in &plan.exceeded {
                    p.warn {
                        "Limit exceeded: " (escaped(&exceeded.limit)) " allows " (exceeded.allowed) ", the plan has "
                        (exceeded.actual)
                        @if let Some(scope) = &exceeded.scope { " in " code { (escaped(scope)) } }
                    }
                }
                @for wave in waves {
                    @if let Some(first) = wave.first() { h2 { "Wave " (first.wave) " (" (wave.len()) ")" } }
                    table {
                        tr { th { "" } th { "resource" } th { "how" } th { "rules" } }
                        @for step in wave { (row(step)) }
                    }
                }
                (section("Held", "Selected, and something is in the way.", &held))
                (section("Blocked", "A rule would take it along, but for what is in its way.", &blocked))
                @if !kept.is_empty() {
                    h2 { "Kept (" (kept.len()) ")" }
                    table {
                        @for kept in &kept {
                            tr { td { code { (escaped(kept.address.as_str())) } } td { (words::kept(&kept.because)) } }
                        }
                    }
                }
                @if !plan.findings.is_empty() {
                    h2 { "Findings" }
                    ul { @for finding in &plan.findings { li { (escaped(&finding.message)) " [" (escaped(&finding.code)) "]" } } }
                }
                h2 { "Policy" }
                pre { code { @for line in plan.policy.text.lines() { (escaped(line)) "\n" } } }
            }
        }
    };
    out.write_all(markup.into_string().as_bytes())
}

fn row(step: &Step) -> Markup {
    let sign = Sign::of(step);
    let class = match sign {
        Sign::Forced => "force",
        Sign::Waits => "wait",
        Sign::Plain => "remove",
    };
    html! {
        tr id={ "s" (step.index) } {
            td class=(class) { (sign.letter()) }
            td {
                code { (escaped(step.address.as_str())) }
                @if let Some(name) = &step.name { br; (escaped(name)) }
            }
            td {
                @match step.with {
                    Some(carrier) => { "goes with " a href={ "#s" (carrier) } { "step " (carrier) } }
                    None => { (escaped(&step.operation)) }
                }
                @for code in &step.force { div.force { "forces " (escaped(code.as_str())) } }
                @for wait in &step.wait { div.wait { "waits up to " (wait.timeout) " for " (escaped(wait.guard.as_str())) } }
                @for consequence in &step.consequences { div.quiet { (escaped(consequence)) } }
            }
            td { @for rule in &step.rules { div { (escaped(rule)) } } }
        }
    }
}

fn section(title: &str, meaning: &str, list: &[&Held]) -> Markup {
    html! {
        @if !list.is_empty() {
            h2 { (title) " (" (list.len()) ")" }
            p.quiet { (meaning) }
            table {
                @for held in list {
                    tr {
                        td { code { (escaped(held.address.as_str())) } }
                        td { @for blocker in &held.blockers { div { (words::blocker(blocker)) } } }
                    }
                }
            }
        }
    }
}
