import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { ReplicationReport } from '../../src/core/postgres/replication-report.ts';
import { ClusterHarness } from '../support/cluster-harness.ts';
import { waitFor } from '../support/wait-for.ts';

/** A verdict that cannot be good must not be waited for longer than this. */
const VERDICT_SECONDS = 15;
const HEAL_SECONDS = 60;
const PATRONICTL = 'patronictl -c /etc/patroni/config.yml';

let harness: ClusterHarness;
let replica: string;
let primary: string;

beforeAll(async () => {
  harness = await ClusterHarness.withCluster({ replicaCount: 2, failoverProfile: 'fast' });
  const report = await harness.untilProven(HEAL_SECONDS);
  primary = report.primary ?? '';
  replica = report.nodes.findLast((node) => node.role === 'replica')?.node ?? '';
});

afterAll(async () => {
  await harness?.close();
});

/** Puts right what a test breaks, also when it fails, and waits until that is proven. */
function healBy(repair: () => Promise<unknown>): void {
  onTestFinished(
    async () => {
      await repair();
      await harness.untilProven(HEAL_SECONDS);
    },
    HEAL_SECONDS * 1000 * 2,
  );
}

/** Verifies, expecting `replica` alone to fail, and gives its reasons. */
async function failure(): Promise<{ codes: string[]; detail: string; report: ReplicationReport }> {
  const started = Date.now();
  const { status, report, detail } = await harness.verify();
  expect(Date.now() - started).toBeLessThan(VERDICT_SECONDS * 1000);
  expect(status).not.toBe(200);
  expect(report.passed).toBe(false);
  expect(detail).toContain(replica);
  const failed = report.nodes.filter((node) => node.status === 'failed');
  expect(failed.map((node) => node.node)).toEqual([replica]);
  // The report is stored when it fails, too.
  const stored = await harness.get<{ passed: boolean; document: ReplicationReport }>(
    '/api/v1/clusters/default/report',
  );
  expect(stored.body.passed).toBe(false);
  expect(stored.body.document.marker.id).toBe(report.marker.id);
  return { codes: failed[0]?.reasons.map((one) => one.code) ?? [], detail, report };
}

test('a healthy cluster is proven on every node, and the report is stored', async () => {
  const { status, report } = await harness.verify();
  expect(status).toBe(200);
  expect(report.nodes.map((node) => node.status)).toEqual(['proven', 'proven', 'proven']);
  const replicas = report.nodes.filter((node) => node.role === 'replica');
  expect(replicas).toHaveLength(2);
  for (const node of replicas) {
    expect(node).toMatchObject({ streaming: true, slot: { active: true }, lag_bytes: 0 });
    expect(node.system_identifier).toBe(report.system_identifier);
    expect(node.marker_seen_after_ms).toBeGreaterThan(0);
  }
  expect(report.marker.removed).toBe(true);
  // An automatic verification at the same time has a row of its own.
  const rows = `select count(*) from replication_marker where marker = '${report.marker.id}'`;
  expect(await harness.sql(primary, `\\c hathi\n${rows}`)).toBe('0');
  expect((await harness.topology()).primary).toBe(primary);
});

test('a replica whose PostgreSQL is stopped is named', async () => {
  healBy(() => harness.shell(replica, 'systemctl start patroni'));
  await harness.shell(replica, 'systemctl stop patroni');
  const { codes, detail } = await failure();
  expect(codes).toEqual(['NODE_UNREACHABLE']);
  expect(detail).toContain('does not respond');
});

test('a replica whose replay is paused is named, at once', async () => {
  // Outside maintenance Patroni resumes it within seconds.
  healBy(async () => {
    await harness.sql(replica, 'select pg_wal_replay_resume()');
    await harness.shell(primary, `${PATRONICTL} resume --wait`);
  });
  await harness.shell(primary, `${PATRONICTL} pause --wait`);
  await harness.sql(replica, 'select pg_wal_replay_pause()');
  // The function only requests it.
  await waitFor('the pause', HEAL_SECONDS, async () => {
    return (await harness.sql(replica, 'select pg_get_wal_replay_pause_state()')) === 'paused';
  });
  const { codes, detail, report } = await failure();
  expect(codes).toEqual(['REPLAY_PAUSED', 'MARKER_NOT_SEEN']);
  expect(detail).toContain('paused');
  expect(report.nodes.find((node) => node.node === replica)?.lag_bytes).toBeGreaterThan(0);
});

test('a replica that streams beside its slot is named, though the row arrives', async () => {
  // Patroni repairs the setting within seconds. In maintenance it can be stopped without PostgreSQL.
  healBy(async () => {
    await harness.sql(replica, 'alter system reset primary_slot_name');
    await harness.sql(replica, 'select pg_reload_conf()');
    await harness.shell(replica, 'systemctl start patroni');
    await harness.shell(primary, `${PATRONICTL} resume --wait`);
  });
  await harness.shell(primary, `${PATRONICTL} pause --wait`);
  await harness.shell(replica, 'systemctl stop patroni');
  await harness.sql(replica, "alter system set primary_slot_name = ''");
  await harness.sql(replica, 'select pg_reload_conf()');
  await waitFor('a stream without a slot', HEAL_SECONDS, async () => {
    const state = "select status, coalesce(slot_name, '') from pg_stat_wal_receiver";
    return (await harness.sql(replica, state)) === 'streaming|';
  });
  const { codes, detail, report } = await failure();
  expect(codes).toEqual(['NO_SLOT']);
  expect(detail).toContain('slot');
  expect(report.nodes.find((node) => node.node === replica)?.streaming).toBe(true);
});

test('a separate PostgreSQL on the node and port of a replica is told apart', async () => {
  const { password } = await harness.connection();
  const programs = await harness.sql(
    replica,
    "select setting from pg_config where name = 'BINDIR'",
  );
  const files = await harness.sql(replica, "select current_setting('data_directory')");
  const foreign = '/var/lib/postgresql/foreign';
  const as = 'runuser -u postgres --';
  healBy(() =>
    harness.shell(
      replica,
      `${as} ${programs}/pg_ctl -w -m immediate -D ${foreign} stop >/dev/null || true
       rm -rf ${foreign} ${foreign}.password ${foreign}.log; systemctl start patroni`,
    ),
  );
  await harness.shell(
    replica,
    `${as} install -m 700 -d ${foreign}; ${as} sh -c 'cat > ${foreign}.password'
     ${as} ${programs}/initdb -D ${foreign} -U postgres -A scram-sha-256 --pwfile=${foreign}.password >/dev/null
     cp ${files}/pg_hba.conf ${foreign}/pg_hba.conf
     grep -E '^(ssl|listen_addresses|unix_socket)' ${files}/postgresql.conf >> ${foreign}/postgresql.conf
     systemctl stop patroni
     ${as} ${programs}/pg_ctl -w -D ${foreign} -l ${foreign}.log start >/dev/null`,
    password,
  );
  const { codes, detail } = await failure();
  expect(codes).toEqual(['OTHER_SYSTEM_IDENTIFIER', 'SECOND_PRIMARY', 'MARKER_NOT_SEEN']);
  expect(detail).toContain('system identifier');
});
