#!/bin/sh
# The provider hashicorp/aws for the tests of the AWS target, into .tools/aws-provider: where a registry of
# Terraform is in reach the real one, which Terraform fetches itself; else a stand-in that is
# compiled here (test/aws/provider). Which one it is stands in .tools/aws-provider/provider.
set -eu
. "$(dirname "$0")/lib.sh"

source=$root/test/aws/provider
mirror=$tools/aws-provider
version=$(sed -n 's/.*"provider_version": *"\([^"]*\)".*/\1/p' "$source/schema/schema.json")
if curl -fsS --max-time 10 -o /dev/null https://registry.terraform.io/.well-known/terraform.json 2>/dev/null; then
  mkdir -p "$mirror"
  printf 'provider_installation {\n  direct {}\n}\n' >"$mirror/cli.tfrc"
  echo 'the real provider hashicorp/aws, from its registry' >"$mirror/provider"
  rm -f "$mirror/.built"
  exit 0
fi
sources=$(find "$source" -type f \( -name '*.go' ! -name '*_test.go' -o -name 'go.*' -o -name '*.json' \) | LC_ALL=C sort)
# shellcheck disable=SC2086 # No path of ours has a blank.
wanted=$(digest $sources)
[ "$(cat "$mirror/.built" 2>/dev/null)" = "$wanted" ] && exit 0

go=$(go_for "$source/go.mod" 'Go, to compile the stand-in provider')
say "compiling the stand-in for hashicorp/aws $version: about a minute, once"
mkdir -p "$tools/log"
log=$tools/log/aws-provider.log
rm -rf "$mirror"
for host in registry.terraform.io registry.opentofu.org; do
  folder=$mirror/$host/hashicorp/aws/$version/$("$go" env GOOS)_$("$go" env GOARCH)
  mkdir -p "$folder"
  # The second time Go's cache has it.
  (cd "$source" && GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0 "$go" build -mod=readonly -trimpath \
    -buildvcs=false -ldflags '-s -w' -o "$folder/terraform-provider-aws_v$version" .) >"$log" 2>&1 || {
    tail -n 15 "$log" >&2
    fail "the stand-in provider did not compile; see $log"
  }
done
cat >"$mirror/cli.tfrc" <<EOF
provider_installation {
  filesystem_mirror {
    path = "$mirror"
  }
}
EOF
echo "a stand-in for the provider hashicorp/aws $version, compiled from test/aws/provider" >"$mirror/provider"
printf '%s' "$wanted" >"$mirror/.built"
