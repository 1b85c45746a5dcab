#!/bin/sh
# Checks every shell script of the repository, found by its first line.
set -eu
cd "$(dirname "$0")/../.."

# Templates of Ansible are no shell before they are rendered.
scripts=$(git ls-files | grep -v '\.j2$' | while read -r file; do
  [ -f "$file" ] || continue
  case $(head -n 1 "$file" | tr -d '\0') in '#!'*sh | '#!'*sh\ *) echo "$file" ;; esac
done)
count=$(echo "$scripts" | wc -l)
[ "$count" -ge 10 ] || { echo "shellcheck: found only $count scripts" >&2; exit 1; }
# shellcheck disable=SC2086 # one word for each script; names have no spaces
.tools/check-venv/bin/shellcheck --external-sources --source-path=SCRIPTDIR $scripts scripts/setup/lib.sh
echo "shellcheck: $count scripts"
