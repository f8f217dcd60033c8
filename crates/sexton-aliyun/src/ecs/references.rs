//! What the API does not look up by what it refers to: the whole listing of a region is asked for once and serves every
//! look for a short while. Launch templates and scaling configurations; the groups of snapshots.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sexton_core::resource::Resource;
use sexton_provider::CallError;
use tokio::sync::OnceCell;

use super::decode::Groups;
use super::probe::Prober;

/// How old a listing may be to answer a look. A plan's recheck is as old as that at most when it is acted on, and
/// nothing that this lists is enforced by the API.
const SERVES_FOR: Duration = Duration::from_secs(30);

type Listing<T> = Arc<OnceCell<Arc<T>>>;

/// Listings by region, with when they were begun.
#[derive(Debug)]
pub(super) struct Listings<T>(Mutex<BTreeMap<String, (Instant, Listing<T>)>>);

impl<T> Default for Listings<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// What may refer to anything.
pub(super) type References = Listings<Vec<Resource>>;

/// The groups of snapshots.
pub(super) type SnapshotGroups = Listings<Groups>;

impl References {
    /// What may refer to anything in the prober's region. Looks that meet wait for one listing.
    pub(super) async fn in_region(&self, prober: &Prober<'_>) -> Result<Vec<Resource>, CallError> {
        let listed = self
            .of(prober.region(), async {
                let mut listed = prober.launch_templates().await?;
                listed.extend(prober.scaling_configurations().await?);
                Ok(listed)
            })
            .await?;
        Ok(Vec::clone(&listed))
    }
}

impl<T> Listings<T> {
    /// The listing of a region, made unless there is one that serves. Looks that meet wait for one.
    pub(super) async fn of(
        &self,
        region: &str,
        list: impl Future<Output = Result<T, CallError>>,
    ) -> Result<Arc<T>, CallError> {
        let listing = self.current(region, Instant::now());
        let listed = listing.get_or_try_init(|| async { list.await.map(Arc::new) }).await?;
        Ok(Arc::clone(listed))
    }

    fn current(&self, region: &str, now: Instant) -> Listing<T> {
        // The map is never left half changed, so a panic elsewhere does not spoil it.
        let mut listings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = listings.get(region).filter(|(begun, _)| now.duration_since(*begun) < SERVES_FOR);
        match fresh {
            Some((_, listing)) => Arc::clone(listing),
            None => {
                let listing = Listing::default();
                listings.insert(region.to_owned(), (now, Arc::clone(&listing)));
                listing
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_serves_its_region_for_a_while() {
        let references = References::default();
        let start = Instant::now();
        let first = references.current("a", start);
        assert!(Arc::ptr_eq(&first, &references.current("a", start + SERVES_FOR / 2)));
        assert!(!Arc::ptr_eq(&first, &references.current("b", start)));
        assert!(!Arc::ptr_eq(&first, &references.current("a", start + SERVES_FOR)));
    }
}
