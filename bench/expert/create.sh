#!/usr/bin/env bash
# The competitor: what somebody who knows Patroni well writes for one cluster of one shape. Nodes are
# made side by side, each is set up by one script over one SSH connection, and nothing waits longer than
# it must. It keeps no records and cannot be run a second time: it is here for its speed. The nodes are
# made with the flags of terraform/modules/local/scripts/create-node.sh, get their keys by a copy, and end
# with the etcd, Patroni, TLS, passwords and settings that Hathi's have. Needs bash 5, docker, openssl and ssh.
#
#   create.sh SITE IMAGE NODES SUBNET_PREFIX FIRST_PORT FOLDER
#
# SUBNET_PREFIX is the first three bytes of a free /24, FIRST_PORT the first of 32 free ports, FOLDER an
# empty folder for keys. Prints `<phase> <seconds since the start>`, of the slowest node. All that it
# makes has the label hathi.site=SITE, by which the caller removes it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
site=$1 image=$2 nodes=$3 prefix=$4 first_port=$5 folder=$6
network=hathi-$site-expert
began=$EPOCHREALTIME
deadline=$((SECONDS + 90))
umask 077

certificates() {
  cd "$folder"
  openssl ecparam -name prime256v1 -genkey -noout -out ca.key
  openssl req -x509 -new -key ca.key -sha256 -days 3650 -subj /CN=expert -out ca.crt \
    -addext keyUsage=critical,keyCertSign,cRLSign
  for n in $(seq "$nodes"); do
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$n.key" \
      -subj "/CN=expert-$n" -out "$n.csr" 2> /dev/null
    openssl x509 -req -in "$n.csr" -CA ca.crt -CAkey ca.key -set_serial "$((n + 1))" -sha256 -days 365 \
      -out "$n.crt" -extfile <(printf '%s\n' \
        "subjectAltName=DNS:expert-$n,DNS:localhost,IP:$prefix.$((10 + n)),IP:127.0.0.1" \
        'extendedKeyUsage=serverAuth,clientAuth') 2> /dev/null
  done
  touch certificates
}

make_node() {
  local n=$1 root=$folder/root.$1
  local cgroup=(--cgroupns private)
  mkdir -p "$root/etc/ssh" "$root/root/.ssh"
  chmod 755 "$root" "$root/etc" "$root/etc/ssh"
  ssh-keygen -q -t ed25519 -N '' -C '' -f "$root/etc/ssh/ssh_host_ed25519_key"
  cp "$folder/client.pub" "$root/root/.ssh/authorized_keys"
  echo "[127.0.0.1]:$((first_port + n - 1)) $(cat "$root/etc/ssh/ssh_host_ed25519_key.pub")" > "$folder/known_hosts.$n"
  if [ -d /sys/fs/cgroup ] && [ ! -f /sys/fs/cgroup/cgroup.controllers ]; then
    cgroup=(--cgroupns host --volume /sys/fs/cgroup:/sys/fs/cgroup:rw)
  fi
  docker create --name "hathi-$site-expert-$n" --hostname "expert-$n" --label "hathi.site=$site" \
    --network "$network" --ip "$prefix.$((10 + n))" \
    --publish "127.0.0.1:$((first_port + n - 1)):22" --publish "127.0.0.1:$((first_port + 15 + n)):5432" \
    --cap-add SYS_ADMIN --cap-add NET_ADMIN \
    --security-opt "seccomp=$here/../../terraform/modules/local/scripts/seccomp.json" \
    --security-opt apparmor=unconfined \
    --tmpfs /run --tmpfs /run/lock --shm-size 1g --volume /var/lib/postgresql --volume /var/lib/etcd \
    --restart unless-stopped --pull never "${cgroup[@]}" "$image" > /dev/null
  docker cp "$root/." "hathi-$site-expert-$n:/" > /dev/null 2>&1
  docker start "hathi-$site-expert-$n" > /dev/null
}

# What the node's script gets by stdin: nothing secret is in an argument.
node_script() {
  local n=$1
  echo "n=$n nodes=$nodes prefix=$prefix network=$prefix.0/24"
  echo "superuser_password=$superuser_password replication_password=$replication_password rewind_password=$rewind_password"
  printf "ca='%s'\ncertificate='%s'\nkey='%s'\n" \
    "$(cat "$folder/ca.crt")" "$(cat "$folder/$n.crt")" "$(cat "$folder/$n.key")"
  cat "$here/node.sh"
}

set_up_node() {
  local n=$1 status
  until [ -e "$folder/certificates" ]; do sleep 0.02; done
  while :; do
    status=0
    node_script "$n" | ssh -T -i "$folder/client" -p "$((first_port + n - 1))" \
      -o UserKnownHostsFile="$folder/known_hosts.$n" -o GlobalKnownHostsFile=/dev/null \
      -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=2 -o LogLevel=ERROR \
      root@127.0.0.1 'bash -s' > "$folder/phases.$n" 2> "$folder/errors.$n" || status=$?
    if [ "$status" -eq 0 ]; then return 0; fi
    # 255 is ssh's own: the node has not booted yet.
    if [ "$status" -ne 255 ] || [ "$SECONDS" -ge "$deadline" ]; then
      echo "expert-$n: ended with $status: $(tail -n 3 "$folder/errors.$n")" >&2
      return 1
    fi
    sleep 0.1
  done
}

superuser_password=$(openssl rand -hex 24)
replication_password=$(openssl rand -hex 24)
rewind_password=$(openssl rand -hex 24)
certificates &
workers=($!)
ssh-keygen -q -t ed25519 -N '' -C '' -f "$folder/client"
docker network create --driver bridge --subnet "$prefix.0/24" --label "hathi.site=$site" "$network" > /dev/null
for n in $(seq "$nodes"); do
  { make_node "$n" && set_up_node "$n"; } &
  workers+=($!)
done
for worker in "${workers[@]}"; do wait "$worker"; done

cat "$folder"/phases.* | awk -v began="$began" '
  $2 > last[$1] { last[$1] = $2 }
  END { for (phase in last) printf "%s %.3f\n", phase, last[phase] - began }' | sort -n -k 2
