#!/bin/bash
# What processors take and how fast they are, by how many multiply-accumulates each makes in a cycle: a table for docs/processors.md.
# Usage: processor-trade-off.sh MODEL [UNROLL…]   (default: 1 2 4 full; more options of tricot compile in $OPTIONS)
set -euo pipefail
cd "$(dirname "$0")/.."
tricot=${TRICOT:-.build/release/tricot}
[ -x "$tricot" ] || { echo "no $tricot: run 'make build' first" >&2; exit 2; }
command -v yosys > /dev/null || { echo "yosys is not installed" >&2; exit 2; }
model=${1:?which model?}
shift
[ $# -gt 0 ] || set -- 1 2 4 full
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo '| unroll | processors | LUT | FF | DSP | latency (cycles) | interval (cycles) |'
echo '|---|---:|---:|---:|---:|---:|---:|'
for unroll in "$@"; do
  # shellcheck disable=SC2086
  "$tricot" compile "$model" --backend processors --unroll "$unroll" -o "$folder/$unroll" --quiet ${OPTIONS:-} > /dev/null
  python3 - "$folder/$unroll" "$unroll" << 'PYTHON'
import glob, json, re, subprocess, sys
folder, unroll = sys.argv[1:]
manifest = json.load(open(folder + "/manifest.json"))
report = json.load(open(folder + "/processors.json"))
multiplies = "" if any(i["mnemonic"] == "MAC" for i in report["instructions"]) else " -nodsp"
script = (f"read_verilog {' '.join(sorted(glob.glob(folder + '/rtl/*.v')))}; "
          f"synth_xilinx -family xcup -top {manifest['top']} -flatten -noiopad -noclkbuf{multiplies}; stat")
text = subprocess.run(["yosys", "-p", script], capture_output=True, text=True, check=True).stdout
cells = dict((n, int(c)) for n, c in re.findall(r"^ +(\w+) +(\d+)$", text[text.rindex("Number of cells:"):], re.M))
count = lambda *names: sum(c for n, c in cells.items() if re.fullmatch("|".join(names), n))
print(f"| {unroll} | {report['processors']} | {count('LUT[1-6]', 'INV', 'SRL.*'):,} | {count('FD.*'):,} | {count('DSP.*'):,}"
      f" | {manifest['latency_cycles']} | {manifest['initiation_interval']} |", flush=True)
PYTHON
done
