//! What has to go before what, were everything collected, and what would have to go before itself.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;

use super::{Graph, OnCycle, RaisedByWhat, Rows, number};
use crate::inventory::ResourceIndex;

/// The direct predecessors of every resource.
///
/// A target comes after every other that guards it, guards of sort *with* aside. What goes with a carrier comes after
/// it; and the carrier comes also after every other that guards what goes with it, directly or through another,
/// unless that other is the carrier or goes with it too. A guard that a resource raises on itself orders nothing.
pub(super) fn predecessors(graph: &Graph<'_>) -> Rows<u32> {
    let count = graph.inventory.len();
    let mut pairs = Vec::new();
    let mut with: Vec<(u32, u32)> = Vec::new();
    for index in graph.inventory.indexes() {
        for raised in graph.raised_on(index) {
            let RaisedByWhat::Listed(other) = raised.by else { continue };
            if other == index {
                continue;
            }
            if graph.goes_with(raised.guard) {
                pairs.push((number(other.get()), number(index.get())));
                with.push((number(index.get()), number(other.get())));
            } else {
                pairs.push((number(index.get()), number(other.get())));
            }
        }
    }
    let with = Rows::new(count, &with);
    let mut member_of = vec![u32::MAX; count];
    let mut members = Vec::new();
    for carrier in 0..count {
        if with.row(carrier).is_empty() {
            continue;
        }
        let stamp = number(carrier);
        members.clear();
        members.push(stamp);
        member_of[carrier] = stamp;
        let mut next = 0;
        while next < members.len() {
            for member in with.row(members[next] as usize) {
                if member_of[*member as usize] != stamp {
                    member_of[*member as usize] = stamp;
                    members.push(*member);
                }
            }
            next += 1;
        }
        for member in &members[1..] {
            for raised in graph.raised_on(ResourceIndex::new(*member as usize)) {
                if let RaisedByWhat::Listed(other) = raised.by
                    && !graph.goes_with(raised.guard)
                    && member_of[other.get()] != stamp
                {
                    pairs.push((stamp, number(other.get())));
                }
            }
        }
    }
    Rows::new(count, &pairs)
}

/// Which resources come after themselves through others.
pub(super) fn cycles(count: usize, predecessors: &Rows<u32>) -> Vec<OnCycle> {
    // Most worlds have no cycle: peel off what has no predecessor left, and look closer only at the rest.
    let mut waiting: Vec<u32> = (0..count).map(|row| number(predecessors.row(row).len())).collect();
    let followed: Vec<(u32, u32)> =
        (0..count).flat_map(|row| predecessors.row(row).iter().map(move |before| (*before, number(row)))).collect();
    let successors = Rows::scattered(count, &followed);
    drop(followed);
    let mut ready: Vec<u32> = (0..count).filter(|row| waiting[*row] == 0).map(number).collect();
    while let Some(done) = ready.pop() {
        for after in successors.row(done as usize) {
            waiting[*after as usize] -= 1;
            if waiting[*after as usize] == 0 {
                ready.push(*after);
            }
        }
    }
    let mut on_cycle = vec![OnCycle::No; count];
    let rest: Vec<usize> = (0..count).filter(|row| waiting[*row] > 0).collect();
    if rest.is_empty() {
        return on_cycle;
    }
    let mut nodes = vec![None; count];
    let mut remainder: DiGraph<usize, ()> = DiGraph::with_capacity(rest.len(), rest.len());
    for row in &rest {
        nodes[*row] = Some(remainder.add_node(*row));
    }
    for row in &rest {
        for before in predecessors.row(*row) {
            if let (Some(before), Some(after)) = (nodes[*before as usize], nodes[*row]) {
                remainder.add_edge(before, after, ());
            }
        }
    }
    for component in kosaraju_scc(&remainder) {
        if component.len() > 1 {
            for node in component {
                on_cycle[remainder[node]] = OnCycle::Yes;
            }
        }
    }
    on_cycle
}
