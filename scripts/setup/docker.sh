#!/bin/sh
# A container engine that responds: the running one, otherwise the one of Debian, started.
set -eu
. "$(dirname "$0")/lib.sh"

wait_seconds=60
answers() { docker info >/dev/null 2>&1; }

if has docker && answers; then exit 0; fi

if [ "$(uname -s)" = Darwin ]; then
  has docker || fail 'Docker is missing. Install it, then start again:  brew install --cask docker'
  fail 'Docker does not answer. Start it, then start again:  open -a Docker'
fi
if ! has docker || ! has dockerd; then
  apt_install 'Docker, which makes the nodes of local clusters' docker.io
fi
answers && exit 0

# The engine may well run, only not for this user.
if [ "$(id -u)" -ne 0 ] && has sudo && sudo -n docker info >/dev/null 2>&1; then
  fail "Docker runs, but not for you. Join its group and sign in again:  sudo usermod -aG docker $(id -un)"
fi

mkdir -p "$tools/log"
log=$tools/log/dockerd.log
if [ -d /run/systemd/system ]; then
  say 'starting Docker (systemd)'
  as_root systemctl enable --now docker
elif [ "$(id -u)" -eq 0 ]; then
  # Not `service docker start`: its script raises ulimits, which a container may refuse it. In a
  # session of its own, so that it outlives the terminal.
  say "starting dockerd, as no systemd runs here (log: ${log#"$root"/})"
  setsid dockerd >>"$log" 2>&1 </dev/null &
else
  fail 'Docker does not run, nor does systemd. Start it as root, then start again:  sudo dockerd &'
fi

waited=0
until answers; do
  if [ "$waited" -ge "$wait_seconds" ]; then
    [ -s "$log" ] && tail -n 15 "$log" >&2
    if [ "$(id -u)" -ne 0 ]; then
      fail "Docker does not answer you. Join its group and sign in again:  sudo usermod -aG docker $(id -un)"
    fi
    fail "Docker did not answer within $wait_seconds s"
  fi
  sleep 1
  waited=$((waited + 1))
done
