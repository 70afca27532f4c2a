#!/usr/bin/env bash
# Makes thumbnails on a Slurm cluster: plans, submits an array with a task for each shard, and a job that merges their
# journals when all have ended.
#   submit.sh [--shards N] [--plan FILE] [--sbatch OPTION]... INPUT... -o OUT [OPTION of tbbthumbs plan...]
#   submit.sh --retry FILE [--sbatch OPTION]...
# --shards N        default: four for each node
# --plan FILE       default: plan.db; FILE and the logs in FILE.logs lie where all nodes see them, as do the pictures
# --sbatch OPTION   for both jobs, as in --sbatch --partition=long --sbatch --time=2:00:00
# --retry FILE      when all jobs have ended: the shards that are missing
# Exit codes: those of tbbthumbs plan; after 1 (some inputs could not be read) all others are under way.
# The command is $TBBTHUMBS, or tbbthumbs in the PATH, or what is built here.
set -euo pipefail

say() { printf '%s\n' "$*"; }

die() {
  printf 'submit.sh: %s\n' "$*" >&2
  exit 2
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

find_command() {
  local built=$here/../../build/release/tbbthumbs name=${TBBTHUMBS:-tbbthumbs}
  if command -v "$name" >/dev/null; then
    realpath "$(command -v "$name")"
  elif [[ -z ${TBBTHUMBS:-} && -x $built ]]; then
    realpath "$built"
  else
    die "there is no $name; set TBBTHUMBS to the command"
  fi
}

# Some more than can run at once, so that nobody waits long for the last; as many as an array may have at most.
default_shards() {
  local nodes most shards
  nodes=$(sinfo --noheader --Node --format %N | sort -u | wc -l)
  most=$(scontrol show config | sed -n 's/^MaxArraySize *= *\([0-9]*\).*/\1/p')
  shards=$((nodes * 4))
  printf '%d' "$((shards < ${most:-1001} ? shards : ${most:-1001}))"
}

# submit ARRAY-OPTION
submit() {
  local logs=$plan.logs job merge_job
  mkdir -p "$logs"
  # In names of logs % is special.
  job=$(sbatch --parsable --output="${logs//%/%%}/%a.log" "${sbatch_options[@]}" "$1" \
    "$here/thumbnails.sbatch" "$plan")
  job=${job%%;*}
  merge_job=$(sbatch --parsable --output="${logs//%/%%}/merge.log" "${sbatch_options[@]}" --cpus-per-task=1 \
    --dependency="afterany:$job" "$here/merge.sbatch" "$plan") ||
    die "job $job makes the thumbnails ($1), but nothing merges their journals: tbbthumbs merge --plan $plan"
  merge_job=${merge_job%%;*}
  say "Job $job makes the thumbnails ($1), job $merge_job merges the journals. Logs: $logs"
  say "What they do: squeue --jobs $job,$merge_job"
  say "If shards are missing when both have ended: $(printf '%q ' "$here/submit.sh" --retry "$plan")"
}

shards=
plan=plan.db
retry=
sbatch_options=()
words=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --shards | --plan | --sbatch | --retry)
      [[ $# -ge 2 ]] || die "$1 needs a value"
      set -- "$1=$2" "${@:3}"
      ;;
  esac
  case $1 in
    --shards=*) shards=${1#*=} ;;
    --plan=*) plan=${1#*=} ;;
    --sbatch=*) sbatch_options+=("${1#*=}") ;;
    --retry=*) plan=${1#*=} retry=yes ;;
    *) words+=("$1") ;;
  esac
  shift
done
TBBTHUMBS=$(find_command)
export TBBTHUMBS
plan=$(realpath -m "$plan")

if [[ -n $retry ]]; then
  [[ ${#words[@]} -eq 0 && -z $shards ]] || die "--retry goes by the plan: no inputs, no other options than --sbatch"
  status=0
  array=$("$TBBTHUMBS" merge --plan "$plan") || status=$?
  if [[ $status -eq 75 ]]; then
    [[ $array == --array=* ]] || die "merge did not say which shards are missing"
    submit "$array"
    exit
  fi
  if [[ $status -le 1 ]]; then say "No shard is missing"; fi
  exit "$status"
fi

[[ ${#words[@]} -gt 0 ]] || die "usage: submit.sh [--shards N] [--plan FILE] [--sbatch OPTION]... INPUT... -o OUT"
[[ ! -e $plan ]] || die "$plan is there already: --retry $plan goes on with it, --plan FILE makes another"
[[ -n $shards ]] || shards=$(default_shards)
[[ $shards =~ ^[1-9][0-9]*$ ]] || die "--shards $shards: a number from 1 on"
status=0
"$TBBTHUMBS" plan "${words[@]}" --shards "$shards" --plan "$plan" || status=$?
# 1: some inputs could not be read; the plan has all others.
[[ $status -le 1 ]] || exit "$status"
submit "--array=0-$((shards - 1))"
exit "$status"
