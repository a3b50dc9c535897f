#!/bin/bash
# Compiles the example, proves its Verilog equal to the simulator under Verilator, and shows what it takes of the FPGA.
# Usage: demo.sh TRICOT EXAMPLE-FOLDER
set -euo pipefail
tricot=$1
example=$2
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
printf '\nThe Verilog lies in %s.\n' "$example/firmware"
