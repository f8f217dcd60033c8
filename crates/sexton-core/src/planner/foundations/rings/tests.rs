use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;
use proptest::prelude::*;

use super::*;

fn drawer(by: &[Vec<u32>]) -> impl Fn(u32, usize) -> Drawer + '_ {
    |row, at| match by[row as usize].get(at) {
        None => Drawer::NoMore,
        // A list has entries that draw nothing, too.
        Some(by) if *by == row => Drawer::IsNone,
        Some(by) => Drawer::Is(*by),
    }
}

proptest! {
    #[test]
    fn rings_are_the_strongly_connected_components(
        pairs in proptest::collection::vec((0_u32..12, 0_u32..12), 0..30),
        asked in Just((0_u32..12).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let mut by = vec![Vec::new(); 12];
        for (row, other) in &pairs {
            by[*row as usize].push(*other);
        }
        let mut rings = Rings::default();
        let found: Vec<(u32, u32)> = asked.iter().map(|row| (*row, rings.of(*row, 12, &drawer(&by)))).collect();
        let mut graph = DiGraph::<(), ()>::from_edges(&pairs);
        while graph.node_count() < 12 {
            graph.add_node(());
        }
        let components = kosaraju_scc(&graph);
        let component = |row: u32| components.iter().position(|all| all.iter().any(|node| node.index() == row as usize));
        for (a, ring_of_a) in &found {
            for (b, ring_of_b) in &found {
                prop_assert_eq!(ring_of_a == ring_of_b, component(*a) == component(*b), "{} and {}", a, b);
            }
        }
    }
}

#[test]
fn a_long_ring_needs_no_stack() {
    let count = 200_000_u32;
    let by: Vec<Vec<u32>> = (0..count).map(|row| vec![(row + 1) % count]).collect();
    let mut rings = Rings::default();
    let first = rings.of(0, by.len(), &drawer(&by));
    assert!((1..count).all(|row| rings.of(row, by.len(), &drawer(&by)) == first));
}
