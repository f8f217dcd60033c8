//! Cases from seeds.

use sexton_core::address::Address;

use super::{Bin, CallSort, Case, Climate, Crash, Fault, Latency, Pace, Pause, Quota, Shown, Told, Trouble};
use crate::random::Random;

/// A case with faults, crashes and stops. `resources` is asked for the addresses of the world of these clusters, so
/// that faults speak of what is there.
pub fn generate<E>(seed: u64, resources: impl FnOnce(&[u64]) -> Result<Vec<Address>, E>) -> Result<Case, E> {
    let random = &mut Random::new(seed ^ 0x5e47);
    let clusters = clusters(seed, random);
    let addresses = resources(&clusters)?;
    let faults = match random.between(0, 9) {
        0 => 0,
        1..=5 => random.between(1, 4),
        _ => random.between(3, 12),
    };
    let faults = (0..faults).map(|_| fault(random, &addresses)).collect();
    let crashes = if random.chance(50) { random.between(1, 3) } else { 0 };
    let longest = 40 + 20 * u64::try_from(addresses.len()).unwrap_or_default();
    let crashes = (0..crashes)
        .map(|_| Crash {
            after: small(random, 1, longest),
            append_survives: random.chance(50),
            requests_arrive: random.chance(50),
            down_ms: random.between(0, 20_000),
        })
        .collect();
    Ok(Case {
        seed,
        clusters,
        climate: climate(random),
        pace: Pace {
            max_in_flight: random.pick(&[1, 3, 16, 64]).copied().unwrap_or(64),
            lookahead: random.pick(&[2, 200]).copied().unwrap_or(200),
            max_failures: random.chance(15).then(|| small(random, 1, 4)),
            max_failed_percent: random.chance(8).then(|| u8::try_from(random.between(5, 60)).unwrap_or(60)),
            max_duration_ms: random.chance(8).then(|| random.between(500, 60_000)),
        },
        faults,
        crashes,
        pause: random.chance(10).then(|| Pause { after: small(random, 1, longest), for_ms: random.between(1, 90_000) }),
        stop_after: random.chance(8).then(|| small(random, 1, longest)),
        failing_append: random.chance(4).then(|| small(random, 1, 30)),
        resumes: small(random, 0, 2),
    })
}

/// A case without faults in a world of so many clusters.
#[must_use]
pub fn quiet(seed: u64, clusters: u64, climate: Climate) -> Case {
    let random = &mut Random::new(seed ^ 0x5e47);
    Case {
        seed,
        clusters: numbers(clusters, random),
        climate,
        pace: Pace::PLAIN,
        faults: Vec::new(),
        crashes: Vec::new(),
        pause: None,
        stop_after: None,
        failing_append: None,
        resumes: 0,
    }
}

fn numbers(count: u64, random: &mut Random) -> Vec<u64> {
    // The place keeps them different.
    (0..count).map(|place| (random.number() >> 32 << 12) | place).collect()
}

/// Mostly a handful of steps; now and then a thousand.
fn clusters(seed: u64, random: &mut Random) -> Vec<u64> {
    let count = match random.between(0, 99) {
        0..70 => random.between(1, 4),
        _ => random.between(3, 9),
    };
    let count = if seed % 2_000 == 1_999 { 300 } else { count };
    numbers(count, random)
}

fn small(random: &mut Random, least: u64, most: u64) -> u32 {
    u32::try_from(random.between(least, most)).unwrap_or(u32::MAX)
}

fn climate(random: &mut Random) -> Climate {
    let fast = Latency(vec![1_000, 5_000, 20_000, 60_000]);
    let slow = Latency(vec![40_000, 80_000, 120_000, 200_000, 400_000, 3_000_000]);
    let call = if random.chance(50) { fast } else { slow };
    let removal = match random.between(0, 2) {
        0 => Latency(vec![0, 500_000]),
        1 => Latency(vec![1_000_000, 5_000_000, 12_000_000]),
        _ => Latency(vec![500_000, 20_000_000, 90_000_000]),
    };
    let quotas = if random.chance(20) {
        let told = if random.chance(50) { Told::Yes } else { Told::No };
        vec![
            Quota { operation: "Unshare".to_owned(), burst: small(random, 1, 5), per_second: 1.0, told },
            Quota { operation: "DeleteImage".to_owned(), burst: small(random, 1, 5), per_second: 2.0, told },
            Quota { operation: "probe".to_owned(), burst: small(random, 1, 5), per_second: 3.0, told },
        ]
    } else {
        Vec::new()
    };
    let bins = if random.chance(25) { bins(random) } else { Vec::new() };
    Climate { call, removal, append: Latency(vec![100, 2_000, 8_000]), quotas, bins }
}

fn bins(random: &mut Random) -> Vec<Bin> {
    let mut bins = Vec::new();
    for kind in ["snapshot", "image", "disk", "instance", "file"] {
        if random.chance(60) {
            bins.push(Bin {
                kind: kind.to_owned(),
                keeps_ms: random.chance(60).then(|| random.between(1_000, 600_000)),
                shown: if random.chance(70) { Shown::Parked } else { Shown::Nothing },
            });
        }
    }
    bins
}

fn fault(random: &mut Random, addresses: &[Address]) -> Fault {
    let sort = random.between(0, 99);
    let Some(target) = random.pick(addresses).cloned() else {
        return Fault::Storm { at_ms: 0, for_ms: random.between(1, 60_000), retry_after_ms: None };
    };
    let at_ms = random.between(0, 30_000);
    let account = target.account().to_owned();
    match sort {
        0..6 => Fault::Storm {
            at_ms,
            for_ms: random.between(100, 60_000),
            retry_after_ms: random.chance(50).then(|| random.between(1, 5_000)),
        },
        6..9 => Fault::Expiry { at_ms },
        9..18 => Fault::Lingers { holder: target, for_ms: random.between(1, 60_000) },
        18..26 => Fault::Shown { resource: target, for_ms: random.between(1, 20_000) },
        26..32 => Fault::Reverted { resource: target, times: small(random, 1, 2) },
        32..39 => Fault::Referred { at_ms: random.between(0, 8_000), target },
        39..44 => Fault::Tagged { at_ms: random.between(0, 8_000), target },
        44..48 => Fault::Removed { at_ms: random.between(0, 8_000), target },
        48..52 => Fault::Remade { at_ms: random.between(0, 8_000), target },
        52..55 => Fault::Claimed { at_ms: random.between(0, 8_000), target: snapshot(random, addresses, target) },
        55..57 => Fault::Lags { resource: snapshot(random, addresses, target), for_ms: random.between(1, 60_000) },
        57..60 => Fault::Refreshed { at_ms, account },
        60..63 => Fault::Swapped { at_ms, account },
        63..65 => Fault::Elsewhere { session: small(random, 1, 2), account, region: target.region().to_owned() },
        _ => call(random),
    }
}

/// A snapshot, for only those say what they are used for; where there is none, the other.
fn snapshot(random: &mut Random, addresses: &[Address], other: Address) -> Address {
    let all: Vec<&Address> = addresses.iter().filter(|address| address.kind() == "snapshot").collect();
    random.pick(&all).map_or(other, |snapshot| (*snapshot).clone())
}

fn call(random: &mut Random) -> Fault {
    let sort = match random.between(0, 9) {
        0 => CallSort::Identity,
        1..=2 => CallSort::Probe,
        3 => CallSort::Dependents,
        _ => CallSort::Removal,
    };
    let trouble = loop {
        let trouble = match random.between(0, 11) {
            0 => Trouble::Throttled { retry_after_ms: random.chance(50).then(|| random.between(1, 4_000)) },
            1 => Trouble::Busy,
            2 => Trouble::ErrorBefore,
            3 => Trouble::ErrorAfter,
            4 => Trouble::TimeoutBefore,
            5 => Trouble::TimeoutAfter,
            6 => Trouble::LateEffect { by_ms: random.between(0, 20_000) },
            7 => Trouble::Denied,
            8 => Trouble::PartialBatch,
            9 => Trouble::LyingBatch,
            10 => Trouble::DenyingBatch,
            _ => Trouble::ShortBatch,
        };
        if trouble.fits(sort, usize::MAX) {
            break trouble;
        }
    };
    let last = match trouble {
        Trouble::PartialBatch | Trouble::LyingBatch | Trouble::DenyingBatch | Trouble::ShortBatch => 2,
        Trouble::Throttled { .. }
        | Trouble::Busy
        | Trouble::ErrorBefore
        | Trouble::ErrorAfter
        | Trouble::TimeoutBefore
        | Trouble::TimeoutAfter
        | Trouble::LateEffect { .. }
        | Trouble::Denied => match sort {
            CallSort::Identity => 2,
            CallSort::Dependents => 3,
            CallSort::Probe | CallSort::Removal => 8,
        },
    };
    Fault::Call { sort, nth: small(random, 1, last), trouble }
}

#[cfg(test)]
pub(super) fn test_climate() -> Climate {
    climate(&mut Random::new(1))
}
