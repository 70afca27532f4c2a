#!/usr/bin/env bash
# Makes thumbnails of DIR, or of a few real photographs, from nothing: installs what is missing (Debian, as root or
# through sudo), builds, runs.
#   tools/demo.sh [DIR]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# 15 photographs, 16 MB. Fetched and unpacked below build/, not installed.
PHOTO_PACKAGE=lomiri-wallpapers-16.04

# Fetches the photographs into the directory $1.
fetch_photos() {
  local target=$1 download=$ROOT/build/demo/download
  local fetch=(apt-get -qq download "$PHOTO_PACKAGE")
  # As root apt hands downloads to its own user, who may not write here; the package's hash is checked either way.
  if [[ $EUID -eq 0 ]]; then fetch+=(-o APT::Sandbox::User=root); fi
  say "Fetching photographs: the Debian package $PHOTO_PACKAGE, unpacked below build/demo, not installed"
  rm -rf "$download"
  mkdir -p "$download/unpacked"
  if ! (cd "$download" && "${fetch[@]}"); then
    refresh_package_lists
    (cd "$download" && "${fetch[@]}") || die "can't fetch $PHOTO_PACKAGE; name a directory of your own: tools/demo.sh DIR"
  fi
  dpkg-deb -x "$download"/*.deb "$download/unpacked"
  rm -rf "$target"
  mv "$download/unpacked/usr/share/backgrounds" "$target"
  rm -rf "$download"
}

[[ $# -le 1 ]] || die "usage: tools/demo.sh [DIR]"
photos=$ROOT/build/demo/photos
thumbs=$ROOT/build/demo/thumbs
if [[ $# -eq 1 ]]; then
  [[ -d $1 ]] || die "$1 is no directory"
  photos=$(cd "$1" && pwd)
  [[ $photos/ != "$thumbs"/* ]] || die "$1 is where the thumbnails go"
fi

# The preset builds the tests too, and its configuration looks for their library.
install_missing "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
configure release
build release tbbthumbs_command background_job
if [[ $# -eq 0 && ! -d $photos ]]; then fetch_photos "$photos"; fi

say "Making thumbnails of 256 and 1024 pixels: build/release/tbbthumbs $photos -o $thumbs -s 256 -s 1024"
rm -rf "$thumbs"
status=0
"$ROOT/build/release/tbbthumbs" "$photos" -o "$thumbs" -s 256 -s 1024 || status=$?
# 1: some pictures failed, each with its reason above; the others are made.
[[ $status -le 1 ]] || exit "$status"

say "$(find "$thumbs" -type f | wc -l) thumbnails ($(du -sh "$thumbs" | cut -f1)) are in $thumbs, for example:"
find "$thumbs" -type f -name '*_256.jpg' | sort | head -n 3
exit "$status"
