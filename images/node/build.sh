#!/bin/sh
# Builds the node image of the local target, unless it is there, and prints its name.
#
#   images/node/build.sh [trixie|bookworm] [--base]
#
# trixie (the default): Debian 13, PostgreSQL 17   → hathi-node:<digest>
# bookworm:             Debian 12, PostgreSQL 15   → hathi-node:bookworm-<digest>
#
# The digest covers the recipe (every file here but the README) and the flavour, so a changed
# recipe is a new image and an unchanged one is found at once. stdout has the name alone;
# progress and errors go to stderr. With --base it is the Debian below: made if it is not there, too.
#
# HATHI_DEBIAN_MIRROR   the mirror to use where Docker's hub is out of reach
set -eu
cd "$(dirname "$0")"

flavour=${1:-trixie}
case $flavour in
  trixie) debian=13 prefix= ;;
  bookworm) debian=12 prefix=bookworm- ;;
  *) echo "build.sh: unknown flavour '$flavour': trixie or bookworm" >&2; exit 64 ;;
esac

say() { echo "node image: $*" >&2; }
fail() { echo "node image: $*" >&2; exit 1; }

sha256() {
  if command -v sha256sum > /dev/null 2>&1; then sha256sum; else shasum -a 256; fi | cut -c 1-64
}

recipe_digest() {
  {
    echo "$flavour"
    find . -type f ! -name README.md ! -name '.*' | LC_ALL=C sort | while read -r file; do
      printf '%s %s\n' "$file" "$(sha256 < "$file")"
    done
  } | sha256 | cut -c 1-12
}

image_exists() { docker image inspect "$1" > /dev/null 2>&1; }

# The daemon gives up by itself where it finds no hub; the bound is for one that answers and stalls.
pull_seconds=180
pull() {
  docker pull -q "$1" > /dev/null 2>&1 &
  pull_pid=$!
  ( sleep "$pull_seconds"; kill "$pull_pid" ) > /dev/null 2>&1 &
  watch_pid=$!
  if wait "$pull_pid"; then pulled=0; else pulled=1; fi
  kill "$watch_pid" 2> /dev/null || true
  return "$pulled"
}

# The URIs of this machine's own apt sources, in either of apt's two formats.
apt_uris() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2> /dev/null |
    awk '$1 == "URIs:" { for (i = 2; i <= NF; i++) print $i }
         $1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) { print $i; break } }'
}

debootstrap_base() {
  command -v debootstrap > /dev/null 2>&1 ||
    fail "Docker's hub is out of reach and debootstrap is missing; install it (apt-get install debootstrap)"
  [ "$(id -u)" -eq 0 ] || fail "Docker's hub is out of reach and debootstrap needs root; run this as root"
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -f "$keyring" ] || fail "debootstrap needs Debian's keys; install debian-archive-keyring"

  mirror=${HATHI_DEBIAN_MIRROR:-$(apt_uris | sed -n 's|/*$||; /\/debian$/p' | head -n 1)}
  security=$(apt_uris | sed -n 's|/*$||; /\/debian-security$/p' | head -n 1)

  say "no hub in reach: making Debian $debian by debootstrap (about a minute)"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  chmod 0755 "$work"
  # Without a mirror debootstrap uses its own default.
  debootstrap --variant=minbase --include=ca-certificates --keyring="$keyring" \
    "$flavour" "$work/root" ${mirror:+"$mirror"} > "$work/log" 2>&1 ||
    { tail -n 20 "$work/log" >&2; fail "debootstrap failed"; }
  mirror=$(awk '$1 == "deb" { print $2; exit }' "$work/root/etc/apt/sources.list")
  {
    echo "deb $mirror $flavour main"
    echo "deb $mirror $flavour-updates main"
    if [ -n "$security" ]; then echo "deb $security $flavour-security main"; fi
  } > "$work/root/etc/apt/sources.list"
  rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/lib/apt/lists/*
  tar -C "$work/root" -c . | docker import - "$1" > /dev/null
  rm -rf "$work"
}

image=hathi-node:$prefix$(recipe_digest)
if [ "${2:-}" != --base ] && image_exists "$image"; then
  echo "$image"
  exit 0
fi
docker version > /dev/null 2>&1 || fail "Docker does not answer; is it installed and running?"

base=debian:$debian
if ! image_exists "$base" && ! pull "$base"; then
  base=hathi-node-base:$flavour
  image_exists "$base" || debootstrap_base "$base"
fi
if [ "${2:-}" = --base ]; then
  echo "$base"
  exit 0
fi

say "building $image on $base (about a minute, once)"
log=$(mktemp)
# Named without a value, so that Docker takes each from the environment, and none where it is unset.
if ! docker build --network host \
  --build-arg http_proxy --build-arg https_proxy --build-arg no_proxy \
  --build-arg "BASE=$base" --tag "$image" . > "$log" 2>&1; then
  tail -n 30 "$log" >&2
  rm -f "$log"
  fail "the build failed"
fi
rm -f "$log"
echo "$image"
