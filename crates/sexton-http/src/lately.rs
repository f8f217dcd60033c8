//! What is asked for once and serves for a short while: listings of a whole region, for what a service does not look up
//! by what it refers to.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;

/// How old a listing may be to answer a look, where nothing asks for less: 30 seconds, for as long as a run takes its
/// own rechecks for good.
pub const LISTINGS_SERVE_FOR: Duration = Duration::from_secs(30);

/// Answers by region, with when they were asked for.
#[derive(Debug)]
pub struct Lately<T> {
    serves_for: Duration,
    known: Mutex<BTreeMap<String, Asked<T>>>,
}

/// When something was asked for, and the place for the answer.
type Asked<T> = (Instant, Arc<OnceCell<Arc<T>>>);

impl<T> Lately<T> {
    /// Answers that serve for that long, counted from when they were asked for. With no time at all, none serves twice.
    pub fn serving_for(serves_for: Duration) -> Self {
        Self { serves_for, known: Mutex::default() }
    }

    /// The answer for a region: the one that serves, else the one that is asked for now. Looks that meet wait for one.
    ///
    /// # Errors
    /// It could not be asked for. That is not kept: the next look asks again.
    pub async fn of<E, F>(&self, region: &str, ask: impl FnOnce() -> F) -> Result<Arc<T>, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        let place = self.place(region, Instant::now());
        // A listing of a region is a large future, of which only the look that makes it should bear the size.
        let answer = place.get_or_try_init(|| async { Box::pin(ask()).await.map(Arc::new) }).await?;
        Ok(Arc::clone(answer))
    }

    fn place(&self, region: &str, now: Instant) -> Arc<OnceCell<Arc<T>>> {
        // The map is never left half changed, so a panic elsewhere does not spoil it.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = known.get(region).filter(|(asked, _)| now.duration_since(*asked) < self.serves_for);
        match fresh {
            Some((_, place)) => Arc::clone(place),
            None => {
                let place = Arc::new(OnceCell::new());
                known.insert(region.to_owned(), (now, Arc::clone(&place)));
                place
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn an_answer_serves_its_region_for_a_while() {
        let lately = Lately::<u32>::serving_for(LISTINGS_SERVE_FOR);
        let start = Instant::now();
        let first = lately.place("a", start);
        assert!(Arc::ptr_eq(&first, &lately.place("a", start + LISTINGS_SERVE_FOR / 2)));
        assert!(!Arc::ptr_eq(&first, &lately.place("b", start)));
        assert!(!Arc::ptr_eq(&first, &lately.place("a", start + LISTINGS_SERVE_FOR)));
        let never = Lately::<u32>::serving_for(Duration::ZERO);
        assert!(!Arc::ptr_eq(&never.place("a", start), &never.place("a", start)));
    }

    #[tokio::test]
    async fn looks_that_meet_wait_for_one_answer_and_a_failure_is_not_kept() {
        let lately = Lately::serving_for(LISTINGS_SERVE_FOR);
        assert_eq!(lately.of("a", async || Err("away")).await, Err("away"));
        let (first, second) = tokio::join!(
            lately.of("a", async || {
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(1)
            }),
            lately.of("a", async || Ok::<_, Infallible>(2)),
        );
        assert_eq!((first, second), (Ok(Arc::new(1)), Ok(Arc::new(1))));
    }
}
