#!/bin/sh
# ruff, mypy and shellcheck, which `make check` runs over Python and shell scripts.
set -eu
. "$(dirname "$0")/lib.sh"

python_environment "$tools/check-venv" "$root/scripts/check/requirements.txt" 'ruff, mypy and shellcheck'
