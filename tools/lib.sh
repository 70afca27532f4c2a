# Shared by demo.sh, test.sh and .ci/run: where the project is, what it needs, how it is installed and built.
# To be sourced by bash scripts that have set -euo pipefail.
# shellcheck shell=bash disable=SC2034

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Debian packages, by what they are for.
BUILD_PACKAGES=(g++ cmake ninja-build libtbb-dev libjpeg62-turbo-dev libpng-dev libisal-dev libdeflate-dev liblcms2-dev
  libhwy-dev libseccomp-dev libxxhash-dev libutf8proc-dev libsqlite3-dev libcurl4-openssl-dev libexpected-dev
  libboost-program-options-dev libfmt-dev nlohmann-json3-dev libbenchmark-dev libjs-chart.js liburing-dev libfuse3-dev)
TEST_PACKAGES=(libgtest-dev libgmock-dev fuse3 faketime chromium slurm-wlm munge parallel nginx
  libnginx-mod-http-lua openssl curl)
CHECK_PACKAGES=(clang libclang-rt-dev clang-format clang-tidy cppcheck git)

say() { printf '== %s\n' "$*"; }

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Runs a command as root: at once, or through sudo.
as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "needs root for: $* (there is no sudo here; run that as root, then this script again)"
  fi
}

# A source that can't be reached is no reason to stop: the installation tells whether it was needed.
refresh_package_lists() {
  say "Refreshing the package lists (apt-get update)"
  as_root apt-get -qq update || say "apt-get update had trouble; trying with what is there"
}

# Installs those of the packages that are missing, and says which. Quick when nothing is.
install_missing() {
  command -v dpkg-query >/dev/null || die "this is no Debian system: install by hand what README.md names"
  local installed missing=() package
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
  for package in "$@"; do
    grep -qxF "installed $package" <<<"$installed" || missing+=("$package")
  done
  if [[ ${#missing[@]} -eq 0 ]]; then
    say "Everything needed is installed"
    return
  fi
  say "Installing with apt-get: ${missing[*]}"
  refresh_package_lists
  mkdir -p "$ROOT/build"
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" \
    </dev/null >"$ROOT/build/apt.log" 2>&1; then
    cat "$ROOT/build/apt.log" >&2
    die "apt-get could not install: ${missing[*]}"
  fi
}

# ccache's manual: what includes precompiled headers is cached with these two alone.
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros}
CCACHE_CXX_FLAG=-fpch-preprocess

# configure PRESET [CMAKE-OPTION...]: into build/PRESET. Compiles through ccache where that is installed.
configure() {
  local preset=$1 launcher=()
  shift
  if command -v ccache >/dev/null; then
    launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache "-DCMAKE_CXX_FLAGS=${CXXFLAGS:-} $CCACHE_CXX_FLAG")
  fi
  say "Configuring build/$preset"
  (cd "$ROOT" && cmake --preset "$preset" --log-level=WARNING "${launcher[@]}" "$@" >/dev/null)
}

# build PRESET [TARGET...]: all targets when none is named.
build() {
  local preset=$1
  shift
  say "Building build/$preset with $(nproc) jobs"
  (cd "$ROOT" && cmake --build --preset "$preset" --parallel "$(nproc)" ${1:+--target "$@"})
}

# run_tests PRESET [CTEST-OPTION...]
run_tests() {
  local preset=$1
  shift
  say "Testing build/$preset"
  (cd "$ROOT" && ctest --preset "$preset" --parallel "$(nproc)" "$@")
}
