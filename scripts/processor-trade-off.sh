#!/bin/bash
# What processors take and how fast they are, by how many multiply-accumulates each makes in a cycle: a table for docs/processors.md.
# LUT, FF and DSP are yosys's counts, "estimated" is Tricot's own of the LUTs.
# Usage: processor-trade-off.sh MODEL [UNROLL…]   (default: 1 2 4 full; more options of tricot estimate in $OPTIONS)
set -euo pipefail
cd "$(dirname "$0")/.."
tricot=${TRICOT:-.build/release/tricot}
[ -x "$tricot" ] || { echo "no $tricot: run 'make build' first" >&2; exit 2; }
model=${1:?which model?}
shift
[ $# -gt 0 ] || set -- 1 2 4 full
echo '| unroll | LUT | estimated | FF | DSP | latency (cycles) | interval (cycles) |'
echo '|---|---:|---:|---:|---:|---:|---:|'
for unroll in "$@"; do
  # shellcheck disable=SC2086
  "$tricot" estimate "$model" --backend processors --unroll "$unroll" --synthesize --json --quiet ${OPTIONS:-} |
    python3 -c '
import json, sys
report = json.load(sys.stdin)
counted = report["synthesis"]["resources"]
print("|", " | ".join([sys.argv[1]] + [f"{n:,}" for n in (
    counted["lut"], report["resources"]["lut"], counted["ff"], counted["dsp"],
    report["latency_cycles"], report["initiation_interval"])]), "|", flush=True)' "$unroll"
done
