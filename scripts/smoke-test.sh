#!/bin/bash
# Runs the program as users have it, optimised as a whole and with its libraries inside: what only that breaks is seen nowhere
# else. Prints what failed; silent otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build-release.sh tricot

tricot=.build/release/tricot
example=Examples/jet-tagger
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
status=0

# Runs a command; complains with all that it printed where it fails.
try() {
  if ! "$@" > "$folder/log" 2>&1; then
    printf 'failed:'; printf ' %q' "$@"; printf '\n'
    cat "$folder/log"
    status=1
  fi
}

try "$tricot" fuzz --count 3 --seed 20261121
try "$tricot" compile "$example/jet-tagger.keras" --calibration "$example/calibration-jets.npy" \
  --dump-after constant-sinking -o "$folder/netlist"
try "$tricot" verify "$example/jet-tagger.keras" --calibration "$example/calibration-jets.npy" \
  --input "$example/test-jets.npy" --expected "$example/expected.npy" --samples 200
try "$tricot" report "$example/jet-tagger.keras" --calibration "$example/calibration-jets.npy" \
  --input "$example/test-jets.npy" --labels "$example/test-labels.npy" --html "$folder/jet-tagger.html"
scripts/test-snakemake.sh "$tricot" || status=1
scripts/test-slurm.sh "$tricot" || status=1
# What continuous integration keeps; says so where there is no browser.
scripts/screenshot-report.sh "$folder/jet-tagger.html" .build/screenshots || status=1
exit "$status"
