#!/bin/sh
# The shells that the tests complete commands in.
set -eu
. "$(dirname "$0")/lib.sh"

for shell in bash zsh fish; do
  has "$shell" || apt_install "$shell, for the tests of completion" "$shell"
done
