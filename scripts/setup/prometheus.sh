#!/bin/sh
# Prometheus and promtool, for the tests of monitoring/. Unpacked and not installed: the package of Debian would start a
# service.
set -eu
. "$(dirname "$0")/lib.sh"

folder=$tools/prometheus
if [ -x "$folder/usr/bin/promtool" ]; then exit 0; fi
if has promtool && has prometheus; then
  mkdir -p "$folder/usr/bin"
  ln -sf "$(command -v promtool)" "$(command -v prometheus)" "$folder/usr/bin/"
  exit 0
fi
has apt-get || fail 'Prometheus is missing. Install it, then start again:  brew install prometheus'

say 'downloading Prometheus, for the tests of monitoring/'
mkdir -p "$folder"
cd "$folder"
if ! apt-get download prometheus >/dev/null 2>&1; then
  as_root apt-get update >/dev/null
  apt-get download prometheus >/dev/null
fi
dpkg -x prometheus_*.deb "$folder"
rm -f prometheus_*.deb
