#!/usr/bin/env bash
# Throws at the program all that there is: ordeal.sh [--quick] [--kills N] [--fuzz-minutes N] [STEP...]
#   --quick           a little of each, in a few minutes once all is built
#   --kills N         how often the command is killed in each storm (default 100; 3 where it is to be quick)
#   --fuzz-minutes N  for all fuzz targets together (default 60; 1 where it is to be quick); 0 leaves them out
# Steps, all unless some are named:
#   corpus   odd and hostile files, in each mode of damage: through the command; with the address, the undefined
#            behaviour and the thread sanitizers
#   bombs    small files that ask for much, files damaged in every way, what fuzzing has found; also sanitized
#   faults   disks, limits, trees and clocks that go wrong
#   storms   kill -9 at any instant, under each of those
#   delays   every number of threads and tokens while every call takes its time
#   planted  links where others may write, escapes from the locked room, decoders that crash, hang and lie
#   fuzz     fuzz/run.sh
# Builds the presets that it needs. The corpus is $TBBTHUMBS_CORPUS, or ../shared/corpus. What can't be done here (there
# is no corpus, nothing may be mounted, nobody else can be) is skipped, and the table says so. Whole it takes hours on
# two CPUs. A step that fails or takes too long does not keep the others from going on. Prints a table, also into
# build/ordeal/table.tsv, beside the logs of the steps; ends with 1 if any has failed.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"

quick=
kills=
fuzz_minutes=
all=(corpus bombs faults storms delays planted fuzz)
steps=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --quick) quick=yes ;;
    --kills) kills=${2:?}; shift ;;
    --fuzz-minutes) fuzz_minutes=${2:?}; shift ;;
    -*) die "no such option: $1" ;;
    *)
      [[ " ${all[*]} " == *" $1 "* ]] || die "no such step: $1 (there are: ${all[*]})"
      steps+=("$1")
      ;;
  esac
  shift
done
[[ ${#steps[@]} -gt 0 ]] || steps=("${all[@]}")
kills=${kills:-$([[ -n $quick ]] && echo 3 || echo 100)}
fuzz_minutes=${fuzz_minutes:-$([[ -n $quick ]] && echo 1 || echo 60)}
[[ $kills =~ ^[1-9][0-9]*$ && $fuzz_minutes =~ ^[0-9]+$ ]] || die "--kills and --fuzz-minutes are numbers"
[[ -n ${TBBTHUMBS_CORPUS:-} || ! -d $ROOT/../shared/corpus ]] || export TBBTHUMBS_CORPUS=$ROOT/../shared/corpus

here=$ROOT/build/ordeal
table=$here/table.tsv
rm -rf "$here"
mkdir -p "$here"
failed=0

# row WHAT COUNT END SECONDS: one of the table.
row() {
  printf '%s\t%s\t%s\t%s\n' "$@" >>"$table"
  say "$1: $2, $3 ($4 s)"
  [[ $3 != FAILED* ]] || failed=$((failed + 1))
}

# The sum of a property over the tests in a report of GoogleTest's.
sum_of() {
  sed -n "s/.*<property name=\"$2\" value=\"\([0-9]*\)\".*/\1/p" "$1" | awk '{ sum += $1 } END { print sum + 0 }'
}

# Configures and builds once, into a log of its own.
declare -A built
build_once() {
  local preset=$1 target=$2
  if [[ -z ${built[$preset/$target]:-} ]]; then
    say "Building $target of build/$preset"
    built[$preset/$target]=no
    if (configure "$preset" && build "$preset" "$target") >"$here/build-$preset-$target.log" 2>&1; then
      built[$preset/$target]=yes
    fi
  fi
  [[ ${built[$preset/$target]} == yes ]]
}

# gtest MINUTES WHAT UNIT PRESET PROGRAM FILTER [VARIABLE=VALUE...]: a step by some tests of a program. UNIT: the
# property that they count by; "tests": themselves.
gtest() {
  local minutes=$1 what=$2 unit=$3 preset=$4 program=$5 filter=$6
  shift 6
  local log report begin=$SECONDS code=0 ran skipped count end run=(env "$@")
  log=$here/$(wc -l <"$table" 2>/dev/null || echo 0)-$preset-${program}.log
  report=${log%.log}.xml
  if ! build_once "$preset" "$program"; then
    row "$what" 0 "FAILED: see $here/build-$preset-$program.log" $((SECONDS - begin))
    return
  fi
  # Old thread sanitizers can't live with the address space layout of some kernels.
  [[ $preset != tsan ]] || ! setarch -R true 2>/dev/null || run=(setarch -R env "$@")
  begin=$SECONDS
  timeout -k 30 $((minutes * 60)) "${run[@]}" "$ROOT/build/$preset/tests/$program" "--gtest_filter=$filter" \
    "--gtest_output=xml:$report" >"$log" 2>&1 </dev/null || code=$?
  ran=0 skipped=0 count=0
  if [[ -e $report ]]; then
    skipped=$(grep -c 'result="skipped"' "$report" || true)
    ran=$(($(grep -c '<testcase ' "$report" || true) - skipped))
    count=$ran
    [[ $unit == tests ]] || count=$(sum_of "$report" "$unit")
  fi
  end=held
  if [[ $code -eq 124 || $code -eq 137 ]]; then
    end="FAILED: over $minutes minutes, see $log"
  elif [[ $code -ne 0 || $((ran + skipped)) -eq 0 ]]; then
    end="FAILED: see $log"
  elif [[ $ran -eq 0 ]]; then
    end="skipped: see $log"
  elif [[ $skipped -gt 0 ]]; then
    end="held; $skipped skipped"
  fi
  row "$what" "$count $unit" "$end" $((SECONDS - begin))
}

# What a quick run takes less of.
whole_corpus() { [[ -n $quick ]] || echo TBBTHUMBS_WHOLE_CORPUS=1; }
all_delays() { [[ -n $quick ]] || echo TBBTHUMBS_ALL_DELAYS=1; }

# shellcheck disable=SC2046
throw_corpus() {
  gtest 10 "odd and hostile files, the command" outcomes release command_tests 'CorpusOutcomesTest.*'
  gtest 60 "the same, address and undefined behaviour sanitizers" outcomes asan command_tests 'CorpusOutcomesTest.*'
  gtest 60 "the same, four threads, the same sanitizers" outcomes asan strategies_thread_tests \
    '*CorpusThreadsTest.*' $(whole_corpus)
  gtest 60 "the same, four threads, thread sanitizer" outcomes tsan strategies_thread_tests '*CorpusThreadsTest.*' $(whole_corpus)
}

throw_bombs() {
  local filter='BombsTest.*:*DamageModes.*:DamagedScans.*:*JpegScanDamage*:*PngDamage*:*JpegLaneDamage*:*FuzzReplay*'
  gtest 10 "bombs and damaged files" tests release library_tests "$filter"
  [[ -z $quick ]] || filter='BombsTest.*:*FuzzReplay*'
  gtest 60 "the same, address and undefined behaviour sanitizers" tests asan library_tests "$filter"
}

throw_faults() {
  local filter='*FaultyInputTest.*:*FaultyOutputTest.*:TornOutTest.*:Held*Test.*:FaultLimitsTest.*:FewThreadsTest.*'
  filter+=':FaultTreeTest.*:FaultClockTest.*:OutputFullTest.*'
  gtest 20 "faults of disks, limits, trees and clocks" tests release command_tests "$filter"
  gtest 10 "damaged journals" tests release library_tests 'JournalDamageTest.*'
}

throw_storms() {
  gtest $((10 + kills)) "kill -9 under each trouble" kills release command_tests '*KillStormTest.*' \
    TBBTHUMBS_STORM_KILLS="$kills"
  gtest $((5 + kills / 10)) "kill -9 with none" kills release command_tests 'KillTest.*' TBBTHUMBS_KILLS="$kills"
}

# shellcheck disable=SC2046
throw_delays() {
  gtest 60 "threads x tokens, the task graph" runs release library_tests '*GraphDelaysTest.*' $(all_delays)
  gtest 120 "threads x tokens, strategies of plain threads" runs release strategies_thread_tests \
    '*StageDelaysTest.*' $(all_delays)
  gtest 60 "threads x tokens, thread sanitizer" runs tsan strategies_thread_tests '*StageDelaysTest.*' $(all_delays)
}

throw_planted() {
  gtest 10 "planted links" tests release command_tests 'PlantedLinksTest.*'
  gtest 10 "planted escapes" attempts release command_tests 'SandboxCommandTest.*'
  gtest 10 "decoders that crash, hang and lie" tests release command_tests 'IsolatePlantedTest.*:DecoderMessages.*'
}

throw_fuzz() {
  [[ $fuzz_minutes -gt 0 ]] || return 0
  local sums=$ROOT/build/fuzz/campaigns.tsv begin=$SECONDS before=1 end=held log=$here/fuzz.log executions
  [[ ! -e $sums ]] || before=$(wc -l <"$sums")
  say "Fuzzing for $fuzz_minutes minutes"
  # Besides, there is what building takes.
  timeout -k 30 $(((fuzz_minutes * 2 + 40) * 60)) "$ROOT/tests/fuzz/run.sh" --minutes "$fuzz_minutes" >"$log" 2>&1 \
    </dev/null || end="FAILED: see $log"
  executions=$(tail -n +$((before + 1)) "$sums" 2>/dev/null | awk -F '\t' '{ sum += $4 } END { print sum + 0 }')
  row "fuzz targets" "$executions executions" "$end" $((SECONDS - begin))
}

: >"$table"
for step in "${steps[@]}"; do "throw_$step"; done
{ printf 'thrown at it\thow many\twhat became of it\tseconds\n'; cat "$table"; } | column -t -s $'\t'
held=$(grep -c $'\theld' "$table" || true)
say "Of $(wc -l <"$table") steps $held held, $failed failed, the others were skipped: $SECONDS s"
[[ $failed -eq 0 ]]
