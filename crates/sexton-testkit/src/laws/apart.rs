//! What has nothing to do with each other is planned as if each were alone.

use std::collections::BTreeSet;

use sexton_core::address::Address;
use sexton_core::fact::Fact;

use super::{Broken, Planner, Trial, Verdict, made, sayings};
use crate::world::World;

/// Where the other world is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neighbour {
    /// In accounts of its own, with its own census.
    OtherAccounts,
    /// In the same accounts and regions, under the same census.
    SamePlaces,
}

/// The plan of two worlds that have nothing to do with each other says of each what its own plan says: adding one
/// changes nothing of the other, and what goes of both is what goes of each. The policy is the first world's, its
/// retentions made to count for each world by itself.
///
/// In the same places links that are unknown are taken as none, for they could lead from one world to the other. Not
/// asked there where resources are in a place of which the census says nothing.
///
/// # Errors
/// The plan of both says something else.
pub fn what_is_unrelated_changes_nothing(
    world: &World,
    other: &World,
    neighbour: Neighbour,
    planner: Planner<'_>,
) -> Verdict {
    let mut one = world.clone();
    one.policy = counted_apart(&world.policy);
    let mut other = other.clone();
    other.policy.clone_from(&one.policy);
    let moved = |address: &Address| moved(address, neighbour);
    for resource in &mut other.resources {
        resource.address = moved(&resource.address);
        if let Fact::Known(links) = &mut resource.links {
            links.iter_mut().for_each(|link| link.target = moved(&link.target));
        }
    }
    match neighbour {
        Neighbour::OtherAccounts => {
            for line in &mut other.census {
                let account = format!("z-{}", line.scope.account);
                line.scope.account = account.parse().expect("an account with a prefix is one");
            }
        }
        Neighbour::SamePlaces => {
            let places: BTreeSet<String> = one
                .census
                .iter()
                .map(|line| format!("{}:{}:{}", line.scope.provider, line.scope.account, line.scope.region))
                .collect();
            for resource in one.resources.iter_mut().chain(&mut other.resources) {
                if !places.contains(resource.address.scope()) {
                    return Ok(Trial::NotAsked);
                }
                if resource.links.is_unknown() {
                    resource.links = Fact::Known(Vec::new());
                }
            }
            other.census.clone_from(&one.census);
        }
    }
    let mut both = one.clone();
    both.resources.extend(other.resources.iter().cloned());
    if neighbour == Neighbour::OtherAccounts {
        both.census.extend(other.census.iter().cloned());
    }
    let (one, other, both) = (made(planner, &one), made(planner, &other), made(planner, &both));
    let mut expected = sayings(&one);
    expected.extend(sayings(&other));
    let found = sayings(&both);
    if expected == found {
        return Ok(Trial::at_stake(!one.steps.is_empty() && !other.steps.is_empty()));
    }
    let differs = expected.iter().find(|(key, value)| found.get(*key) != Some(*value));
    let extra = found.keys().find(|key| !expected.contains_key(*key));
    let said = differs.map(|(key, value)| (key, value, found.get(key)));
    Err(Broken {
        law: "what is unrelated changes nothing",
        how: format!("alone: {said:?}, together besides: {extra:?}"),
    })
}

fn moved(address: &Address, neighbour: Neighbour) -> Address {
    let account = match neighbour {
        Neighbour::OtherAccounts => format!("z-{}", address.account()),
        Neighbour::SamePlaces => address.account().to_owned(),
    };
    let (provider, region) = (address.provider(), address.region());
    let text = format!("{provider}:{account}:{region}:{}/z{}", address.kind(), address.id());
    text.parse().expect("an address with a longer id is one")
}

/// The policy with the group key of every retention prefixed by the world that a resource is of.
fn counted_apart(policy: &str) -> String {
    let line = |line: &str| {
        let Some(retain) = line.strip_prefix("retain = {").and_then(|rest| rest.strip_suffix("}")) else {
            return line.to_owned();
        };
        let key = retain.split("per = \"").nth(1).and_then(|rest| rest.split('"').next());
        let per = format!("per = \"id.startsWith('z') ? 'z' : {}\"", key.unwrap_or("'all'"));
        match key {
            Some(key) => line.replace(&format!("per = \"{key}\""), &per),
            None => format!("retain = {{{}, {per} }}", retain.trim_end()),
        }
    };
    policy.lines().map(line).collect::<Vec<_>>().join("\n")
}
