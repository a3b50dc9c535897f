#!/bin/bash
# Builds optimised products that run where no Swift is: with Swift's runtime and the C libraries of which Debian has static
# ones inside. What stays shared (libzip and what that needs) is looked for beside the product, then where the system has it.
# Usage: build-release.sh PRODUCT…     tricot, the command line; TricotC, the library with a C interface
set -euo pipefail
cd "$(dirname "$0")/.."

# A folder that holds archives only, first in the search path of every library.
archives=$PWD/.build/archives
mkdir -p "$archives/pkgconfig"
for name in hdf5_serial sz aec z expat openblas stdc++; do
  file=$(g++ -print-file-name="lib$name.a")
  [ ! -e "$file" ] || ln -sfn "$file" "$archives/lib$name.a"
done

# The descriptions of Debian's packages, with other libraries.
describe() {
  printf 'Name: %s\nDescription: %s\nVersion: 1\nCflags: %s\nLibs: -L%s %s\n' \
    "$1" "$1" "$(pkg-config --cflags "$1")" "$archives" "$2" > "$archives/pkgconfig/$1.pc.new"
  cmp -s "$archives/pkgconfig/$1.pc.new" "$archives/pkgconfig/$1.pc" || cp "$archives/pkgconfig/$1.pc.new" "$archives/pkgconfig/$1.pc"
  rm "$archives/pkgconfig/$1.pc.new"
}
unset PKG_CONFIG_PATH
describe hdf5-serial "-lhdf5_serial -lsz -laec -lz -ldl -lm"
describe expat "-lexpat -lm"
describe openblas "-lopenblas -lpthread -lm"
describe libzip "-lzip"
describe libcrypto "-lcrypto"
export PKG_CONFIG_PATH=$archives/pkgconfig

for product in "$@"; do
  # Old run paths also hold for libraries that libraries need.
  options=(-Xlinker --disable-new-dtags)
  # See Sources/CPortability.
  names=(hypot hypotf arc4random arc4random_buf)
  if [ "$product" = TricotC ]; then
    names+=(stderr stdout)
    options+=(-Xlinker "--version-script=$PWD/Sources/CInterface/exports.map")
  fi
  for name in "${names[@]}"; do options+=(-Xlinker "--defsym=$name=library_$name"); done
  swift build -c release --static-swift-stdlib -Xswiftc -static-stdlib "${options[@]}" --product "$product"
done
