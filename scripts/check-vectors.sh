#!/bin/bash
# Every reference case through simulator and firmware; prints a table and fails where a bit differs.
# Usage: check-vectors.sh [-b verilog|hls|processors] [-n SAMPLES] [CASE…]
# Cases are folders in ../shared/vectors, with a config.yml or a model; -n 0: all samples; -b hls: compiled HLS C++ instead of Verilog under Verilator.
set -uo pipefail
cd "$(dirname "$0")/.."
tricot=${TRICOT:-.build/release/tricot}
vectors=../shared/vectors
samples=()
backend=verilog
against=verilator
if [ "${1:-}" = -b ]; then
  backend=$2
  [ "$backend" = hls ] && against=hls
  shift 2
fi
if [ "${1:-}" = -n ]; then
  [ "$2" -eq 0 ] || samples=(--samples "$2")
  shift 2
fi
cases=("$@")
if [ ${#cases[@]} -eq 0 ] && [ "$backend" = processors ]; then
  # Dense networks: there are no processors for windows.
  cases=(
    hls4ml/KERAS_3layer hls4ml/KERAS_3layer__{auto,auto_norm,latency,legacy,perlayer,resource,rndsat,stream,trn8}
    hls4ml/KERAS_3layer_70pruned hls4ml/act_zoo hls4ml/act_zoo__mixed hls4ml/onnx_three_layer_pytorch
    deployed/AXOL1TL_v3 adder-graphs/p70_f6 adder-graphs/dense_f6
    hls4ml/KERAS_dense_16x100x100x100x100x100x5
    hls4ml/qkeras_3layer hgq2/jsc_openml_{750,758,771} hgq2/jsc_cernbox_7516 qonnx/mlp_brevitas_like
  )
fi
if [ ${#cases[@]} -eq 0 ]; then
  cases=(
    hls4ml/KERAS_3layer hls4ml/KERAS_3layer__{auto,auto_norm,latency,legacy,perlayer,resource,rndsat,stream,trn8}
    hls4ml/KERAS_3layer_70pruned hls4ml/act_zoo hls4ml/act_zoo__mixed hls4ml/onnx_three_layer_pytorch
    deployed/AXOL1TL_v3 adder-graphs/p70_f6 adder-graphs/dense_f6
    hls4ml/KERAS_dense_16x100x100x100x100x100x5
    hls4ml/KERAS_conv1d_small hls4ml/KERAS_conv2d_model hls4ml/pool1d__auto hls4ml/pool2d__auto deployed/CICADA_v2p2p0
  )
fi
[ -x "$tricot" ] || { echo "no $tricot: run 'make build' first" >&2; exit 2; }
[ -d "$vectors" ] || { echo "no $vectors beside this repository" >&2; exit 2; }

# The first of the files that is there.
present() { for file in "$@"; do [ -e "$file" ] && echo "$file" && return; done; }

# The first number after the key in the comparison against $2.
field() { python3 -c '
import json, sys
report = json.load(open(sys.argv[1]))
found = [c for c in report["comparisons"] if c["against"] == sys.argv[2]]
print(found[0].get(sys.argv[3], "-") if found else "-")' "$1" "$2" "$3" 2> /dev/null || echo -; }

report=$(mktemp)
trap 'rm -f "$report"' EXIT
printf '%-42s %9s %9s %8s %8s %8s  %s\n' case expected "$against" samples latency seconds status
failed=0
for case in "${cases[@]}"; do
  begin=$(date +%s.%N)
  folder=$vectors/$case
  "$tricot" verify "$(present "$folder"/{config.yml,model.keras,model.onnx} "$vectors/../models/$case.keras")" \
    --input "$(present "$folder"/{inputs,input_0}.npy)" \
    --expected "$(present "$folder"/{expected,output_0}.npy)" "${samples[@]}" --backend "$backend" --json --quiet > "$report" 2> "$report.err"
  status=$?
  seconds=$(awk -v a="$begin" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }')
  printf '%-42s %9s %9s %8s %8s %8s  %s\n' "$case" "$(field "$report" expected mismatches)" \
    "$(field "$report" "$against" mismatches)" "$(field "$report" "$against" samples)" \
    "$(field "$report" "$against" latency_cycles)" "$seconds" "$status"
  if [ $status -ne 0 ]; then
    failed=1
    head -4 "$report.err"
  fi
  rm -f "$report.err"
done
exit $failed
