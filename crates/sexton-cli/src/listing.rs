//! Lists the regions of all providers side by side. Resources go to a spool as the lines of an inventory, as they come:
//! what is kept in memory is the census, and what each provider keeps to know a row again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sexton_core::address::{Kind, Region};
use sexton_core::fact::Fact;
use sexton_core::inventory::{self, Census, CensusLine, CensusScope, Listing};
use sexton_core::resource::Resource;
use sexton_core::time::Timestamp;
use sexton_provider::{CallError, ListProblem, ListSink, Provider};
use tokio::task::JoinSet;

use crate::connect::Connected;
use crate::failure::{Failure, chained};

mod progress;
#[cfg(test)]
mod tests;

use progress::Bars;

/// How many regions are listed at a time. Quotas are counted by region, so one does not slow down another.
const SIDE_BY_SIDE: usize = 4;

/// What a listing came to, besides the lines in its spool.
#[derive(Debug)]
pub(crate) struct Listed {
    /// The earliest time of any listing.
    pub(crate) taken_at: Timestamp,
    pub(crate) census: Census,
    /// Ascending by region and kind.
    pub(crate) problems: Vec<ListProblem>,
    pub(crate) resources: u64,
}

impl Listed {
    /// How many kinds were not listed completely, each counted where it was not.
    pub(crate) fn incomplete(&self) -> usize {
        self.census.lines().filter(|line| line.listing == Listing::Incomplete).count()
    }
}

/// Lists every region of every provider into the spool.
///
/// A provider whose regions cannot be learned ends it: no census line can say that a region is missing of which nobody
/// knows, and a guard that is raised from another region of the account would be taken not to be.
pub(crate) async fn list<S: Write + Send + 'static>(providers: &[Connected], spool: S) -> Result<(Listed, S), Failure> {
    let shared = Arc::new(Mutex::new(Spool::new(spool)));
    let mut waiting = of_all(providers).await?.into_iter();
    let mut running = JoinSet::new();
    loop {
        while running.len() < SIDE_BY_SIDE
            && let Some((connected, region)) = waiting.next()
        {
            running.spawn(list_region(connected, region, Arc::clone(&shared)));
        }
        match running.join_next().await {
            None => break,
            Some(Ok(result)) => result?,
            Some(Err(error)) => return Err(Failure::new(format!("a listing broke off: {error}"))),
        }
    }
    drop(running);
    let spool = Arc::into_inner(shared).ok_or_else(|| Failure::new("a listing has not ended"))?;
    spool.into_inner().unwrap_or_else(PoisonError::into_inner).finish()
}

/// The regions of all providers, in the order of the providers. All are asked at once, for one that is throttled waits.
async fn of_all(providers: &[Connected]) -> Result<Vec<(Connected, Region)>, Failure> {
    let mut asked = JoinSet::new();
    for (place, connected) in providers.iter().cloned().enumerate() {
        asked.spawn(async move {
            let regions = connected.provider.regions().await;
            (place, connected, regions)
        });
    }
    let mut told = BTreeMap::new();
    while let Some(answer) = asked.join_next().await {
        let (place, connected, regions) =
            answer.map_err(|error| Failure::new(format!("a question for regions broke off: {error}")))?;
        let regions: BTreeSet<Region> = regions.map_err(|error| failed(&connected.name, &error))?.into_iter().collect();
        told.insert(place, (connected, regions));
    }
    let each = told.into_values();
    Ok(each
        .flat_map(|(connected, regions)| regions.into_iter().map(move |region| (connected.clone(), region)))
        .collect())
}

async fn list_region<S: Write + Send>(
    connected: Connected,
    region: Region,
    spool: Arc<Mutex<Spool<S>>>,
) -> Result<(), Failure> {
    let provider: Arc<dyn Provider> = connected.shared();
    let mut sink = RegionSink { spool, name: connected.name.clone(), region: region.clone() };
    provider.list(&region, &mut sink).await.map_err(|error| failed(&connected.name, &error))?;
    sink.spool().check()
}

fn failed(name: &str, error: &CallError) -> Failure {
    Failure::new(format!("provider {name:?}: {}", chained(error)))
        .next("check the credentials, the regions and the endpoint in sexton.toml")
}

/// What all listings write to, in turn: behind a lock and not a channel, so that whoever lists waits for the disk and memory
/// stays bounded. The lock is held for a line, and never across an await.
struct Spool<S> {
    lines: S,
    resources: u64,
    census: Vec<CensusLine>,
    /// By which configured provider a scope was listed.
    by: BTreeMap<CensusScope, String>,
    problems: Vec<ListProblem>,
    bars: Bars,
    /// The first thing that went wrong, after which nothing more is taken.
    broken: Option<Broken>,
}

#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("cannot keep what is listed")]
    Write(#[from] inventory::WriteError),
    #[error("cannot keep what is listed")]
    Flush(#[from] io::Error),
    #[error("providers {first:?} and {second:?} both list account {} in {}", scope.account, scope.region)]
    Twice { scope: Box<CensusScope>, first: String, second: String },
}

impl<S: Write> Spool<S> {
    fn new(lines: S) -> Self {
        Self {
            lines,
            resources: 0,
            census: Vec::new(),
            by: BTreeMap::new(),
            problems: Vec::new(),
            bars: Bars::default(),
            broken: None,
        }
    }

    fn resource(&mut self, resource: &Resource) {
        if self.broken.is_some() {
            return;
        }
        match inventory::write_resource(resource, &mut self.lines) {
            Ok(()) => self.resources += 1,
            Err(error) => self.broken = Some(error.into()),
        }
    }

    /// Two providers that list one scope would write each resource twice, which is seen here without a list of them.
    fn census(&mut self, name: &str, line: CensusLine) {
        match self.by.insert(line.scope.clone(), name.to_owned()) {
            Some(other) if other != name => {
                let scope = Box::new(line.scope.clone());
                let name = name.to_owned();
                let (first, second) = if other < name { (other, name) } else { (name, other) };
                self.broken.get_or_insert(Broken::Twice { scope, first, second });
            }
            Some(_) | None => {}
        }
        self.census.push(line);
    }

    fn check(&mut self) -> Result<(), Failure> {
        match self.broken.take() {
            None => Ok(()),
            Some(broken) => Err(Failure::chain(&broken)),
        }
    }

    fn finish(mut self) -> Result<(Listed, S), Failure> {
        self.bars.finish();
        if let Err(error) = self.lines.flush() {
            self.broken.get_or_insert(error.into());
        }
        self.check()?;
        let times = self.census.iter().filter_map(|line| match line.as_of {
            Fact::Known(as_of) => Some(as_of),
            Fact::Unknown => None,
        });
        let taken_at =
            times.min().ok_or_else(|| Failure::new("nothing could be listed: no provider answered with a Date"))?;
        self.problems.sort_by(|a, b| (&a.region, &a.kind, &a.message).cmp(&(&b.region, &b.kind, &b.message)));
        let listed =
            Listed { taken_at, census: Census::new(self.census), problems: self.problems, resources: self.resources };
        Ok((listed, self.lines))
    }
}

/// What one region of one provider writes to.
struct RegionSink<S> {
    spool: Arc<Mutex<Spool<S>>>,
    name: String,
    region: Region,
}

impl<S> RegionSink<S> {
    fn spool(&self) -> MutexGuard<'_, Spool<S>> {
        // A panic of another listing ends the command anyway.
        self.spool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Write + Send> ListSink for RegionSink<S> {
    fn resource(&mut self, resource: Resource) {
        self.spool().resource(&resource);
    }

    fn census(&mut self, line: CensusLine) {
        let mut spool = self.spool();
        spool.bars.end(&self.name, &self.region, &line.scope.kind);
        spool.census(&self.name, line);
    }

    fn problem(&mut self, problem: ListProblem) {
        self.spool().problems.push(problem);
    }

    fn progress(&mut self, _region: &Region, kind: &Kind, seen: u64, total: Option<u64>) {
        self.spool().bars.show(&self.name, &self.region, kind, seen, total);
    }
}
