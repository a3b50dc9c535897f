#!/bin/bash
# A scan, and the same scan as a workflow under Snakemake: the numbers must be the same. Skips by name without Snakemake.
#
#   scripts/test-snakemake.sh [TRICOT [SNAKEMAKE OPTIONS...]]
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v snakemake > /dev/null; then
  echo "skipped: scans under Snakemake (pip install snakemake)"
  exit 0
fi
tricot=$(readlink -f "${1:-.build/release/tricot}")
shift || true
[ $# -gt 0 ] || set -- --cores all
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
example=$PWD/Examples/jet-tagger
cat > "$folder/scan.yml" <<YAML
models: $example/jet-tagger.keras
calibration: $example/calibration-jets.npy
input: $example/test-jets.npy
labels: $example/test-labels.npy
grid: {weight_bits: [4, 8], sparsity: [0.7, 0.85]}
YAML
"$tricot" scan "$folder/scan.yml" -o "$folder/here" --quiet > /dev/null
"$tricot" scan "$folder/scan.yml" --snakemake "$folder/flow" --quiet > /dev/null
(cd "$folder/flow" && snakemake "$@" --config tricot="$tricot") > "$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
# Seconds aside, nothing may differ.
if diff <(grep -v '"seconds"' "$folder/here/scan.json") <(grep -v '"seconds"' "$folder/flow/scan.json"); then
  echo "a scan of 4 points is the same under Snakemake ($*)"
else
  echo "failed: Snakemake's numbers differ" >&2
  exit 1
fi
