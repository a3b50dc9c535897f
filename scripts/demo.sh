#!/bin/bash
# Installs what is missing, builds Tricot, compiles the example, proves its Verilog equal to the simulator under Verilator,
# and shows what it takes of the FPGA.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-requirements.sh
scripts/build-release.sh tricot

tricot=.build/release/tricot
example=Examples/jet-tagger
model=("$example/jet-tagger.keras" --calibration "$example/calibration-jets.npy")

show() {
  printf '\n$ tricot'
  printf ' %q' "$@"
  printf '\n'
  "$tricot" "$@"
}

show inspect "${model[@]}"
show compile "${model[@]}" -o "$example/firmware" --force
show verify "${model[@]}" --input "$example/test-jets.npy" --expected "$example/expected.npy"
show estimate "${model[@]}"
printf '\nThe Verilog lies in %s, the program is %s.\n' "$example/firmware" "$tricot"
