import { pendingChange } from '../core/cluster/pending-change.ts';
import { plannedNodes, type Topology } from '../core/cluster/topology.ts';
import { readable } from '../core/node/node-facts.ts';
import { sessionSettings } from '../core/node/session-settings.ts';
import type { NewClusterEvent } from '../core/observation/cluster-event.ts';
import type { ConditionType } from '../core/observation/condition.ts';
import { findings } from '../core/observation/findings.ts';
import { currentFacts, currentRole, ROUND_SECONDS } from '../core/observation/observed-node.ts';
import { type ConditionState, settleCondition } from '../core/observation/settle-condition.ts';
import type {
  ObservationRecord,
  ObservationUpdate,
  PrimaryState,
} from '../ports/observation-store.ts';
import type { ClusterSummary } from '../ports/stores.ts';
import type { Targets } from '../ports/target.ts';
import type { Workspace } from '../ports/workspace.ts';
import { targetOf } from '../shared/targets.ts';
import { NodeWatch, type NodeWatchTools } from './node-watch.ts';

export interface ClusterWatchTools extends NodeWatchTools {
  workspace: Pick<Workspace, 'path'>;
  targets: Targets;
}

/** Sessions on all nodes of one cluster, and the conditions that follow from their facts. */
export class ClusterWatch {
  readonly #tools: ClusterWatchTools;
  readonly #nodes = new Map<string, { key: string; watch: NodeWatch }>();
  readonly #conditions = new Map<ConditionType, ConditionState>();
  #summary: ClusterSummary;
  #rolesChangedAt: string | null;
  #primary: PrimaryState | null;
  #isDirty = true;
  #evaluatedAt = 0;

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
      if (previous === after.condition.status) continue;
      const { type, status, reason, message } = after.condition;
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
    };
  }

  close(): void {
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
  }

  /** Opens sessions on new nodes, and closes those of nodes that changed or left. */
  #openNodes(stored: ObservationRecord | null): void {
    const { cluster } = this.#summary;
    const target = targetOf(cluster, this.#tools);
    const planned = new Map(plannedNodes(cluster.spec).map((node) => [node.name, node]));
    const folder = this.#tools.workspace.path(cluster.name, 'ssh');
    const wanted = new Set<string>();
    for (const [index, node] of (cluster.nodes ?? []).entries()) {
      wanted.add(node.name);
      const { spec } = cluster;
      const plan = planned.get(node.name) ?? {
        name: node.name,
        ordinal: index + 1,
        witness: node.postgres_port === null,
        etcd: false,
      };
      const settings = sessionSettings(spec, { ...plan, address: node.address }, ROUND_SECONDS);
      const request = { node, access: target.access(spec), folder, settings };
      const key = JSON.stringify(request);
      const known = this.#nodes.get(node.name);
      if (known?.key === key) continue;
      known?.watch.close();
      const initial = stored?.nodes.find(({ name }) => name === node.name) ?? null;
      const watch = new NodeWatch(this.#tools, request, initial, () => {
        this.#isDirty = true;
      });
      this.#nodes.set(node.name, { key, watch });
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
