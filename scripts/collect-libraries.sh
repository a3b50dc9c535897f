#!/bin/bash
# Copies a built program or library into a folder, stripped, and beside it the shared libraries that it needs and that not
# every Linux has; prints the glibc that all of them need.
# Usage: collect-libraries.sh FILE FOLDER
set -euo pipefail
mkdir -p "$2"
cp "$1" "$2/"
# ldd names what is loaded; what comes with every glibc, and GCC's own run-time library, stays where it is.
ldd "$1" | awk '$2 == "=>" { print $3 }' | while read -r library; do
  case ${library##*/} in
    libc.so.* | libm.so.* | libpthread.so.* | libdl.so.* | librt.so.* | libresolv.so.* | libgcc_s.so.*) ;;
    *) cp -L "$library" "$2/" ;;
  esac
done
chmod u+w "$2"/*
strip --strip-unneeded "$2"/*
objdump -T "$2"/* | grep -oE '\bGLIBC_[0-9.]+' | sort -Vu | tail -1
