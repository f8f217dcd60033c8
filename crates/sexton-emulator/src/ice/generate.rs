//! Made-up live snapshots: a few jobs of some months, most of them over, each with a run of files. The same settings give
//! the same world.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sexton_core::address::NameError;

use super::world::{File, IceWorld, Job, Output};
use crate::dice::Dice;
use crate::generate::Generate;

/// About so many files in a job.
const FILES_OF_A_JOB: usize = 150;
const OLDEST_DAYS: u64 = 120;
const BUCKET: &str = "live-snapshots";

impl IceWorld {
    /// Makes up a world.
    ///
    /// # Errors
    /// An account or a region that cannot be part of an address.
    pub fn generate(settings: &Generate) -> Result<Self, NameError> {
        let mut world = Self::empty(&settings.account, &settings.region)?;
        let jobs = (settings.resources / FILES_OF_A_JOB).clamp(1, settings.resources.max(1));
        let mut left = settings.resources.saturating_sub(jobs);
        for number in 0..jobs {
            let mut dice = Dice::split(settings.seed, 4_000, number as u64);
            let files = if number + 1 == jobs { left } else { left.min(left / (jobs - number) + 1) };
            left -= files;
            world.add(job(&mut dice, settings, number, files));
        }
        Ok(world)
    }
}

fn job(dice: &mut Dice, settings: &Generate, number: usize, files: usize) -> Job {
    let (high, low) = (dice.next(), dice.next());
    let id = format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    );
    let interval = *dice.pick(&[5, 10, 60, 300, 3_600]);
    let age = i64::try_from(86_400 * dice.between(1, OLDEST_DAYS) + dice.below(86_400)).unwrap_or(86_400);
    let created = settings.now.checked_sub(SignedDuration::from_secs(age)).unwrap_or(settings.now);
    let created = Timestamp::from_second(created.as_second()).unwrap_or(created);
    let endpoint = format!("oss-{}.aliyuncs.com", settings.region);
    let is_overlay = dice.percent(20);
    let begins = u64::try_from(created.as_millisecond()).unwrap_or(0);
    let ends = u64::try_from(settings.now.as_millisecond()).unwrap_or(begins);
    let mut of_job = BTreeMap::new();
    let mut millis = begins + dice.below(1_000);
    for _ in 0..files {
        millis += interval * 1_000;
        if millis > ends {
            break;
        }
        let object = if is_overlay { format!("snapshot/{id}.jpg") } else { format!("snapshot/{id}/{millis}.jpg") };
        let file = File {
            is_overlay: Some(is_overlay),
            time_disagrees: false,
            endpoint: Some(endpoint.clone()),
            bucket: Some(BUCKET.to_owned()),
            object: Some(object),
        };
        of_job.insert(millis, file);
    }
    let status = *dice.pick(&["started", "paused", "paused", "paused"]);
    Job {
        id,
        name: dice.percent(90).then(|| format!("studio-{number}")),
        created_at: Some(created),
        status: Some(if of_job.is_empty() { "init" } else { status }.to_owned()),
        template_id: Some(format!("template-{interval}")),
        template_name: Some(format!("every {interval} s")),
        time_interval: Some(interval),
        output: Output {
            storage_type: Some("oss".to_owned()),
            endpoint: Some(endpoint),
            bucket: Some(BUCKET.to_owned()),
        },
        files: of_job,
    }
}
