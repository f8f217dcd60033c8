//! Worlds of any size of which it is known how many rounds the way down to the collected set takes, for benchmarks and
//! for what the documents say of them. A round takes away everything that breaks a condition of the specification, and
//! finds anew who holds what.

use crate::world::{World, plain, whole};

#[cfg(test)]
mod tests;

/// A rule that takes nodes along which hang on what it matches.
const ALONG: &str = "[[collect]]
name = \"nodes\"
kind = \"node\"
where = \"tags.env == 'a'\"
cascade = [\"node\"]
";

/// A rule that takes nothing along.
const ALONE: &str = "[[collect]]
name = \"nodes\"
kind = \"node\"
where = \"tags.env == 'a'\"
";

const PLACE: &str = "p:a:r";

fn node(number: usize, env: &str, links: &[(&str, String)]) -> sexton_core::resource::Resource {
    let mut node = plain(&format!("{PLACE}:node/{number:08}"), links);
    node.tags = sexton_core::fact::Fact::Known([("env".to_owned(), env.to_owned())].into());
    node
}

fn at(number: usize) -> String {
    format!("{PLACE}:node/{number:08}")
}

/// Nodes by themselves, all of which go: nothing is ever lost.
pub fn nothing_is_lost(nodes: usize) -> World {
    whole(&[PLACE], (0..nodes).map(|number| node(number, "a", &[])).collect(), ALONE)
}

/// Nodes that all run on the first, which stays: all of them are lost at once.
pub fn all_is_lost_at_once(nodes: usize) -> World {
    let mut all = vec![node(0, "stays", &[])];
    all.extend((1..nodes).map(|number| node(number, "a", &[("runs-on", at(0))])));
    whole(&[PLACE], all, ALONE)
}

/// Nodes of which each runs on the one before, and the first stays: each is lost for the loss of the one before, which
/// is a round each for whoever does not follow the guards, and one round for whoever does.
pub fn all_is_lost_along_guards(nodes: usize) -> World {
    let mut all = vec![node(0, "stays", &[])];
    all.extend((1..nodes).map(|number| node(number, "a", &[("runs-on", at(number - 1))])));
    whole(&[PLACE], all, ALONE)
}

/// The worst that is known. Pairs of nodes: the first of a pair is matched and takes the second along, on which the
/// first of the next pair runs. The first of all runs on what is not there. Each loss of a first leaves its second without
/// a rule that holds it, and each loss of a second leaves the next first guarded: of `n` pairs, `n` rounds at least,
/// also for whoever follows the guards, unless he follows the holds as well.
pub fn all_is_lost_pair_by_pair(nodes: usize) -> World {
    let all = (0..nodes).map(|number| match (number % 2, number.checked_sub(1)) {
        (0, None) => node(number, "a", &[("runs-on", format!("{PLACE}:node/gone"))]),
        (0, Some(before)) => node(number, "a", &[("runs-on", at(before))]),
        (_, before) => node(number, "b", &[("needs", at(before.unwrap_or(0)))]),
    });
    whole(&[PLACE], all.collect(), ALONG)
}

/// Half of the nodes as in [`all_is_lost_pair_by_pair`]; the others a chain that all the firsts take along, from its
/// beginning. In every second round the chain loses one of those that hold it, and the whole of it hangs on the last.
pub fn a_chain_loses_its_holders_one_by_one(nodes: usize) -> World {
    let pairs = nodes / 4 * 2;
    let mut world = all_is_lost_pair_by_pair(pairs);
    let firsts: Vec<String> = (0..pairs).step_by(2).map(at).collect();
    for number in pairs..nodes {
        let needed: Vec<(&str, String)> = match number == pairs {
            true => firsts.iter().map(|first| ("needs", first.clone())).collect(),
            false => vec![("needs", at(number - 1))],
        };
        world.resources.push(node(number, "b", &needed));
    }
    world
}
