//! From the text of a policy to its rules. Every fault of the text is reported, not only the first.

use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::condition::Condition;
use super::fault::{PolicyError, PolicyFault};
use super::suggest::closest;
use super::{Collect, Draw, Filters, Limits, MissingKey, Policy, Protect, Retain, VERSION};
use crate::address::{GuardCode, Kind};
use crate::plan::{AssumedNone, Options};
use crate::resource::AttributeValue;
use crate::time::Span;

pub(super) fn parse(text: &str) -> Result<Policy, PolicyError> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { text, faults: Vec::new() };
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        reader.fault(span, error.message().to_owned());
    }
    let policy = if reader.faults.is_empty() { reader.policy(&table) } else { None };
    reader.faults.sort_by_key(|fault| (fault.line, fault.column));
    match policy {
        Some(policy) if reader.faults.is_empty() => Ok(policy),
        Some(_) | None => Err(PolicyError { faults: reader.faults }),
    }
}

type Value<'i> = Spanned<DeValue<'i>>;
type Table<'i> = DeTable<'i>;

struct Reader<'a> {
    text: &'a str,
    faults: Vec<PolicyFault>,
}

const RULE_FILTERS: [&str; 4] = ["provider", "account", "region", "kind"];

impl Reader<'_> {
    fn fault(&mut self, span: Range<usize>, problem: String) {
        self.faults.push(PolicyFault::at(self.text, span.start, span.end.saturating_sub(span.start), problem));
    }

    /// Reports keys that do not belong into a table.
    fn only(&mut self, table: &Table<'_>, allowed: &[&str]) {
        for key in table.keys() {
            let name: &str = key.get_ref();
            if !allowed.contains(&name) {
                let hint = match closest(name, allowed.iter().copied()) {
                    Some(close) => format!("did you mean `{close}`?"),
                    None => format!("allowed are {}", allowed.join(", ")),
                };
                self.fault(key.span(), format!("unknown key `{name}`: {hint}"));
            }
        }
    }

    fn wrong<T>(&mut self, value: &Value<'_>, expected: &str) -> Option<T> {
        let found = value.get_ref().type_str();
        self.fault(value.span(), format!("expected {expected}, found {found}"));
        None
    }

    fn table<'v, 'i>(&mut self, value: &'v Value<'i>) -> Option<&'v Table<'i>> {
        match value.get_ref().as_table() {
            Some(table) => Some(table),
            None => self.wrong(value, "a table"),
        }
    }

    fn array<'v, 'i>(&mut self, value: &'v Value<'i>) -> Option<&'v toml::de::DeArray<'i>> {
        match value.get_ref().as_array() {
            Some(array) => Some(array),
            None => self.wrong(value, "an array"),
        }
    }

    fn text(&mut self, value: &Value<'_>) -> Option<String> {
        match value.get_ref().as_str() {
            Some(text) => Some(text.to_owned()),
            None => self.wrong(value, "a string"),
        }
    }

    fn count(&mut self, value: &Value<'_>) -> Option<u64> {
        let parsed = value
            .get_ref()
            .as_integer()
            .and_then(|number| u64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok());
        match parsed {
            Some(count) => Some(count),
            None => self.wrong(value, "a whole number of 0 or more"),
        }
    }

    /// A length of time that is more than none.
    fn positive(&mut self, value: &Value<'_>) -> Option<Span> {
        let span = self.parsed::<Span>(value)?;
        if span <= Span::ZERO {
            self.fault(value.span(), "expected more than no time".to_owned());
            return None;
        }
        Some(span)
    }

    fn parsed<T: FromStr>(&mut self, value: &Value<'_>) -> Option<T>
    where
        T::Err: std::fmt::Display,
    {
        let text = self.text(value)?;
        match text.parse() {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.fault(value.span(), format!("{error}"));
                None
            }
        }
    }

    fn condition(&mut self, value: &Value<'_>) -> Option<Condition> {
        let text = self.text(value)?;
        match Condition::compile(&text) {
            Ok(condition) => Some(condition),
            Err(errors) => {
                let span = value.span();
                let inside = self.text[span.clone()].find(text.as_str());
                for error in errors {
                    let place = match inside {
                        Some(offset) => {
                            let start = span.start + offset + error.start;
                            start..start + error.length
                        }
                        None => span.clone(),
                    };
                    self.fault(place, error.problem);
                }
                None
            }
        }
    }

    /// The fault-free value of an optional key; the outer option is lost where the value is faulty.
    fn optional<T>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        read: impl FnOnce(&mut Self, &Value<'_>) -> Option<T>,
    ) -> Option<T> {
        let value = table.get(key)?;
        read(self, value)
    }

    fn list<T>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        mut read: impl FnMut(&mut Self, &Value<'_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let Some(array) = self.array(value) else { return Vec::new() };
        array.iter().filter_map(|item| read(self, item)).collect()
    }

    fn policy(&mut self, root: &Spanned<Table<'_>>) -> Option<Policy> {
        let table = root.get_ref();
        self.only(table, &["version", "limits", "protect", "collect", "assume_none"]);
        match table.get("version") {
            None => self.fault(0..0, format!("the key `version` is missing: put `version = {VERSION}` first")),
            Some(value) => {
                if self.count(value).is_some_and(|version| i64::try_from(version) != Ok(VERSION)) {
                    self.fault(value.span(), format!("this version is not supported (this sexton reads {VERSION})"));
                }
            }
        }
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
        let mut seen: Vec<&str> = Vec::new();
        let mut repeated = Vec::new();
        for name in rules.into_iter().flatten().filter_map(|rule| rule.get_ref().get("name")) {
            if let Some(text) = name.get_ref().as_str() {
                if seen.contains(&text) {
                    repeated.push((name.span(), text.to_owned()));
                }
                seen.push(text);
            }
        }
        for (span, text) in repeated {
            self.fault(span, format!("a [[{section}]] rule named {text:?} stands above already"));
        }
    }

    fn limits(&mut self, value: &Value<'_>) -> Option<Limits> {
        let table = self.table(value)?;
        self.only(table, &["max_steps", "max_percent", "max_drawn", "max_forced", "max_inventory_age", "kind"]);
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
        if let Some(kinds) = self.optional(table, "kind", |reader, value| {
            let kinds = reader.table(value)?;
            let mut read = BTreeMap::new();
            for (name, value) in kinds {
                let kind = match Kind::new(name.get_ref()) {
                    Ok(kind) => kind,
                    Err(error) => {
                        reader.fault(name.span(), error.to_string());
                        continue;
                    }
                };
                let Some(table) = reader.table(value) else { continue };
                reader.only(table, &["max_steps"]);
                if let Some(count) = reader.optional(table, "max_steps", Self::count) {
                    read.insert(kind, count);
                }
            }
            Some(read)
        }) {
            limits.kind_max_steps.extend(kinds);
        }
        Some(limits)
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

    fn filters(&mut self, table: &Table<'_>) -> Filters {
        Filters {
            provider: self.optional(table, "provider", Self::parsed),
            account: self.optional(table, "account", Self::parsed),
            region: self.optional(table, "region", Self::parsed),
            kind: self.optional(table, "kind", Self::parsed),
        }
    }

    fn protect(&mut self, value: &Value<'_>) -> Option<Protect> {
        let table = self.table(value)?;
        self.only(table, &[&["name", "when"], &RULE_FILTERS[..]].concat());
        let filters = self.filters(table);
        let when = self.optional(table, "when", Self::condition);
        Some(Protect { name: self.name(value, table)?, filters, when })
    }

    fn collect(&mut self, value: &Value<'_>) -> Option<Collect> {
        let table = self.table(value)?;
        let own = ["name", "where", "when", "retain", "cascade", "orphans", "options", "force", "wait"];
        self.only(table, &[&own[..], &RULE_FILTERS[..]].concat());
        let filters = self.filters(table);
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
        let options = self.optional(table, "options", Self::options).unwrap_or_default();
        let force = self.list(table, "force", Self::parsed::<GuardCode>);
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
            return Some(Draw { kind: self.parsed(value)?, when: None });
        }
        let Some(table) = value.get_ref().as_table() else {
            return self.wrong(value, "a kind, or { kind = \"…\", when = \"…\" }");
        };
        self.only(table, &["kind", "when"]);
        if !table.contains_key("kind") {
            self.fault(value.span(), "the entry has no `kind`".to_owned());
        }
        let kind = self.optional(table, "kind", Self::parsed);
        let when = self.optional(table, "when", Self::condition);
        if table.contains_key("when") && when.is_none() {
            return None;
        }
        Some(Draw { kind: kind?, when })
    }

    fn retain(&mut self, value: &Value<'_>) -> Option<Retain> {
        let table = self.table(value)?;
        self.only(table, &["last", "hourly", "daily", "weekly", "monthly", "yearly", "within", "per", "per_missing"]);
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
                Some(_) | None => {
                    let _: Option<()> = self.wrong(missing, "\"group\" or \"retain\"");
                }
            }
        }
        if retain.is_empty() {
            self.fault(value.span(), "`retain` keeps nothing: give last, hourly, … or within".to_owned());
        }
        Some(retain)
    }

    fn options(&mut self, value: &Value<'_>) -> Option<Options> {
        let table = self.table(value)?;
        let mut options = Options::new();
        for (key, value) in table {
            options.insert(key.get_ref().clone().into_owned(), self.json(value)?);
        }
        Some(options)
    }

    fn json(&mut self, value: &Value<'_>) -> Option<AttributeValue> {
        match value.get_ref() {
            DeValue::String(text) => Some(AttributeValue::String(text.clone().into_owned())),
            DeValue::Boolean(value) => Some(AttributeValue::Bool(*value)),
            DeValue::Integer(_) => match value
                .get_ref()
                .as_integer()
                .and_then(|number| i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok())
            {
                Some(number) => Some(number.into()),
                None => self.wrong(value, "a smaller number"),
            },
            DeValue::Array(items) => {
                items.iter().map(|item| self.json(item)).collect::<Option<Vec<_>>>().map(AttributeValue::Array)
            }
            DeValue::Table(_) => {
                self.options(value).map(|options| AttributeValue::Object(options.into_iter().collect()))
            }
            DeValue::Float(_) | DeValue::Datetime(_) => {
                self.wrong(value, "a string, a whole number, true, false, an array or a table")
            }
        }
    }

    fn assume_none(&mut self, value: &Value<'_>) -> Option<AssumedNone> {
        let table = self.table(value)?;
        self.only(table, &["kind", "account", "region", "reason"]);
        for key in ["kind", "reason"] {
            if !table.contains_key(key) {
                self.fault(value.span(), format!("the waiver has no `{key}`"));
            }
        }
        let kind = self.optional(table, "kind", Self::parsed);
        let account = self.optional(table, "account", Self::parsed);
        let region = self.optional(table, "region", Self::parsed);
        let reason = self.optional(table, "reason", Self::text);
        if table.contains_key("account") && account.is_none() || table.contains_key("region") && region.is_none() {
            return None;
        }
        Some(AssumedNone { kind: kind?, account, region, reason: reason? })
    }
}
