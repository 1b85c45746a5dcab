import { pendingChange } from '../core/cluster/pending-change.ts';
import { type ClusterNode, plannedNodes, type Topology } from '../core/cluster/topology.ts';
import { readable } from '../core/node/node-facts.ts';
import type { NewClusterEvent } from '../core/observation/cluster-event.ts';
import { type ClusterMetric, clusterMetrics } from '../core/observation/cluster-metrics.ts';
import type { ConditionType } from '../core/observation/condition.ts';
import type { LeaseRelease } from '../core/observation/failover.ts';
import { findings } from '../core/observation/findings.ts';
import {
  currentFacts,
  currentRole,
  type ObservedNode,
  ROUND_SECONDS,
} from '../core/observation/observed-node.ts';
import { sampleOf } from '../core/observation/sample.ts';
import type { Sample } from '../core/observation/series.ts';
import { type ConditionState, settleCondition } from '../core/observation/settle-condition.ts';
import type { Log } from '../ports/log.ts';
import type {
  NewFailover,
  ObservationRecord,
  ObservationUpdate,
  PrimaryState,
} from '../ports/observation-store.ts';
import type { ClusterSummary } from '../ports/stores.ts';
import { targetOf } from '../shared/targets.ts';
import { releaseEarly } from './early-release.ts';
import { failoverReport } from './failover-report.ts';
import { NodeWatches, type NodeWatchesTools } from './node-watches.ts';

export interface ClusterWatchTools extends NodeWatchesTools {
  log: Pick<Log, 'info' | 'warn'>;
}

/** Longest wait for the first connections before a cluster is evaluated. */
const FIRST_CONNECTION_MILLISECONDS = 10_000;
/** Patroni promotes within seconds after the lease was revoked. */
const PROMOTION_MILLISECONDS = 10_000;
const PROMOTION_PAUSE_MILLISECONDS = 200;

/** Sessions on all nodes of one cluster, and the conditions that follow from their facts. */
export class ClusterWatch {
  readonly #tools: ClusterWatchTools;
  readonly #nodes: NodeWatches;
  readonly #conditions = new Map<ConditionType, ConditionState>();
  #summary: ClusterSummary;
  #rolesChangedAt: string | null;
  #primary: PrimaryState | null;
  readonly #startedAt: number;
  readonly #newest = new Map<string, Sample>();
  readonly #sampledAt = new Map<string, string>();
  #failovers: NewFailover[] = [];
  #isDirty = true;
  #evaluatedAt = 0;
  #releasing: AbortController | null = null;
  #release: LeaseRelease | null = null;

  /** @param stored observation of an earlier server, if any */
  constructor(tools: ClusterWatchTools, summary: ClusterSummary, stored: ObservationRecord | null) {
    this.#tools = tools;
    this.#startedAt = tools.clock.now().getTime();
    this.#summary = summary;
    this.#rolesChangedAt = stored?.roles_changed_at ?? null;
    this.#primary = stored?.primary_state ?? null;
    for (const condition of stored?.conditions ?? []) {
      this.#conditions.set(condition.type, { condition, differsSince: null, changes: [] });
    }
    this.#nodes = new NodeWatches(tools, (node, observed) => {
      this.#isDirty = true;
      const isLost = observed.reachable === false;
      if (isLost && this.#primary?.node === node.name) this.#replacePrimary(node);
    });
    this.#nodes.update(summary.cluster, stored);
  }

  get summary(): ClusterSummary {
    return this.#summary;
  }

  /** Whether a condition holds; null before the first evaluation. */
  status(type: ConditionType) {
    return this.#conditions.get(type)?.condition ?? null;
  }

  /** Takes over a newer record: nodes can have been added, removed or replaced. */
  update(summary: ClusterSummary): void {
    const before = this.#summary;
    this.#summary = summary;
    if (versionOf(before) === versionOf(summary)) return;
    this.#isDirty = true;
    this.#nodes.update(summary.cluster, null);
  }

  /**
   * Evaluates the conditions.
   * @returns the update to store; null if nothing changed since the last call
   */
  evaluate(now: Date): ObservationUpdate | null {
    // Facts become too old without an event, so the conditions are evaluated at least once a round.
    const isDue = now.getTime() - this.#evaluatedAt >= ROUND_SECONDS * 1_000;
    const isSettling = [...this.#conditions.values()].some((one) => one.differsSince !== null);
    if (!this.#isDirty && !isDue && !isSettling) return null;
    if (this.#isStarting(now)) return null;
    this.#isDirty = false;
    this.#evaluatedAt = now.getTime();
    const { cluster, report } = this.#summary;
    const nodes = cluster.nodes ?? [];
    // A change of the spec that was not applied yet is no failure of the nodes; see `up-to-date`.
    const spec = cluster.applied_spec ?? cluster.spec;
    const observed = this.#nodes.observed();
    const events: NewClusterEvent[] = [];
    const topology: Topology = {
      primary: null,
      nodes: nodes.map((node) => ({
        name: node.name,
        role: currentRole(
          node,
          observed.find(({ name }) => name === node.name),
          now,
        ),
      })),
      observed_at: now.toISOString(),
    };
    const primaries = topology.nodes.filter(({ role }) => role === 'primary');
    if (primaries.length === 1) topology.primary = primaries[0]?.name ?? null;
    this.#noteRoles(topology, now, events);
    const found = findings(
      {
        spec,
        planned: plannedNodes(spec),
        nodes,
        observed,
        report,
        roles_changed_at: this.#rolesChangedAt,
        pending: pendingChange(cluster),
      },
      now,
    );
    for (const finding of found) {
      const before = this.#conditions.get(finding.type) ?? null;
      const after = settleCondition(before, finding, now);
      this.#conditions.set(finding.type, after);
      const previous = before?.condition.status ?? null;
      const { type, status, reason, message } = after.condition;
      if (previous === status) continue;
      // A condition that becomes known for the first time, and holds, is no news. Nor is a cluster whose
      // creation has not verified it yet.
      const isFirst = previous === null || (previous === 'unknown' && before?.changes.length === 0);
      if (isFirst && (status !== 'false' || reason === 'NEVER_VERIFIED')) continue;
      const data = { condition: type, status, previous_status: previous, reason, message };
      events.push({ type: 'condition.changed', data, at: now.toISOString() });
    }
    return {
      cluster_id: cluster.id,
      topology,
      primary_state: this.#primary,
      roles_changed_at: this.#rolesChangedAt,
      conditions: [...this.#conditions.values()].map(({ condition }) => condition),
      nodes: observed,
      observed_at: now.toISOString(),
      events,
      failovers: this.#failovers.splice(0),
      samples: this.#samples(observed, topology.primary),
    };
  }

  metrics(update: ObservationUpdate): Map<ClusterMetric, string[]> {
    return clusterMetrics({
      cluster: this.#summary.cluster.name,
      conditions: update.conditions,
      nodes: update.nodes,
      roles: update.topology?.nodes ?? [],
      samples: this.#newest,
      report: this.#summary.report,
    });
  }

  /** One sample for each round that arrived since the last call. */
  #samples(observed: readonly ObservedNode[], primary: string | null): Sample[] {
    const facts = observed.find(({ name }) => name === primary)?.facts ?? null;
    const primaryLsn = (facts && readable(facts.postgres)?.current_lsn) ?? null;
    return observed.flatMap(({ name, observed_at: at, facts: found }) => {
      if (at === null || found === null || this.#sampledAt.get(name) === at) return [];
      this.#sampledAt.set(name, at);
      const sample = sampleOf(name, at, found, primaryLsn);
      this.#newest.set(name, sample);
      return [sample];
    });
  }

  /** Whether a first connection is still being made. Until then, nothing new is known of the cluster. */
  #isStarting(now: Date): boolean {
    const isPending = this.#nodes.observed().some(({ reachable }) => reachable === null);
    return isPending && now.getTime() - this.#startedAt < FIRST_CONNECTION_MILLISECONDS;
  }

  /** Releases the lease of the primary if its machine is proven to be down. */
  #replacePrimary(dead: ClusterNode): void {
    if (this.#releasing !== null || this.#summary.cluster.spec.replica_count === 0) return;
    const stop = new AbortController();
    this.#releasing = stop;
    const { name } = this.#summary.cluster;
    this.#releaseLease(dead, stop.signal)
      .catch((error) => {
        const facts = { cluster: name, node: dead.name, error: String(error) };
        this.#tools.log.warn(facts, 'the lease was not released');
      })
      .finally(() => {
        this.#releasing = null;
      });
  }

  async #releaseLease(dead: ClusterNode, signal: AbortSignal): Promise<void> {
    const { cluster } = this.#summary;
    const target = targetOf(cluster, this.#tools);
    const members = plannedNodes(cluster.spec).filter(({ etcd }) => etcd);
    const isLost = () => this.#nodes.get(dead.name)?.reachable === false;
    const hasOther = () =>
      this.#nodes.observed().some((observed) => {
        const facts = currentFacts(observed, this.#tools.clock.now());
        return facts !== null && readable(facts.postgres)?.in_recovery === false;
      });
    const release = await releaseEarly(this.#tools, {
      cluster: cluster.name,
      dead,
      majority: Math.floor(members.length / 2) + 1,
      provesDown: () => target.provesDown(cluster, dead),
      survivors: () => this.#nodes.survivors(),
      isNeeded: () => isLost() && !hasOther(),
      signal,
    });
    if (release === null) return;
    this.#release = release;
    await this.#watchPromotion(() => isLost() && !hasOther());
  }

  /** Observes the nodes more often until a new primary exists, for its time in the report. */
  async #watchPromotion(isPending: () => boolean): Promise<void> {
    const { clock } = this.#tools;
    const deadline = clock.now().getTime() + PROMOTION_MILLISECONDS;
    while (isPending() && clock.now().getTime() < deadline) {
      await this.#nodes.observeNow(PROMOTION_MILLISECONDS);
      await clock.sleep(PROMOTION_PAUSE_MILLISECONDS).catch(() => {});
    }
  }

  close(): void {
    this.#releasing?.abort();
    this.#nodes.close();
  }

  #noteRoles({ primary }: Topology, now: Date, events: NewClusterEvent[]): void {
    if (primary === null) return;
    const current = this.#nodes.get(primary);
    const facts = current && currentFacts(current, now);
    const timeline = (facts && readable(facts.postgres)?.timeline) ?? null;
    const before = this.#primary;
    if (before?.node === primary && before.timeline === timeline) return;
    this.#primary = { node: primary, timeline };
    if (before === null) return;
    const at = now.toISOString();
    this.#rolesChangedAt = at;
    const previous = { previous_primary: before.node, previous_timeline: before.timeline };
    events.push({ type: 'roles.changed', data: { primary, timeline, ...previous }, at });
    if (before.node === primary) return;
    const report = failoverReport({
      before,
      after: this.#primary,
      previous: this.#nodes.get(before.node),
      current,
      release: this.#release,
      at,
    });
    this.#failovers.push(report);
    this.#release = null;
  }
}

/** Changes with everything of a summary that the conditions depend on. */
function versionOf({ cluster, operation, report }: ClusterSummary): string {
  return [cluster.updated_at, operation?.id, operation?.state, report?.id].join(' ');
}
