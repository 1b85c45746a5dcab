#!/bin/sh
# Creates a node and waits until its sshd presents the host key of the node.
#
# A container of an earlier run with the same recipe is adopted. A container with another recipe is
# rejected, because it may contain data. A run removes a container that it could not finish.
set -eu

ready_seconds=60

fail() { echo "$HATHI_NODE: $*" >&2; exit 1; }

keys=$HATHI_HOST_KEYS_DIRECTORY/$HATHI_NODE
for file in "$keys/ssh_host_ed25519_key" "$keys/ssh_host_ed25519_key.pub"; do
  [ -r "$file" ] || fail "host key $file is missing"
done

# Id of the container that this run created.
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
# systemd must write to its part of the cgroup tree. On version 2 the node gets its own namespace, which
# its init makes writable. Version 1 has no namespace that systemd could use: it works on the tree of the
# host, below the path of the container.
case $host in
  2*) set -- --cgroupns private ;;
  *) set -- --cgroupns host --volume /sys/fs/cgroup:/sys/fs/cgroup:rw ;;
esac
# Every system call except bpf, because systemd mounts: a node must not load programs into the shared
# kernel. systemd would have some verified at every boot, only to detect support, for a third of its time.
case $host in
  *name=seccomp*) set -- "$@" --security-opt "seccomp=$(dirname "$0")/seccomp.json" ;;
esac
if [ -n "$HATHI_POSTGRES_PORT" ]; then
  set -- "$@" --publish "127.0.0.1:$HATHI_POSTGRES_PORT:5432"
fi

# A node keeps the keys of its creation, so they are part of its recipe.
recipe=$HATHI_RECIPE-$({ cat "$keys/ssh_host_ed25519_key.pub"; echo "$HATHI_AUTHORIZED_KEY"; } | cksum | tr ' ' '-')
# By name only: the list of processes would show a value.
HATHI_HOST_KEY=$(cat "$keys/ssh_host_ed25519_key")
export HATHI_HOST_KEY HATHI_AUTHORIZED_KEY
# SYS_ADMIN, and no AppArmor profile: systemd mounts. NET_ADMIN: a node's firewall.
# Not --privileged: it opens every device, and some machines refuse it.
# unless-stopped: a node restarts with the machine, but not after `docker kill` or `docker stop`.
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

# A container of an earlier run may still be in removal: it is created again after that.
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

# A node boots in some tenths of a second, and each check takes processor time from booting nodes. With
# more nodes, each boot takes longer, so checks are less frequent.
tenths=2
pause 0.$tenths

# Docker's proxy accepts connections before the node listens, so only this host key is accepted as ready.
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
