#!/bin/sh
# Generators of clients, and the compilers of what they generate: Python in .tools/clients-venv,
# oapi-codegen in .tools/clients-go, a JDK and Maven from the distribution's packages.
set -eu
. "$(dirname "$0")/lib.sh"

module=$root/test/clients/go
folder=$tools/clients-go
python_environment "$tools/clients-venv" "$root/test/clients/requirements.txt" 'generators of Python and Java clients'

has javac || apt_install 'a JDK, to compile a generated client' default-jdk-headless
has mvn || apt_install 'Maven, to compile a generated client' maven

# The JDBC driver that the tests of connection strings use.
driver=org.postgresql:postgresql:42.7.14
jar=$tools/clients-java/postgresql-42.7.14.jar
if [ ! -f "$jar" ]; then
  say 'downloading the JDBC driver of PostgreSQL'
  mkdir -p "$tools/log"
  mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy -Dartifact=$driver \
    -DoutputDirectory="$tools/clients-java" >"$tools/log/clients-java.log" 2>&1 || {
    tail -n 15 "$tools/log/clients-java.log" >&2
    fail "Maven could not download $driver; see $tools/log/clients-java.log"
  }
fi

wanted=$(digest "$module/go.mod" "$module/go.sum")
[ "$(cat "$folder/.built" 2>/dev/null)" = "$wanted" ] && exit 0
go=$(go_for "$module/go.mod" 'Go, to compile oapi-codegen and a generated client')
say 'compiling oapi-codegen: about a minute, once'
mkdir -p "$folder" "$tools/log"
log=$tools/log/clients-go.log
(cd "$module" && GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0 "$go" build -mod=readonly -trimpath \
  -buildvcs=false -ldflags '-s -w' -o "$folder/" \
  github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen) >"$log" 2>&1 || {
  tail -n 15 "$log" >&2
  fail "oapi-codegen did not compile; see $log"
}
printf '%s' "$wanted" >"$folder/.built"
