#!/bin/sh
# ansible-core in a virtual environment of Hathi's own, one version everywhere.
#
#   ansible.sh          what runs the playbooks, in .tools/venv
#   ansible.sh lint     ansible-lint, in .tools/lint-venv, as its packages are many and only tests use it
set -eu
. "$(dirname "$0")/lib.sh"

if [ "${1:-}" = lint ]; then
  python_environment "$tools/lint-venv" "$root/ansible/requirements-lint.txt" ansible-lint
else
  python_environment "$tools/venv" "$root/ansible/requirements.txt" ansible-core
fi
