#!/bin/sh
# Terraform 1.6 or OpenTofu 1.8, or anything later: the one on PATH, else OpenTofu built here.
#
#   terraform.sh          when no engine that fits is there
#   terraform.sh tofu     OpenTofu beside whatever is there, so that the tests run on both
#
# No registry of packages carries an OpenTofu binary that installs without a further download, so
# it is compiled from the Go module proxy, each module checked by opentofu/go.sum.
set -eu
. "$(dirname "$0")/lib.sh"
PATH=$tools/bin:$PATH

engine_version() { # of `terraform` or `tofu`, or nothing
  "$1" version -json 2>/dev/null | sed -n 's/.*"terraform_version": *"\([^"]*\)".*/\1/p'
}
fits() { # fits PROGRAM OLDEST
  has "$1" && version=$(engine_version "$1") && [ -n "$version" ] && version_at_least "$version" "$2"
}
if [ "${1:-}" != tofu ] && fits terraform 1.6; then exit 0; fi
if fits tofu 1.8; then exit 0; fi

module=$root/scripts/setup/opentofu
go=$(go_for "$module/go.mod" "Go, to compile OpenTofu")

version=$(sed -n 's|.*github.com/opentofu/opentofu v\([^ ]*\).*|\1|p' "$module/go.mod")
say "compiling OpenTofu $version: three to five minutes on two idle cores, once"
mkdir -p "$tools/bin" "$tools/log"
log=$tools/log/opentofu.log
partial=$tools/bin/tofu.$$
trap 'rm -f "$partial"; hush' EXIT
# -buildvcs=false: the version stamp would want a Git work tree that Git trusts.
(cd "$module" && GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0 "$go" build -mod=readonly -trimpath \
  -buildvcs=false -ldflags '-s -w -X github.com/opentofu/opentofu/version.dev=no' \
  -o "$partial" github.com/opentofu/opentofu/cmd/tofu) >"$log" 2>&1 || {
  tail -n 15 "$log" >&2
  fail "OpenTofu did not compile; see $log. Or install Terraform yourself and start again."
}
mv "$partial" "$tools/bin/tofu"
fits tofu 1.8 || fail 'the OpenTofu that was compiled does not run'
say "OpenTofu $version is in .tools/bin"
