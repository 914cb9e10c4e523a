# The virtual cluster's parts: names, and how a node starts and stops. Sourced after common.sh.
#
# A node is a set of Linux namespaces (network, hostname, IPC, mounts, processes) with its own
# address on a bridge. Everything of a cluster lives in network namespaces named after its folder,
# so that whatever a crash left behind is found by asking the kernel, and nothing else is touched.

state=${DISTFIT_CLUSTER_DIR:-/run/distfit-cluster}
identity=$(printf %s "$state" | cksum | cut -d' ' -f1)
network=10.77.0

# What a script that needs the cluster exits with where there cannot be one: "skipped".
unavailable() { printf '%s: skipped: %s\n' "${0##*/}" "$*" >&2; exit 77; }

# The virtual cluster needs root, its tools, and leave to make namespaces.
require_cluster_tools() {
  local tool
  [ "$(id -u)" = 0 ] || unavailable "the virtual cluster needs root (namespaces, bridges): run it with sudo"
  export PATH="$PATH:/usr/sbin:/sbin"
  for tool in ip unshare nsenter munged slurmctld slurmd tc nft; do
    command -v "$tool" >/dev/null || unavailable "$tool is missing: run cluster/prepare --tests"
  done
  unshare --net --uts --ipc --mount --pid --fork true 2>/dev/null ||
    unavailable "this machine does not let root make namespaces (a container without the right?)"
}

# Tries on one namespace everything that nodes are made of; where that fails there cannot be a cluster.
require_namespaces() {
  local probe trouble=
  probe=$(namespace probe)
  ip netns del "$probe" 2>/dev/null || true
  trouble=$({
    ip netns add "$probe" &&
      ip -n "$probe" link add bridge type bridge &&
      ip -n "$probe" link add port type veth peer name eth0 &&
      ip -n "$probe" link set port master bridge up &&
      ip -n "$probe" addr add 10.77.0.1/24 dev eth0 &&
      ip netns exec "$probe" unshare --uts --ipc --mount --pid --fork --kill-child --mount-proc \
        bash -c 'hostname probe && mount -t tmpfs probe /dev/shm'
  } 2>&1) && { ip netns del "$probe"; return; }
  ip netns del "$probe" 2>/dev/null || true
  unavailable "this machine does not let root make networks of namespaces: $trouble"
}

namespace() { printf 'distfit-%s-%s' "$identity" "$1"; }
address() {
  case $1 in
    ctl) printf '%s.10' "$network" ;;
    *) printf '%s.%d' "$network" $((10 + ${1#n})) ;;
  esac
}

# The namespaces of this cluster that the kernel knows, running or left over.
namespaces() { ip netns list | awk '{print $1}' | grep "^distfit-$identity-" || true; }

# is_running NAME: whether a process lives there.
is_running() { [ -n "$(ip netns pids "$(namespace "$1")" 2>/dev/null)" ]; }

# empty NAMESPACE: ends every process in it, at once, as a power failure would.
empty() {
  local processes
  for _ in $(seq 50); do
    processes=$(ip netns pids "$1" 2>/dev/null || true)
    [ -n "$processes" ] || return 0
    # shellcheck disable=SC2086  (a list of process numbers)
    kill -KILL $processes 2>/dev/null || true
    sleep 0.1
  done
  fail "processes in $1 do not end: $processes"
}

# start_machine NAME: namespaces, hostname, memory for MPI, address; no daemon yet.
start_machine() {
  local name=$1 space waited=0
  space=$(namespace "$name")
  rm -rf "$state/spool.$name" "$state/init.$name"
  mkdir -p "$state/private"
  ip netns add "$space"
  # Process 1 of the node: alone holds its namespaces open; its end is the node's end.
  setsid ip netns exec "$space" unshare --uts --ipc --mount --pid --fork --kill-child --mount-proc \
    bash -c 'hostname "$0"
      mount -t tmpfs -o size=2g,mode=1777 shared-memory /dev/shm
      mount -t tmpfs -o mode=1777 private "$1/private"
      touch "$1/init.$0"
      while :; do sleep 1000 & wait; done' "$name" "$state" \
    </dev/null >/dev/null 2>&1 9>&- &
  ip link add "port-$name" netns "$(namespace switch)" type veth peer name eth0 netns "$space"
  ip -n "$(namespace switch)" link set "port-$name" master bridge up
  ip -n "$space" addr add "$(address "$name")/24" dev eth0
  ip -n "$space" link set lo up
  ip -n "$space" link set eth0 up
  until [ -e "$state/init.$name" ]; do
    waited=$((waited + 1))
    [ $waited -lt 200 ] || fail "node $name did not start within 10 s"
    sleep 0.05
  done
  # Seen from here, process 1 is the child of unshare.
  local pid
  for pid in $(ip netns pids "$space"); do
    if [ "$(awk '/^NSpid:/ {print $NF}' "/proc/$pid/status" 2>/dev/null)" = 1 ]; then
      echo "$pid" >"$state/init.$name"
    fi
  done
  [ -s "$state/init.$name" ] || fail "node $name has no process 1"
}

# on NAME COMMAND...: runs a command on a node, in the present folder.
on() { "$state/on" "$@"; }

start_node() {
  start_machine "$1"
  on "$1" slurmd
}

# stop_node NAME: the power goes off.
stop_node() {
  local space
  space=$(namespace "$1")
  empty "$space"
  ip netns del "$space"
}
