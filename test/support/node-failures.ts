// Longer than other files: one entry for each failure.
import type { Remedy } from '../../src/core/remedy.ts';
import type { Expected, FailureSite, NodeFailure } from './condition-watch.ts';
import { certificateUntilTomorrow } from './node-authority.ts';
import { waitFor } from './wait-for.ts';

const DATA = '/var/lib/postgresql/17/main';
const MAIN_PID = 'systemctl show --property=MainPID --value patroni';
const PATRONICTL = 'patronictl -c /etc/patroni/config.yml';

type Action = (site: FailureSite) => Promise<unknown>;

/** Runs a shell line on the node that fails. */
const shell =
  (line: string): Action =>
  ({ harness, node }) =>
    harness.shell(node, line);

/** Runs Docker with the container of the node that fails. */
const docker =
  (...words: string[]): Action =>
  ({ harness, node }) =>
    harness.docker(...words, harness.container(node));

const onNode = (node: string, command: string): Partial<Remedy> => ({
  action: 'run-on-node',
  node,
  command,
});

function failoverNotReady(reason: string, message: RegExp, remedy: Partial<Remedy>): Expected {
  return { type: 'failover-ready', reason, message, remedy };
}

function unreachable({ node }: FailureSite): Expected {
  return {
    type: 'reachable',
    reason: 'NODE_UNREACHABLE',
    message: new RegExp(`^The server cannot reach ${node} since .+ \\(.+\\)\\.$`),
    remedy: { action: 'run-step', step: 'plan-terraform' },
  };
}

function notStreaming({ node }: FailureSite, why: RegExp): Expected {
  return {
    type: 'replicas-streaming',
    reason: 'REPLICA_NOT_STREAMING',
    message: new RegExp(`^1 of 2 replicas stream\\. ${node}: .*${why.source}`),
    remedy: { action: 'run-step', step: 'verify-replication' },
  };
}

const patroniDown = ({ node }: FailureSite): Expected =>
  failoverNotReady(
    'PATRONI_DOWN',
    new RegExp(`^Patroni of ${node} does not respond: .+\\.$`),
    onNode(node, 'systemctl restart patroni'),
  );

const SITE_PACKAGES = `$(python3 -c 'import site; print(site.getsitepackages()[0])')`;
/** The session of the server starts again within its time to reconnect. */
const RESTART_SESSION = "pkill -f 'pay[l]oad' || true";
/**
 * Containers share the clock of their kernel, which a test must not change. So the time of the
 * program on the node is shifted: Python reads such a file at its start.
 */
const SHIFT_CLOCK = `mkdir -p ${SITE_PACKAGES}
echo 'import time; time.time = lambda real=time.time: real() + 120' > ${SITE_PACKAGES}/shifted.pth
${RESTART_SESSION}`;
const RESTORE_CLOCK = `rm -f ${SITE_PACKAGES}/shifted.pth; ${RESTART_SESSION}`;

/** Failures that are noticed and repaired within seconds. */
export const SHORT_FAILURES: Record<string, NodeFailure> = {
  'Patroni is paused': {
    on: 'primary',
    breaks: shell(`${PATRONICTL} pause --wait`),
    repairs: shell(`${PATRONICTL} resume --wait`),
    expected: () => [
      failoverNotReady('PATRONI_PAUSED', /^Automatic failover is paused in Patroni\.$/, {
        action: 'run-on-node',
        command: `${PATRONICTL} resume`,
      }),
    ],
  },
  'a replica is killed': {
    on: 'replica',
    breaks: docker('kill'),
    repairs: docker('start'),
    expected: (site) => [unreachable(site), notStreaming(site, /does not respond/)],
  },
  'a replica is paused': {
    on: 'replica',
    breaks: docker('pause'),
    repairs: docker('unpause'),
    expected: (site) => [unreachable(site)],
  },
  'packets of a replica are dropped': {
    on: 'replica',
    // A connection that stays open on both sides.
    breaks: shell('iptables -w -A INPUT ! -i lo -j DROP'),
    repairs: shell('iptables -w -D INPUT ! -i lo -j DROP'),
    expected: (site) => [unreachable(site)],
  },
  'the clock of a replica is ahead': {
    on: 'replica',
    breaks: shell(SHIFT_CLOCK),
    repairs: shell(RESTORE_CLOCK),
    expected: ({ node }) => [
      {
        type: 'clocks',
        reason: 'CLOCK_DIFFERS',
        message: new RegExp(`^The clock of ${node} is 1(19|20|21) s ahead of the server\\.$`),
        remedy: { action: 'show-cluster' },
      },
    ],
  },
};

const etcdOfReplicas = (verb: 'start' | 'stop'): Action =>
  async function all({ harness, replicas }) {
    // `systemctl start` waits for a quorum.
    const line = `systemctl ${verb} --no-block etcd`;
    await Promise.all(replicas.map((node) => harness.shell(node, line)));
  };

/** Without Patroni, which would create the slot again. In maintenance mode PostgreSQL stays up. */
const DROP_SLOT = `do $$ begin
  for i in 1..50 loop
    begin perform pg_drop_replication_slot('%'); return;
    exception when object_in_use then perform pg_terminate_backend(active_pid)
      from pg_replication_slots where slot_name = '%' and active; perform pg_sleep(0.05);
    end;
  end loop;
end $$;`;

async function dropSlot({ harness, primary, replicas }: FailureSite): Promise<void> {
  await harness.shell(primary, `${PATRONICTL} pause --wait && systemctl stop patroni`);
  await harness.sql(primary, DROP_SLOT.replaceAll('%', slotOf(replicas[0])));
}

function slotOf(node: string): string {
  return node.replaceAll('-', '_');
}

/** Small limits make the slot of a stopped replica lose its WAL after some segments. */
const LOSE_WAL = `alter system set max_slot_wal_keep_size = '1MB';
alter system set wal_keep_size = 0;
select pg_reload_conf();`;
const SWITCH_WAL = `select pg_logical_emit_message(true, 'test', 'row'); select pg_switch_wal();
checkpoint;`;
const KEEP_WAL = `alter system reset max_slot_wal_keep_size; alter system reset wal_keep_size;
select pg_reload_conf();`;

async function loseSlot({ harness, primary, node }: FailureSite): Promise<void> {
  await harness.shell(node, 'systemctl stop patroni');
  for (const line of LOSE_WAL.split('\n')) await harness.sql(primary, line);
  await waitFor(`a lost slot of ${node}`, 40, async () => {
    await harness.sql(primary, SWITCH_WAL);
    const query = `select wal_status from pg_replication_slots where slot_name = '${slotOf(node)}'`;
    return (await harness.sql(primary, query)) === 'lost';
  });
  await harness.shell(node, 'systemctl start patroni');
}

async function copyAgain({ harness, primary, node }: FailureSite): Promise<void> {
  for (const line of KEEP_WAL.replaceAll('; ', ';\n').split('\n')) await harness.sql(primary, line);
  await harness.shell(primary, `${PATRONICTL} reinit --force default ${node}`);
}

/** The data directory on a file system in memory with 700 MiB of reserve. */
const MOUNT_SMALL_DISK = `systemctl stop patroni
mkdir -p /mnt/small
mount -t tmpfs -o size=$(($(du -sm ${DATA} | cut -f 1) + 700))m tmpfs /mnt/small
cp -a ${DATA}/. /mnt/small
mount --bind /mnt/small ${DATA}
systemctl start patroni`;
const FILL_DISK = `set -- $(stat -f -c '%S %b %f' ${DATA})
fallocate -l $(($1 * ($3 - $2 * 5 / 100))) ${DATA}/filler`;
/** A replica that is started from the old files could miss WAL, so the newer files are kept. */
const FREE_DISK = `rm -f ${DATA}/filler
systemctl stop patroni
umount ${DATA}
find ${DATA} -mindepth 1 -delete
cp -a /mnt/small/. ${DATA}
umount /mnt/small
systemctl start patroni`;

async function replaceCertificate({ harness, node }: FailureSite): Promise<void> {
  const { certificate, privateKey } = await certificateUntilTomorrow(harness, node);
  const write = (file: string, content: string) =>
    harness.shell(node, `cat > /etc/patroni/pki/${file}`, content);
  await write('node.crt', certificate);
  await write('node.key', privateKey);
}

/** The certificate that the server has for the node is valid. */
const restoreCertificate: Action = async ({ harness }) => {
  await harness.step('create-ansible-script');
  await harness.step('execute-ansible-script');
};

/** The remedy of the condition and the steps that follow it. */
const createAgain: Action = async ({ harness }) => {
  await harness.step('plan-terraform');
  await harness.step('apply-terraform');
  await harness.step('create-ansible-script');
  await harness.step('execute-ansible-script');
};

/** Failures that take longer, so they are not a part of the regular tests. */
export const LONG_FAILURES: Record<string, NodeFailure> = {
  'a replica is stopped in order': {
    on: 'replica',
    breaks: docker('stop'),
    repairs: docker('start'),
    expected: (site) => [unreachable(site), notStreaming(site, /does not respond/)],
  },
  'Patroni of a replica is stopped': {
    on: 'replica',
    breaks: shell('systemctl stop patroni'),
    repairs: shell('systemctl start patroni'),
    expected: (site) => [patroniDown(site), notStreaming(site, /does not respond/)],
  },
  'etcd of a node is stopped': {
    on: 'replica',
    breaks: shell('systemctl stop etcd'),
    repairs: shell('systemctl start etcd'),
    expected: ({ node }) => [
      failoverNotReady(
        'ETCD_MEMBER_MISSING',
        new RegExp(`^etcd member ${node} is not healthy`),
        onNode(node, 'systemctl start etcd'),
      ),
    ],
  },
  'Patroni of a replica hangs': {
    on: 'replica',
    breaks: shell(`kill -STOP $(${MAIN_PID})`),
    repairs: shell(`kill -CONT $(${MAIN_PID})`),
    expected: (site) => [patroniDown(site)],
  },
  'etcd loses its majority': {
    on: 'replica',
    breaks: etcdOfReplicas('stop'),
    repairs: etcdOfReplicas('start'),
    expected: ({ replicas }) => [
      failoverNotReady(
        'ETCD_NO_QUORUM',
        new RegExp(`^etcd has no quorum, .*: ${[...replicas].sort().join(', ')}\\.$`),
        { action: 'run-on-node', command: 'systemctl start etcd' },
      ),
    ],
  },
  'a replication slot is dropped': {
    on: 'replica',
    breaks: dropSlot,
    repairs: ({ harness, primary }) =>
      harness.shell(primary, `systemctl start patroni && sleep 3 && ${PATRONICTL} resume --wait`),
    expected: (site) => [
      notStreaming(site, new RegExp(`It holds no slot on ${site.primary}`)),
      failoverNotReady('PATRONI_PAUSED', /paused/, { action: 'run-on-node' }),
    ],
  },
  'a replication slot is lost': {
    on: 'replica',
    breaks: loseSlot,
    repairs: copyAgain,
    expected: (site) => [
      failoverNotReady(
        'SLOT_LOST',
        new RegExp(
          `^The slot ${slotOf(site.node)} on ${site.primary} has lost WAL that ${site.node} needs\\.$`,
        ),
        onNode(site.primary, `${PATRONICTL} reinit default ${site.node}`),
      ),
      notStreaming(
        site,
        new RegExp(`Its slot ${slotOf(site.node)} on ${site.primary} has lost WAL`),
      ),
    ],
  },
  'the disk of a replica is 95 % full': {
    on: 'replica',
    prepares: async (site) => {
      await shell(MOUNT_SMALL_DISK)(site);
    },
    breaks: shell(FILL_DISK),
    repairs: shell(FREE_DISK),
    expected: ({ node }) => [
      {
        type: 'capacity',
        reason: 'CAPACITY_LOW',
        message: new RegExp(`^The disk \`data\` of ${node} is 9[4-6] % full\\.$`),
        remedy: { action: 'show-cluster' },
      },
    ],
  },
  'a certificate expires tomorrow': {
    on: 'replica',
    prepares: replaceCertificate,
    breaks: shell('systemctl reload patroni'),
    repairs: restoreCertificate,
    expected: ({ node }) => [
      {
        type: 'certificates',
        reason: 'CERTIFICATE_EXPIRES',
        message: new RegExp(`^The certificate of ${node} is valid until .+ \\(0 days\\)\\.$`),
        remedy: { action: 'run-step', step: 'create-ansible-script' },
      },
    ],
  },
  'the machine of a replica is removed': {
    on: 'replica',
    breaks: docker('rm', '--force', '--volumes'),
    repairs: createAgain,
    expected: (site) => [unreachable(site), notStreaming(site, /does not respond/)],
  },
};
