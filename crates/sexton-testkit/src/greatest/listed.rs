//! What was not listed: the last paragraph of section 3.

use std::collections::BTreeSet;

use sexton_core::address::Kind;
use sexton_core::fact::Fact;
use sexton_core::inventory::Listing;
use sexton_core::rulebook::{End, Visibility};

use super::Greatest;

impl Greatest<'_> {
    /// The kinds that could guard a resource and do not count as listed where that would be seen.
    pub(super) fn not_listed(&self, index: usize) -> BTreeSet<String> {
        let address = &self.resources[index].address;
        let (provider, account, region) = (address.provider(), address.account(), address.region());
        let mut missing = BTreeSet::new();
        let Some(rulebook) = self.rulebook(index) else { return missing };
        for guard in rulebook.guards_of(address.kind()) {
            let by_dependents = guard.other().filter(|other| other.end == End::Dependent).map(|other| &other.kind);
            let needed: Option<(&Kind, Vec<String>)> = match &guard.visibility {
                Visibility::Unobservable { .. } => None,
                Visibility::Census(kind) => Some((kind, vec![region.to_owned()])),
                Visibility::Region => by_dependents.map(|kind| (kind, vec![region.to_owned()])),
                Visibility::Account => by_dependents.map(|kind| (kind, self.regions(provider, account))),
            };
            if let Some((kind, regions)) = needed
                && !regions.iter().all(|region| self.counts_as_listed(provider, account, region, kind.as_str()))
            {
                missing.insert(kind.as_str().to_owned());
            }
        }
        missing
    }

    /// The regions of an account of which anything was listed: a census line, or a resource.
    fn regions(&self, provider: &str, account: &str) -> Vec<String> {
        let lines = self.inventory.census().lines().filter_map(|line| {
            let scope = line.scope;
            (scope.provider.as_str() == provider && scope.account.as_str() == account)
                .then(|| scope.region.as_str().to_owned())
        });
        let seen = self.resources.iter().filter_map(|resource| {
            let address = &resource.address;
            (address.provider() == provider && address.account() == account).then(|| address.region().to_owned())
        });
        lines.chain(seen).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn counts_as_listed(&self, provider: &str, account: &str, region: &str, kind: &str) -> bool {
        let of_unknown_links = self.resources.iter().any(|resource| {
            let address = &resource.address;
            resource.links.is_unknown()
                && (address.provider(), address.account()) == (provider, account)
                && (address.region(), address.kind()) == (region, kind)
        });
        let waived = self.policy.assume_none.iter().any(|waiver| {
            waiver.kind.as_str() == kind
                && waiver.account.as_ref().is_none_or(|named| named.as_str() == account)
                && waiver.region.as_ref().is_none_or(|named| named.as_str() == region)
        });
        let complete = self.inventory.census().lines().any(|line| {
            let scope = &line.scope;
            let fresh = match line.as_of {
                Fact::Known(as_of) => self.now.since(as_of) <= self.policy.limits.max_inventory_age,
                Fact::Unknown => false,
            };
            (scope.provider.as_str(), scope.account.as_str()) == (provider, account)
                && (scope.region.as_str(), scope.kind.as_str()) == (region, kind)
                && line.listing == Listing::Complete
                && fresh
        });
        !of_unknown_links && (waived || complete)
    }
}
