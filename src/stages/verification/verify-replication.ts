import { stepMissing } from '../../core/cluster/missing-step.ts';
import { plannedNodes } from '../../core/cluster/topology.ts';
import { HathiError } from '../../core/errors.ts';
import { failoverFinding } from '../../core/observation/findings.ts';
import { topologyOf } from '../../core/postgres/observed-topology.ts';
import type { NodeReport, ReplicationReport } from '../../core/postgres/replication-report.ts';
import { judgeReplication, type Verdict } from '../../core/postgres/replication-verdict.ts';
import type { Clock, IdSource } from '../../ports/clock.ts';
import type { NodeSessions } from '../../ports/node-sessions.ts';
import type { Probe, ProbeSession } from '../../ports/probe.ts';
import type { SecretBox } from '../../ports/secrets.ts';
import type { Stage, StageContext } from '../../ports/stage.ts';
import type { Targets } from '../../ports/target.ts';
import type { Workspace } from '../../ports/workspace.ts';
import { type NodeFactsReader, openNodeFacts } from '../../shared/node-facts.ts';
import { withNodeSession } from '../../shared/node-session.ts';
import { requireSecret } from '../cluster-secrets.ts';

export interface VerifyReplicationTools {
  probe: Probe;
  sessions: NodeSessions;
  secretBox: SecretBox;
  workspace: Workspace;
  targets: Targets;
  clock: Clock;
  ids: IdSource;
}

/** Maximum time to repeat an unfavourable verdict that can still improve. */
const SETTLE_MILLISECONDS = 8_000;

/** Pause between two observations while the cluster changes. */
const PAUSE_MILLISECONDS = 200;

/** Maximum wait for the facts of a node in one observation, with the start of its session. */
const FACTS_MILLISECONDS = 6_000;

/** Maximum wait for the row in one observation. Replay normally takes milliseconds. */
const READ_MILLISECONDS = 1_500;

/**
 * Verifies each replica: it must receive a row of the primary by streaming through a slot. The
 * report is stored in both cases; see `judgeReplication` for the criteria.
 */
export function createVerifyReplicationStage(
  tools: VerifyReplicationTools,
): Stage<'verify-replication'> {
  return {
    name: 'verify-replication',
    afterCrash: 'run-again',
    async run(context) {
      const report = await prove(tools, context);
      await store(tools, context, report);
      if (!report.passed) throw notProven(report);
      return report;
    },
  };
}

async function prove(
  tools: VerifyReplicationTools,
  context: StageContext,
): Promise<ReplicationReport> {
  const { cluster } = context;
  if (cluster.nodes === null) {
    throw stepMissing('verify-replication', 'apply-terraform', cluster.name);
  }
  const secret = (name: string) =>
    requireSecret(context, tools.secretBox, name, 'verify-replication');
  const facts = openNodeFacts(tools, cluster);
  try {
    return await withNodeSession(tools, cluster, secret, (session) =>
      proveWith(tools, context, session, facts),
    );
  } finally {
    facts.close();
  }
}

async function proveWith(
  tools: VerifyReplicationTools,
  context: StageContext,
  session: ProbeSession,
  facts: NodeFactsReader,
): Promise<ReplicationReport> {
  const { cluster } = context;
  const started = tools.clock.now().getTime();
  const marker = { id: tools.ids.next(), node: null as string | null, lsn: null as string | null };
  const verdict = await judgeUntilSettled(tools, context, { session, facts }, marker);
  const removed =
    marker.node !== null && (await session.removeMarker(marker.node, marker.id)) === null;
  const now = tools.clock.now();
  return {
    cluster: cluster.name,
    spec_revision: cluster.spec_revision,
    passed: verdict.passed && verdict.failover.status === 'true',
    primary: verdict.primary?.node ?? null,
    system_identifier: verdict.primary?.system_identifier ?? null,
    timeline: verdict.primary?.timeline ?? null,
    marker: { id: marker.id, lsn: marker.lsn, removed },
    nodes: verdict.nodes,
    failover: verdict.failover,
    observed_at: now.toISOString(),
    duration_ms: now.getTime() - started,
  };
}

type Failover = NonNullable<ReplicationReport['failover']>;

interface Readers {
  session: ProbeSession;
  facts: NodeFactsReader;
}

interface Marker {
  id: string;
  /** Node on which the row was written; it is written again on a new primary. */
  node: string | null;
  lsn: string | null;
}

async function judgeUntilSettled(
  tools: VerifyReplicationTools,
  context: StageContext,
  { session, facts }: Readers,
  marker: Marker,
): Promise<Verdict & { failover: Failover }> {
  const { cluster } = context;
  const expected = plannedNodes(cluster.spec);
  const names = expected.map((node) => node.name);
  const deadline = tools.clock.now().getTime() + SETTLE_MILLISECONDS;
  const emitted = new Map<string, string>();
  while (true) {
    context.signal.throwIfAborted();
    const [verdict, observed] = await Promise.all([
      judgeOnce(session, names, marker),
      facts.read(FACTS_MILLISECONDS),
    ]);
    const now = tools.clock.now();
    const { nodes } = cluster;
    const spec = cluster.applied_spec ?? cluster.spec;
    const { status, reason, message } = failoverFinding(
      { spec, planned: plannedNodes(spec), nodes: nodes ?? [], observed },
      now,
    );
    const failover = { status, reason, message };
    await emitChanges(context, verdict.nodes, emitted);
    const isDone = verdict.passed ? status === 'true' : !verdict.maySettle;
    if (isDone || now.getTime() >= deadline) return { ...verdict, failover };
    await tools.clock.sleep(PAUSE_MILLISECONDS, context.signal);
  }
}

async function judgeOnce(
  session: ProbeSession,
  expected: readonly string[],
  marker: Marker,
): Promise<Verdict> {
  const observations = await session.observe();
  const first = judgeReplication(expected, observations, { lsn: null, reason: null, reads: [] });
  if (first.primary === null) return first;
  const primary = first.primary.node;
  let reason: string | null = null;
  if (marker.node !== primary || marker.lsn === null) {
    const written = await session.writeMarker(primary, marker.id);
    Object.assign(marker, { node: primary, lsn: written.lsn });
    reason = written.reason;
  }
  const { lsn } = marker;
  const replicas = observations.filter((one) => one.in_recovery === true);
  const reads =
    lsn === null
      ? []
      : await Promise.all(
          replicas.map((one) => session.readMarker(one.node, marker.id, lsn, READ_MILLISECONDS)),
        );
  return judgeReplication(expected, observations, { lsn, reason, reads });
}

/** Emits one event for each node, and another one only if the verdict on the node changed. */
async function emitChanges(
  context: StageContext,
  nodes: readonly NodeReport[],
  emitted: Map<string, string>,
): Promise<void> {
  const changed = nodes.filter((one) => emitted.get(one.node) !== verdictText(one));
  for (const one of changed) emitted.set(one.node, verdictText(one));
  if (changed.length === 0) return;
  await context.emit(
    ...changed.map(({ node, role, status, reasons, lag_bytes, round_trip_ms }) => ({
      type: 'replication.node' as const,
      data: { node, role, status, reasons, lag_bytes, round_trip_ms },
    })),
  );
}

function verdictText(node: NodeReport): string {
  return JSON.stringify([node.role, node.status, node.reasons]);
}

async function store(
  tools: VerifyReplicationTools,
  context: StageContext,
  report: ReplicationReport,
): Promise<void> {
  await context.write(async (stores) => {
    await stores.reports.insert({
      id: tools.ids.next(),
      cluster_id: context.cluster.id,
      operation_id: context.operation.id,
      passed: report.passed,
      document: report,
    });
    await stores.clusters.update(context.cluster.id, { topology: topologyOf(report) });
  });
}

function notProven(report: ReplicationReport): HathiError {
  const failed = report.nodes.filter((node) => node.status === 'failed');
  const sentences = failed.map(
    (node) => `${node.node}: ${node.reasons.map((one) => one.message).join(' ')}`,
  );
  if (failed.length === 0) {
    return new HathiError(
      'FAILOVER_NOT_READY',
      `Every replica replicates, but a failover would not work: ${report.failover?.message}`,
      { reason: report.failover?.reason, report },
    );
  }
  return new HathiError(
    'REPLICATION_NOT_PROVEN',
    `Replication is not proven on ${failed.length} of ${report.nodes.length} nodes. ${sentences.join(' ')}`,
    { nodes: failed.map((node) => node.node), report },
  );
}
