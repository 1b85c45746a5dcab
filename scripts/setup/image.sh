#!/bin/sh
# The image of which local nodes are made; images/node/build.sh does nothing when it is there.
set -eu
. "$(dirname "$0")/lib.sh"

mkdir -p "$tools/log"
log=$tools/log/image.log
still 'building the node image'
"$root/images/node/build.sh" 2>"$log" >"$tools/image.$$" || {
  rm -f "$tools/image.$$"
  tail -n 20 "$log" >&2
  fail "the node image could not be built; see $log"
}
reference=$(tail -n 1 "$tools/image.$$")
rm -f "$tools/image.$$"
if [ -s "$log" ]; then say "the node image is $reference"; fi
