#!/usr/bin/env bash
# Runs the engine through many seeds of the simulation (docs/simulation.md), then compares makespans with their bounds.
# Ends with 1 if an invariant does not hold, and prints the smallest case found and how to run it again.
#
# usage: docs/benchmarks/soak.sh [SEEDS [FROM]]        100000 seeds from 0 by default, each plan of up to 12 steps crashed
#                                                      at every output; with EVERY=4 only those of every fourth seed
set -euo pipefail
cd "$(dirname "$0")/../.."

cargo build --quiet --release -p sexton-sim
echo "$(date -u +%Y-%m-%d), $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"
target/release/sexton-sim soak --seeds "${1:-100000}" --from "${2:-0}" --every "${EVERY:-1}" --threads "$(nproc)"
target/release/sexton-sim makespan --seeds 500
