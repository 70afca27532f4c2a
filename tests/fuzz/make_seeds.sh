#!/bin/sh
# Seeds for fuzz_jpeg_fast, fuzz_jpeg_lanes and fuzz_png_fast: make_seeds.sh FROM TO [BYTES]
# Copies every JPEG and PNG of at most BYTES (20480) below FROM to TO, twice, with the byte behind it that chooses how it
# is read.
set -eu
mkdir -p "$2"
find "$1" -type f \( -iname '*.jpg' -o -iname '*.jpeg' -o -iname '*.png' \) -size "-$((${3:-20480} + 1))c" |
    sort | while IFS= read -r file; do
  name=$(cksum < "$file" | cut -d' ' -f1)
  { cat "$file"; printf '\000'; } > "$2/$name-lenient"
  { cat "$file"; printf '\007'; } > "$2/$name-strict"
done
