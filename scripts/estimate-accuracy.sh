#!/bin/bash
# How well resources are estimated: every model's estimate beside what yosys counts, as a Markdown table.
#
#   scripts/estimate-accuracy.sh [MODEL [OPTION...]]...
#   scripts/estimate-accuracy.sh --random COUNT SEED
#
# Without models: the examples, and the reference models beside this repository where they are. A model with options is one
# argument, quoted. Everything is built as it is by default. Exit status 1 if look-up
# tables are off by more than 5 % (10 % and 10 tables for models below 200) or registers by more than 3 % (and 5 registers).
# With --random, those of COUNT networks of `tricot fuzz` that have 200 look-up tables or more; they may be off by 10 %.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
tricot=${TRICOT:-$root/.build/release/tricot}
[ -x "$tricot" ] || { echo "no $tricot: run 'make build' first" >&2; exit 2; }
shared=${TRICOT_SHARED:-$root/../shared}
models=("$@")
export LEAST=0 LIMIT=5
if [ "${1:-}" = --random ]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  "$tricot" fuzz --count "${2:-80}" --seed "${3:-1}" --samples 1 --output "$folder/networks" --quiet > /dev/null || exit 2
  models=("$folder"/networks/*.tricot)
  LEAST=200 LIMIT=10
elif [ ${#models[@]} -eq 0 ]; then
  models=(
    "$root/Examples/jet-tagger/jet-tagger.keras --calibration $root/Examples/jet-tagger/calibration-jets.npy"
    "$root/Examples/real-jets/jets.keras --calibration $root/Examples/real-jets/calibration.npy --weight-bits 6 --activation-bits 8"
  )
  if [ -d "$shared" ]; then
    for file in "$shared"/models/hgq2/*.keras "$shared"/models/lut-layers/lut_{openml,cernbox}_*.keras \
      "$shared"/models/lut-layers/kan_*[a-z].json "$shared"/models/lut-layers/syn_*.keras \
      "$shared"/vectors/trees/{xgb_tiny,xgb_binary,xgb_5class,emtf_regress}/model.json \
      "$shared"/vectors/trees/lgbm_binary/model.txt \
      "$shared"/vectors/adder-graphs/*/config.yml "$shared"/vectors/deployed/*/config.yml \
      "$shared"/vectors/hls4ml/{KERAS_3layer_70pruned,KERAS_conv1d_small,act_zoo,qkeras_3layer,pool1d__auto}/config.yml \
      "$shared"/vectors/hgq2-synthetic/{bn,conv2d,einsum,lut}/model.keras \
      "$shared"/vectors/qonnx/{mlp_brevitas_like,cnn_small}/model.onnx; do
      case $file in *.config.json | *.quantizers.json) continue ;; esac
      [ -e "$file" ] && models+=("$file")
    done
    # Products as look-up tables: yosys leaves the registers and sums beside a DSP block outside, which vendors' tools put inside.
    for file in "$shared"/vectors/hgq2-synthetic/{merge,mha_qkv}/model.keras; do
      [ -e "$file" ] && models+=("$file --strategy logic")
    done
  fi
fi
echo '| model | LUT | yosys | | FF | yosys | | CARRY4 | yosys | |'
echo '|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|'
status=0
for model in "${models[@]}"; do
  # shellcheck disable=SC2086
  "$tricot" estimate $model --synthesize --json --quiet 2> /dev/null | python3 -c '
import json, os, sys
path = sys.argv[1].split()[0]
name = os.path.basename(path)
if name in ("config.yml", "model.keras", "model.onnx", "model.json", "model.txt"): name = os.path.basename(os.path.dirname(path))
name = " ".join([name] + sys.argv[1].split()[1:]) if "--logic" in sys.argv[1] else name
try: report = json.load(sys.stdin)
except ValueError: print(f"| {name} | refused |"); sys.exit(1)
ours, theirs = report["resources"], report["synthesis"]["resources"]
if theirs["lut"] < int(os.environ["LEAST"]): sys.exit(0)
row, off = f"| {name}", {}
for key in ("lut", "ff", "carry4"):
    off[key] = 100 * (ours[key] / theirs[key] - 1) if theirs[key] else 0
    row += f" | {ours[key]:,} | {theirs[key]:,} | {off[key]:+.1f} %"
print(row + " |", flush=True)
small = theirs["lut"] < 200
wrong = abs(ours["lut"] - theirs["lut"])
bad = (wrong > 10 and abs(off["lut"]) > 10) if small else abs(off["lut"]) > int(os.environ["LIMIT"])
bad |= abs(off["ff"]) > 3 and abs(ours["ff"] - theirs["ff"]) > 5
sys.exit(bad)' "$model" || status=1
done
exit $status
