//! What refers to a resource now: the files of a job. Nothing refers to a file.

use sexton_core::address::Address;
use sexton_core::resource::Resource;
use sexton_core::time::Timestamp;
use sexton_http::Pace;
use sexton_provider::CallError;

use super::compound::{self, Life};
use super::probe::{Prober, kind_of};
use super::provider::IceProvider;
use super::vocabulary::IceKind;
use crate::shortfall::Shortfall;

/// The resources that refer to the target.
pub(super) async fn dependents(provider: &IceProvider, target: &Address) -> Result<Vec<Resource>, CallError> {
    match kind_of(target)? {
        IceKind::File => Ok(Vec::new()),
        IceKind::Job => {
            // A listing of many calls: each page is asked for again where its failure may pass.
            let prober = Prober::new(provider, target, Pace::Patient)?;
            let Some(job) = prober.job(target.id()).await? else { return Ok(Vec::new()) };
            let now = Timestamp::from_jiff(jiff::Timestamp::now());
            let life = Life::of(&job, now);
            let mut files = Vec::new();
            let end = compound::files(&prober.reader, &prober.place, &life, &mut |file| files.push(file)).await;
            end.map_err(Shortfall::into_error)?;
            files.sort_by(|a, b| a.address.cmp(&b.address));
            Ok(files)
        }
    }
}
