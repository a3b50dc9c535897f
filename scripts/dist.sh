#!/bin/bash
# Makes what runs without Swift and without building: a tarball with the command line, and the Python wheel.
# Both lie in .build/dist afterwards; the tarball is tried out in an empty environment.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build-release.sh tricot TricotC

version=$(sed -n 's/.*current = "\(.*\)"/\1/p' Sources/TricotCompiler/TricotVersion.swift)
name=tricot-$version-linux-$(uname -m)
dist=.build/dist
rm -rf "$dist"
mkdir -p "$dist/$name"
glibc=$(scripts/collect-libraries.sh .build/release/tricot "$dist/$name/bin")
cp LICENSE README.md "$dist/$name/"
cp -r docs "$dist/$name/docs"
mkdir "$dist/$name/Examples"
git archive HEAD Examples/jet-tagger | tar -x -C "$dist/$name"

# Neither Swift nor anything else of this account: only what lies in the folder, and the system's libraries.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -r "$dist/$name" "$scratch/tricot"
for file in "$scratch"/tricot/bin/*; do
  missing=$(env -i PATH=/usr/bin:/bin ldd "$file" | grep -E "not found|swift" || true)
  [ -z "$missing" ] || { echo "${file##*/} needs $missing" >&2; exit 1; }
done
env -i PATH=/usr/bin:/bin "$scratch/tricot/bin/tricot" verify "$scratch/tricot/Examples/jet-tagger/jet-tagger.keras" \
  --calibration "$scratch/tricot/Examples/jet-tagger/calibration-jets.npy" \
  --input "$scratch/tricot/Examples/jet-tagger/test-jets.npy" \
  --expected "$scratch/tricot/Examples/jet-tagger/expected.npy" --samples 100
tar -czf "$dist/$name.tar.gz" --owner=0 --group=0 -C "$dist" "$name"
rm -rf "${dist:?}/$name"

if python3 -m pip --version > /dev/null 2>&1; then
  python3 -m pip --disable-pip-version-check --quiet wheel --no-deps --wheel-dir "$dist" .
else
  echo "no wheel: python3 has no pip" >&2
fi
echo "glibc needed: ${glibc#GLIBC_}"
ls -lh "$dist" | awk 'NR > 1 { print $5, $9 }'
