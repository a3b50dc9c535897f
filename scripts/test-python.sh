#!/bin/bash
# Installs the Python package into a fresh virtual environment, as its users do, and tests it there, with the frameworks that
# pip can install; the others are named. Skipped where Python has no venv or pip no packages.
# Usage: test-python.sh [ARGUMENT OF PYTEST…]
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { echo "skipped: the tests of the Python package ($1)"; exit 0; }
environment=$PWD/.build/python
rm -rf "$environment"
python3 -m venv "$environment" > /dev/null 2>&1 || skip "python3-venv is missing"
pip=("$environment/bin/pip" --disable-pip-version-check --quiet install --retries 1)
"${pip[@]}" hatchling pytest numpy 2> /dev/null || skip "pip cannot install hatchling, pytest and numpy"
"${pip[@]}" --no-build-isolation .

# A framework, and the packages to install for it. XGBoost would bring libraries for GPUs that nothing here needs, and so
# would PyTorch from the common index: its build for processors has to be there.
try() {
  local name=$1
  shift
  "${pip[@]}" "$@" 2> /dev/null || echo "skipped: the tests of the Python package with $name (pip cannot install it)"
}
try "ONNX and scikit-learn" onnx scikit-learn skl2onnx
try Keras keras scipy jax
try LightGBM lightgbm
try XGBoost --no-deps xgboost scipy
try PyTorch "${TRICOT_TORCH:-torch==2.13.0+cpu}"

# From elsewhere, so that the package that was installed is tested, and not the folder that it was built from.
export TRICOT=${TRICOT:-$PWD/.build/release/tricot}
"$environment/bin/python" -m pytest --rootdir "$PWD" -c "$PWD/pyproject.toml" "$@" "$PWD/Python/tests"
"$environment/bin/python" Examples/python/jet_tagger.py "$(mktemp -d)/firmware"
"$environment/bin/python" Examples/python/throughput.py 200000
