#!/usr/bin/env bash
# Measures `sexton plan` as a whole process against P: the time of parsing the same inventory with serde_json, line by
# line, on one core. Prints the ratios for the sizes given (default: 1000 10000 100000 1000000), and for the worlds that
# are hard for a planner. 10000000 needs 4 GB of disk and 4 GB of memory.
#
# usage: docs/benchmarks/plan.sh [RESOURCES ...]        RUNS=5 pairs of each by default
set -euo pipefail
cd "$(dirname "$0")/../.."
sizes=("$@")
[ ${#sizes[@]} -gt 0 ] || sizes=(1000 10000 100000 1000000)
runs=${RUNS:-5}
work=target/benchmarks
mkdir -p "$work"

cargo build --quiet --release -p sexton-cli
cargo build --quiet --release -p sexton-testkit --examples
sexton=target/release/sexton
scale=target/release/examples/scale
floor=target/release/examples/floor

echo "$(date -u +%Y-%m-%d), $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"
for size in "${sizes[@]}"; do
    inventory=$work/$size.jsonl
    "$scale" --resources "$size" --seed 1 --out "$inventory" --policy "$work/$size.toml"
    cat "$inventory" >/dev/null
    echo "inventory of $size: $(($(stat -c %s "$inventory") / 1048576)) MiB"
    python3 docs/benchmarks/measure.py "$runs" "A = sexton plan, B = P" \
        "$sexton plan --inventory $inventory --policy $work/$size.toml --out $work/$size.plan.json" \
        "$floor $inventory"
    "$sexton" plan --inventory "$inventory" --policy "$work/$size.toml" --out "$work/$size.plan.json" 2>/dev/null | tail -1
done
for world in one-snapshot-under-many-images deep-chain broken-chain one-blocker alternating; do
    for size in 10000 100000; do
        inventory=$work/$world-$size.jsonl
        "$scale" --resources "$size" --seed 1 --world "$world" --out "$inventory" --policy "$work/$world.toml"
        python3 docs/benchmarks/measure.py 3 "$world of $size: A = sexton plan, B = P" \
            "$sexton plan --inventory $inventory --policy $work/$world.toml --out $work/$world.plan.json" \
            "$floor $inventory" | grep -E "of|A wall|A peak|wall A/B"
    done
done
