#!/usr/bin/env bash
# Fuzzes: run.sh [--minutes N] [--jobs J] [--fresh] [TARGET...]
#   --minutes N  for all targets together, each process counted (default 16)
#   --jobs J     processes at once (default 1)
#   --fresh      without the inputs that earlier campaigns found
# Builds the fuzz preset, and runs each target (default: all) for its share. What is found goes on to the next campaign,
# in build/fuzz/corpus; seeds are made of the pictures in $TBBTHUMBS_CORPUS, or ../shared/corpus, where they are there.
# Ends with 1 at a finding, which lies in build/fuzz/findings then. Prints a table, and adds it to
# build/fuzz/campaigns.tsv.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"

minutes=16
jobs=1
fresh=
targets=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --minutes) minutes=${2:?}; shift ;;
    --jobs) jobs=${2:?}; shift ;;
    --fresh) fresh=yes ;;
    -*) die "no such option: $1" ;;
    *) targets+=("$1") ;;
  esac
  shift
done
[[ $minutes =~ ^[1-9][0-9]*$ && $jobs =~ ^[1-9][0-9]*$ ]] || die "--minutes and --jobs are numbers"

build_dir=$ROOT/build/fuzz
corpus=$build_dir/corpus
seeds=$build_dir/seeds
findings=$build_dir/findings
logs=$build_dir/logs
sums=$build_dir/campaigns.tsv
here=$ROOT/tests/fuzz
mapfile -t all < <(sed -n 's/^TARGET(\([a-z_]*\),.*/\1/p' "$here/targets.def")
[[ ${#targets[@]} -gt 0 ]] || targets=("${all[@]}")
for target in "${targets[@]}"; do
  [[ " ${all[*]} " == *" $target "* ]] || die "no such target: $target (there are: ${all[*]})"
done

configure fuzz
build fuzz fuzz_seeds "${targets[@]/#/fuzz_}"
[[ -z $fresh ]] || rm -rf "$corpus" "$seeds"
pictures=${TBBTHUMBS_CORPUS:-$ROOT/../shared/corpus}
if [[ ! -d $seeds ]]; then
  say "Making seeds"
  [[ -d $pictures ]] || pictures=
  "$build_dir/tests/fuzz_seeds" "$seeds.part" ${pictures:+"$pictures"}
  mv "$seeds.part" "$seeds"
fi
mkdir -p "$findings" "$logs"

# Databases are written and read all the time.
work=$(mktemp -d -p "$([[ -w /dev/shm ]] && echo /dev/shm || echo "${TMPDIR:-/tmp}")")
trap 'rm -rf "$work"' EXIT

# The option for the words that belong to a target, nothing where it has none.
dictionary_option() {
  local names=("$1") file=$work/$1.dict name
  case $1 in
    jpeg_*) names=(jpeg) ;;
    png_*) names=(png) ;;
    thumbnail) names=(jpeg png exif icc) ;;
  esac
  for name in "${names[@]}"; do
    [[ ! -f $here/dictionaries/$name.dict ]] || cat "$here/dictionaries/$name.dict"
  done >"$file"
  [[ ! -s $file ]] || echo "-dict=$file"
}

most_bytes_of() {
  case $1 in
    jpeg_lanes) echo 60000 ;;
    jpeg_* | png_* | thumbnail) echo 24000 ;;
    icc) echo 60000 ;;
    exif | xmp) echo 8192 ;;
    sniff | list) echo 2048 ;;
    plan | journal) echo 128 ;;
    *) echo 768 ;;
  esac
}

share=$((minutes * 60 / ${#targets[@]}))
[[ $share -ge 1 ]] || share=1

run_target() {
  local target=$1 directories=("$corpus/$1") dictionary
  dictionary=$(dictionary_option "$target")
  mkdir -p "$corpus/$target" "$work/$target"
  for directory in "$seeds/$target" "$here/regressions/$target"; do
    [[ ! -d $directory ]] || directories+=("$directory")
  done
  # A finding's own exit status means no more than that there is one: the file tells.
  TMPDIR=$work/$target "$build_dir/tests/fuzz_$target" -max_total_time="$share" -max_len="$(most_bytes_of "$target")" \
    -timeout=25 -report_slow_units=3 -rss_limit_mb=2500 ${dictionary:+"$dictionary"} -print_final_stats=1 \
    -artifact_prefix="$findings/$target-" "${directories[@]}" >"$logs/$target.log" 2>&1 || echo "$target" >>"$work/failed"
}

# One line: target, seconds, executions, executions a second, edges, features, slow inputs, findings.
row_of() {
  awk -v target="$1" -v slow="$2" -v findings="$3" -v seconds="$4" '
    /^#[0-9]+/ { executions = substr($1, 2) + 0 }
    / cov: / { for (i = 1; i < NF; ++i) { if ($i == "cov:") edges = $(i + 1); if ($i == "ft:") features = $(i + 1) } }
    /^stat::number_of_executed_units:/ { executions = $2 }
    END {
      printf "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", target, seconds, executions, executions / (seconds ? seconds : 1),
        edges, features, slow, findings
    }' "$logs/$1.log"
}

count_files() { find "$findings" -type f -newer "$work/begun" -name "$1" | wc -l; }

say "Fuzzing ${#targets[@]} targets for $share s each, $jobs at once"
touch "$work/begun"
running=0
for target in "${targets[@]}"; do
  [[ ! -e $work/failed ]] || break
  if [[ $running -ge $jobs ]]; then
    wait -n
    running=$((running - 1))
  fi
  { start=$SECONDS; run_target "$target"; echo $((SECONDS - start)) >"$work/$target.seconds"; } &
  running=$((running + 1))
done
wait

columns="target\tseconds\texecutions\texec/s\tedges\tfeatures\tslow\tfindings"
[[ -e $sums ]] || printf 'date\t%b\n' "$columns" >"$sums"
rows=$work/rows
for target in "${targets[@]}"; do
  [[ -e $work/$target.seconds ]] || continue
  slow=$(count_files "$target-slow-unit-*")
  row_of "$target" "$slow" "$(($(count_files "$target-*") - slow))" "$(<"$work/$target.seconds")"
done >"$rows"
while IFS= read -r row; do printf '%s\t%s\n' "$(date -u +%FT%TZ)" "$row"; done <"$rows" >>"$sums"
{ printf '%b\n' "$columns"; cat "$rows"; } | column -t -s $'\t'
awk -F '\t' 'NR > 1 { seconds += $3; executions += $4 }
  END { printf "All campaigns: %d executions in %d s\n", executions, seconds }' "$sums"
if [[ -e $work/failed ]]; then
  say "Failed: see $findings, and the ends of the logs in $logs, for: $(tr '\n' ' ' <"$work/failed")"
  exit 1
fi
