#!/bin/bash
# Names the skipped tests of a run and counts all: "N passed, N failed, N skipped" is the last line.
# Usage: count-tests.sh XUNIT_FILE SHARED
# Fails if a test failed, if none ran, or if one was skipped for want of reference data although SHARED is 1, which says
# that ../shared is there. (What this machine lacks, such as AMD's headers, may be skipped.)
set -euo pipefail
[ -s "$1" ] || { echo "the test run left no results" >&2; exit 1; }
# One element a line, as Swift Testing writes them: a test case, then what befell it.
awk -v shared="$2" '
  function attribute(name,   rest) {
    if (!match($0, " " name "=\"[^\"]*\"")) return ""
    rest = substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
    return rest
  }
  function text() { sub(/^ *<skipped>/, ""); sub(/<\/skipped>.*/, ""); return $0 }
  function close_case() {
    if (test == "") return
    if (failed) failures++; else if (skipped) skips++; else passes++
    test = ""
  }
  /<testcase / { close_case(); test = attribute("classname") "." attribute("name"); failed = 0; skipped = 0 }
  /<failure/ { failed = 1 }
  /<skipped/ {
    skipped = 1
    reason = /<skipped>/ ? text() : ""
    print "skipped: " test (reason == "" ? "" : " (" reason ")")
    if (reason ~ /shared|^No test cases/) wanting++
  }
  END {
    close_case()
    if (shared && wanting) print wanting " tests of reference data were skipped although ../shared is there"
    printf "%d passed, %d failed, %d skipped\n", passes, failures, skips
    exit failures || !passes || (shared && wanting)
  }
' "$1"
