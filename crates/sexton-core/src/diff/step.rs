//! In what two steps of one resource differ. A step's place in the plan is no difference: it moves with every other.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Change, Moved, Pair, moved, pair};
use crate::address::{Address, GuardCode};
use crate::plan::{DrawnBy, Options, Plan, Step, WaitFor};
use crate::resource::{AttributeValue, Tags};
use crate::time::Timestamp;

/// One difference of a step.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "field", rename_all = "kebab-case")]
pub enum StepChange<'p> {
    /// It was made at another time: another resource of the same id.
    CreatedAt(Pair<Option<Timestamp>>),
    /// The provider's operation.
    Operation(Pair<&'p str>),
    /// Its name.
    Name(Pair<Option<&'p str>>),
    /// Its size.
    SizeBytes(Pair<Option<u64>>),
    /// Its tags, which are expected.
    Tags(Pair<Option<&'p Tags>>),
    /// The wave.
    Wave(Pair<u32>),
    /// What goes directly before it.
    After(Moved<&'p Address>),
    /// Whose call removes it too.
    With(Pair<Option<&'p Address>>),
    /// The rules that hold it.
    Rules(Moved<&'p str>),
    /// How it was drawn in.
    DrawnBy(Moved<&'p DrawnBy>),
    /// What is forced.
    Force(Moved<&'p GuardCode>),
    /// What is lost by it.
    Consequences(Moved<&'p str>),
    /// What is waited for.
    Wait(Moved<&'p WaitFor>),
    /// Options for the provider.
    Options(Pair<&'p Options>),
    /// The state that is expected.
    State(Pair<Option<&'p str>>),
    /// An attribute that is expected; none where it is not asked for.
    Attribute {
        /// Its name.
        name: &'p str,
        /// In the first plan.
        #[serde(skip_serializing_if = "Option::is_none")]
        before: Option<&'p AttributeValue>,
        /// In the second.
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<&'p AttributeValue>,
    },
    /// The dependents whose loss is accepted.
    Dependents(Moved<&'p Address>),
    /// What its group keeps.
    Retained(Moved<&'p Address>),
}

fn texts(list: &[String]) -> impl Iterator<Item = &str> + Clone {
    list.iter().map(String::as_str)
}

fn at(plan: &Plan, index: u32) -> Option<&Address> {
    Some(&plan.steps.get(usize::try_from(index).ok()?)?.address)
}

/// The change of a step, if there is one. Each step comes with its plan, for it names others by their place there.
pub(super) fn changed<'p>(
    (plan_before, before): (&'p Plan, &'p Step),
    (plan_after, after): (&'p Plan, &'p Step),
) -> Option<Change<'p>> {
    let (a, b) = (before, after);
    let mut changes = Vec::new();
    changes.extend(pair(a.created_at, b.created_at).map(StepChange::CreatedAt));
    changes.extend(pair(a.operation.as_str(), b.operation.as_str()).map(StepChange::Operation));
    changes.extend(pair(a.name.as_deref(), b.name.as_deref()).map(StepChange::Name));
    changes.extend(pair(a.size_bytes, b.size_bytes).map(StepChange::SizeBytes));
    changes.extend(pair(a.tags.as_deref(), b.tags.as_deref()).map(StepChange::Tags));
    changes.extend(pair(a.wave, b.wave).map(StepChange::Wave));
    let first = |plan: &'p Plan, step: &'p Step| step.after.iter().filter_map(|index| at(plan, *index));
    changes.extend(moved(first(plan_before, a), first(plan_after, b)).map(StepChange::After));
    let carrier = |plan: &'p Plan, step: &'p Step| step.with.and_then(|index| at(plan, index));
    changes.extend(pair(carrier(plan_before, a), carrier(plan_after, b)).map(StepChange::With));
    changes.extend(moved(texts(&a.rules), texts(&b.rules)).map(StepChange::Rules));
    changes.extend(moved(a.drawn_by.iter(), b.drawn_by.iter()).map(StepChange::DrawnBy));
    changes.extend(moved(a.force.iter(), b.force.iter()).map(StepChange::Force));
    changes.extend(moved(texts(&a.consequences), texts(&b.consequences)).map(StepChange::Consequences));
    changes.extend(moved(a.wait.iter(), b.wait.iter()).map(StepChange::Wait));
    changes.extend(pair(&a.options, &b.options).map(StepChange::Options));
    changes.extend(pair(a.expect.state.as_deref(), b.expect.state.as_deref()).map(StepChange::State));
    let names: BTreeSet<&String> = a.expect.attrs.keys().chain(b.expect.attrs.keys()).collect();
    for name in names {
        let (before, after) = (a.expect.attrs.get(name), b.expect.attrs.get(name));
        if before != after {
            changes.push(StepChange::Attribute { name, before, after });
        }
    }
    let lost = |step: &'p Step| step.expect.dependents.iter().flatten();
    changes.extend(moved(lost(a), lost(b)).map(StepChange::Dependents));
    changes.extend(moved(a.expect.retained.iter(), b.expect.retained.iter()).map(StepChange::Retained));
    (!changes.is_empty()).then_some(Change::Step { before, after, changes })
}
