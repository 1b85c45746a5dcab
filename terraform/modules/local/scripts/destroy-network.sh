#!/bin/sh
# Removes the network of the cluster. Terraform runs it after the destroy of every node. A remaining
# container of the cluster is in no state (its creation was killed) and is removed too.
set -eu

fail() { echo "network $HATHI_NETWORK: $*" >&2; exit 1; }

left=$(docker ps -aq --filter "label=hathi.site=$HATHI_SITE" --filter "label=hathi.cluster=$HATHI_CLUSTER")
if [ -n "$left" ]; then
  # Ids are words: splitting is intended.
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
