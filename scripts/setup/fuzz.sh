#!/bin/sh
# Schemathesis in an environment of its own, .tools/fuzz-venv, as only the tests use it.
set -eu
. "$(dirname "$0")/lib.sh"

python_environment "$tools/fuzz-venv" "$root/test/fuzz/requirements.txt" Schemathesis
