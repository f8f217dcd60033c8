#!/usr/bin/env bash
# Kills the binary with SIGKILL at random moments of runs against the emulator, resumes each run until it is done, and
# checks what was removed and what stood in the journal at each kill. Ends with 1 where something does not hold.
#
# usage: docs/benchmarks/kill.sh [KILLS] [SEED]        200 kills, seed 1; WORKERS=4 runs at a time; SEXTON=the binary
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${SEXTON:-}" ]; then
    cargo build --quiet --release -p sexton-cli
    SEXTON=target/release/sexton
fi
echo "$(date -u +%Y-%m-%d), $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"
exec python3 docs/benchmarks/kill.py "$SEXTON" "${1:-200}" "${2:-1}" "${WORKERS:-4}"
