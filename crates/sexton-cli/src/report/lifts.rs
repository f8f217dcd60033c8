//! What would lift a blocker, in words.

use sexton_core::address::Address;
use sexton_core::explain::{Lift, Listed, Missing};
use sexton_core::harmless::escaped;
use sexton_core::rulebook::{AttributePredicate, OnlyWhere, StateTest};

use super::words::{listed, resource};

/// One line for each way, the most direct first. Ways that end in the same act are said as one.
pub(crate) fn ways(lifts: &[Lift<'_>]) -> Vec<String> {
    let takes = |lift: &Lift<'_>| matches!(lift, Lift::Cascade { .. } | Lift::CascadeCondition { .. });
    let along = lifts.iter().any(takes);
    let selects = lifts.iter().any(|lift| matches!(lift, Lift::Select { .. }));
    let said = lifts.iter().filter(|lift| match lift {
        Lift::Remove { .. } => !along && !selects,
        Lift::Cascade { .. }
        | Lift::CascadeCondition { .. }
        | Lift::Select { .. }
        | Lift::GrantForce { .. }
        | Lift::SelectToForce { .. }
        | Lift::GrantWait { .. }
        | Lift::Protect { .. }
        | Lift::ChangeState { .. }
        | Lift::ChangeAttribute { .. }
        | Lift::FindHolder { .. }
        | Lift::List { .. }
        | Lift::Waive { .. }
        | Lift::Learn { .. }
        | Lift::ListOther { .. }
        | Lift::AgreeOptions { .. }
        | Lift::Unprotect { .. }
        | Lift::LowerRetain { .. }
        | Lift::GiveGroup { .. }
        | Lift::LiftOther { .. }
        | Lift::BreakCycle { .. }
        | Lift::LookUp { .. } => true,
    });
    said.map(way).collect()
}

/// Which resources a force is a remedy for, where it is one for some only.
fn reach(only: Option<&OnlyWhere>) -> String {
    only.map_or_else(String::new, |only| {
        format!(", if its {} is {}", escaped(&only.attribute), escaped(&only.equals.to_string()))
    })
}

fn way(lift: &Lift<'_>) -> String {
    match lift {
        Lift::Cascade { rules, other } => {
            let lack = if rules.len() == 1 { "lacks" } else { "lack" };
            format!("{} ({} {lack} cascade {})", removal(other), named(rules), escaped(other.kind()))
        }
        Lift::CascadeCondition { rules, other } => format!(
            "{}: {} would take it along, but for a condition that is not definitely true of it",
            removal(other),
            named(rules)
        ),
        Lift::Select { other } => format!("{}, by a rule of its own or by hand", removal(other)),
        Lift::Remove { other, operation: Some(_) } => format!("{} by hand", removal(other)),
        Lift::Remove { other, operation: None } => {
            format!("{} by hand: Sexton removes nothing of that kind", removal(other))
        }
        Lift::GrantForce { rules, guard, consequence, only } => format!(
            "grant force {} in {}{}: {}",
            escaped(guard.as_str()),
            one_of(rules),
            reach(*only),
            escaped(consequence)
        ),
        Lift::SelectToForce { address, guard, consequence, only } => format!(
            "select {} by a rule of its own that grants force {}{}: {}",
            resource(address),
            escaped(guard.as_str()),
            reach(*only),
            escaped(consequence)
        ),
        Lift::GrantWait { rules, .. } => format!("grant wait in {}", one_of(rules)),
        Lift::Protect { address, rules, other } => {
            let by = if rules.is_empty() { String::new() } else { format!(" ({})", one_of(rules)) };
            format!("protect-tag {}{by}, if {} is to stay", resource(address), resource(other))
        }
        Lift::ChangeState { of, raises } => state(of, raises),
        Lift::ChangeAttribute { of, attribute, raises } => change(of, attribute, raises),
        Lift::FindHolder { of, attribute, kinds } => format!(
            "{} of {} says that it is in use: find the {} that holds it, maybe in another account",
            escaped(attribute),
            resource(of),
            kinds.iter().map(|kind| escaped(kind.as_str())).collect::<Vec<_>>().join(" or ")
        ),
        Lift::List { kind, place, listed: how } => {
            let again = if *how == Listed::Completely { " again" } else { "" };
            format!("list kind {} in {}{again}: {}", escaped(kind.as_str()), region(place), listed(how))
        }
        Lift::Waive { kind, place } => {
            format!("waive kind {} in {} with [[assume_none]], if there is none", escaped(kind.as_str()), region(place))
        }
        Lift::Learn { of, missing } => format!("list again: {}", unknown(of, *missing)),
        Lift::ListOther { other, listed: Listed::Completely } => {
            format!("list again: {} was not there when its kind was listed", resource(other))
        }
        Lift::ListOther { other, listed: how } => format!(
            "list kind {} in {}, where {} should be: {}",
            escaped(other.kind()),
            escaped(other.region()),
            resource(other),
            listed(how)
        ),
        Lift::AgreeOptions { rules } => format!("make the options of {} agree", named(rules)),
        Lift::Unprotect { other, rules } => match rules.as_slice() {
            [] => format!("lift the protection of {}", resource(other)),
            [rule] => format!("lift protection rule {} from {}", escaped(rule), resource(other)),
            _ => format!("lift the protection of {} ({})", resource(other), one_of(rules)),
        },
        Lift::LowerRetain { other, rules, slot } => {
            let rules = if rules.is_empty() { "its rule".to_owned() } else { one_of(rules) };
            let slot = slot.map_or_else(String::new, |slot| format!(" ({})", escaped(slot)));
            format!("lower retain of {rules}, which keeps {}{slot}", resource(other))
        }
        Lift::GiveGroup { of, rules } => {
            let rules = if rules.is_empty() { "its rule".to_owned() } else { one_of(rules) };
            format!("tag {} with what `per` of {rules} reads, or set per_missing = \"group\"", resource(of))
        }
        Lift::LiftOther { other } => format!("lift what holds {}", resource(other)),
        Lift::BreakCycle { members } => match members.as_slice() {
            [] => "remove one link of the cycle by hand; the plan does not show its other members".to_owned(),
            [first, ..] => {
                let names = members.iter().chain([first]).map(|member| resource(member));
                format!("remove one link of the cycle {}", names.collect::<Vec<_>>().join(" → "))
            }
        },
        Lift::LookUp { provider, guard } => {
            format!(
                "look {} up: there is no rulebook of {} here that has it",
                escaped(guard.as_str()),
                escaped(provider)
            )
        }
    }
}

/// What removing a resource is called.
fn removal(address: &Address) -> String {
    let id = escaped(address.id());
    match (address.kind(), id.rsplit_once('/')) {
        ("share", Some((_, with))) => format!("unshare from {with}"),
        ("publication", Some((what, _))) => format!("unpublish {what}"),
        ("task", _) => format!("cancel task {id}"),
        _ => format!("remove {}", resource(address)),
    }
}

fn state(of: &Address, raises: &StateTest) -> String {
    let names = |states: &std::collections::BTreeSet<String>| {
        states.iter().map(|state| escaped(state)).collect::<Vec<_>>().join(", ")
    };
    match raises {
        StateTest::In(states) => {
            format!("list and plan again once {} is no longer {}", resource(of), names(states))
        }
        StateTest::NotIn(states) if states.len() == 1 => {
            format!("list and plan again once {} is {}", resource(of), names(states))
        }
        StateTest::NotIn(states) => format!("list and plan again once {} is one of {}", resource(of), names(states)),
    }
}

fn change(of: &Address, attribute: &str, raises: &AttributePredicate) -> String {
    let (name, of) = (escaped(attribute), resource(of));
    let value = |value: &serde_json::Value| match value.as_str() {
        Some(text) => escaped(text),
        None => escaped(&value.to_string()),
    };
    match raises {
        AttributePredicate::Equals(is) => {
            format!("{name} of {of} must not be {}: change it at the provider", value(is))
        }
        AttributePredicate::NotEquals(wanted) => {
            format!("set {name} of {of} to {} at the provider, or list again if it was not read", value(wanted))
        }
        AttributePredicate::Contains(item) => format!("take {} out of {name} of {of} at the provider", value(item)),
        AttributePredicate::InFuture => format!("list and plan again once {name} of {of} has passed"),
        AttributePredicate::NotEmpty => format!("{name} of {of} must be empty: change it at the provider"),
    }
}

fn unknown(of: &Address, missing: Missing) -> String {
    let of = resource(of);
    match missing {
        Missing::State => format!("the state of {of} is unknown"),
        Missing::Links => format!("what {of} refers to is unknown"),
        Missing::Time => format!("when {of} was made is unknown, or in the future"),
        Missing::Group => format!("the group key of {of} is unknown"),
        Missing::Protection => format!("the protection reads of {of} what is unknown"),
        Missing::Fact => format!("the guard reads of {of} what is unknown, and nothing is forced on that"),
    }
}

/// `rule a`, `rules a, b`.
fn named(rules: &[&str]) -> String {
    let names: Vec<String> = rules.iter().map(|rule| escaped(rule)).collect();
    format!("{} {}", if names.len() == 1 { "rule" } else { "rules" }, names.join(", "))
}

/// `rule a`, `one of rules a, b`.
fn one_of<T: AsRef<str>>(rules: &[T]) -> String {
    let names: Vec<&str> = rules.iter().map(AsRef::as_ref).collect();
    format!("{}{}", if names.len() == 1 { "" } else { "one of " }, named(&names))
}

fn region(place: &str) -> String {
    escaped(place.rsplit(':').next().unwrap_or(place))
}
