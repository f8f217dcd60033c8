//! `sexton inventory`: lists the configured providers into an inventory.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use sexton_core::harmless::escaped;
use sexton_core::inventory::{self, Inventory, Listing};
use sexton_engine::Settings;
use sexton_provider::ListProblem;

use super::runtime;
use crate::arguments::Inventory as Arguments;
use crate::config::Config;
use crate::connect::Connected;
use crate::failure::{Done, Failure, chained, say};
use crate::listing::{self, Listed};
use crate::saved::{self, Saved, Stated};

pub(super) fn run(arguments: &Arguments) -> Result<Done, Failure> {
    if let Some(folder) = &arguments.from_files {
        return read(folder, arguments);
    }
    let providers = Config::read(&arguments.config)?.connect(Settings::default().recheck_valid_for, &[])?;
    let spool = arguments.output.spool()?;
    let (listed, spool) = runtime()?.block_on(listing::list(&providers, spool))?;
    let spool = spool.into_inner().map_err(|error| Failure::chain(error.error()))?;
    write(&listed, spool, &arguments.output)?;
    Ok(Done::Clean)
}

/// The inventory of what files hold.
fn read(folder: &Path, arguments: &Arguments) -> Result<Done, Failure> {
    let Arguments { account, region, taken_at, output, .. } = arguments;
    let stated = Stated { account: account.clone(), region: region.clone(), taken_at: *taken_at };
    let Saved { inventory, problems } = saved::read(folder, stated)?;
    tell(&problems);
    output.write(|writer| {
        let mut writer = writer;
        Ok(inventory::write(&inventory, &mut writer)?)
    })?;
    let incomplete = inventory.census().lines().filter(|line| line.listing == Listing::Incomplete).count();
    say(&format!(
        "read {} resources as of {}, {incomplete} listings incomplete",
        inventory.len(),
        inventory.taken_at()
    ));
    Ok(Done::Clean)
}

/// Puts the header and the census before the lines that were spooled, and says what was listed.
fn write(listed: &Listed, mut spool: impl Read + Seek, output: &crate::files::Place) -> Result<(), Failure> {
    tell(&listed.problems);
    output.write(|writer| {
        let mut writer = writer;
        copy(listed, &mut spool, &mut writer)
    })?;
    let incomplete = listed.incomplete();
    let and = if incomplete == 0 { String::new() } else { format!(", {incomplete} listings incomplete") };
    say(&format!("listed {} resources as of {}{and}", listed.resources, listed.taken_at));
    Ok(())
}

fn copy(
    listed: &Listed,
    spool: &mut (impl Read + Seek),
    mut out: &mut impl Write,
) -> Result<(), Box<dyn std::error::Error>> {
    inventory::write_header(listed.taken_at, &mut out)?;
    for line in listed.census.lines() {
        inventory::write_census_line(&line, &mut out)?;
    }
    spool.seek(SeekFrom::Start(0))?;
    std::io::copy(spool, &mut out)?;
    Ok(())
}

fn tell(problems: &[ListProblem]) {
    for problem in problems {
        say(&format!(
            "warning: {} {} is not listed completely: {}",
            problem.region,
            problem.kind,
            escaped(&problem.message)
        ));
    }
}

/// Lists every region of every provider, for one who goes on with the inventory itself.
pub(super) async fn list(providers: &[Connected]) -> Result<Inventory, Failure> {
    let (listed, mut spool) = listing::list(providers, std::io::Cursor::new(Vec::new())).await?;
    tell(&listed.problems);
    let mut text = Vec::new();
    copy(&listed, &mut spool, &mut text).map_err(|error| Failure::new(chained(error.as_ref())))?;
    inventory::read(text.as_slice()).map_err(|error| Failure::chain(&error))
}
