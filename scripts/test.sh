#!/bin/bash
# Installs what is missing, checks the format, builds everything and runs all tests; the last line counts them.
# What computes is compiled with optimisation, in the other modules an error is found faster without.
# Under continuous integration (CI is set) warnings in code of ours are errors.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-requirements.sh
# Tests that compile HLS C++ need AMD's open headers; without a way to fetch them they are skipped.
scripts/install-ap-types.sh || echo "tests of compiled HLS C++ will be skipped" >&2

swift format lint --strict --recursive --parallel Sources Tests Benchmarks Package.swift

[ -z "${CI:-}" ] || export TRICOT_WARNINGS_AS_ERRORS=1
TRICOT_OPTIMISED_TESTS=1 swift build --build-tests --explicit-target-dependency-import-check error

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
status=0
TRICOT_OPTIMISED_TESTS=1 swift test --skip-build --xunit-output "$results/tests.xml" 2>&1 || status=$?
[ -d ../shared ] && shared=1 || shared=0
scripts/smoke-test.sh || { echo "the optimised program fails" >&2; status=1; }
scripts/test-python.sh || { echo "the Python package fails" >&2; status=1; }
# Swift Testing adds its name to the file's.
scripts/count-tests.sh "$results/tests-swift-testing.xml" "$shared" || exit 1
exit "$status"
