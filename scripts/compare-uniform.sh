#!/bin/sh
# How many times as many LUTs the same bits everywhere take as the curve of `tricot optimize`, at equal distance (KL on held-out events):
# rows of a table for docs/budget-optimisation.md.
#
#   scripts/compare-uniform.sh NAME MODEL CALIBRATION.npy [OPTIONS FOR tricot optimize]
#
# Of uniform bits all numbers of bits for weights (3 to 8) and for all else (4 to 10) are tried, and the best are interpolated; of the
# curve a point counts as it is.
set -eu
cd "$(dirname "$0")/.."
[ $# -ge 3 ] || { sed -n '5p' "$0"; exit 2; }
tricot=${TRICOT:-.build/release/tricot}
name=$1
model=$2
events=$3
shift 3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$tricot" optimize "$model" --calibration "$events" -o "$folder/curve" --compare-uniform --no-synthesis --quiet --json "$@" \
  > "$folder/report.json" || [ $? -eq 1 ]
python3 - "$name" "$folder/report.json" <<'END'
import json, math, sys

report = json.load(open(sys.argv[2]))
curve = [(p["kl"], p["lut"]) for p in report["points"]]
uniform = [(p["kl"], p["lut"]) for p in report["uniform"]]

def smallest(points, distance, between):
    best = min((lut for kl, lut in points if kl <= distance), default=None)
    if best and between:
        for kl, lut in points:
            for further, less in points:
                if kl <= distance < further and less < best:
                    share = (distance - kl) / (further - kl)
                    best = min(best, lut * (less / lut) ** share)
    return best

cells = []
for distance in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05):
    ours, theirs = smallest(curve, distance, False), smallest(uniform, distance, True)
    cells.append(f"{theirs:.0f} / {ours} = {theirs / ours:.1f}" if ours and theirs else f"{ours or '-'}")
print("|", " | ".join([sys.argv[1]] + cells), "|")
END
