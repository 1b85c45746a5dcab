#!/bin/sh
# Node 26 and every npm package, exactly as package-lock.json names them.
#
# Node comes from npm itself (the package node@26), so that any Node that can run npm will do. But
# an npm on an older Node quietly takes older majors whose `engines` fit where a version is open,
# so what was put there is compared with the lock file afterwards.
#
# Not `npm ci`: it refuses a lock file that does not list the optional packages of every platform,
# and a registry that mirrors only some platforms makes such a file. `npm install --no-save` takes
# the same versions from the lock file, and writes neither it nor package.json.
set -eu
. "$(dirname "$0")/lib.sh"
cd "$root"

check() { node_modules/.bin/node scripts/setup/check-lock.ts; }

if [ -x node_modules/.bin/node ] && check >/dev/null 2>&1; then exit 0; fi

if ! has npm || ! has node; then
  if has apt-get; then
    apt_install 'an npm to start from (Node 26 itself comes from npm)' nodejs npm
  else
    fail "npm is missing. Install any Node from 18 on, then start again:  brew install node"
  fi
fi
version_at_least "$(node --version | tr -d v)" 18 ||
  fail "the machine's Node is $(node --version); npm needs 18 or later to fetch Node 26"

say 'installing Node 26 and the npm packages of package-lock.json'
mkdir -p "$tools/log"
log=$tools/log/npm.log
npm install --no-save --no-audit --no-fund --loglevel=error >"$log" 2>&1 || {
  tail -n 20 "$log" >&2
  fail "npm install failed; see $log"
}
# A library that its binary needs and a bare Debian lacks.
case $(node_modules/.bin/node --version 2>&1) in
  *libatomic*) apt_install 'libatomic, which Node 26 needs' libatomic1 ;;
esac
# Newer versions of npm run a package's install script only when it is allowed by name, and the
# package node links its binary in one.
if ! node_modules/.bin/node --version >/dev/null 2>&1; then
  npm rebuild --foreground-scripts node >>"$log" 2>&1 ||
    fail "node@26's install script did not run; see $log"
fi
check
