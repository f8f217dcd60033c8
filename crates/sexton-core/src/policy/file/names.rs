//! Names that only a rulebook can vouch for: providers, kinds, guards. Without rulebooks every name passes.

use crate::policy::Filters;
use crate::policy::suggest::closest;
use crate::resource::AttributeValue;
use crate::rulebook::{KindRules, OptionValue, Removal, Rulebook, Visibility};

/// The names that a policy may use.
#[derive(Debug, Clone, Copy)]
pub(super) enum Names<'r> {
    /// Whatever it says.
    Any,
    /// Those of these rulebooks.
    Of(&'r [Rulebook]),
}

/// What a rule wants to do with a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Speak of it.
    Name,
    /// Remove it, as what the rule collects.
    Collect,
    /// Remove it, along with something else.
    Draw,
    /// Take it as empty; a listing of its own will do.
    Waive,
}

impl<'r> Names<'r> {
    fn rulebooks(self) -> Option<&'r [Rulebook]> {
        match self {
            Names::Any => None,
            Names::Of(rulebooks) => Some(rulebooks),
        }
    }

    /// What is wrong with a provider's name.
    pub(super) fn provider(self, name: &str) -> Option<String> {
        let rulebooks = self.rulebooks()?;
        let names = || rulebooks.iter().map(|rulebook| rulebook.provider.as_str());
        if names().any(|known| known == name) {
            return None;
        }
        Some(match closest(name, names()) {
            Some(close) => format!("there is no rulebook of provider `{name}`: did you mean `{close}`?"),
            None => format!("there is no rulebook of provider `{name}`: {}", are("the providers are", names())),
        })
    }

    /// What is wrong with a kind's name, for a purpose.
    pub(super) fn kind(self, name: &str, purpose: Purpose) -> Option<String> {
        let rulebooks = self.rulebooks()?;
        let known: Vec<&KindRules> = rulebooks.iter().filter_map(|rulebook| rulebook.kind(name)).collect();
        let listings = || {
            let guards = rulebooks.iter().flat_map(|rulebook| &rulebook.guards);
            guards.filter(|_| purpose == Purpose::Waive).filter_map(|guard| match &guard.visibility {
                Visibility::Census(kind) => Some(kind.as_str()),
                Visibility::Region | Visibility::Account | Visibility::Unobservable { .. } => None,
            })
        };
        if listings().any(|listing| listing == name) {
            return None;
        }
        if known.is_empty() {
            let rules = || rulebooks.iter().flat_map(|rulebook| &rulebook.kinds);
            let kinds = || rules().map(|rules| rules.kind.as_str()).chain(listings());
            return Some(match closest(name, kinds()) {
                Some(close) => format!("no rulebook knows kind `{name}`: did you mean `{close}`?"),
                None => format!("no rulebook knows kind `{name}`: {}", are("the kinds are", kinds())),
            });
        }
        let instead = match purpose {
            Purpose::Name | Purpose::Waive => return None,
            Purpose::Collect => "it can be protected, not collected",
            Purpose::Draw => "it cannot be taken along",
        };
        let removable = known.iter().any(|rules| rules.removal.is_some());
        (!removable).then(|| format!("kind `{name}` has no removal operation: {instead}"))
    }

    /// What is wrong with an option of a rule that collects a kind.
    pub(super) fn option(self, filters: &Filters, name: &str, value: &AttributeValue) -> Option<String> {
        let rulebooks = self.rulebooks()?;
        // Without a kind of the rulebooks there is a fault already.
        let kind = filters.kind.as_ref()?.as_str();
        let meant = rulebooks.iter().filter(|book| filters.provider.as_ref().is_none_or(|own| *own == book.provider));
        let removals: Vec<&Removal> = meant.filter_map(|book| book.kind(kind)?.removal.as_ref()).collect();
        if removals.is_empty() {
            return None;
        }
        let options = || removals.iter().flat_map(|removal| &removal.options);
        let mut known = options().filter(|option| option.name == name).peekable();
        if known.peek().is_none() {
            return Some(match closest(name, options().map(|option| option.name.as_str())) {
                Some(close) => format!("the removal of kind `{kind}` has no option `{name}`: did you mean `{close}`?"),
                None => format!(
                    "the removal of kind `{kind}` has no option `{name}`: {}",
                    are("its options are", options().map(|option| option.name.as_str()))
                ),
            });
        }
        let values: Vec<&OptionValue> = known.flat_map(|option| &option.values).collect();
        let written: Vec<String> = values.iter().map(|known| known.value.to_string()).collect();
        let is_known = values.iter().any(|known| known.value == *value);
        (!is_known).then(|| {
            format!("option `{name}` cannot be {value}: {}", are("it can be", written.iter().map(String::as_str)))
        })
    }

    /// What is wrong with granting a force.
    pub(super) fn force(self, code: &str) -> Option<String> {
        let rulebooks = self.rulebooks()?;
        let forceable: Vec<bool> = rulebooks.iter().filter_map(|rulebook| rulebook.forceable(code)).collect();
        if forceable.contains(&true) {
            return None;
        }
        let guards = || rulebooks.iter().flat_map(|rulebook| &rulebook.guards);
        if !forceable.is_empty() {
            let can = guards().filter(|guard| guard.force().is_some()).map(|guard| guard.code.as_str());
            return Some(format!("guard `{code}` cannot be forced: {}", are("those that can are", can)));
        }
        Some(match closest(code, guards().map(|guard| guard.code.as_str())) {
            Some(close) => format!("no rulebook knows guard `{code}`: did you mean `{close}`?"),
            None => format!("no rulebook knows guard `{code}`: `sexton rules PROVIDER` lists them"),
        })
    }
}

fn are<'a>(introduction: &str, names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() { "there are none".to_owned() } else { format!("{introduction} {}", names.join(", ")) }
}
