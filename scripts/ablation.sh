#!/bin/sh
# What each step of `tricot optimize` is worth: adder bits at a few distances (KL on held-out events), as a table for docs/budget-optimisation.md.
#
#   scripts/ablation.sh MODEL CALIBRATION.npy [OPTIONS FOR tricot optimize]
set -eu
cd "$(dirname "$0")/.."
[ $# -ge 2 ] || { sed -n '4p' "$0"; exit 2; }
tricot=${TRICOT:-.build/release/tricot}
model=$1
events=$2
shift 2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The smallest network at each distance, interpolated in the logarithm of its size between the neighbours on the front.
row() {
  awk -v name="$1" -v list="$2" '
    { sub(/" : /, "\": ") }
    $1 == "\"" list "\":" { inside = 1 }
    inside && /^  \]/ { inside = 0 }
    inside && $1 == "\"adder_bits\":" { bits = $2 + 0 }
    inside && $1 == "\"kl\":" && bits { n++; b[n] = bits; k[n] = $2 + 0; bits = 0 }
    function at(d,   i, j, best, value) {
      best = 0
      for (i = 1; i <= n; i++) if (k[i] <= d && (!best || b[i] < best)) best = b[i]
      for (i = 1; i <= n; i++) for (j = 1; j <= n; j++) if (k[i] <= d && k[j] > d && b[j] < b[i]) {
        value = exp(log(b[i]) + (log(b[j]) - log(b[i])) * (d - k[i]) / (k[j] - k[i]))
        if (value < best) best = value
      }
      return best ? sprintf("%d", best) : "-"
    }
    END { printf "| %s | %s | %s | %s | %s |\n", name, at(0.01), at(0.02), at(0.05), at(0.1) }' "$3"
}

run() {
  name=$1
  shift
  "$tricot" optimize "$model" --calibration "$events" -o "$folder/run" --force --quiet --json --no-synthesis "$@" \
    > "$folder/$name.json" || [ $? -eq 1 ]
}

echo "| steps | KL 0.01 | 0.02 | 0.05 | 0.1 |"
echo "|---|---|---|---|---|"
run all --compare-uniform "$@"
row "the same bits everywhere" uniform "$folder/all.json"
run one "$@" --effort fast --without distillation
row "types and weights in one go, no training" points "$folder/one.json"
run fast "$@" --effort fast
row "fast: the same, then 400 training steps" points "$folder/fast.json"
row "all" points "$folder/all.json"
for step in sensitivities element-types damping distillation; do
  run "$step" "$@" --without "$step"
  row "all but $step" points "$folder/$step.json"
done
