use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use sexton_core::address::{Account, Address};
use sexton_core::rulebook::Rulebook;
use sexton_provider::{Answer, Effect, ErrorClass, Identity, Observed, Quota, RemovalCall};

use super::*;

/// Lists one snapshot in each region, and its census as of a minute that the region's name ends in.
#[derive(Debug)]
struct Made {
    rulebook: Rulebook,
    account: &'static str,
    regions: Vec<&'static str>,
    listing: Listing,
    crowd: Arc<Crowd>,
}

/// How many listings are under way, and the most that ever were.
#[derive(Debug, Default)]
struct Crowd {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Crowd {
    async fn pass(&self) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        // Time is virtual: it passes when all who could begin have begun.
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}

fn made(name: &str, account: &'static str, regions: &[&'static str]) -> Connected {
    let provider = Made {
        rulebook: sexton_aliyun::ecs_rulebook(),
        account,
        regions: regions.to_vec(),
        listing: Listing::Complete,
        crowd: Arc::default(),
    };
    Connected { name: name.to_owned(), provider: Arc::new(provider) }
}

fn unused() -> CallError {
    CallError {
        class: ErrorClass::Permanent,
        effect: Effect::None,
        operation: "None".to_owned(),
        code: None,
        status: None,
        message: "denied".to_owned(),
        request_id: None,
    }
}

#[async_trait]
impl Provider for Made {
    fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }
    fn quotas(&self) -> &[Quota] {
        &[]
    }
    fn credentials_generation(&self) -> u64 {
        0
    }
    async fn regions(&self) -> Result<Vec<Region>, CallError> {
        if self.regions.contains(&"throttled") {
            return Err(unused());
        }
        self.crowd.pass().await;
        Ok(self.regions.iter().map(|name| Region::new(*name).unwrap()).collect())
    }
    async fn identity(&self, _region: &Region) -> Result<Identity, CallError> {
        Err(unused())
    }
    async fn list(&self, region: &Region, sink: &mut dyn ListSink) -> Result<(), CallError> {
        if region.as_str() == "denied" {
            return Err(unused());
        }
        let address = format!("aliyun-ecs:{}:{region}:snapshot/s-1", self.account);
        let snapshot = Resource::unknown(address.parse::<Address>().unwrap());
        let kind = Kind::new("snapshot").unwrap();
        sink.progress(region, &kind, 1, None);
        self.crowd.pass().await;
        sink.resource(snapshot);
        sink.progress(region, &kind, 1, Some(1));
        if self.listing == Listing::Incomplete {
            let message = format!("nothing more in {region}");
            sink.problem(ListProblem { region: region.clone(), kind: kind.clone(), message });
        }
        let minute = region.as_str().rsplit('-').next().unwrap();
        let as_of = format!("2026-11-21T00:{minute}:00Z").parse().map_or(Fact::Unknown, Fact::Known);
        let scope = CensusScope {
            provider: sexton_core::address::Provider::new("aliyun-ecs").unwrap(),
            account: Account::new(self.account).unwrap(),
            region: region.clone(),
            kind,
        };
        sink.census(CensusLine { scope, listing: self.listing, as_of });
        Ok(())
    }
    async fn probe(&self, _targets: &[Address]) -> Result<Vec<Observed>, CallError> {
        Err(unused())
    }
    async fn dependents(&self, _target: &Address) -> Result<Vec<Resource>, CallError> {
        Err(unused())
    }
    async fn remove(&self, _call: &RemovalCall) -> Vec<Answer> {
        Vec::new()
    }
}

#[tokio::test(start_paused = true)]
async fn every_region_of_every_provider_is_listed_and_the_earliest_time_stands() {
    let regions = ["a-30", "b-20", "c-40", "d-50", "e-55", "f-10"];
    let (listed, spool) =
        list(&[made("x", "1", &regions), made("y", "2", &["a-05", "a-05"])], Vec::new()).await.unwrap();
    assert_eq!((listed.resources, listed.census.lines().count()), (7, 7));
    assert_eq!(listed.taken_at.to_string(), "2026-11-21T00:05:00Z");
    assert_eq!(listed.incomplete(), 0);
    let text = String::from_utf8(spool).unwrap();
    assert_eq!(text.lines().count(), 7);
    assert!(text.lines().all(|line| line.starts_with(r#"{"resource":"#)), "{text}");
}

#[tokio::test(start_paused = true)]
async fn what_was_not_listed_completely_is_said_in_order() {
    let listed_by = |regions: &[&'static str]| {
        let provider = Made {
            rulebook: sexton_aliyun::ecs_rulebook(),
            account: "1",
            regions: regions.to_vec(),
            listing: Listing::Incomplete,
            crowd: Arc::default(),
        };
        Connected { name: "x".to_owned(), provider: Arc::new(provider) }
    };
    let (listed, _) = list(&[listed_by(&["b-20", "a-30"])], Vec::new()).await.unwrap();
    assert_eq!(listed.incomplete(), 2);
    let said: Vec<&str> = listed.problems.iter().map(|problem| problem.region.as_str()).collect();
    assert_eq!(said, ["a-30", "b-20"]);
}

#[tokio::test(start_paused = true)]
async fn regions_are_listed_side_by_side_and_no_more_of_them_than_may_be() {
    let listing = Arc::new(Crowd::default());
    let regions = ["a-10", "b-20", "c-30", "d-40", "e-50", "f-55"];
    let of = |name: &str, account: &'static str| Connected {
        name: name.to_owned(),
        provider: Arc::new(Made {
            rulebook: sexton_aliyun::ecs_rulebook(),
            account,
            regions: regions.to_vec(),
            listing: Listing::Complete,
            crowd: Arc::clone(&listing),
        }),
    };
    let began = tokio::time::Instant::now();
    let (listed, _) = list(&[of("x", "1"), of("y", "2"), of("z", "3")], Vec::new()).await.unwrap();
    assert_eq!(listed.census.lines().count(), 18);
    assert_eq!(listing.most.load(Ordering::SeqCst), SIDE_BY_SIDE);
    const { assert!(SIDE_BY_SIDE > 1) };
    // All are asked for their regions at once, then four regions are listed at a time.
    let turns = 18_u64.div_ceil(u64::try_from(SIDE_BY_SIDE).unwrap());
    assert_eq!(began.elapsed().as_secs(), 1 + turns);
}

async fn fails(providers: &[Connected], spool: impl Write + Send + 'static) -> String {
    match list(providers, spool).await {
        Ok((listed, _)) => panic!("{listed:?}"),
        Err(Failure::Told { what, .. }) => what,
        Err(Failure::NobodyListens) => panic!("it says nothing"),
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_taken_for_a_listing_that_is_none() {
    let one = made("x", "1", &["a-30"]);
    let twice = fails(&[one.clone(), made("y", "1", &["a-30"])], Vec::new()).await;
    assert_eq!(twice, r#"providers "x" and "y" both list account 1 in a-30"#);

    let denied = fails(&[made("x", "1", &["a-30", "denied"])], Vec::new()).await;
    assert!(denied.contains(r#"provider "x""#) && denied.contains("denied"), "{denied}");

    let unknown = fails(&[one.clone(), made("y", "2", &["throttled"])], Vec::new()).await;
    assert!(unknown.contains(r#"provider "y""#), "{unknown}");

    let undated = fails(&[made("x", "1", &["a-never"])], Vec::new()).await;
    assert!(undated.contains("nothing could be listed"), "{undated}");
    assert!(fails(&[], Vec::new()).await.contains("nothing could be listed"));

    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::from(io::ErrorKind::StorageFull))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let full = fails(&[one], Full).await;
    assert!(full.starts_with("cannot keep what is listed"), "{full}");
}
