#!/bin/bash
# Installs the Debian packages that Tricot builds, verifies and is tested with: only those that are missing.
set -euo pipefail

packages=(
  g++ make pkg-config
  libhdf5-dev libzip-dev libexpat1-dev libssl-dev libopenblas-dev
  verilator yosys iverilog
)

if ! command -v swift > /dev/null; then
  echo "swift is not in the PATH: install the Swift 6.3 toolchain from https://www.swift.org/install/linux/" >&2
  exit 2
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo > /dev/null || { echo "cannot install ${missing[*]}: neither root nor sudo" >&2; exit 2; }
  as_root=(sudo)
fi
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" < /dev/null
