//! `sexton inventory`: lists the configured providers into an inventory.

use sexton_core::harmless::escaped;
use std::collections::BTreeMap;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use sexton_core::address::{Kind, Region};
use sexton_core::fact::Fact;
use sexton_core::inventory::{self, CensusLine, Inventory, Listing};
use sexton_core::resource::Resource;
use sexton_provider::{ListProblem, ListSink};

use super::runtime;
use crate::arguments::Inventory as Arguments;
use crate::config::{Config, Connected};
use crate::failure::{Done, Failure, chained, say};

pub(super) fn run(arguments: &Arguments) -> Result<Done, Failure> {
    let providers = Config::read(&arguments.config)?.connect()?;
    let inventory = runtime()?.block_on(list(&providers))?;
    arguments.output.write(|writer| {
        let mut writer = writer;
        Ok(inventory::write(&inventory, &mut writer)?)
    })?;
    let incomplete = inventory.census().lines().filter(|line| line.listing == Listing::Incomplete).count();
    let and = if incomplete == 0 { String::new() } else { format!(", {incomplete} listings incomplete") };
    say(&format!("listed {} resources as of {}{and}", inventory.len(), inventory.taken_at()));
    Ok(Done::Clean)
}

/// Lists every region of every provider, and says on standard error what was not complete.
pub(super) async fn list(providers: &[Connected]) -> Result<Inventory, Failure> {
    let mut listing = ListingSink::default();
    for connected in providers {
        let failed = |error: &sexton_provider::CallError| {
            Failure::new(format!("provider {:?}: {}", connected.name, chained(error)))
                .next("check the credentials, the regions and the endpoint in sexton.toml")
        };
        for region in connected.provider.regions().await.map_err(|error| failed(&error))? {
            connected.provider.list(&region, &mut listing).await.map_err(|error| failed(&error))?;
        }
    }
    listing.finish()
}

/// Collects what the providers find, with a bar for each listing.
#[derive(Default)]
struct ListingSink {
    resources: Vec<Resource>,
    census: Vec<CensusLine>,
    problems: Vec<ListProblem>,
    bars: BTreeMap<(String, String), ProgressBar>,
    screen: MultiProgress,
}

impl ListingSink {
    fn finish(self) -> Result<Inventory, Failure> {
        for bar in self.bars.values() {
            bar.finish_and_clear();
        }
        for problem in &self.problems {
            say(&format!(
                "warning: {} {} is not listed completely: {}",
                problem.region,
                problem.kind,
                escaped(&problem.message)
            ));
        }
        let times = self.census.iter().filter_map(|line| match line.as_of {
            Fact::Known(as_of) => Some(as_of),
            Fact::Unknown => None,
        });
        let taken_at =
            times.min().ok_or_else(|| Failure::new("nothing could be listed: no provider answered with a Date"))?;
        Inventory::new(taken_at, self.census, self.resources).map_err(|error| Failure::chain(&error))
    }
}

impl ListSink for ListingSink {
    fn resource(&mut self, resource: Resource) {
        self.resources.push(resource);
    }

    fn census(&mut self, line: CensusLine) {
        let key = (line.scope.region.to_string(), line.scope.kind.to_string());
        if let Some(bar) = self.bars.get(&key) {
            bar.finish_and_clear();
        }
        self.census.push(line);
    }

    fn problem(&mut self, problem: ListProblem) {
        self.problems.push(problem);
    }

    fn progress(&mut self, region: &Region, kind: &Kind, seen: u64, total: Option<u64>) {
        let bar = self.bars.entry((region.to_string(), kind.to_string())).or_insert_with(|| {
            let style = ProgressStyle::with_template("{prefix:32} {bar:30} {pos}/{len} {elapsed}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = self.screen.add(ProgressBar::new(0).with_style(style));
            bar.set_prefix(format!("{region} {kind}"));
            bar
        });
        bar.set_length(total.unwrap_or(seen).max(seen));
        bar.set_position(seen);
    }
}
