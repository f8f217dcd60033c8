//! What the API does not look up by what it refers to, or refers to it by: the whole listing of a region is asked for
//! once and serves every look for a short while.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sexton_core::resource::Resource;
use sexton_provider::CallError;
use tokio::sync::OnceCell;

use super::probe::Prober;

/// How old a listing may be to answer a look. A plan's recheck is as old as that at most when it is acted on. Of what
/// this lists the API itself enforces the one thing that cannot be put right: a snapshot under an image.
const SERVES_FOR: Duration = Duration::from_secs(30);

/// Something of each region, with when it was asked for.
#[derive(Debug)]
pub(super) struct Lately<T>(Mutex<BTreeMap<String, Asked<T>>>);

/// When something was asked for, and the place for the answer.
type Asked<T> = (Instant, Arc<OnceCell<T>>);

impl<T> Default for Lately<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Lately<T> {
    /// What was asked for lately, or the place for it. Looks that meet wait for one answer.
    pub(super) fn of(&self, region: &str) -> Arc<OnceCell<T>> {
        self.at(region, Instant::now())
    }

    fn at(&self, region: &str, now: Instant) -> Arc<OnceCell<T>> {
        // The map is never left half changed, so a panic elsewhere does not spoil it.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = known.get(region).filter(|(begun, _)| now.duration_since(*begun) < SERVES_FOR);
        match fresh {
            Some((_, cell)) => Arc::clone(cell),
            None => {
                let cell = Arc::new(OnceCell::new());
                known.insert(region.to_owned(), (now, Arc::clone(&cell)));
                cell
            }
        }
    }
}

/// Images, launch templates and launch configurations by region.
pub(super) type References = Lately<Vec<Resource>>;

impl References {
    /// What may refer to anything in the prober's region.
    pub(super) async fn in_region(&self, prober: &Prober<'_>) -> Result<Vec<Resource>, CallError> {
        let listing = self.of(prober.region());
        let listed = listing
            .get_or_try_init(|| async {
                let mut listed = prober.all_images().await?;
                listed.extend(prober.launch_templates().await?);
                listed.extend(prober.launch_configurations().await?);
                Ok::<_, CallError>(listed)
            })
            .await?;
        Ok(listed.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_serves_its_region_for_a_while() {
        let lately = Lately::<u32>::default();
        let start = Instant::now();
        let first = lately.at("a", start);
        assert!(Arc::ptr_eq(&first, &lately.at("a", start + SERVES_FOR / 2)));
        assert!(!Arc::ptr_eq(&first, &lately.at("b", start)));
        assert!(!Arc::ptr_eq(&first, &lately.at("a", start + SERVES_FOR)));
    }
}
