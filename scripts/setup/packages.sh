#!/bin/sh
# Small programs that Hathi, its tests or the node image use, from the distribution's packages.
set -eu
. "$(dirname "$0")/lib.sh"

need() { # need PROGRAM DEBIAN_PACKAGE WHY
  has "$1" || PATH="$PATH:/usr/sbin:/sbin" has "$1" || apt_install "$3" "$2"
}
need curl curl 'curl, for the five steps by hand'
need ssh openssh-client 'ssh, by which Ansible reaches the nodes'
need ssh-keygen openssh-client 'ssh-keygen'
need openssl openssl 'openssl, by which the tests check certificates'

if has psql; then :; elif has brew && ! has apt-get; then
  fail 'psql is missing. Install it, then start again:  brew install libpq && brew link --force libpq'
else
  apt_install 'psql' postgresql-client
fi
# Only where the node image's base is made from Debian's packages (no container hub in reach).
if has apt-get; then need debootstrap debootstrap 'debootstrap, for the node image'; fi
