//! The words of the reports, said in one place.

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

/// What would lift a blocker.
pub(crate) fn lift(blocker: &Blocker) -> String {
    let by = blocker.by.as_ref().map_or("it", |by| by.kind());
    match blocker.because {
        Because::Cycle => "remove one link of the cycle by hand".to_owned(),
        Because::Unlisted => format!(
            "list kind {} with a permission that sees all of it, or waive it with [[assume_none]]",
            blocker.kind.as_ref().map_or_else(|| "?".to_owned(), |kind| escaped(kind.as_str()))
        ),
        Because::Options => "make the `options` of the rules agree".to_owned(),
        Because::Protected => "lift the protection, if it is meant to go".to_owned(),
        Because::Retained => "lower the `retain` of its rule, if it is meant to go".to_owned(),
        Because::Held | Because::Blocked => "see below".to_owned(),
        Because::UnknownState => "list again".to_owned(),
        Because::State => "wait until the state passes (`wait`), or plan again later".to_owned(),
        Because::Attribute => "change the attribute at the provider, if it is meant to go".to_owned(),
        Because::Dangling => "list where the other is, or remove it by hand".to_owned(),
        Because::OrphanNotForced => "select the resource by a rule of its own that grants the force".to_owned(),
        Because::NotSelected => {
            format!("let a rule take the {by} (`cascade`, or a rule of its own), or remove it by hand")
        }
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

/// Why something is kept.
pub(crate) fn kept(reason: &KeepReason) -> String {
    match reason {
        KeepReason::Protect(rule) => format!("protected by {}", escaped(rule)),
        KeepReason::ProtectUnknown(rule) => format!("not excluded from the protection {}", escaped(rule)),
        KeepReason::Retain(slot) => format!("retained: {}", escaped(slot)),
    }
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
