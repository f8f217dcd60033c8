//! Names that only a rulebook can vouch for: providers, kinds, guards. Without rulebooks every name passes.

use crate::policy::suggest::closest;
use crate::rulebook::{KindRules, Rulebook, Visibility};

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
