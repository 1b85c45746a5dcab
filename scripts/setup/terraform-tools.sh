#!/bin/sh
# tflint and terraform-docs for the checks of the modules, compiled into .tools/terraform-tools from the
# Go module proxy, each module checked by terraform-tools/go.sum.
set -eu
. "$(dirname "$0")/lib.sh"

go_tools "$tools/terraform-tools" "$root/scripts/setup/terraform-tools" 'tflint and terraform-docs' \
  terraform-tools.log \
  github.com/terraform-docs/terraform-docs github.com/terraform-linters/tflint
