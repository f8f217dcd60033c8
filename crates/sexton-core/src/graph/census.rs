//! Groups of one kind in one place, and which kinds that could guard them were not listed.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::address::{Account, Kind, Provider, Region};
use crate::inventory::{CensusScope, Inventory, ResourceIndex};
use crate::plan::AssumedNone;
use crate::policy::Filters;
use crate::rulebook::{End, KindRules, RaisedBy, Rulebook, Visibility};
use crate::time::{Span, Timestamp};

use super::number;

/// The resources of one kind in one account and region.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    /// `provider:account:region`.
    pub(crate) scope: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) rulebook: Option<&'a Rulebook>,
    pub(crate) rules: Option<&'a KindRules>,
    /// The resources are contiguous in the inventory: from here …
    pub(crate) start: usize,
    /// … to before here.
    pub(crate) end: usize,
    /// Kinds that could guard and were not listed completely, ascending. Where there is one, nothing is collected.
    pub(crate) unlisted: Vec<&'a Kind>,
    /// Kinds whose dependents cannot be counted: not listed, or unobservable.
    pub(super) uncountable: Vec<&'a str>,
}

impl Group<'_> {
    /// The resources of the group.
    pub(crate) fn indexes(&self) -> impl Iterator<Item = ResourceIndex> + use<> {
        (self.start..self.end).map(ResourceIndex::new)
    }

    /// Whether a rule's filters let the group through.
    pub(crate) fn admitted(&self, filters: &Filters) -> bool {
        let mut scope = self.scope.splitn(3, ':');
        let admits = |filter: Option<&str>, part: Option<&str>| filter.is_none_or(|filter| Some(filter) == part);
        admits(filters.provider.as_ref().map(Provider::as_str), scope.next())
            && admits(filters.account.as_ref().map(Account::as_str), scope.next())
            && admits(filters.region.as_ref().map(Region::as_str), scope.next())
            && admits(filters.kind.as_ref().map(Kind::as_str), Some(self.kind))
    }
}

/// Answers whether a kind counts as listed in a place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListedWhere<'p> {
    pub(crate) now: Timestamp,
    pub(crate) max_age: Span,
    pub(crate) waivers: &'p [AssumedNone],
}

/// Splits the sorted inventory into groups.
pub(super) fn groups<'a>(inventory: &'a Inventory, rulebooks: &'a [Rulebook]) -> (Vec<Group<'a>>, Vec<u32>) {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut group_of = Vec::with_capacity(inventory.len());
    for place in inventory.table.places.iter().filter(|place| !place.rows().is_empty()) {
        let rulebook = rulebooks.iter().find(|rulebook| rulebook.provider.as_str() == place.provider());
        let kind = place.kind_text();
        group_of.extend(place.rows().map(|_| number(groups.len())));
        groups.push(Group {
            scope: place.scope(),
            kind,
            rulebook,
            rules: rulebook.and_then(|rulebook| rulebook.kind(kind)),
            start: place.start as usize,
            end: place.end as usize,
            unlisted: Vec::new(),
            uncountable: Vec::new(),
        });
    }
    (groups, group_of)
}

/// Finds what was not listed for each group.
pub(super) fn fill<'a>(groups: &mut [Group<'a>], inventory: &'a Inventory, group_of: &[u32], listed: &ListedWhere<'_>) {
    // A resource of unknown links may be a dependent of anything: its kind does not count as listed, and a waiver that
    // takes the kind as empty does not speak of what was seen.
    let mut unknown_links: HashSet<(&str, &str)> = HashSet::new();
    for index in inventory.table.unknown_links() {
        let group = &groups[group_of[index.get()] as usize];
        unknown_links.insert((group.scope, group.kind));
    }
    let mut memory: HashMap<(&str, &str), bool> = HashMap::new();
    let mut is_listed = |inventory: &'a Inventory, scope: &'a str, kind: &'a str| -> bool {
        *memory.entry((scope, kind)).or_insert_with(|| {
            let Some(place) = census_scope(scope, kind) else { return false };
            listed.counts(inventory, &place) && !unknown_links.contains(&(scope, kind))
        })
    };
    let scopes_of_groups: BTreeSet<&'a str> = groups.iter().map(|group| group.scope).collect();
    let mut account_scopes: HashMap<(&str, &str), BTreeSet<String>> = HashMap::new();
    for group in groups {
        let Some(rulebook) = group.rulebook else { continue };
        for guard in rulebook.guards_of(group.kind) {
            let needed: Option<&'a Kind> = match (&guard.raised_by, &guard.visibility) {
                (_, Visibility::Census(kind)) => Some(kind),
                (RaisedBy::Other(other), _) if other.end == End::Dependent => Some(&other.kind),
                (RaisedBy::Other(_) | RaisedBy::State(_) | RaisedBy::Attribute(_) | RaisedBy::Claim { .. }, _) => None,
            };
            let Some(needed) = needed else { continue };
            let complete = match &guard.visibility {
                Visibility::Unobservable { .. } => {
                    group.uncountable.push(needed.as_str());
                    continue;
                }
                Visibility::Region | Visibility::Census(_) => is_listed(inventory, group.scope, needed.as_str()),
                Visibility::Account => {
                    let mut parts = group.scope.splitn(3, ':');
                    let provider = parts.next().unwrap_or_default();
                    let account = parts.next().unwrap_or_default();
                    let scopes = account_scopes.entry((provider, account)).or_insert_with(|| {
                        let place = format!("{provider}:{account}:");
                        let regions = inventory.census().regions(provider, account);
                        let lines = regions.iter().map(|region| format!("{place}{region}"));
                        // Where there is a resource, something was listed, though no line says what.
                        let seen = scopes_of_groups.iter().filter(|scope| scope.starts_with(&place));
                        lines.chain(seen.map(|scope| (*scope).to_owned())).collect()
                    });
                    scopes.iter().all(|scope| {
                        census_scope(scope, needed.as_str()).is_some_and(|place| {
                            listed.counts(inventory, &place)
                                && !unknown_links.contains(&(scope.as_str(), needed.as_str()))
                        })
                    })
                }
            };
            if !complete {
                group.unlisted.push(needed);
                group.uncountable.push(needed.as_str());
            }
        }
        group.unlisted.sort_unstable();
        group.unlisted.dedup();
    }
}

fn census_scope(scope: &str, kind: &str) -> Option<CensusScope> {
    let mut parts = scope.splitn(3, ':');
    Some(CensusScope {
        provider: parts.next()?.parse().ok()?,
        account: parts.next()?.parse().ok()?,
        region: parts.next()?.parse().ok()?,
        kind: kind.parse().ok()?,
    })
}

impl ListedWhere<'_> {
    /// Whether a kind was listed completely, or is taken as empty.
    fn counts(&self, inventory: &Inventory, scope: &CensusScope) -> bool {
        self.waived(scope) || inventory.census().is_complete(scope, self.now, self.max_age)
    }

    fn waived(&self, scope: &CensusScope) -> bool {
        self.waivers.iter().any(|waiver| waiver.is_of(&scope.kind, &scope.account, &scope.region))
    }
}
