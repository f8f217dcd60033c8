//! What a policy says that no rulebook knows: a force that cannot be, a kind that is not.

use toml::de::DeTable;

use super::fault::{PolicyError, PolicyFault};
use super::suggest::closest;
use super::{Collect, Filters, Policy};
use crate::rulebook::Rulebook;

impl Policy {
    /// Checks the policy against the rulebooks it will be read with.
    ///
    /// # Errors
    /// Every kind or guard that no rulebook has, every force that cannot be granted, every collected kind that has no
    /// removal operation.
    pub fn check(&self, rulebooks: &[Rulebook]) -> Result<(), PolicyError> {
        let mut checker = Checker { policy: self, rulebooks, faults: Vec::new() };
        for (position, rule) in self.collect.iter().enumerate() {
            checker.provider("collect", position, &rule.filters);
            checker.rule(position, rule);
        }
        for (position, rule) in self.protect.iter().enumerate() {
            checker.provider("protect", position, &rule.filters);
            if let Some(kind) = rule.filters.kind.as_ref().filter(|kind| !checker.knows(kind.as_str(), |_| true)) {
                let problem = checker.unknown_kind(kind.as_str());
                checker.fault_in("protect", position, "kind", 0, problem);
            }
        }
        let standard = super::Limits::standard().kind_max_steps;
        for kind in self.limits.kind_max_steps.keys().filter(|kind| !standard.contains_key(*kind)) {
            if !checker.knows(kind.as_str(), |_| true) {
                let problem = checker.unknown_kind(kind.as_str());
                checker.fault_in_text(kind.as_str(), problem);
            }
        }
        for condition in self.conditions() {
            for kind in &condition.reads().dependents {
                if !checker.knows(kind, |_| true) {
                    let problem = checker.unknown_kind(kind);
                    checker.fault_in_text(condition.text(), problem);
                }
            }
        }
        checker.faults.sort_by_key(|fault| (fault.line, fault.column));
        if checker.faults.is_empty() { Ok(()) } else { Err(PolicyError { faults: checker.faults }) }
    }
}

struct Checker<'a> {
    policy: &'a Policy,
    rulebooks: &'a [Rulebook],
    faults: Vec<PolicyFault>,
}

impl Checker<'_> {
    fn knows(&self, kind: &str, wanted: impl Fn(&crate::rulebook::KindRules) -> bool) -> bool {
        self.rulebooks.iter().filter_map(|rulebook| rulebook.kind(kind)).any(wanted)
    }

    fn unknown_kind(&self, kind: &str) -> String {
        let kinds = || self.rulebooks.iter().flat_map(|rulebook| &rulebook.kinds).map(|rules| rules.kind.as_str());
        match closest(kind, kinds()) {
            Some(close) => format!("no rulebook knows kind `{kind}`: did you mean `{close}`?"),
            None => {
                let mut known: Vec<&str> = kinds().collect();
                known.sort_unstable();
                known.dedup();
                format!("no rulebook knows kind `{kind}`: the kinds are {}", known.join(", "))
            }
        }
    }

    /// A fault at the first place where a condition's text stands.
    fn fault_in_text(&mut self, text: &str, problem: String) {
        let start = self.policy.text().find(text).unwrap_or(0);
        self.faults.push(PolicyFault::at(self.policy.text(), start, text.len(), problem));
    }

    /// A provider of which there is no rulebook: the rule would never speak of anything.
    fn provider(&mut self, section: &str, position: usize, filters: &Filters) {
        let names = || self.rulebooks.iter().map(|rulebook| rulebook.provider.as_str());
        let Some(provider) = filters.provider.as_ref().filter(|provider| names().all(|name| name != provider.as_str()))
        else {
            return;
        };
        let hint = match closest(provider.as_str(), names()) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("the providers are {}", names().collect::<Vec<_>>().join(", ")),
        };
        self.fault_in(
            section,
            position,
            "provider",
            0,
            format!("there is no rulebook of provider `{provider}`: {hint}"),
        );
    }

    /// A fault at an item of a key of the n-th collect rule.
    fn fault(&mut self, rule: usize, key: &str, item: usize, problem: String) {
        self.fault_in("collect", rule, key, item, problem);
    }

    /// A fault at an item of a key of the n-th rule of a section.
    fn fault_in(&mut self, section: &str, rule: usize, key: &str, item: usize, problem: String) {
        let text = self.policy.text();
        let place = DeTable::parse(text).ok().and_then(|table| {
            let rules = table.get_ref().get(section)?.get_ref().as_array()?;
            let value = rules.get(rule)?.get_ref().get(key)?;
            let span = match value.get_ref().as_array() {
                Some(items) => items.get(item)?.span(),
                None => value.span(),
            };
            Some(span)
        });
        let span = place.unwrap_or(0..0);
        self.faults.push(PolicyFault::at(text, span.start, span.end - span.start, problem));
    }

    fn rule(&mut self, position: usize, rule: &Collect) {
        if let Some(kind) = &rule.filters.kind {
            if !self.knows(kind.as_str(), |_| true) {
                let problem = self.unknown_kind(kind.as_str());
                self.fault(position, "kind", 0, problem);
            } else if !self.knows(kind.as_str(), |rules| rules.removal.is_some()) {
                let problem = format!("kind `{kind}` has no removal operation: it can be protected, not collected");
                self.fault(position, "kind", 0, problem);
            }
        }
        for (key, draws) in [("cascade", &rule.cascade), ("orphans", &rule.orphans)] {
            for (item, draw) in draws.iter().enumerate() {
                let kind = draw.kind.as_str();
                if !self.knows(kind, |_| true) {
                    let problem = self.unknown_kind(kind);
                    self.fault(position, key, item, problem);
                } else if !self.knows(kind, |rules| rules.removal.is_some()) {
                    let problem = format!("kind `{kind}` has no removal operation: it cannot be taken along");
                    self.fault(position, key, item, problem);
                }
            }
        }
        for (item, code) in rule.force.iter().enumerate() {
            let forceable: Vec<bool> =
                self.rulebooks.iter().filter_map(|rulebook| rulebook.forceable(code.as_str())).collect();
            let problem = if forceable.is_empty() {
                let codes =
                    self.rulebooks.iter().flat_map(|rulebook| &rulebook.guards).map(|guard| guard.code.as_str());
                match closest(code.as_str(), codes) {
                    Some(close) => format!("no rulebook knows guard `{code}`: did you mean `{close}`?"),
                    None => format!("no rulebook knows guard `{code}`: `sexton rules PROVIDER` lists them"),
                }
            } else if forceable.contains(&true) {
                continue;
            } else {
                format!("guard `{code}` cannot be forced: its remedies are in `sexton rules PROVIDER`")
            };
            self.fault(position, "force", item, problem);
        }
    }
}
