#!/bin/sh
# tflint and terraform-docs for the checks of the modules, compiled into .tools/terraform-tools from the
# Go module proxy, each module checked by terraform-tools/go.sum.
set -eu
. "$(dirname "$0")/lib.sh"

module=$root/scripts/setup/terraform-tools
folder=$tools/terraform-tools
wanted=$(digest "$module/go.mod" "$module/go.sum")
[ "$(cat "$folder/.built" 2>/dev/null)" = "$wanted" ] && exit 0

go=$(go_for "$module/go.mod" 'Go, to compile tflint and terraform-docs')
say 'compiling tflint and terraform-docs: one to two minutes, once'
mkdir -p "$folder" "$tools/log"
log=$tools/log/terraform-tools.log
(cd "$module" && GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0 "$go" build -mod=readonly -trimpath \
  -buildvcs=false -ldflags '-s -w' -o "$folder/" \
  github.com/terraform-docs/terraform-docs github.com/terraform-linters/tflint) >"$log" 2>&1 || {
  tail -n 15 "$log" >&2
  fail "tflint and terraform-docs did not compile; see $log"
}
printf '%s' "$wanted" >"$folder/.built"
