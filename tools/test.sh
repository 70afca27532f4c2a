#!/usr/bin/env bash
# Installs what is missing (Debian, as root or through sudo), builds, runs every test. Options go to ctest:
#   tools/test.sh -R resizer
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

install_missing "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
configure release
build release
run_tests release "$@"
