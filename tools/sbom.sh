#!/usr/bin/env bash
# What the command is made of at run time: a software bill of materials, CycloneDX 1.4 in JSON, on standard output.
#   tools/sbom.sh [PROGRAM]     (default: build/release/tbbthumbs)
# Of each shared library that is linked, or loaded when needed, the Debian package that it is from.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

program=${1:-$ROOT/build/release/tbbthumbs}
[[ -x $program ]] || die "$program is not there: build it first (tools/demo.sh)"
command -v dpkg-query >/dev/null || die "this is no Debian system: nothing says which packages libraries are from"

# Loaded when the first address comes.
WHEN_NEEDED=(libcurl.so.4)

# Paths of the libraries that a file is linked with.
libraries_of() { ldd "$1" | sed -n 's/.*=> \(\/[^ ]*\) (.*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p'; }

libraries() {
  local name path
  libraries_of "$program"
  for name in "${WHEN_NEEDED[@]}"; do
    path=$(ldconfig -p | sed -n "s|^[[:space:]]*$name (.*) => \(/.*\)|\1|p" | head -n 1)
    [[ -n $path ]] || continue
    printf '%s\n' "$path"
    libraries_of "$path"
  done
}

# The packages that these libraries are from, each once. Libraries may have been installed under /lib, which is /usr/lib.
packages_of() {
  local path candidates=() owners
  for path in "$@"; do
    for path in "$path" "$(realpath "$path")"; do candidates+=("$path" "${path#/usr}" "/usr${path#/usr}"); done
  done
  owners=$(dpkg-query -S "${candidates[@]}" 2>/dev/null || true)
  for path in "$@"; do
    grep -qF -e ": $path" -e ": ${path#/usr}" -e ": /usr${path#/usr}" -e ": $(realpath "$path")" <<<"$owners" ||
      say "no package has $path" >&2
  done
  sed -n 's/^\([^ ]*\): .*/\1/p' <<<"$owners" | sort -u
}

component() {
  local package=$1 name version architecture source
  IFS=$'\t' read -r name version architecture source < <(
    dpkg-query -W -f='${Package}\t${Version}\t${Architecture}\t${source:Package}\n' "$package")
  printf '    {"type": "library", "name": "%s", "version": "%s", "group": "debian",\n' "$name" "$version"
  printf '     "purl": "pkg:deb/debian/%s@%s?arch=%s",\n' "$name" "$(sed 's/+/%2B/g; s/:/%3A/g' <<<"$version")" "$architecture"
  printf '     "properties": [{"name": "debian:source", "value": "%s"}]}' "$source"
}

version=$("$program" --version | sed -n '1s/.* //p')
printf '{\n  "bomFormat": "CycloneDX",\n  "specVersion": "1.4",\n  "version": 1,\n'
printf '  "metadata": {"component": {"type": "application", "name": "tbbthumbs", "version": "%s",\n' "$version"
printf '    "hashes": [{"alg": "SHA-256", "content": "%s"}]}},\n' "$(sha256sum "$program" | cut -d ' ' -f 1)"
printf '  "components": [\n'
separator=
mapfile -t paths < <(libraries | sort -u)
for package in $(packages_of "${paths[@]}"); do
  printf '%s' "$separator"
  component "$package"
  separator=$',\n'
done
printf '\n  ]\n}\n'
