//! What a listing gave, by a sink that remembers and holds the listing to the contract's order.

use std::collections::BTreeMap;

use sexton_core::address::{Kind, Region};
use sexton_core::inventory::{CensusLine, Listing};
use sexton_core::resource::Resource;
use sexton_provider::{CallError, ListProblem, ListSink, Provider};

/// What a listing gave.
#[derive(Debug, Default)]
pub struct Listed {
    region: Option<Region>,
    resources: Vec<Resource>,
    census: BTreeMap<String, CensusLine>,
    problems: Vec<ListProblem>,
    progress: BTreeMap<String, Vec<(u64, Option<u64>)>>,
}

impl Listed {
    /// Lists a region.
    ///
    /// # Errors
    /// The listing could not begin.
    pub async fn of(provider: &dyn Provider, region: &Region) -> Result<Self, CallError> {
        let mut listed = Self { region: Some(region.clone()), ..Self::default() };
        provider.list(region, &mut listed).await?;
        Ok(listed)
    }

    /// The resources, in the order in which they came.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// The ids of a kind, in the order in which they came.
    pub fn ids(&self, kind: &str) -> Vec<&str> {
        let of_kind = self.resources.iter().filter(|resource| resource.address.kind() == kind);
        of_kind.map(|resource| resource.address.id()).collect()
    }

    /// A resource that was listed.
    pub fn resource(&self, kind: &str, id: &str) -> &Resource {
        let mut named = self.resources.iter().filter(|found| found.address.kind() == kind && found.address.id() == id);
        named.next().unwrap_or_else(|| panic!("{kind}/{id} was not listed"))
    }

    /// Whether a kind was listed completely.
    pub fn is_complete(&self, kind: &str) -> bool {
        self.census[kind].listing == Listing::Complete
    }

    /// The kinds whose listing is not complete.
    pub fn incomplete(&self) -> Vec<&str> {
        let lines = self.census.iter().filter(|(_, line)| line.listing == Listing::Incomplete);
        lines.map(|(kind, _)| kind.as_str()).collect()
    }

    /// As of when a kind was listed, where that is known.
    pub fn as_of(&self, kind: &str) -> Option<String> {
        self.census[kind].as_of.known().map(|time| time.to_string())
    }

    /// The kinds that have a census line.
    pub fn kinds(&self) -> Vec<&str> {
        self.census.keys().map(String::as_str).collect()
    }

    /// The one problem of a kind.
    pub fn problem(&self, kind: &str) -> &str {
        let mut problems = self.problems.iter().filter(|problem| problem.kind.as_str() == kind);
        let problem = problems.next().unwrap_or_else(|| panic!("no problem of {kind} among {:?}", self.problems));
        assert_eq!(problems.next(), None);
        &problem.message
    }

    /// How far the listing of a kind was, each time that it told: what was seen, and in all.
    pub fn progress_of(&self, kind: &str) -> &[(u64, Option<u64>)] {
        self.progress.get(kind).map_or(&[], Vec::as_slice)
    }

    /// All that went wrong.
    pub fn problems(&self) -> &[ListProblem] {
        &self.problems
    }
}

impl ListSink for Listed {
    fn resource(&mut self, resource: Resource) {
        let kind = resource.address.kind();
        assert!(!self.census.contains_key(kind), "{} after the census of its kind", resource.address);
        assert!(self.resources.iter().all(|earlier| earlier.address != resource.address), "{} twice", resource.address);
        self.resources.push(resource);
    }

    fn census(&mut self, line: CensusLine) {
        let kind = line.scope.kind.to_string();
        assert_eq!(self.census.insert(kind, line), None, "two census lines of one kind");
    }

    fn problem(&mut self, problem: ListProblem) {
        self.problems.push(problem);
    }

    fn progress(&mut self, region: &Region, kind: &Kind, seen: u64, total: Option<u64>) {
        assert!(self.region.as_ref().is_none_or(|listed| listed == region), "{kind} in {region}");
        assert!(total.is_none_or(|total| seen <= total + 1), "{kind}: {seen} of {total:?}");
        self.progress.entry(kind.to_string()).or_default().push((seen, total));
    }
}
