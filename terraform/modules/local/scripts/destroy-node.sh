#!/bin/sh
# Removes the container of a node with its volumes. A missing container is treated as removed.
set -eu

# Another removal of the same container may be running. This is the longest wait for its end.
tries=100
while :; do
  if error=$(docker rm -f -v "$HATHI_CONTAINER" 2>&1 > /dev/null) && [ -z "$error" ]; then
    echo "$HATHI_NODE: removed"
    exit 0
  fi
  case $error in
    *[Nn]'o such container'*) echo "$HATHI_NODE: was gone already"; exit 0 ;;
    *'already in progress'*) ;;
    *) echo "$HATHI_NODE: $error" >&2; exit 1 ;;
  esac
  tries=$((tries - 1))
  if [ "$tries" -eq 0 ]; then echo "$HATHI_NODE: $error" >&2; exit 1; fi
  sleep 0.1 2> /dev/null || sleep 1
done
