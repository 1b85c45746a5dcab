#!/bin/sh
# Creates the network of the cluster, or adopts the one of an interrupted run.
set -eu

fail() { echo "network $HATHI_NETWORK: $*" >&2; exit 1; }

if error=$(docker network create --driver bridge --subnet "$HATHI_SUBNET" \
  --label "hathi.site=$HATHI_SITE" --label "hathi.cluster=$HATHI_CLUSTER" \
  --label "hathi.operation=$HATHI_OPERATION" \
  "$HATHI_NETWORK" 2>&1 > /dev/null); then
  echo "network $HATHI_NETWORK: made, $HATHI_SUBNET"
  exit 0
fi

case $error in
  *'already exists'*)
    wanted="$HATHI_SITE $HATHI_CLUSTER $HATHI_SUBNET"
    found=$(docker network inspect --format \
      '{{index .Labels "hathi.site"}} {{index .Labels "hathi.cluster"}} {{range .IPAM.Config}}{{.Subnet}}{{end}}' \
      "$HATHI_NETWORK")
    [ "$found" = "$wanted" ] || fail \
      "exists as '$found' where '$wanted' is wanted; remove it: docker network rm $HATHI_NETWORK"
    echo "network $HATHI_NETWORK: adopted, $HATHI_SUBNET"
    ;;
  *[Oo]verlap*)
    echo "network $HATHI_NETWORK: $HATHI_SUBNET overlaps with a network that Docker has:" >&2
    docker network ls -q | xargs docker network inspect --format \
      '{{range .IPAM.Config}}  {{$.Name}} {{.Subnet}}{{end}}' | sed '/^$/d' >&2
    exit 1
    ;;
  *) fail "$error" ;;
esac
