use super::*;

#[test]
fn rows_hold_each_entry_once_and_sorted() {
    let rows: Rows<u32> = Rows::new(3, &[(2, 5), (0, 9), (2, 1), (2, 5)]);
    assert_eq!(rows.row(0), [9]);
    assert!(rows.row(1).is_empty());
    assert_eq!(rows.row(2), [1, 5]);
}

#[test]
fn a_long_chain_and_a_long_ring_need_no_stack() {
    let count = 200_000;
    let chain: Vec<(u32, u32)> = (1..count).map(|row| (row, row - 1)).collect();
    let mut ring = chain.clone();
    ring.push((0, count - 1));
    let on_cycle = |pairs| {
        let cycles = order::cycles(count as usize, &Rows::new(count as usize, pairs));
        cycles.into_iter().filter(|on_cycle| *on_cycle == OnCycle::Yes).count()
    };
    assert_eq!(on_cycle(&chain), 0);
    assert_eq!(on_cycle(&ring), count as usize);
}
