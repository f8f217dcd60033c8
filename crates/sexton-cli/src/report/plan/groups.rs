//! A long plan in groups of what is alike, counted, with a few examples of each.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use sexton_core::address::GuardCode;
use sexton_core::harmless::escaped;
use sexton_core::plan::{Because, Blocker, Held, KeepReason, Kept, Step};

use crate::report::colours::{HEAD, HOLD, QUIET, Sign};
use crate::report::view::View;
use crate::report::words;

/// Of each group of steps so many rows are shown.
const EXAMPLES: usize = 3;
/// Of what is forced more are shown: each is a loss that somebody accepts.
const FORCED: usize = 8;
/// Of each group that stays so many rows are shown.
const STAYING: usize = 2;
/// So many waves are shown one by one.
const WAVES: u32 = 12;
/// So many groups of one section are shown.
const GROUPS: usize = 16;

/// A group: how many, and the first of them.
struct Group<T> {
    count: usize,
    examples: Vec<T>,
}

impl<T> Default for Group<T> {
    fn default() -> Self {
        Self { count: 0, examples: Vec::new() }
    }
}

impl<T> Group<T> {
    fn add(&mut self, row: T, most: usize) {
        self.count += 1;
        if self.examples.len() < most {
            self.examples.push(row);
        }
    }
}

/// Groups rows by a key.
fn grouped<'p, T, K: Ord>(
    rows: impl Iterator<Item = &'p T>,
    key: impl Fn(&'p T) -> K,
    most: impl Fn(&K) -> usize,
) -> BTreeMap<K, Group<&'p T>> {
    let mut groups: BTreeMap<K, Group<&'p T>> = BTreeMap::new();
    for row in rows {
        let key = key(row);
        let most = most(&key);
        groups.entry(key).or_default().add(row, most);
    }
    groups
}

/// Every section in groups.
pub(super) fn groups(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    steps(view, out)?;
    held("Held", view.held(), out)?;
    held("Blocked", view.blocked(), out)?;
    kept(view, out)?;
    writeln!(
        out,
        "{QUIET}In groups: --all lists every row; `show` shows parts by --kind, --rule, --held, --forced.{QUIET:#}"
    )
}

/// What makes steps alike, in the order in which groups are shown.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct StepKey<'p> {
    wave: Wave,
    sign: Sign,
    kind: &'p str,
    operation: &'p str,
    carried: bool,
    force: &'p [GuardCode],
    rules: &'p [String],
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wave {
    One(u32),
    Later,
}

fn steps(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let last = view.plan.steps.last().map_or(0, |step| step.wave);
    // One wave more than fits is better shown than summed up.
    let wave = |step: &Step| if step.wave < WAVES || last == WAVES { Wave::One(step.wave) } else { Wave::Later };
    let key = |step| step_key(step, wave(step));
    let most = |key: &StepKey<'_>| if key.sign == Sign::Forced { FORCED } else { EXAMPLES };
    let groups = grouped(view.steps(), key, most);
    let mut sizes: BTreeMap<Wave, (usize, usize)> = BTreeMap::new();
    for (key, group) in &groups {
        let size = sizes.entry(key.wave).or_insert((0, 0));
        *size = (size.0 + group.count, size.1 + 1);
    }
    let mut current = None;
    let mut shown = 0;
    for (key, group) in &groups {
        let (count, kinds) = sizes[&key.wave];
        if current != Some(key.wave) {
            current = Some(key.wave);
            shown = 0;
            let count = words::counted(count, "step");
            match key.wave {
                Wave::One(wave) => writeln!(out, "{HEAD}Wave {wave}{HEAD:#}: {count}")?,
                Wave::Later => writeln!(out, "{HEAD}Waves {WAVES} to {last}{HEAD:#}: {count}")?,
            }
        }
        shown += 1;
        if shown > GROUPS {
            if shown == GROUPS + 1 {
                writeln!(out, "  {QUIET}… and {} more groups (--all lists every step){QUIET:#}", kinds - GROUPS)?;
            }
            continue;
        }
        let style = key.sign.style();
        let how = if key.carried { "goes with its carrier" } else { key.operation };
        writeln!(
            out,
            "  {style}{}{style:#} {} {}  {QUIET}{}, {}{QUIET:#}",
            key.sign.letter(),
            group.count,
            escaped(key.kind),
            escaped(how),
            words::rules(key.rules)
        )?;
        acceptances(&group.examples, out)?;
        for step in &group.examples {
            let name = words::name(step.name.as_deref());
            writeln!(out, "      {}{name}", escaped(step.address.as_str()))?;
        }
        more(group.count, group.examples.len(), out)?;
    }
    Ok(())
}

fn step_key(step: &Step, wave: Wave) -> StepKey<'_> {
    StepKey {
        wave,
        sign: Sign::of(step),
        kind: step.address.kind(),
        operation: &step.operation,
        carried: step.with.is_some(),
        force: &step.force,
        rules: &step.rules,
    }
}

/// What a reviewer of the group has to accept, said once.
fn acceptances(examples: &[&Step], out: &mut dyn Write) -> io::Result<()> {
    let forced: BTreeSet<&GuardCode> = examples.iter().flat_map(|step| &step.force).collect();
    for code in forced {
        writeln!(out, "      forces {}", escaped(code.as_str()))?;
    }
    let waits: BTreeSet<_> =
        examples.iter().flat_map(|step| &step.wait).map(|wait| (&wait.guard, wait.timeout)).collect();
    for (guard, timeout) in waits {
        writeln!(out, "      waits up to {timeout} for {}", escaped(guard.as_str()))?;
    }
    let consequences: BTreeSet<&str> =
        examples.iter().flat_map(|step| &step.consequences).map(String::as_str).collect();
    for consequence in consequences {
        writeln!(out, "      {QUIET}{}{QUIET:#}", escaped(consequence))?;
    }
    Ok(())
}

fn more(count: usize, shown: usize, out: &mut dyn Write) -> io::Result<()> {
    if count > shown {
        writeln!(out, "      {QUIET}… and {} more{QUIET:#}", count - shown)?;
    }
    Ok(())
}

/// What makes blockers alike.
type BlockerSort<'p> = (Option<&'p str>, Because, Option<&'p str>, Option<&'p str>);

fn sort(blocker: &Blocker) -> BlockerSort<'_> {
    (
        blocker.guard.as_ref().map(AsRef::as_ref),
        blocker.because,
        blocker.by.as_ref().map(|by| by.kind()),
        blocker.kind.as_ref().map(AsRef::as_ref),
    )
}

/// What stays, by kind and by what is in its way; what has several things in its way stands in several groups.
fn held<'p>(title: &str, list: impl Iterator<Item = &'p Held>, out: &mut dyn Write) -> io::Result<()> {
    let mut count = 0;
    let mut groups: BTreeMap<(&str, BlockerSort<'p>), Group<(&'p Held, &'p Blocker)>> = BTreeMap::new();
    for held in list {
        count += 1;
        let mut last = BTreeSet::new();
        for blocker in &held.blockers {
            let key = (held.address.kind(), sort(blocker));
            if last.insert(key) {
                groups.entry(key).or_default().add((held, blocker), STAYING);
            }
        }
    }
    if count == 0 {
        return Ok(());
    }
    writeln!(out, "{HEAD}{title}{HEAD:#}: {count}, by what is in the way")?;
    for ((kind, _), group) in largest(&groups, out)? {
        let Some((_, first)) = group.examples.first() else { continue };
        let what = words::blocker_of_a_sort(first);
        writeln!(out, "  {HOLD}={HOLD:#} {} {}  {what}", group.count, escaped(kind))?;
        for (held, blocker) in &group.examples {
            let by = blocker.by.as_ref().map_or_else(String::new, |by| format!("  by {}", words::resource(by)));
            writeln!(out, "      {}{QUIET}{by}{QUIET:#}", escaped(held.address.as_str()))?;
        }
        more(group.count, group.examples.len(), out)?;
    }
    Ok(())
}

/// The largest groups, and a word on how many are left out.
fn largest<'g, K: Ord, T>(
    groups: &'g BTreeMap<K, Group<T>>,
    out: &mut dyn Write,
) -> io::Result<Vec<(&'g K, &'g Group<T>)>> {
    let mut all: Vec<(&K, &Group<T>)> = groups.iter().collect();
    all.sort_by(|a, b| b.1.count.cmp(&a.1.count).then(a.0.cmp(b.0)));
    if all.len() > GROUPS {
        let rest = all.len() - GROUPS;
        writeln!(
            out,
            "  {QUIET}the {GROUPS} largest groups; {rest} smaller ones are left out (--all lists all){QUIET:#}"
        )?;
    }
    all.truncate(GROUPS);
    Ok(all)
}

/// What keeps, without which slot it is.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum KeptBy<'p> {
    Protection(&'p str),
    Doubt(&'p str),
    Retention(String),
}

fn kept(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    fn key(kept: &Kept) -> (&str, &[String], KeptBy<'_>) {
        let by = match &kept.because {
            KeepReason::Protect(rule) => KeptBy::Protection(rule),
            KeepReason::ProtectUnknown(rule) => KeptBy::Doubt(rule),
            KeepReason::Retain(slot) => {
                // `last 3, daily 2` and `last 1` are alike where the numbers are left out.
                let words = slot.split(' ').filter(|word| !word.starts_with(|c: char| c.is_ascii_digit()));
                KeptBy::Retention(words.collect::<Vec<_>>().join(" "))
            }
        };
        (kept.address.kind(), &kept.rules, by)
    }
    let groups = grouped(view.kept(), key, |_| STAYING);
    if groups.is_empty() {
        return Ok(());
    }
    let count: usize = groups.values().map(|group| group.count).sum();
    writeln!(out, "{HEAD}Kept{HEAD:#}: {count}")?;
    for ((kind, rules, by), group) in largest(&groups, out)? {
        let why = match by {
            KeptBy::Protection(rule) => format!("protected by {}", escaped(rule)),
            KeptBy::Doubt(rule) => format!("not excluded from the protection {}", escaped(rule)),
            KeptBy::Retention(slot) => format!("retained: {}", escaped(slot)),
        };
        writeln!(out, "    {} {}  {why}  {QUIET}{}{QUIET:#}", group.count, escaped(kind), words::rules(rules))?;
        for example in &group.examples {
            writeln!(out, "        {QUIET}{}{QUIET:#}", escaped(example.address.as_str()))?;
        }
        more(group.count, group.examples.len(), out)?;
    }
    Ok(())
}
