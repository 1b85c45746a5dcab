#!/bin/sh
# Removes the cluster's network. Terraform runs this after every node's own destroy, so a container
# of the cluster that is still there belongs to no state (its creation was killed): it goes too.
set -eu

fail() { echo "network $HATHI_NETWORK: $*" >&2; exit 1; }

left=$(docker ps -aq --filter "label=hathi.site=$HATHI_SITE" --filter "label=hathi.cluster=$HATHI_CLUSTER")
if [ -n "$left" ]; then
  # Ids are words: splitting them is the point.
  # shellcheck disable=SC2086
  docker rm -f -v $left > /dev/null
fi

if error=$(docker network rm "$HATHI_NETWORK" 2>&1 > /dev/null); then
  echo "network $HATHI_NETWORK: removed"
  exit 0
fi
case $error in
  *'not found'* | *[Nn]'o such network'*) echo "network $HATHI_NETWORK: was gone already" ;;
  *) fail "$error" ;;
esac
