# What fit.sbatch and sweep.sbatch share: the header, the launcher, signals, requeueing. Sourced by them.
#
#   start COMMAND...     header, then "distfit COMMAND..." on all tasks of the job, until it ends
#
# The job's exit status is distfit's own: 0 done, 2 bad input, 3 not converged, 64 bad arguments. These
# are final. Everything else that may go better next time puts the job back into the queue:
#   75   distfit was told to stop (time limit, preemption) and wrote a checkpoint
#   a node or a rank was lost: at most DISTFIT_LOSSES times (default 5), in case it is the job's fault

# One job of an array by its own name: the number of the last one is also that of the whole array.
job=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID}
job=${job:-$SLURM_JOB_ID}

# One crash, one line.
export SWIFT_BACKTRACE=enable=no
# A lost node or link is noticed after 4 + 3 * 2 seconds; OpenMPI's own default is minutes.
export OMPI_MCA_oob_tcp_keepalive_time=${OMPI_MCA_oob_tcp_keepalive_time:-4}
export OMPI_MCA_oob_tcp_keepalive_intvl=${OMPI_MCA_oob_tcp_keepalive_intvl:-2}
export OMPI_MCA_oob_tcp_keepalive_probes=${OMPI_MCA_oob_tcp_keepalive_probes:-3}

# USR1 comes before the time limit (--signal in the scripts), TERM when the job is cancelled or preempted.
# Both mean: write a checkpoint and stop. The launchers forward USR1 to the ranks, where the first one
# counts; TERM would end mpirun itself. It is sent every second until the run ends, because one that comes
# while the ranks start is lost.
told=
hear() {
  trap "" USR1 TERM
  told=$1
  echo "told to stop at $(date +%T) by $1: checkpoint"
}
trap "hear USR1" USR1
trap "hear TERM" TERM

# find_distfit FOLDER: DISTFIT names the program; else the build beside these scripts; else PATH.
find_distfit() {
  distfit=${DISTFIT:-}
  if [ -z "$distfit" ] && [ -x "$1/../.build/release/distfit" ]; then
    distfit=$(cd "$1/../.build/release" && pwd)/distfit
  fi
  distfit=${distfit:-$(command -v distfit || true)}
  if [ -z "$distfit" ]; then
    echo "distfit is neither in DISTFIT, nor built beside these scripts, nor on PATH" >&2
    exit 64
  fi
}

header() {
  local tasks=${SLURM_NTASKS:-1} threads=${SLURM_CPUS_PER_TASK:-1}
  cat <<HEADER
job      $job, start $((${SLURM_RESTART_COUNT:-0} + 1)), $(date --iso-8601=seconds)
nodes    ${SLURM_JOB_NUM_NODES:-1}: ${SLURM_JOB_NODELIST:-$(hostname)}
ranks    $tasks, each with $threads CPUs, started by $launcher
program  $distfit, version $("$distfit" --version 2>/dev/null | tr '\n' ' ')
mpi      $(mpirun --version 2>/dev/null | head -n 1), Slurm $(scontrol --version | cut -d' ' -f2)
command  distfit $*
HEADER
}

# requeue REASON: back into the queue, unless somebody else ended the job (cancelled it; preempted it, where
# Slurm requeues by itself). Slurm ends this script, so nothing follows.
requeue() {
  local state
  state=$(scontrol show job "$job" | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p;T;q')
  if [ "$state" != RUNNING ] && [ "$told" != USR1 ]; then
    echo "job $job was ended from outside: the same command, submitted again, continues"
    exit 75
  fi
  echo "job $job goes back into the queue: $1"
  scontrol requeue "$job" && sleep 300
  echo "scontrol requeue failed: submit the same command again by hand, it continues" >&2
  exit 75
}

# The job's comment keeps what outlives a run: "losses=2 on=n[1-3]", the second word while a run is under way.
remember() { scontrol update "JobId=$job" "Comment=losses=$losses${1:+ on=$1}"; }

# give_up STATUS: whether ranks or nodes were lost too often.
give_up() {
  if [ "$losses" -gt "${DISTFIT_LOSSES:-5}" ]; then
    echo "ranks or nodes were lost $losses times (status $1): not tried again. Out of memory?" >&2
    exit "$1"
  fi
}

# Names what was lost where the last run could not say it, because the node with its script was lost.
tell_loss() {
  local comment before lost
  comment=$(squeue --noheader --jobs "$job" --format %k)
  losses=$(sed -n 's/^losses=\([0-9]*\).*/\1/p' <<<"$comment")
  losses=${losses:-0}
  before=$(sed -n 's/.* on=//p' <<<"$comment")
  [ -n "$before" ] || return 0
  lost=$(sinfo --noheader --Node --nodes="$before" --format "%N %T" |
    awk '$2 ~ /down|drain|fail|unk|[*]$/ && !seen[$1]++ {printf "%s%s (%s)", comma, $1, $2; comma = ", "}')
  echo "start ${SLURM_RESTART_COUNT:-0} on $before ended without a word:" \
    "lost ${lost:-the node of its script, which answers again by now}"
  losses=$((losses + 1))
  give_up 1
}

start() {
  local launcher=${DISTFIT_LAUNCHER:-mpirun} child status losses
  header "$@"
  tell_loss
  remember "${SLURM_JOB_NODELIST:-}"
  # A signal that comes before the launcher can forward it would end it: it starts with USR1 ignored.
  # Slurm counts what the job may use; binding is left to it, threads to distfit.
  case $launcher in
    mpirun) (trap "" USR1; exec mpirun --bind-to none -n "${SLURM_NTASKS:-1}" "$distfit" "$@") & ;;
    srun) (trap "" USR1; exec srun --mpi=pmix --kill-on-bad-exit=1 "$distfit" "$@") & ;;
    *)
      echo "DISTFIT_LAUNCHER is '$launcher': mpirun or srun is expected" >&2
      exit 64
      ;;
  esac
  child=$!
  while kill -0 $child 2>/dev/null; do
    [ -z "$told" ] || kill -USR1 $child 2>/dev/null
    sleep 1
  done
  status=0
  wait $child || status=$?
  trap - USR1 TERM
  echo "distfit ended with status $status at $(date --iso-8601=seconds)"
  remember
  case $status in
    0 | 2 | 3 | 64 | 70) exit $status ;;
    75) requeue "it was stopped and has a checkpoint" ;;
    # Launchers start ranks with USR1's own meaning, which is death, until distfit takes it.
    138) [ "$told" != USR1 ] || requeue "it was stopped while it started" ;;
  esac
  # mpirun: 205 when a node went, 128 + signal when a rank was killed; srun: 1, 137, 143.
  losses=$((losses + 1))
  remember
  give_up $status
  requeue "a rank or a node was lost (status $status), time $losses of ${DISTFIT_LOSSES:-5}"
}
