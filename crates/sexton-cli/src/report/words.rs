//! The words of the reports, said in one place.

use sexton_core::harmless::escaped;
use sexton_core::plan::{Because, Blocker, KeepReason};
use sexton_core::rulebook::{Guard, Rulebook};

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

/// What would lift a blocker: by hand, by a rule, and by what the guard's remedies let a rule grant.
pub(crate) fn lift(blocker: &Blocker, rulebooks: &[Rulebook]) -> String {
    let mut ways = plain_lift(blocker);
    let mut guards = rulebooks
        .iter()
        .flat_map(|rulebook| &rulebook.guards)
        .filter(|guard| blocker.guard.as_ref() == Some(&guard.code));
    let granted =
        matches!(blocker.because, Because::State | Because::UnknownState | Because::NotSelected | Because::Dangling);
    if let (true, Some(guard)) = (granted, guards.next()) {
        if guard.can_wait() {
            ways.push_str("; or let the rule wait for it (`wait`)");
        }
        if let (Because::NotSelected | Because::State, Some((_, consequence))) = (blocker.because, Guard::force(guard))
        {
            ways.push_str(&format!("; or let the rule force it (`force`): {consequence}"));
        }
    }
    ways
}

fn plain_lift(blocker: &Blocker) -> String {
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
        Because::State => "plan again once the state has passed".to_owned(),
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
