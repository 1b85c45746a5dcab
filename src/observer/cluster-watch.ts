import { pendingChange } from '../core/cluster/pending-change.ts';
import { type ClusterNode, plannedNodes, type Topology } from '../core/cluster/topology.ts';
import { readable } from '../core/node/node-facts.ts';
import type { NewClusterEvent } from '../core/observation/cluster-event.ts';
import { type ClusterMetric, clusterMetrics } from '../core/observation/cluster-metrics.ts';
import type { ConditionType } from '../core/observation/condition.ts';
import { type LeaseRelease, lostBytes, secondsBetween } from '../core/observation/failover.ts';
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
import type { NodeSessionRequest } from '../ports/node-sessions.ts';
import type {
  NewFailover,
  ObservationRecord,
  ObservationUpdate,
  PrimaryState,
} from '../ports/observation-store.ts';
import type { ClusterSummary } from '../ports/stores.ts';
import type { Targets } from '../ports/target.ts';
import type { Workspace } from '../ports/workspace.ts';
import { sessionRequests } from '../shared/node-facts.ts';
import { targetOf } from '../shared/targets.ts';
import { releaseEarly, type Survivor } from './early-release.ts';
import { NodeWatch, type NodeWatchTools } from './node-watch.ts';

export interface ClusterWatchTools extends NodeWatchTools {
  log: Pick<Log, 'info' | 'warn'>;
  workspace: Pick<Workspace, 'path'>;
  targets: Targets;
}

interface WatchedNode {
  /** The request as text. */
  key: string;
  request: NodeSessionRequest;
  watch: NodeWatch;
}

/** Patroni promotes within seconds after the lease was revoked. */
const PROMOTION_MILLISECONDS = 10_000;
const PROMOTION_PAUSE_MILLISECONDS = 200;

/** Sessions on all nodes of one cluster, and the conditions that follow from their facts. */
export class ClusterWatch {
  readonly #tools: ClusterWatchTools;
  readonly #nodes = new Map<string, WatchedNode>();
  readonly #conditions = new Map<ConditionType, ConditionState>();
  #summary: ClusterSummary;
  #rolesChangedAt: string | null;
  #primary: PrimaryState | null;
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
    this.#summary = summary;
    this.#rolesChangedAt = stored?.roles_changed_at ?? null;
    this.#primary = stored?.primary_state ?? null;
    for (const condition of stored?.conditions ?? []) {
      this.#conditions.set(condition.type, { condition, differsSince: null, changes: [] });
    }
    this.#openNodes(stored);
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
    this.#openNodes(null);
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
    this.#isDirty = false;
    this.#evaluatedAt = now.getTime();
    const { cluster, report } = this.#summary;
    const nodes = cluster.nodes ?? [];
    const observed = [...this.#nodes.values()].map(({ watch }) => watch.observed);
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
        spec: cluster.spec,
        planned: plannedNodes(cluster.spec),
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
      // A condition that becomes known for the first time, and holds, is no news.
      const isFirst = previous === null || (previous === 'unknown' && before?.changes.length === 0);
      if (isFirst && status !== 'false') continue;
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

  /** Releases the lease of the primary if its machine is proven to be down. */
  async #replacePrimary(dead: ClusterNode): Promise<void> {
    if (this.#releasing !== null) return;
    const { cluster } = this.#summary;
    const target = targetOf(cluster, this.#tools);
    const members = plannedNodes(cluster.spec).filter(({ etcd }) => etcd);
    const stop = new AbortController();
    this.#releasing = stop;
    const isLost = () => this.#nodes.get(dead.name)?.watch.observed.reachable === false;
    const hasOther = () =>
      [...this.#nodes.values()].some(({ watch }) => {
        const facts = currentFacts(watch.observed, this.#tools.clock.now());
        return facts !== null && readable(facts.postgres)?.in_recovery === false;
      });
    const release = await releaseEarly(this.#tools, {
      cluster: cluster.name,
      dead,
      majority: Math.floor(members.length / 2) + 1,
      provesDown: () => target.provesDown(cluster, dead),
      survivors: () => this.#survivors(),
      isNeeded: () => isLost() && !hasOther(),
      signal: stop.signal,
    });
    if (release !== null) {
      this.#release = release;
      await this.#watchPromotion(() => isLost() && !hasOther());
    }
    this.#releasing = null;
  }

  /** Observes the nodes more often until a new primary exists, for its time in the report. */
  async #watchPromotion(isPending: () => boolean): Promise<void> {
    const { clock } = this.#tools;
    const deadline = clock.now().getTime() + PROMOTION_MILLISECONDS;
    while (isPending() && clock.now().getTime() < deadline) {
      const nodes = [...this.#nodes.values()].map(({ watch }) => watch);
      await Promise.all(nodes.map((watch) => watch.observeNow(PROMOTION_MILLISECONDS)));
      await clock.sleep(PROMOTION_PAUSE_MILLISECONDS).catch(() => {});
    }
  }

  #survivors(): Survivor[] {
    return [...this.#nodes.values()].flatMap(({ request, watch }) =>
      watch.session === null
        ? []
        : [{ node: request.node, session: watch.session, etcd: request.settings.etcd }],
    );
  }

  close(): void {
    this.#releasing?.abort();
    for (const { watch } of this.#nodes.values()) watch.close();
    this.#nodes.clear();
  }

  #noteRoles({ primary }: Topology, now: Date, events: NewClusterEvent[]): void {
    if (primary === null) return;
    const watch = this.#nodes.get(primary)?.watch;
    const facts = watch === undefined ? null : currentFacts(watch.observed, now);
    const timeline = (facts && readable(facts.postgres)?.timeline) ?? null;
    const before = this.#primary;
    if (before?.node === primary && before.timeline === timeline) return;
    this.#primary = { node: primary, timeline };
    if (before === null) return;
    const at = now.toISOString();
    this.#rolesChangedAt = at;
    const previous = { previous_primary: before.node, previous_timeline: before.timeline };
    events.push({ type: 'roles.changed', data: { primary, timeline, ...previous }, at });
    if (before.node !== primary) this.#failovers.push(this.#failover(before, primary, at));
  }

  #failover(before: PrimaryState, primary: string, at: string): NewFailover {
    const old = this.#nodes.get(before.node)?.watch.observed ?? null;
    const seen = this.#nodes.get(primary)?.watch.observed ?? null;
    const facts = seen?.facts ?? null;
    const observedAt = seen?.observed_at ?? at;
    const promotion = (facts && readable(facts.postgres)?.promotion) ?? null;
    const last = (old?.facts && readable(old.facts.postgres)?.current_lsn) ?? null;
    const release = this.#release?.node === before.node ? this.#release : null;
    const lostAt = old?.reachable === false ? old.since : null;
    const promotedAt = promotion === null ? null : new Date(promotion.at).toISOString();
    const switchLsn = promotion?.switch_lsn ?? null;
    this.#release = null;
    return {
      trigger: release === null ? 'patroni' : 'machine-down',
      previous_primary: before.node,
      primary,
      previous_timeline: before.timeline,
      timeline: this.#primary?.timeline ?? null,
      lost_at: lostAt,
      proven_down_at: release?.proven_down_at ?? null,
      released_at: release?.released_at ?? null,
      promoted_at: promotedAt,
      observed_at: observedAt,
      interruption_seconds: secondsBetween(lostAt, observedAt),
      switch_lsn: switchLsn,
      last_lsn: last === null ? null : { lsn: last, observed_at: old?.observed_at ?? at },
      lost_bytes_at_least: lostBytes(switchLsn, last),
    };
  }

  /** Opens sessions on new nodes, and closes those of nodes that changed or left. */
  #openNodes(stored: ObservationRecord | null): void {
    const wanted = new Set<string>();
    for (const request of sessionRequests(this.#tools, this.#summary.cluster)) {
      const { node } = request;
      wanted.add(node.name);
      const key = JSON.stringify(request);
      const known = this.#nodes.get(node.name);
      if (known?.key === key) continue;
      known?.watch.close();
      const initial = stored?.nodes.find(({ name }) => name === node.name) ?? null;
      const watch = new NodeWatch(this.#tools, request, initial, () => {
        this.#isDirty = true;
        const isLost = watch.observed.reachable === false;
        if (isLost && this.#primary?.node === node.name) void this.#replacePrimary(node);
      });
      this.#nodes.set(node.name, { key, request, watch });
    }
    for (const [name, { watch }] of this.#nodes) {
      if (wanted.has(name)) continue;
      watch.close();
      this.#nodes.delete(name);
    }
  }
}

/** Changes with everything of a summary that the conditions depend on. */
function versionOf({ cluster, operation, report }: ClusterSummary): string {
  return [cluster.updated_at, operation?.id, operation?.state, report?.id].join(' ');
}
