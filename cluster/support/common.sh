# Shared by the scripts of this folder: where things are, how to speak, how to find Swift.
# Sourced by bash scripts that have set -euo pipefail.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '%s\n' "$*"; }
fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# MPI refuses to start for root unless told twice; a container's root is the usual reason to be root.
if [ "$(id -u)" = 0 ]; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

# A crash prints one line, not a page per rank.
export SWIFT_BACKTRACE=enable=no

# Puts Swift on PATH, from the places where its installers leave it.
require_swift() {
  local place
  if ! command -v swift >/dev/null; then
    for place in "$HOME/.local/share/swiftly/bin" /opt/swift/usr/bin /usr/local/swift/usr/bin \
      /usr/libexec/swift/*/usr/bin /usr/share/swift/usr/bin; do
      if [ -x "$place/swift" ]; then
        export PATH="$place:$PATH"
        break
      fi
    done
  fi
  command -v swift >/dev/null || fail "Swift 6.2 or later is needed and was not found.
  Install it from https://www.swift.org/install/linux (Debian 12 has its own download),
  put its usr/bin on PATH, and run this script again."
}

# Prints the first python that can make virtual environments; nothing where there is none.
find_python() {
  local python
  for python in /usr/bin/python3 python3; do
    if command -v "$python" >/dev/null && "$python" -c 'import venv, ensurepip' 2>/dev/null; then
      command -v "$python"
      return
    fi
  done
}
