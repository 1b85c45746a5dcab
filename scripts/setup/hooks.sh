#!/bin/sh
# `make check` before each commit, by Git's own hooks path. Never in CI, and never over a hooks
# path that is set already. Opt out with HATHI_NO_HOOKS=1, or for good with `touch .tools/no-hooks`.
set -eu
. "$(dirname "$0")/lib.sh"
cd "$root"

if [ "${CI:-}" = true ] || [ -n "${HATHI_NO_HOOKS:-}" ] || [ -e "$tools/no-hooks" ]; then exit 0; fi
[ -e .git ] && has git || exit 0
[ -z "$(git config --get core.hooksPath || true)" ] || exit 0
git config core.hooksPath .githooks
# shellcheck disable=SC2016 # the quotes belong to the text
say '`make check` will run before each commit (HATHI_NO_HOOKS=1 make setup leaves this out)'
