//! From the text of a policy to its rules. Every fault of the text is reported, not only the first.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

use super::fault::PolicyError;
use super::{Collect, Draw, Filters, Limits, MissingKey, Policy, Protect, Retain, VERSION};
use crate::address::{GuardCode, Kind};
use crate::plan::AssumedNone;
use crate::rulebook::Rulebook;

pub(crate) mod keys;
mod names;
mod reader;

use names::{Names, Purpose};
use reader::{Reader, Table, Value};

/// A text with more faults of syntax is no policy …
const MOST_SYNTAX_FAULTS: usize = 100;
/// … and one of which nothing at all could be read shows no more of them.
const MOST_FAULTS_OF_NO_POLICY: usize = 3;

/// Reads a policy. With rulebooks, every name in it has to be one that some rulebook knows.
pub(super) fn read(text: &str, rulebooks: Option<&[Rulebook]>) -> Result<Policy, PolicyError> {
    let mut reader = Reader { text, names: rulebooks.map_or(Names::Any, Names::Of), faults: Vec::new() };
    let start = text.len() - text.trim_start().len();
    if text[start..].starts_with('{') {
        reader.fault(start..start + 1, "this is JSON, and a policy is TOML: is it an inventory or a plan?".to_owned());
        return Err(PolicyError { faults: reader.faults });
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut structured = true;
    let most = if table.get_ref().is_empty() { MOST_FAULTS_OF_NO_POLICY } else { MOST_SYNTAX_FAULTS };
    for error in errors.into_iter().take(most) {
        let span = error.span().unwrap_or(0..0);
        structured &= keeps_the_structure(text, &span);
        reader.fault(span, error.message().to_owned());
    }
    let torn: BTreeSet<usize> = reader.faults.iter().map(|fault| fault.passage.line).collect();
    let syntax = reader.faults.len();
    let policy = if structured { reader.policy(&table) } else { None };
    // On a line that could not be read, what was made of it says nothing.
    let beyond = reader.faults.split_off(syntax);
    reader.faults.extend(beyond.into_iter().filter(|fault| !torn.contains(&fault.passage.line)));
    reader.faults.sort();
    reader.faults.dedup();
    match policy {
        Some(policy) if reader.faults.is_empty() => Ok(policy),
        Some(_) | None => Err(PolicyError { faults: reader.faults }),
    }
}

/// Whether a fault of syntax lies in the value of a key on one line, so that all else can still be read as it is meant.
fn keeps_the_structure(text: &str, fault: &Range<usize>) -> bool {
    let start = text.floor_char_boundary(fault.start.min(text.len()));
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or("").trim_start();
    let several_lines = text.contains("\"\"\"") || text.contains("'''");
    line.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '"') && line.contains('=') && !several_lines
}

impl Reader<'_, '_> {
    fn policy(&mut self, root: &Spanned<Table<'_>>) -> Option<Policy> {
        let table = root.get_ref();
        match table.get("version") {
            None => self.fault(0..0, format!("the key `version` is missing: put `version = {VERSION}` first")),
            Some(value) => {
                if let Some(found) = self.count(value)
                    && found != VERSION
                {
                    // What a version means that is not known here is not known here.
                    self.fault(
                        value.span(),
                        format!("policy version {found} is not supported (this sexton reads version {VERSION})"),
                    );
                    return None;
                }
            }
        }
        self.only(table, keys::POLICY);
        let limits = match table.get("limits") {
            Some(value) => self.limits(value),
            None => Some(Limits::standard()),
        };
        let protect = self.list(table, "protect", Self::protect);
        let collect = self.list(table, "collect", Self::collect);
        let assume_none = self.list(table, "assume_none", Self::assume_none);
        self.unique(table, "protect");
        self.unique(table, "collect");
        Some(Policy {
            text: self.text.to_owned(),
            digest: format!("blake3:{}", blake3::hash(self.text.as_bytes()).to_hex()),
            limits: limits?,
            protect,
            collect,
            assume_none,
        })
    }

    /// Plans name rules, so a name means one rule.
    fn unique(&mut self, table: &Table<'_>, section: &str) {
        let rules = table.get(section).and_then(|value| value.get_ref().as_array());
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for name in rules.into_iter().flatten().filter_map(|rule| rule.get_ref().get("name")) {
            let Some(text) = name.get_ref().as_str() else { continue };
            let line = self.text[..name.span().start].matches('\n').count() + 1;
            match seen.get(text) {
                Some(first) => {
                    let problem = format!("a [[{section}]] rule named {text:?} stands above already, on line {first}");
                    self.fault(name.span(), problem);
                }
                None => {
                    seen.insert(text.to_owned(), line);
                }
            }
        }
    }

    fn limits(&mut self, value: &Value<'_>) -> Option<Limits> {
        let table = self.table(value)?;
        self.only(table, keys::LIMITS);
        let mut limits = Limits::standard();
        for (key, slot) in [
            ("max_steps", &mut limits.max_steps),
            ("max_percent", &mut limits.max_percent),
            ("max_drawn", &mut limits.max_drawn),
            ("max_forced", &mut limits.max_forced),
        ] {
            if let Some(count) = self.optional(table, key, Self::count) {
                *slot = count;
            }
        }
        if let Some(age) = self.optional(table, "max_inventory_age", Self::positive) {
            limits.max_inventory_age = age;
        }
        if let Some(kinds) = self.optional(table, "kind", Self::kind_limits) {
            limits.kind_max_steps.extend(kinds);
        }
        Some(limits)
    }

    fn kind_limits(&mut self, value: &Value<'_>) -> Option<BTreeMap<Kind, u64>> {
        let kinds = self.table(value)?;
        let mut read = BTreeMap::new();
        for (name, value) in kinds {
            let kind = match Kind::new(name.get_ref()) {
                Ok(kind) => kind,
                Err(error) => {
                    self.fault(name.span(), error.to_string());
                    continue;
                }
            };
            self.vouch(name.span(), self.names.kind(kind.as_str(), Purpose::Name));
            let Some(table) = self.table(value) else { continue };
            self.only(table, keys::KIND_LIMITS);
            if let Some(count) = self.optional(table, "max_steps", Self::count) {
                read.insert(kind, count);
            }
        }
        Some(read)
    }

    fn name(&mut self, rule: &Value<'_>, table: &Table<'_>) -> Option<String> {
        match table.get("name") {
            Some(value) => {
                let name = self.text(value)?;
                if name.is_empty() {
                    self.fault(value.span(), "a rule's name is not empty".to_owned());
                }
                Some(name)
            }
            None => {
                self.fault(rule.span(), "the rule has no `name`: plans and findings name it".to_owned());
                None
            }
        }
    }

    fn filters(&mut self, table: &Table<'_>, purpose: Purpose) -> Filters {
        Filters {
            provider: self.optional(table, "provider", |reader, value| {
                let provider = reader.parsed::<crate::address::Provider>(value)?;
                reader.vouch(value.span(), reader.names.provider(provider.as_str()));
                Some(provider)
            }),
            account: self.optional(table, "account", Self::parsed),
            region: self.optional(table, "region", Self::parsed),
            kind: self.optional(table, "kind", |reader, value| reader.kind(value, purpose)),
        }
    }

    fn protect(&mut self, value: &Value<'_>) -> Option<Protect> {
        let table = self.table(value)?;
        self.only(table, keys::PROTECT);
        let filters = self.filters(table, Purpose::Name);
        let when = self.optional(table, "when", Self::condition);
        Some(Protect { name: self.name(value, table)?, filters, when })
    }

    fn collect(&mut self, value: &Value<'_>) -> Option<Collect> {
        let table = self.table(value)?;
        self.only(table, keys::COLLECT);
        let filters = self.filters(table, Purpose::Collect);
        if !table.contains_key("kind") {
            self.fault(value.span(), "the rule has no `kind`: say what it collects".to_owned());
        }
        if !["where", "when", "retain"].iter().any(|key| table.contains_key(*key)) {
            self.fault(
                value.span(),
                "the rule has neither `where`, `when` nor `retain`: it would collect everything; if that is meant, write when = \"true\"".to_owned(),
            );
        }
        let population = self.optional(table, "where", Self::condition);
        let when = self.optional(table, "when", Self::condition);
        let retain = self.optional(table, "retain", Self::retain);
        let cascade = self.list(table, "cascade", Self::draw);
        let orphans = self.list(table, "orphans", Self::draw);
        let options = self.optional(table, "options", |reader, value| {
            let options = reader.options(value)?;
            for (key, _) in reader.table(value)? {
                let name: &str = key.get_ref();
                let wrong = options.get(name).and_then(|given| reader.names.option(&filters, name, given));
                reader.vouch(key.span(), wrong);
            }
            Some(options)
        });
        let options = options.unwrap_or_default();
        let force = self.list(table, "force", |reader, value| {
            let code = reader.parsed::<GuardCode>(value)?;
            reader.vouch(value.span(), reader.names.force(code.as_str()));
            Some(code)
        });
        let wait = self.optional(table, "wait", Self::positive);
        Some(Collect {
            name: self.name(value, table)?,
            filters,
            population,
            when,
            retain,
            cascade,
            orphans,
            options,
            force,
            wait,
        })
    }

    fn draw(&mut self, value: &Value<'_>) -> Option<Draw> {
        if value.get_ref().is_str() {
            return Some(Draw { kind: self.kind(value, Purpose::Draw)?, when: None });
        }
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(value, "a kind, or { kind = \"…\", when = \"…\" }");
            return None;
        };
        self.only(table, keys::DRAW);
        if !table.contains_key("kind") {
            self.fault(value.span(), "the entry has no `kind`".to_owned());
        }
        let kind = self.optional(table, "kind", |reader, value| reader.kind(value, Purpose::Draw));
        let when = self.optional(table, "when", Self::condition);
        if table.contains_key("when") && when.is_none() {
            return None;
        }
        Some(Draw { kind: kind?, when })
    }

    fn retain(&mut self, value: &Value<'_>) -> Option<Retain> {
        let table = self.table(value)?;
        self.only(table, keys::RETAIN);
        let mut retain = Retain::default();
        for (key, slot) in [
            ("last", &mut retain.last),
            ("hourly", &mut retain.hourly),
            ("daily", &mut retain.daily),
            ("weekly", &mut retain.weekly),
            ("monthly", &mut retain.monthly),
            ("yearly", &mut retain.yearly),
        ] {
            if let Some(count) = self.optional(table, key, Self::count) {
                if count == 0 {
                    let span = table.get(key).map_or(value.span(), Spanned::span);
                    self.fault(span, format!("`{key} = 0` retains nothing: leave it out"));
                }
                *slot = Some(count);
            }
        }
        retain.within = self.optional(table, "within", Self::positive);
        retain.per = self.optional(table, "per", Self::condition);
        if let Some(missing) = table.get("per_missing") {
            match missing.get_ref().as_str() {
                Some("group") => retain.per_missing = MissingKey::Group,
                Some("retain") => retain.per_missing = MissingKey::Retain,
                Some(_) | None => self.wrong(missing, "\"group\" or \"retain\""),
            }
        }
        let asks = keys::RETAIN.iter().filter(|key| !["per", "per_missing"].contains(key));
        if !asks.into_iter().any(|key| table.contains_key(*key)) {
            self.fault(value.span(), "`retain` keeps nothing: give last, hourly, … or within".to_owned());
        }
        Some(retain)
    }

    fn assume_none(&mut self, value: &Value<'_>) -> Option<AssumedNone> {
        let table = self.table(value)?;
        self.only(table, keys::ASSUME_NONE);
        for key in ["kind", "reason"] {
            if !table.contains_key(key) {
                self.fault(value.span(), format!("the waiver has no `{key}`"));
            }
        }
        let kind = self.optional(table, "kind", |reader, value| reader.kind(value, Purpose::Waive));
        let account = self.optional(table, "account", Self::parsed);
        let region = self.optional(table, "region", Self::parsed);
        let reason = self.optional(table, "reason", Self::text);
        if table.contains_key("account") && account.is_none() || table.contains_key("region") && region.is_none() {
            return None;
        }
        Some(AssumedNone { kind: kind?, account, region, reason: reason? })
    }
}
