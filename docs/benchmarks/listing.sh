#!/usr/bin/env bash
# Lists a generated region from the emulator under a quota, as a whole process, and prints for each operation the calls
# that were answered against the fewest that its page size allows, those that were throttled, the time, and the peak
# memory of the client and of the emulator. With BEFORE=another binary, lists by that too, in turn, and prints ratios.
# Ends with 1 where a listing is not complete, a resource is missing, or a call was answered that need not have been.
#
# usage: docs/benchmarks/listing.sh [RESOURCES] [CALLS_PER_SECOND]
#        200000 resources (100,000 snapshots, 40,000 images) and 100 calls a second of each operation by default;
#        RUNS=1 of each binary, SEXTON=the binary, EMULATOR=another one to serve
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${SEXTON:-}" ]; then
    CARGO_INCREMENTAL=0 cargo build --quiet --release -p sexton-cli
    SEXTON=target/release/sexton
fi
echo "$(date -u +%Y-%m-%d), $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"
exec python3 docs/benchmarks/listing.py "$SEXTON" "${1:-200000}" "${2:-100}" "${RUNS:-1}" ${BEFORE:+"$BEFORE"}
