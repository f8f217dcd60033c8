//! What changed from one plan to another, for people.

use std::collections::BTreeMap;
use std::io::{self, Write};

use sexton_core::diff::{Change, Difference, Moved, PlanChange, StepChange};
use sexton_core::explain::Verdict;
use sexton_core::harmless::escaped;
use sexton_core::plan::{Blocker, CensusEntry, DrawRole};

use super::colours::{ADD, HEAD, HOLD, QUIET, REMOVE, WAIT};
use super::explain::Length;
use super::words;

pub(crate) mod document;

/// No more changes than this are listed one by one.
const LISTED: usize = 200;
/// Of a group of changes so many are shown.
const EXAMPLES: usize = 3;
/// Of one list of a change so many entries are shown.
const ENTRIES: usize = 8;

/// What sort of change it is, in the order in which they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sort {
    Added,
    Removed,
    Changed,
    NewlyHeld,
    NewlyBlocked,
    NewlyKept,
    NoLongerHeld,
    NoLongerBlocked,
    NoLongerKept,
    OtherReasons,
}

impl Sort {
    pub(crate) fn of(change: &Change<'_>) -> Self {
        match change {
            Change::Step { .. } => Sort::Changed,
            Change::Held { .. } | Change::Kept { .. } => Sort::OtherReasons,
            Change::Turned { after: Some(Verdict::Collected(_)), .. } => Sort::Added,
            Change::Turned { before: Some(Verdict::Collected(_)), .. } => Sort::Removed,
            Change::Turned { after: Some(Verdict::Held(_)), .. } => Sort::NewlyHeld,
            Change::Turned { after: Some(Verdict::Blocked(_)), .. } => Sort::NewlyBlocked,
            Change::Turned { after: Some(Verdict::Kept(_)), .. } => Sort::NewlyKept,
            Change::Turned { before: Some(Verdict::Held(_)), after: None, .. } => Sort::NoLongerHeld,
            Change::Turned { before: Some(Verdict::Blocked(_)), after: None, .. } => Sort::NoLongerBlocked,
            Change::Turned { before: Some(Verdict::Kept(_)) | None, after: None, .. } => Sort::NoLongerKept,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Sort::Added => "Steps added",
            Sort::Removed => "Steps removed",
            Sort::Changed => "Steps changed",
            Sort::NewlyHeld => "Newly held",
            Sort::NewlyBlocked => "Newly blocked",
            Sort::NewlyKept => "Newly kept",
            Sort::NoLongerHeld => "No longer held",
            Sort::NoLongerBlocked => "No longer blocked",
            Sort::NoLongerKept => "No longer kept",
            Sort::OtherReasons => "Held, blocked or kept for other reasons",
        }
    }

    /// As a word of a document.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Sort::Added => "added",
            Sort::Removed => "removed",
            Sort::Changed => "changed",
            Sort::NewlyHeld => "newly-held",
            Sort::NewlyBlocked => "newly-blocked",
            Sort::NewlyKept => "newly-kept",
            Sort::NoLongerHeld => "no-longer-held",
            Sort::NoLongerBlocked => "no-longer-blocked",
            Sort::NoLongerKept => "no-longer-kept",
            Sort::OtherReasons => "other-reasons",
        }
    }

    fn sign(self) -> String {
        let (style, letter) = match self {
            Sort::Added => (ADD, '+'),
            Sort::Removed => (REMOVE, '-'),
            Sort::Changed => (WAIT, '~'),
            Sort::NewlyHeld | Sort::NewlyBlocked | Sort::OtherReasons => (HOLD, '='),
            Sort::NewlyKept => (QUIET, '.'),
            Sort::NoLongerHeld | Sort::NoLongerBlocked | Sort::NoLongerKept => (QUIET, ' '),
        };
        format!("{style}{letter}{style:#}")
    }
}

/// How many changes there are of each sort.
pub(crate) fn counts(difference: &Difference<'_>) -> BTreeMap<Sort, usize> {
    let mut counts = BTreeMap::new();
    for change in &difference.changes {
        *counts.entry(Sort::of(change)).or_insert(0) += 1;
    }
    counts
}

pub(crate) fn text(difference: &Difference<'_>, length: Length, out: &mut dyn Write) -> io::Result<()> {
    plans(difference, out)?;
    let mut by_sort: BTreeMap<Sort, Vec<&Change<'_>>> = BTreeMap::new();
    for change in &difference.changes {
        by_sort.entry(Sort::of(change)).or_default().push(change);
    }
    for (sort, changes) in &by_sort {
        writeln!(out, "{HEAD}{}{HEAD:#}: {}", sort.title(), changes.len())?;
        if length == Length::Whole || difference.changes.len() <= LISTED {
            for change in changes {
                row(*sort, change, out)?;
            }
        } else {
            groups(*sort, changes, out)?;
        }
    }
    summary(difference, out)
}

/// Changes that are alike, counted, with examples.
fn groups(sort: Sort, changes: &[&Change<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut groups: BTreeMap<(&str, String), Vec<&Change<'_>>> = BTreeMap::new();
    for change in changes {
        let alike = match change {
            Change::Turned { before, after, .. } => {
                let other = if sort == Sort::Removed { after } else { before };
                other.as_ref().map_or("not in the plan", standing).to_owned()
            }
            Change::Step { changes, .. } => changes.iter().map(field).collect::<Vec<_>>().join(", "),
            Change::Held { .. } | Change::Kept { .. } => String::new(),
        };
        groups.entry((change.address().kind(), alike)).or_default().push(change);
    }
    for ((kind, alike), changes) in groups {
        let how = match sort {
            Sort::Removed => format!("now {alike}"),
            Sort::Changed => alike,
            Sort::OtherReasons | Sort::NoLongerHeld | Sort::NoLongerBlocked | Sort::NoLongerKept => String::new(),
            Sort::Added | Sort::NewlyHeld | Sort::NewlyBlocked | Sort::NewlyKept => format!("was {alike}"),
        };
        writeln!(out, "  {} {} {}  {QUIET}{how}{QUIET:#}", sort.sign(), changes.len(), escaped(kind))?;
        for change in changes.iter().take(EXAMPLES) {
            writeln!(out, "      {}", escaped(change.address().as_str()))?;
        }
        if changes.len() > EXAMPLES {
            writeln!(out, "      {QUIET}… and {} more (--all lists them){QUIET:#}", changes.len() - EXAMPLES)?;
        }
    }
    Ok(())
}

fn row(sort: Sort, change: &Change<'_>, out: &mut dyn Write) -> io::Result<()> {
    let address = escaped(change.address().as_str());
    let name = match change {
        Change::Turned { after: Some(Verdict::Collected(step)), .. }
        | Change::Turned { before: Some(Verdict::Collected(step)), .. }
        | Change::Step { after: step, .. } => {
            let how = format!("{}, {}", escaped(&step.operation), words::rules(&step.rules));
            format!("{}  {QUIET}{how}{QUIET:#}", words::name(step.name.as_deref()))
        }
        Change::Turned { .. } | Change::Held { .. } | Change::Kept { .. } => String::new(),
    };
    writeln!(out, "  {} {address}{name}", sort.sign())?;
    match change {
        Change::Turned { before, after, .. } => {
            match (sort, before) {
                (Sort::Removed, _) => {}
                (_, None) => writeln!(out, "      was not in the plan")?,
                (_, Some(verdict)) => verdict_of("was", verdict, out)?,
            }
            match (sort, after) {
                (Sort::Added, _) => Ok(()),
                (_, None) => {
                    writeln!(out, "      now not in the plan: it is gone, or no rule has to do with it any more")
                }
                (_, Some(verdict)) => verdict_of("now", verdict, out),
            }
        }
        Change::Step { changes, .. } => changes.iter().try_for_each(|change| step_change(change, out)),
        Change::Held { rules, blockers, .. } => {
            moved("rule", rules, |rule| escaped(rule), out)?;
            moved("in its way:", blockers, |blocker: &&Blocker| words::blocker(blocker), out)
        }
        Change::Kept { rules, because, .. } => {
            moved("rule", rules, |rule| escaped(rule), out)?;
            if because.before != because.after {
                writeln!(out, "      was {}, now {}", words::kept(because.before), words::kept(because.after))?;
            }
            Ok(())
        }
    }
}

fn standing(verdict: &Verdict<'_>) -> &'static str {
    match verdict {
        Verdict::Collected(_) => "a step",
        Verdict::Held(_) => "held",
        Verdict::Blocked(_) => "blocked",
        Verdict::Kept(_) => "kept",
    }
}

fn verdict_of(when: &str, verdict: &Verdict<'_>, out: &mut dyn Write) -> io::Result<()> {
    match verdict {
        Verdict::Collected(step) => writeln!(out, "      {when} step {}, wave {}", step.index, step.wave),
        Verdict::Kept(kept) => writeln!(out, "      {when} kept: {}", words::kept(&kept.because)),
        Verdict::Held(held) | Verdict::Blocked(held) => {
            writeln!(out, "      {when} {}:", standing(verdict))?;
            for blocker in held.blockers.iter().take(ENTRIES) {
                writeln!(out, "        {}", words::blocker(blocker))?;
            }
            more(held.blockers.len(), "        ", out)
        }
    }
}

fn more(count: usize, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    if count > ENTRIES {
        writeln!(out, "{indent}{QUIET}… and {} more{QUIET:#}", count - ENTRIES)?;
    }
    Ok(())
}

fn moved<T>(what: &str, moved: &Moved<T>, word: impl Fn(&T) -> String, out: &mut dyn Write) -> io::Result<()> {
    for (sign, style, list) in [('-', REMOVE, &moved.gone), ('+', ADD, &moved.come)] {
        for entry in list.iter().take(ENTRIES) {
            writeln!(out, "      {style}{sign}{style:#} {what} {}", word(entry))?;
        }
        more(list.len(), "      ", out)?;
    }
    Ok(())
}

/// The name of a step's change, as the plan's key has it.
fn field(change: &StepChange<'_>) -> &'static str {
    match change {
        StepChange::CreatedAt(_) => "created_at",
        StepChange::Operation(_) => "operation",
        StepChange::Name(_) => "name",
        StepChange::SizeBytes(_) => "size_bytes",
        StepChange::Tags(_) => "tags",
        StepChange::Wave(_) => "wave",
        StepChange::After(_) => "after",
        StepChange::With(_) => "with",
        StepChange::Rules(_) => "rules",
        StepChange::DrawnBy(_) => "drawn_by",
        StepChange::Force(_) => "force",
        StepChange::Consequences(_) => "consequences",
        StepChange::Wait(_) => "wait",
        StepChange::Options(_) => "options",
        StepChange::State(_) => "expect.state",
        StepChange::Attribute { .. } => "expect.attrs",
        StepChange::Dependents(_) => "expect.dependents",
        StepChange::Retained(_) => "expect.retained",
    }
}

fn step_change(change: &StepChange<'_>, out: &mut dyn Write) -> io::Result<()> {
    let address = |address: &&sexton_core::address::Address| escaped(address.as_str());
    let mut pair = |before: String, after: String| {
        writeln!(out, "      {}: {}, now {}", field(change), escaped(&before), escaped(&after))
    };
    let json =
        |value: Option<&serde_json::Value>| value.map_or_else(|| "not asked for".to_owned(), ToString::to_string);
    fn or_unknown(value: Option<impl ToString>) -> String {
        value.map_or_else(|| "unknown".to_owned(), |value| value.to_string())
    }
    match change {
        StepChange::CreatedAt(times) => {
            pair(or_unknown(times.before), or_unknown(times.after))?;
            writeln!(out, "      it is another resource of the same id")
        }
        StepChange::Operation(names) => pair(names.before.to_owned(), names.after.to_owned()),
        StepChange::Name(names) => pair(or_unknown(names.before), or_unknown(names.after)),
        StepChange::SizeBytes(sizes) => pair(or_unknown(sizes.before), or_unknown(sizes.after)),
        StepChange::Tags(tags) => {
            let words = |tags: Option<&sexton_core::resource::Tags>| match tags {
                None => "unknown".to_owned(),
                Some(tags) if tags.is_empty() => "none".to_owned(),
                Some(tags) => tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" "),
            };
            pair(words(tags.before), words(tags.after))
        }
        StepChange::Wave(waves) => pair(waves.before.to_string(), waves.after.to_string()),
        StepChange::With(carriers) => {
            let word = |carrier: Option<&sexton_core::address::Address>| {
                carrier.map_or_else(|| "a call of its own".to_owned(), ToString::to_string)
            };
            pair(word(carriers.before), word(carriers.after))
        }
        StepChange::State(states) => pair(or_unknown(states.before), or_unknown(states.after)),
        StepChange::Options(options) => {
            let words = |options: &sexton_core::plan::Options| serde_json::json!(options).to_string();
            pair(words(options.before), words(options.after))
        }
        StepChange::Attribute { name, before, after } => {
            let name = escaped(name);
            let (before, after) = (escaped(&json(*before)), escaped(&json(*after)));
            writeln!(out, "      expect.attrs.{name}: {before}, now {after}")
        }
        StepChange::After(steps) => moved("after", steps, address, out),
        StepChange::Rules(rules) => moved("rule", rules, |rule| escaped(rule), out),
        StepChange::DrawnBy(draws) => {
            let word = |drawn: &&sexton_core::plan::DrawnBy| {
                let how = match drawn.role {
                    DrawRole::Cascade => "taken along with",
                    DrawRole::Orphan => "left without use by",
                };
                let (by, guard) = (escaped(drawn.by.as_str()), escaped(drawn.guard.as_str()));
                format!("{how} {by} ({guard}, {})", escaped(&drawn.rule))
            };
            moved("", draws, word, out)
        }
        StepChange::Force(codes) => moved("forces", codes, |code| escaped(code.as_str()), out),
        StepChange::Consequences(texts) => moved("consequence:", texts, |text| escaped(text), out),
        StepChange::Wait(waits) => {
            let word = |wait: &&sexton_core::plan::WaitFor| {
                let by = wait.by.as_ref().map_or_else(String::new, |by| format!(" by {}", escaped(by.as_str())));
                format!("{} for {}{by}", wait.timeout, escaped(wait.guard.as_str()))
            };
            moved("waits up to", waits, word, out)
        }
        StepChange::Dependents(lost) => moved("accepts the loss of", lost, address, out),
        StepChange::Retained(kept) => moved("its group keeps", kept, address, out),
    }
}

fn plans(difference: &Difference<'_>, out: &mut dyn Write) -> io::Result<()> {
    let listing = |entry: &&CensusEntry| {
        let how = if entry.complete { "completely" } else { "not completely" };
        let place = format!("{}:{}:{}", entry.provider, entry.account, entry.region);
        format!("{} in {}, listed {how}", escaped(entry.kind.as_str()), escaped(&place))
    };
    for change in &difference.plans {
        match change {
            PlanChange::Inventory(_) | PlanChange::Policy(_) => {
                let what = if matches!(change, PlanChange::Policy(_)) { "policy" } else { "inventory" };
                writeln!(out, "  the {what} is another one")?;
            }
            PlanChange::TakenAt(times) => {
                writeln!(out, "  inventory taken at {}, now at {}", times.before, times.after)?;
            }
            PlanChange::Now(times) => writeln!(out, "  ages taken at {}, now at {}", times.before, times.after)?,
            PlanChange::Census(entries) => moved("kind", entries, listing, out)?,
            PlanChange::Assumed(waivers) => {
                let word = |waiver: &&sexton_core::plan::AssumedNone| {
                    format!("kind {}: {}", escaped(waiver.kind.as_str()), escaped(&waiver.reason))
                };
                moved("taken as empty:", waivers, word, out)?;
            }
            PlanChange::Applyable(pair) => {
                let now = if pair.after { "keeps its limits now" } else { "exceeds a limit now" };
                writeln!(out, "  {HEAD}the plan {now}{HEAD:#}")?;
            }
            PlanChange::Complete(pair) => {
                let now = if pair.after {
                    "nothing is held for an incomplete census any more"
                } else {
                    "candidates are held for an incomplete census now"
                };
                writeln!(out, "  {now}")?;
            }
            PlanChange::Exceeded(limits) => {
                let word = |row: &&sexton_core::plan::Exceeded| {
                    let place = row.scope.as_ref().map_or_else(String::new, |scope| format!(" in {}", escaped(scope)));
                    format!("{} allows {}, the plan has {}{place}", escaped(&row.limit), row.allowed, row.actual)
                };
                moved("limit exceeded:", limits, word, out)?;
            }
        }
    }
    Ok(())
}

/// `Difference: 1 step added (it was held), 2 removed (1 now held, 1 in nothing), 1 changed; 1 newly held.`
fn summary(difference: &Difference<'_>, out: &mut dyn Write) -> io::Result<()> {
    if difference.is_none() {
        return writeln!(out, "No difference: both plans do the same.");
    }
    let counts = counts(difference);
    let count = |sort: Sort| counts.get(&sort).copied().unwrap_or(0);
    let added = words::counted(count(Sort::Added), "step");
    let mut text = format!(
        "Difference: {added} added{}, {} removed{}, {} changed",
        others(difference, Sort::Added),
        count(Sort::Removed),
        others(difference, Sort::Removed),
        count(Sort::Changed)
    );
    for (sort, count) in &counts {
        match sort {
            Sort::Added | Sort::Removed | Sort::Changed => {}
            Sort::OtherReasons => text.push_str(&format!("; {count} held, blocked or kept for other reasons")),
            Sort::NewlyHeld
            | Sort::NewlyBlocked
            | Sort::NewlyKept
            | Sort::NoLongerHeld
            | Sort::NoLongerBlocked
            | Sort::NoLongerKept => text.push_str(&format!("; {count} {}", sort.title().to_lowercase())),
        }
    }
    writeln!(out, "{text}.")
}

/// What added steps were, or removed ones are: ` (1 was held, 1 was kept)`.
fn others(difference: &Difference<'_>, sort: Sort) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for change in difference.changes.iter().filter(|change| Sort::of(change) == sort) {
        let other = match change {
            Change::Turned { before, .. } if sort == Sort::Added => before,
            Change::Turned { after, .. } => after,
            Change::Step { .. } | Change::Held { .. } | Change::Kept { .. } => continue,
        };
        *counts.entry(other.as_ref().map_or("not in the plan", standing)).or_insert(0) += 1;
    }
    if counts.is_empty() {
        return String::new();
    }
    let when = if sort == Sort::Added { "was" } else { "now" };
    let parts: Vec<String> = counts.iter().map(|(what, count)| format!("{count} {when} {what}")).collect();
    format!(" ({})", parts.join(", "))
}
