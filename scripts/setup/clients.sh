#!/bin/sh
# Generators of clients, and the compilers of what they generate: Python in .tools/clients-venv,
# oapi-codegen in .tools/clients-go, a JDK and Maven from the distribution's packages.
set -eu
. "$(dirname "$0")/lib.sh"

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

go_tools "$tools/clients-go" "$root/test/clients/go" oapi-codegen clients-go.log \
  github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen
