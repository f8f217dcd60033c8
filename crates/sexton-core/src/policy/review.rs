//! Looks a policy over for what can have no effect: only what is proved from the policy and the rulebooks.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable};

use super::condition::contradiction::{Contradiction, Demand, Wanted, contradiction};
use super::condition::possible::{Given, Keys, Sorts};
use super::condition::{Condition, Reading};
use super::passage::Passage;
use super::warning::{Never, NoDraw, NoForce, PlacedWarning, PolicyWarning, Retains};
use super::{Collect, Draw, Filters, MissingKey, Policy, Protect};
use crate::address::{Kind, Provider};
use crate::plan::DrawRole;
use crate::rulebook::Rulebook;

mod reach;

use reach::{Reach, counted, listed_for};

impl Policy {
    /// What of the policy can have no effect, or surely has another than was meant, in the order of the text. All of it
    /// is proved, from the policy and the rulebooks alone; what depends on the resources is a finding of a plan.
    pub fn warnings(&self, rulebooks: &[Rulebook]) -> Vec<PlacedWarning> {
        let places = DeTable::parse(&self.text).ok();
        let mut review = Review { policy: self, rulebooks, places, warnings: Vec::new() };
        for (position, rule) in self.protect.iter().enumerate() {
            review.protect(position, rule);
        }
        for (position, rule) in self.collect.iter().enumerate() {
            review.collect(position, rule);
        }
        review.limits();
        review.waivers();
        let mut warnings = review.warnings;
        warnings.sort_by(|a, b| a.passage.cmp(&b.passage));
        warnings
    }
}

struct Review<'a> {
    policy: &'a Policy,
    rulebooks: &'a [Rulebook],
    places: Option<Spanned<DeTable<'a>>>,
    warnings: Vec<PlacedWarning>,
}

/// A way to a value of the policy.
#[derive(Debug, Clone, Copy)]
enum Part<'a> {
    Key(&'a str),
    Item(usize),
}

impl<'a> Review<'a> {
    fn warn(&mut self, at: &[Part<'_>], warning: PolicyWarning) {
        let bytes = self.bytes(at).unwrap_or(0..0);
        let passage = Passage::of(&self.policy.text, bytes);
        self.warnings.push(PlacedWarning { passage, warning });
    }

    fn bytes(&self, at: &[Part<'_>]) -> Option<Range<usize>> {
        let (last, way) = at.split_last()?;
        let mut table = Some(self.places.as_ref()?.get_ref());
        let mut array: Option<&DeArray<'_>> = None;
        let mut step = |part: &Part<'_>| -> Option<Range<usize>> {
            let (value, span) = match part {
                // The name of a table stands for the table.
                Part::Key(key) => {
                    let (name, value) = table?.get_key_value(*key)?;
                    let span = if value.get_ref().is_table() { name.span() } else { value.span() };
                    (value, span)
                }
                Part::Item(item) => {
                    let value = array?.get(*item)?;
                    (value, value.span())
                }
            };
            table = value.get_ref().as_table();
            array = value.get_ref().as_array();
            Some(span)
        };
        for part in way {
            step(part)?;
        }
        step(last)
    }

    /// The rulebooks that can have a say on what filters admit.
    fn speakers(&self, filters: &Filters) -> Vec<&'a Rulebook> {
        let provider = filters.provider.as_ref();
        self.rulebooks
            .iter()
            .filter(|rulebook| provider.is_none_or(|provider| *provider == rulebook.provider))
            .collect()
    }

    /// A provider that does not have the kind that is asked of it.
    fn missing_kind(&self, filters: &Filters, has: impl Fn(&Rulebook, &str) -> bool) -> Option<(Provider, Kind)> {
        let (Some(provider), Some(kind)) = (&filters.provider, &filters.kind) else { return None };
        let missing = self.speakers(filters).iter().all(|rulebook| !has(rulebook, kind.as_str()));
        missing.then(|| (provider.clone(), kind.clone()))
    }

    fn protect(&mut self, position: usize, rule: &'a Protect) {
        let at = |key| [Part::Key("protect"), Part::Item(position), Part::Key(key)];
        let name = || rule.name.clone();
        let same =
            |other: &&Protect| other.filters == rule.filters && text(other.when.as_ref()) == text(rule.when.as_ref());
        if let Some(earlier) = self.policy.protect[..position].iter().find(same) {
            self.warn(&at("name"), PolicyWarning::Repeated { rule: name(), earlier: earlier.name.clone() });
        }
        if let Some((provider, kind)) = self.missing_kind(&rule.filters, |rulebook, kind| rulebook.kind(kind).is_some())
        {
            let because = Never::Kind(provider, kind);
            self.warn(&at("kind"), PolicyWarning::NeverProtects { rule: name(), because });
        }
        let Some(when) = &rule.when else { return };
        let speakers = self.speakers(&rule.filters);
        let counted = rule.filters.kind.as_ref().map(|kind| counted(&speakers, kind.as_str()));
        let given = given(&rule.filters, counted.as_deref());
        let (sorts, cause) = when.possible(&given, Reading::Protect);
        if !sorts.has(Sorts::TRUE.or(Sorts::FALSE)) {
            self.warn(&at("when"), PolicyWarning::ProtectsAll { rule: name(), cause });
        } else if let Some(found) = never(&[when], Reading::Protect, &given) {
            let because = Never::Condition(found.cause());
            self.warn(&at("when"), PolicyWarning::NeverProtects { rule: name(), because });
        }
    }

    fn collect(&mut self, position: usize, rule: &'a Collect) {
        let key = |key| [Part::Key("collect"), Part::Item(position), Part::Key(key)];
        let name = || rule.name.clone();
        let same = |other: &&Collect| {
            other.filters == rule.filters
                && text(other.population.as_ref()) == text(rule.population.as_ref())
                && text(other.when.as_ref()) == text(rule.when.as_ref())
        };
        if let Some(earlier) = self.policy.collect[..position].iter().find(same) {
            self.warn(&key("name"), PolicyWarning::Repeated { rule: name(), earlier: earlier.name.clone() });
        }
        if let (Some(population), Some(when)) = (&rule.population, &rule.when)
            && population.text().trim() == when.text().trim()
        {
            self.warn(&key("when"), PolicyWarning::RepeatedCondition { rule: name() });
        }
        if let Some((at, because)) = self.never_matches(rule) {
            let retains = if rule.retain.is_some() { Retains::Yes } else { Retains::No };
            self.warn(&key(at), PolicyWarning::NeverMatches { rule: name(), because, retains });
        }
        self.group_key(position, rule);

        let dead = |draw: &Draw, rulebook: &Rulebook| dead(draw, &[rulebook]).is_some();
        let reaches = Reach::of(rule, self.rulebooks, &dead);
        if reaches.is_empty() {
            return;
        }
        self.draws(position, rule, &reaches);
        self.force(position, rule, &reaches);
        let waits = reaches.iter().flat_map(Reach::guards).any(|guard| guard.can_wait());
        if rule.wait.is_some() && !waits {
            self.warn(&key("wait"), PolicyWarning::WaitWithoutEffect { rule: name() });
        }
    }

    /// Why a rule never matches, and the key that says so.
    fn never_matches(&self, rule: &Collect) -> Option<(&'static str, Never)> {
        let has = |rulebook: &Rulebook, kind: &str| rulebook.kind(kind).is_some_and(|rules| rules.removal.is_some());
        if let Some((provider, kind)) = self.missing_kind(&rule.filters, has) {
            return Some(("kind", Never::Kind(provider, kind)));
        }
        let speakers = self.speakers(&rule.filters);
        let counted = rule.filters.kind.as_ref().map(|kind| counted(&speakers, kind.as_str()));
        let given = given(&rule.filters, counted.as_deref());
        for (key, condition) in [("where", &rule.population), ("when", &rule.when)] {
            if let Some(found) = condition.as_ref().and_then(|condition| never(&[condition], Reading::Collect, &given))
            {
                return Some((key, Never::Condition(found.cause())));
            }
        }
        let own: Vec<&Condition> = rule.population.iter().chain(&rule.when).collect();
        if never(&own, Reading::Collect, &given).is_some() {
            return Some(("when", Never::WhereAndWhen));
        }
        self.all_protected(rule, &own, &given).map(|rules| ("name", Never::Protected(rules)))
    }

    /// The protect rules that bar whatever a rule could match: one, or else all that speak of everything it speaks of.
    fn all_protected(&self, rule: &Collect, own: &[&Condition], given: &Given<'_>) -> Option<Vec<String>> {
        let covering = |protect: &&Protect| covers(&protect.filters, &rule.filters);
        let protecting: Vec<&Protect> = self.policy.protect.iter().filter(covering).collect();
        let own: Vec<Demand<'_>> =
            own.iter().map(|condition| demand(condition, Wanted::True, Reading::Collect)).collect();
        let bars = |rules: &[&Protect]| {
            // Without a condition nothing passes.
            let Some(conditions) = rules.iter().map(|rule| rule.when.as_ref()).collect::<Option<Vec<_>>>() else {
                return true;
            };
            let passes = conditions.iter().map(|condition| demand(condition, Wanted::False, Reading::Protect));
            let demands: Vec<Demand<'_>> = own.iter().copied().chain(passes).collect();
            contradiction(&demands, given).is_some()
        };
        if let Some(one) = protecting.iter().find(|protect| bars(&[protect])) {
            return Some(vec![one.name.clone()]);
        }
        bars(&protecting).then(|| protecting.iter().map(|protect| protect.name.clone()).collect())
    }

    fn group_key(&mut self, position: usize, rule: &'a Collect) {
        let Some((retain, per)) = rule.retain.as_ref().and_then(|retain| Some((retain, retain.per.as_ref()?))) else {
            return;
        };
        let at = [Part::Key("collect"), Part::Item(position), Part::Key("retain"), Part::Key("per")];
        let rule_name = rule.name.clone();
        match (per.keys(&given(&rule.filters, None)), retain.per_missing) {
            (Keys::One, _) => self.warn(&at, PolicyWarning::OneGroup { rule: rule_name }),
            (Keys::Never, MissingKey::Retain) => self.warn(&at, PolicyWarning::RetainsAll { rule: rule_name }),
            (Keys::Never, MissingKey::Group) => self.warn(&at, PolicyWarning::OneGroup { rule: rule_name }),
            (Keys::Several, _) => {}
        }
    }

    fn draws(&mut self, position: usize, rule: &'a Collect, reaches: &[Reach<'a>]) {
        let entries = rule.cascade.iter().map(|draw| (DrawRole::Cascade, draw));
        let cascades = rule.cascade.len();
        for (place, (role, draw)) in entries.chain(rule.orphans.iter().map(|draw| (DrawRole::Orphan, draw))).enumerate()
        {
            let kind = draw.kind.clone();
            let (key, item) = match role {
                DrawRole::Cascade => ("cascade", place),
                DrawRole::Orphan => ("orphans", place - cascades),
            };
            let drawn = reaches.iter().any(|reach| match role {
                DrawRole::Cascade => reach.can_cascade(kind.as_str()),
                DrawRole::Orphan => reach.can_orphan(kind.as_str()),
            });
            let rulebooks: Vec<&Rulebook> = reaches.iter().map(|reach| reach.rulebook).collect();
            let because = match dead(draw, &rulebooks) {
                Some(found) => NoDraw::Condition(found.cause()),
                None if drawn => continue,
                None => NoDraw::NoGuard(kinds(reaches, |reach| match role {
                    DrawRole::Cascade => reach.strong.clone(),
                    DrawRole::Orphan => reach.strong.union(&reach.weak).copied().collect(),
                })),
            };
            let rule = rule.name.clone();
            let at = [Part::Key("collect"), Part::Item(position), Part::Key(key), Part::Item(item)];
            let warning = match role {
                DrawRole::Cascade => PolicyWarning::CascadeWithoutEffect { rule, kind, because },
                DrawRole::Orphan => PolicyWarning::OrphansWithoutEffect { rule, kind, because },
            };
            self.warn(&at, warning);
        }
    }

    fn force(&mut self, position: usize, rule: &'a Collect, reaches: &[Reach<'a>]) {
        for (item, code) in rule.force.iter().enumerate() {
            let forced: Vec<bool> = reaches
                .iter()
                .flat_map(|reach| reach.guards().filter(|guard| reach.strong.contains(guard.target.as_str())))
                .filter(|guard| guard.code == *code && guard.force().is_some())
                .map(|guard| rule.wait.is_none() || !guard.can_wait())
                .collect();
            let because = if forced.is_empty() {
                NoForce::OtherKind(kinds(reaches, |reach| reach.strong.clone()))
            } else if forced.contains(&true) {
                continue;
            } else {
                NoForce::Waits
            };
            let at = [Part::Key("collect"), Part::Item(position), Part::Key("force"), Part::Item(item)];
            let warning = PolicyWarning::ForceWithoutEffect { rule: rule.name.clone(), code: code.clone(), because };
            self.warn(&at, warning);
        }
    }

    /// What every rule reaches, whatever its conditions say.
    fn all_reaches(&self) -> Vec<Reach<'a>> {
        let policy = self.policy;
        policy.collect.iter().flat_map(|rule| Reach::of(rule, self.rulebooks, &|_, _| false)).collect()
    }

    fn limits(&mut self) {
        let reaches = self.all_reaches();
        let limited: Vec<Kind> = self
            .policy
            .limits
            .kind_max_steps
            .iter()
            // A limit of none is kept by a policy that removes none, and says so.
            .filter(|(kind, allowed)| **allowed > 0 && !reaches.iter().any(|reach| reach.holds(kind.as_str())))
            .map(|(kind, _)| kind.clone())
            .collect();
        for kind in limited {
            let name = kind.to_string();
            let at = [Part::Key("limits"), Part::Key("kind"), Part::Key(&name)];
            self.warn(&at, PolicyWarning::LimitWithoutEffect { kind });
        }
    }

    fn waivers(&mut self) {
        let reaches = self.all_reaches();
        let mut asked: BTreeSet<&str> = reaches.iter().flat_map(Reach::guards).filter_map(listed_for).collect();
        // A condition may ask for the dependents of any kind, and a protect rule is asked of every kind.
        if self.policy.protect.iter().filter_map(|rule| rule.when.as_ref()).any(Condition::looks_around) {
            asked.extend(self.rulebooks.iter().flat_map(|rulebook| &rulebook.guards).filter_map(listed_for));
        }
        for (position, waiver) in self.policy.assume_none.iter().enumerate() {
            if !asked.contains(waiver.kind.as_str()) {
                let at = [Part::Key("assume_none"), Part::Item(position), Part::Key("kind")];
                self.warn(&at, PolicyWarning::WaiverWithoutEffect { kind: waiver.kind.clone() });
            }
        }
    }
}

fn text(condition: Option<&Condition>) -> Option<&str> {
    condition.map(|condition| condition.text().trim())
}

fn given<'f>(filters: &'f Filters, counted: Option<&'f [&'f str]>) -> Given<'f> {
    Given {
        provider: filters.provider.as_ref().map(Provider::as_str),
        account: filters.account.as_ref().map(crate::address::Account::as_str),
        region: filters.region.as_ref().map(crate::address::Region::as_str),
        kind: filters.kind.as_ref().map(Kind::as_str),
        counted,
    }
}

fn demand(condition: &Condition, wanted: Wanted, reading: Reading) -> Demand<'_> {
    Demand { condition, wanted, reading }
}

/// Why conditions are never true together, if they are not.
fn never(conditions: &[&Condition], reading: Reading, given: &Given<'_>) -> Option<Contradiction> {
    let demands: Vec<Demand<'_>> =
        conditions.iter().map(|condition| demand(condition, Wanted::True, reading)).collect();
    contradiction(&demands, given)
}

/// Why the condition of an entry of `cascade` or `orphans` is never true, if it is not.
fn dead(draw: &Draw, rulebooks: &[&Rulebook]) -> Option<Contradiction> {
    let counted = counted(rulebooks, draw.kind.as_str());
    let given = Given { kind: Some(draw.kind.as_str()), counted: Some(&counted), ..Given::default() };
    never(&[draw.when.as_ref()?], Reading::Collect, &given)
}

/// Whether filters admit whatever others admit.
fn covers(outer: &Filters, inner: &Filters) -> bool {
    fn admits<T: PartialEq>(outer: Option<&T>, inner: Option<&T>) -> bool {
        outer.is_none() || outer == inner
    }
    admits(outer.provider.as_ref(), inner.provider.as_ref())
        && admits(outer.account.as_ref(), inner.account.as_ref())
        && admits(outer.region.as_ref(), inner.region.as_ref())
        && admits(outer.kind.as_ref(), inner.kind.as_ref())
}

fn kinds<'a>(reaches: &[Reach<'a>], of: impl Fn(&Reach<'a>) -> BTreeSet<&'a str>) -> Vec<Kind> {
    let names: BTreeSet<&str> = reaches.iter().flat_map(of).collect();
    names.into_iter().filter_map(|name| Kind::new(name).ok()).collect()
}
