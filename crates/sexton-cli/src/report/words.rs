//! The words of the reports, said in one place.

use sexton_core::address::Address;
use sexton_core::explain::Listed;
use sexton_core::harmless::escaped;
use sexton_core::plan::{Because, Blocker, KeepReason};

/// Why something is in the way, to read after the guard and the other.
pub(crate) fn because(blocker: &Blocker) -> String {
    match blocker.because {
        Because::Cycle => "it would have to go before itself".to_owned(),
        Because::Unlisted => format!(
            "kind {} was not listed completely",
            blocker.kind.as_ref().map_or_else(|| "?".to_owned(), |kind| escaped(kind.as_str()))
        ),
        Because::Options => "two rules that match it pass different options".to_owned(),
        Because::Protected => "is protected".to_owned(),
        Because::Retained => "is retained".to_owned(),
        Because::Held => "is held itself".to_owned(),
        Because::Blocked => "would go along, but is blocked itself".to_owned(),
        Because::UnknownState => "is not known well enough".to_owned(),
        Because::State => "by its state".to_owned(),
        Because::Attribute => "by its attributes".to_owned(),
        Because::Dangling => "is not in the inventory".to_owned(),
        Because::OrphanNotForced => "stays, and a resource drawn in as an orphan is never forced".to_owned(),
        Because::NotSelected => "stays: no rule takes it".to_owned(),
    }
}

/// What is in the way and why, in one line.
pub(crate) fn blocker(blocker: &Blocker) -> String {
    match (&blocker.guard, &blocker.by) {
        (Some(guard), Some(by)) => {
            format!("{}: {} {}", escaped(guard.as_str()), escaped(by.as_str()), because(blocker))
        }
        (Some(guard), None) => format!("{} {}", escaped(guard.as_str()), because(blocker)),
        (None, _) => because(blocker),
    }
}

/// What is in the way of many, in one line: the other by its kind.
pub(crate) fn blocker_of_a_sort(blocker: &Blocker) -> String {
    match (&blocker.guard, &blocker.by) {
        (Some(guard), Some(by)) => {
            format!("{}: {} … {}", escaped(guard.as_str()), escaped(by.kind()), because(blocker))
        }
        (Some(_), None) | (None, _) => self::blocker(blocker),
    }
}

/// Why something is kept.
pub(crate) fn kept(reason: &KeepReason) -> String {
    match reason {
        KeepReason::Protect(rule) => format!("protected by {}", escaped(rule)),
        KeepReason::ProtectUnknown(rule) => format!("not excluded from the protection {}", escaped(rule)),
        KeepReason::Retain(slot) => format!("retained: {}", escaped(slot)),
    }
}

/// `image m-1`: where the place is clear from what stands around it.
pub(crate) fn resource(address: &Address) -> String {
    format!("{} {}", escaped(address.kind()), escaped(address.id()))
}

/// ` "name"`, or nothing.
pub(crate) fn name(name: Option<&str>) -> String {
    name.filter(|name| !name.is_empty()).map_or_else(String::new, |name| format!(" \"{}\"", escaped(name)))
}

/// How a kind was listed.
pub(crate) fn listed(listed: &Listed) -> String {
    match listed {
        Listed::Completely => "the links of some of it are unknown".to_owned(),
        Listed::Not => "it was not listed".to_owned(),
        Listed::Partly => "census incomplete".to_owned(),
        Listed::Undated => "nobody knows when its census was taken".to_owned(),
        Listed::TooLongAgo { as_of } => format!("its census is of {as_of}, older than max_inventory_age"),
    }
}

/// The names of rules.
pub(crate) fn rules(rules: &[String]) -> String {
    rules.iter().map(|rule| escaped(rule)).collect::<Vec<_>>().join(", ")
}

/// `1 step`, `2 steps`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A size in bytes for people.
pub(crate) fn bytes(bytes: u64) -> String {
    for (unit, size) in [("TiB", 1_u64 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
        if bytes >= size {
            return format!("{}.{} {unit}", bytes / size, bytes % size * 10 / size);
        }
    }
    format!("{bytes} B")
}
