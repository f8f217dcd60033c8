//! An inventory from files that somebody has: saved answers of `aliyun` and `aws`, and Terraform states. What is not in
//! the files was not listed, and every kind says so in the census.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sexton_aliyun::{SavedAnswer, SavedOperation, read_saved};
use sexton_core::address::{Account, Provider, Region};
use sexton_core::fact::Fact;
use sexton_core::inventory::{CensusLine, CensusScope, Inventory, Listing};
use sexton_core::resource::Resource;
use sexton_core::time::Timestamp;
use sexton_provider::ListProblem;

use crate::failure::{Failure, chained};

mod aws;
mod folder;
mod merge;
mod object;
mod terraform;
#[cfg(test)]
mod tests;

use folder::Document;
pub(crate) use folder::{Stated, TakenAt};
use merge::{Merged, Word};

/// What the files of a folder come to.
#[derive(Debug)]
pub(crate) struct Saved {
    pub(crate) inventory: Inventory,
    pub(crate) problems: Vec<ListProblem>,
}

/// Reads every file of a folder. `stated` is what is said of those that do not tell it themselves.
pub(crate) fn read(folder: &Path, stated: Stated) -> Result<Saved, Failure> {
    let folder = folder::read(folder, stated)?;
    let said = Said::of(&folder.asked_for_all)?;
    let mut reading = Reading::default();
    for document in folder.documents {
        reading.taken_at = Some(reading.taken_at.map_or(document.taken_at, |time| time.min(document.taken_at)));
        reading.document(document)?;
    }
    reading.finish(&said)
}

/// The operations of which somebody says that they were asked for everything.
#[derive(Debug, Default)]
struct Said {
    aliyun: BTreeSet<SavedOperation>,
    aws: BTreeSet<aws::Operation>,
}

impl Said {
    fn of(names: &[String]) -> Result<Self, Failure> {
        let mut said = Self::default();
        for name in names {
            match (SavedOperation::parse(name), aws::Operation::parse(name)) {
                (Some(operation), _) => drop(said.aliyun.insert(operation)),
                (None, Some(operation)) => drop(said.aws.insert(operation)),
                (None, None) => {
                    let known = SavedOperation::ALL.iter().map(|operation| operation.as_str());
                    let known: Vec<&str> =
                        known.chain(aws::Operation::ALL.iter().map(|known| known.as_str())).collect();
                    return Err(Failure::new(format!("{}: asked_for_all names {name:?}", folder::MANIFEST))
                        .next(format!("name operations among {}", known.join(", "))));
                }
            }
        }
        Ok(said)
    }
}

type Where = (Account, Region);

#[derive(Debug, Default)]
struct Reading {
    taken_at: Option<Timestamp>,
    aliyun: BTreeMap<Where, Vec<(SavedAnswer, String)>>,
    aws: BTreeMap<Where, Vec<(aws::Answer, String)>>,
    states: Vec<(terraform::Stated, String)>,
}

impl Reading {
    fn document(&mut self, document: Document) -> Result<(), Failure> {
        let name = document.name.clone();
        if terraform::is_state(&document.body) {
            let default = (document.account(None)?, document.region(None)?);
            let found = terraform::read(&document.body, default)
                .map_err(|error| Failure::new(format!("{name}: {}", chained(&error))))?;
            self.states.extend(found.into_iter().map(|stated| (stated, name.clone())));
            return Ok(());
        }
        if let Some(answer) = SavedAnswer::recognise(document.body.clone(), document.taken_at) {
            let told = |error: &dyn std::error::Error| Failure::new(format!("{name}: {}", chained(error)));
            let account = document.account(answer.account().map_err(|error| told(&error))?)?;
            let region = document.region(answer.region().map_err(|error| told(&error))?)?;
            let place = (document.named(account, "account")?, document.named(region, "region")?);
            self.aliyun.entry(place).or_default().push((answer, name));
            return Ok(());
        }
        let answer = aws::Answer::recognise(&document.body, document.taken_at, document.operation.as_deref())
            .map_err(|error| Failure::new(format!("{name}: {error}")).next(aws::WHICH))?;
        let Some(answer) = answer else {
            return Err(Failure::new(format!(
                "{name} holds neither an answer of `aliyun ecs` or `aws ec2` that is known, nor a Terraform state"
            ))
            .next(format!("take it out of the folder, or name it in `ignore` of {}", folder::MANIFEST)));
        };
        let account = answer.account().map_err(|error| Failure::new(format!("{name}: {error}")))?;
        let account = document.account(account)?;
        let region = document.region(None)?;
        let place = (document.named(account, "account")?, document.named(region, "region")?);
        self.aws.entry(place).or_default().push((answer, name));
        Ok(())
    }

    fn finish(self, said: &Said) -> Result<Saved, Failure> {
        let Self { taken_at, mut aliyun, mut aws, states } = self;
        let taken_at = taken_at.ok_or_else(|| Failure::new("there is no file to read in the folder"))?;
        for (stated, _) in &states {
            let place = (stated.account.clone(), stated.region.clone());
            match stated.cloud {
                terraform::Cloud::Aliyun => drop(aliyun.entry(place).or_default()),
                terraform::Cloud::Aws => drop(aws.entry(place).or_default()),
            }
        }
        let mut gathered = Gathered::default();
        for ((account, region), answers) in aliyun {
            let (answers, names): (Vec<SavedAnswer>, Vec<String>) = answers.into_iter().unzip();
            let listing = read_saved(&account, &region, &answers, &said.aliyun).map_err(|error| {
                let name = error.answer().and_then(|answer| names.get(answer)).map(String::as_str);
                Failure::new(format!("{}: {}", name.unwrap_or("a saved answer"), chained(&error)))
            })?;
            let found = listing.resources.into_iter().map(|saved| (saved.resource, saved.answer));
            gathered.add(found, &names, listing.census, listing.problems)?;
        }
        for ((account, region), answers) in aws {
            let (answers, names): (Vec<aws::Answer>, Vec<String>) = answers.into_iter().unzip();
            let listing = aws::read(&account, &region, &answers, &said.aws).map_err(|error| {
                let name = names.get(error.answer).map_or("a saved answer", String::as_str);
                Failure::new(format!("{name}: {}", chained(&error)))
            })?;
            gathered.add(listing.resources.into_iter(), &names, listing.census, listing.problems)?;
        }
        for (stated, name) in states {
            gathered.state(stated.resource, &name)?;
        }
        gathered.finish(taken_at)
    }
}

/// All that the files told, of every provider.
#[derive(Default)]
struct Gathered {
    resources: Merged,
    census: BTreeMap<CensusScope, (Listing, Fact<Timestamp>)>,
    problems: Vec<ListProblem>,
}

impl Gathered {
    fn add(
        &mut self,
        found: impl Iterator<Item = (Resource, usize)>,
        names: &[String],
        census: Vec<CensusLine>,
        problems: Vec<ListProblem>,
    ) -> Result<(), Failure> {
        for (resource, answer) in found {
            let name = names.get(answer).map_or("a saved answer", String::as_str);
            self.resources.add(resource, name, Word::Listing).map_err(|error| Failure::chain(&error))?;
        }
        self.census.extend(census.into_iter().map(|line| (line.scope, (line.listing, line.as_of))));
        self.problems.extend(problems);
        Ok(())
    }

    /// Adds what a state knows. What a listing would have to hold and does not makes that listing incomplete.
    fn state(&mut self, resource: Resource, name: &str) -> Result<(), Failure> {
        let address = resource.address.clone();
        let news = self.resources.add(resource, name, Word::State).map_err(|error| Failure::chain(&error))?;
        let scope = scope_of(&address).map_err(|error| Failure::chain(&error))?;
        if news == merge::News::Known {
            return Ok(());
        }
        if let Some((listing @ Listing::Complete, _)) = self.census.get_mut(&scope) {
            *listing = Listing::Incomplete;
            let message = format!("{name} knows {address}, which no listing holds");
            self.problems.push(ListProblem { region: scope.region, kind: scope.kind, message });
        }
        Ok(())
    }

    fn finish(mut self, taken_at: Timestamp) -> Result<Saved, Failure> {
        let census: Vec<CensusLine> =
            self.census.into_iter().map(|(scope, (listing, as_of))| CensusLine { scope, listing, as_of }).collect();
        self.problems.sort_by(|a, b| (&a.region, &a.kind, &a.message).cmp(&(&b.region, &b.kind, &b.message)));
        let inventory = Inventory::new(taken_at, census, self.resources.into_resources())
            .map_err(|error| Failure::chain(&error))?;
        Ok(Saved { inventory, problems: self.problems })
    }
}

fn scope_of(address: &sexton_core::address::Address) -> Result<CensusScope, sexton_core::address::NameError> {
    Ok(CensusScope {
        provider: Provider::new(address.provider())?,
        account: Account::new(address.account())?,
        region: Region::new(address.region())?,
        kind: sexton_core::address::Kind::new(address.kind())?,
    })
}
