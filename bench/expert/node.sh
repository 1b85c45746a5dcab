# One node, from a bare machine to its place in the cluster. create.sh puts the variables before it.
set -eu
address=$prefix.$((10 + n))
mark() { echo "$1 $EPOCHREALTIME"; }
mark connected

members=$(( nodes < 3 ? nodes : 3 ))
initial= hosts= endpoints=
for m in $(seq "$members"); do
  initial+=,expert-$m=https://$prefix.$((10 + m)):2380
  hosts+=,$prefix.$((10 + m)):2379
  endpoints+=,https://$prefix.$((10 + m)):2379
done

# The same three files for both, each its own copy: etcd and Patroni run as different users.
keys() {
  install -d -o "$1" -g "$1" -m 700 "$2"
  printf '%s\n' "$ca" > "$2/ca.crt"
  printf '%s\n' "$certificate" > "$2/node.crt"
  printf '%s\n' "$key" > "$2/node.key"
  chown "$1:$1" "$2"/*
}
umask 077

if [ "$n" -le "$members" ]; then
  keys etcd /etc/etcd-pki
  cat > /etc/default/etcd <<END
ETCD_NAME=expert-$n
ETCD_DATA_DIR=/var/lib/etcd/expert
ETCD_LISTEN_PEER_URLS=https://0.0.0.0:2380
ETCD_LISTEN_CLIENT_URLS=https://0.0.0.0:2379
ETCD_INITIAL_ADVERTISE_PEER_URLS=https://$address:2380
ETCD_ADVERTISE_CLIENT_URLS=https://$address:2379
ETCD_INITIAL_CLUSTER=${initial#,}
ETCD_INITIAL_CLUSTER_STATE=new
ETCD_INITIAL_CLUSTER_TOKEN=expert
ETCD_TRUSTED_CA_FILE=/etc/etcd-pki/ca.crt
ETCD_CERT_FILE=/etc/etcd-pki/node.crt
ETCD_KEY_FILE=/etc/etcd-pki/node.key
ETCD_CLIENT_CERT_AUTH=true
ETCD_PEER_TRUSTED_CA_FILE=/etc/etcd-pki/ca.crt
ETCD_PEER_CERT_FILE=/etc/etcd-pki/node.crt
ETCD_PEER_KEY_FILE=/etc/etcd-pki/node.key
ETCD_PEER_CLIENT_CERT_AUTH=true
ETCD_AUTO_COMPACTION_RETENTION=1
ETCD_LOG_LEVEL=warn
END
  systemctl start --no-block etcd
fi

keys postgres /etc/patroni/pki
tls="sslmode: verify-full, sslrootcert: /etc/patroni/pki/ca.crt"
final='"ttl": 30, "loop_wait": 10, "retry_timeout": 10'
shared='"maximum_lag_on_failover": 1048576, "failsafe_mode": true, "postgresql": {"use_pg_rewind": true,
  "use_slots": true, "parameters": {"max_connections": 200, "max_replication_slots": 10, "max_wal_senders": 10}}'
cat > /etc/patroni/config.yml <<END
scope: expert
name: expert-$n
etcd3:
  hosts: [${hosts#,}]
  protocol: https
  cacert: /etc/patroni/pki/ca.crt
  cert: /etc/patroni/pki/node.crt
  key: /etc/patroni/pki/node.key
restapi:
  listen: 0.0.0.0:8008
  connect_address: $address:8008
  certfile: /etc/patroni/pki/node.crt
  keyfile: /etc/patroni/pki/node.key
  cafile: /etc/patroni/pki/ca.crt
  verify_client: required
ctl: {cacert: /etc/patroni/pki/ca.crt, certfile: /etc/patroni/pki/node.crt, keyfile: /etc/patroni/pki/node.key}
bootstrap:
  dcs: {"ttl": 20, "loop_wait": 1, "retry_timeout": 3, $shared}
  initdb: [encoding: UTF8, locale: C.UTF-8, locale-provider: builtin, builtin-locale: C.UTF-8, data-checksums]
postgresql:
  listen: '*:5432'
  connect_address: $address:5432
  use_unix_socket: true
  bin_dir: /usr/lib/postgresql/17/bin
  data_dir: /var/lib/postgresql/17/main
  pgpass: /var/lib/postgresql/.pgpass-patroni
  authentication:
    superuser: {username: postgres, password: $superuser_password, $tls}
    replication: {username: replicator, password: $replication_password, $tls}
    rewind: {username: rewind_user, password: $rewind_password, $tls}
  basebackup: [checkpoint: fast]
  parameters:
    shared_buffers: 128MB
    ssl: 'on'
    ssl_ca_file: /etc/patroni/pki/ca.crt
    ssl_cert_file: /etc/patroni/pki/node.crt
    ssl_key_file: /etc/patroni/pki/node.key
    password_encryption: scram-sha-256
    unix_socket_directories: /run/postgresql
  pg_hba:
    - local all all peer
    - hostssl replication replicator $network scram-sha-256
    - hostssl all all $network scram-sha-256
END
chown postgres:postgres /etc/patroni/config.yml

etcd() { ETCDCTL_API=3 etcdctl --endpoints "${endpoints#,}" --cacert /etc/patroni/pki/ca.crt \
  --cert /etc/patroni/pki/node.crt --key /etc/patroni/pki/node.key "$@"; }
sql() { runuser -u postgres -- psql -XAtqc "$1" 2> /dev/null; }
soon() {
  while [ "$SECONDS" -lt 60 ]; do if "$@"; then return 0; fi; sleep 0.1; done
  echo "not within a minute: $*" >&2
  exit 1
}

# A Patroni that finds no etcd sleeps five seconds. systemd waits for a member's own readiness.
if [ "$n" -le "$members" ]; then systemctl start etcd; else soon etcd endpoint health > /dev/null 2>&1; fi
mark etcd
systemctl start patroni
if [ "$n" -le "$members" ]; then systemctl enable --no-reload --quiet etcd; fi
systemctl enable --no-reload --quiet patroni

# Waiting goes on within one session: a psql for each look would take time from what is waited for.
socket=/run/postgresql/.s.PGSQL.5432
export PGOPTIONS='-c statement_timeout=60s'
answers() { [ -S "$socket" ] && role=$(sql 'select pg_is_in_recovery()') && [ -n "$role" ]; }
once() { sql "do \$\$ begin while not ($1) loop perform pg_sleep(0.05); end loop; end \$\$"; }
# Slots, as pg_stat_replication keeps its first result for a whole transaction.
all_stream() {
  once "(select count(*) from pg_replication_slots where active and slot_name like 'expert%') = $((nodes - 1))"
}
row_is_here() { once "exists (select from pg_class where relname = 'proof')" && [ "$(sql 'select id from proof')" = 1 ]; }
soon answers
mark postgresql
if [ "$role" = f ]; then
  soon all_stream
  mark streaming
  etcd put /service/expert/config "{$final, $shared}" > /dev/null &
  sql 'create table proof as select 1 as id'
  wait
else
  soon row_is_here
fi
mark proven
