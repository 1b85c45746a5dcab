#!/bin/sh
# Makes a node and waits until its sshd answers with the host key that it was given.
#
# A container that an earlier run of the same recipe left is adopted; one of another recipe is
# refused, as it may hold data. What this run made and could not finish, it removes again.
set -eu

ready_seconds=60

fail() { echo "$HATHI_NODE: $*" >&2; exit 1; }

keys=$HATHI_HOST_KEYS_DIRECTORY/$HATHI_NODE
for file in "$keys/ssh_host_ed25519_key" "$keys/ssh_host_ed25519_key.pub"; do
  [ -r "$file" ] || fail "host key $file is missing"
done

# The id of the container that this run made.
made=
clean() {
  status=$?
  if [ "$status" -ne 0 ] && [ -n "$made" ]; then docker rm -f -v "$made" > /dev/null 2>&1 || true; fi
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

pause() { sleep "$1" 2> /dev/null || sleep 1; }

host=$(docker info --format '{{.CgroupVersion}} {{.SecurityOptions}}') || fail 'Docker does not answer'
# systemd has to write to its own part of the cgroup tree. On version 2 the node gets a namespace
# of its own, which its init makes writable. Version 1 has no such thing that systemd could use: it
# works on the host's tree, below the container's own path.
case $host in
  2*) set -- --cgroupns private ;;
  *) set -- --cgroupns host --volume /sys/fs/cgroup:/sys/fs/cgroup:rw ;;
esac
# Everything but bpf, as systemd mounts: a node puts no program into the kernel that it shares. systemd
# would have some verified at every boot, only to learn whether it could, for a third of the boot's time.
case $host in
  *name=seccomp*) set -- "$@" --security-opt "seccomp=$(dirname "$0")/seccomp.json" ;;
esac
if [ -n "$HATHI_POSTGRES_PORT" ]; then
  set -- "$@" --publish "127.0.0.1:$HATHI_POSTGRES_PORT:5432"
fi

# A node shows and takes the keys that it was made with, so they are part of its recipe.
recipe=$HATHI_RECIPE-$({ cat "$keys/ssh_host_ed25519_key.pub"; echo "$HATHI_AUTHORIZED_KEY"; } | cksum | tr ' ' '-')
# By name only: the list of processes would show a value.
HATHI_HOST_KEY=$(cat "$keys/ssh_host_ed25519_key")
export HATHI_HOST_KEY HATHI_AUTHORIZED_KEY
# SYS_ADMIN, and no AppArmor profile: systemd mounts. NET_ADMIN: a node's firewall.
# Not --privileged: it opens every device, and some machines refuse it.
# unless-stopped: a node comes back with the machine, but not after `docker kill` or `docker stop`.
create() {
  docker create \
    --name "$HATHI_CONTAINER" --hostname "$HATHI_NODE" \
    --label "hathi.site=$HATHI_SITE" --label "hathi.cluster=$HATHI_CLUSTER" \
    --label "hathi.node=$HATHI_NODE" --label "hathi.operation=$HATHI_OPERATION" \
    --label "hathi.recipe=$recipe" \
    --env HATHI_HOST_KEY --env HATHI_AUTHORIZED_KEY \
    --network "$HATHI_NETWORK" --ip "$HATHI_ADDRESS" \
    --publish "127.0.0.1:$HATHI_SSH_PORT:22" \
    --cap-add SYS_ADMIN --cap-add NET_ADMIN \
    --security-opt apparmor=unconfined \
    --tmpfs /run --tmpfs /run/lock --shm-size 1g \
    --volume /var/lib/postgresql --volume /var/lib/etcd \
    --restart unless-stopped --pull never \
    "$@" "$HATHI_IMAGE" 2>&1
}

# One that an earlier run left may still be on its way out: it is made again once it is gone.
newline='
'
looks=50
while :; do
  if message=$(create "$@"); then
    # Below warnings.
    made=${message##*"$newline"}
  else
    case $message in
      *'already in use'*) ;;
      *) fail "$message" ;;
    esac
    found=$(docker container inspect --format '{{index .Config.Labels "hathi.recipe"}}' \
      "$HATHI_CONTAINER" 2> /dev/null) || found=$recipe
    [ "$found" = "$recipe" ] || fail \
      "container $HATHI_CONTAINER exists and was made otherwise; if its data may go, remove it: docker rm -f -v $HATHI_CONTAINER"
  fi
  if message=$(docker start "$HATHI_CONTAINER" 2>&1); then break; fi
  case $message in
    *'No such container'* | *'marked for removal'*) made= ;;
    *) fail "$message" ;;
  esac
  looks=$((looks - 1))
  [ "$looks" -gt 0 ] || fail "$message"
  pause 0.2
done

# A node needs some tenths of a second to boot, and each look takes time from those that boot: the more
# nodes, the longer each takes, and the less a look may cost.
tenths=2
pause 0.$tenths

# Docker's own proxy accepts before the node listens, so only an answer counts, and only this key.
read -r type key rest < "$keys/ssh_host_ed25519_key.pub" || true
deadline=$(($(date +%s) + ready_seconds))
while :; do
  answer=$(ssh-keyscan -T 2 -t ed25519 -p "$HATHI_SSH_PORT" 127.0.0.1 2> /dev/null) || true
  case $answer in
    *" $type $key"*) break ;;
  esac
  if [ "$(date +%s)" -ge "$deadline" ]; then
    docker logs --tail 5 "$HATHI_CONTAINER" >&2 || true
    fail "sshd has not answered on 127.0.0.1:$HATHI_SSH_PORT with its host key after $ready_seconds s"
  fi
  pause 0.$tenths
  if [ "$tenths" -lt 5 ]; then tenths=$((tenths + 1)); fi
done

if [ -n "$made" ]; then how=made; else how=adopted; fi
echo "$HATHI_NODE: $how, ssh on 127.0.0.1:$HATHI_SSH_PORT"
