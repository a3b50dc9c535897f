#!/bin/bash
# Puts AMD's open headers ap_int.h and ap_fixed.h (Apache licence) where Tricot finds them, from the wheel of hls4ml.
# Usage: install-ap-types.sh [FOLDER]      (default: tricot/ap_types in the user's cache folder)
set -euo pipefail

folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/tricot/ap_types}
wheel='hls4ml==1.3.0'
inside=hls4ml/templates/vivado/ap_types

if [ -f "$folder/ap_fixed.h" ]; then
  echo "$folder has them already"
  exit 0
fi
command -v python3 > /dev/null || { echo "python3 is missing: apt-get install python3 python3-pip" >&2; exit 2; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$scratch" "$wheel" \
  || { echo "the wheel $wheel could not be fetched; name a folder with the headers by --ap-types instead" >&2; exit 2; }
python3 -m zipfile -e "$scratch"/*.whl "$scratch/wheel"
grep -q 'Apache License, Version 2.0' "$scratch/wheel/$inside/ap_fixed.h" \
  || { echo "the headers in $wheel do not bear the licence that is expected" >&2; exit 2; }
mkdir -p "$(dirname "$folder")"
# A copy beside the goal, then a rename: an interrupted run leaves nothing that looks whole.
cp -r "$scratch/wheel/$inside" "$folder.part"
mv "$folder.part" "$folder"
echo "installed in $folder"
