import { plannedNodes, type Topology } from '../../core/cluster/topology.ts';
import { nodesAtApply } from '../../core/plan/nodes-at-apply.ts';
import { effectOf, type GuardedNode, judgePlan, roleOf } from '../../core/plan/plan-guard.ts';
import { type ResourceChange, removes } from '../../core/plan/planned-change.ts';
import { planRefused, type Refusal } from '../../core/plan/refusal.ts';
import { observedRole } from '../../core/postgres/observed-topology.ts';
import type { StageContext } from '../../ports/stage.ts';
import type { PlanRecord } from '../../ports/stores.ts';
import type { PlannedResource } from '../../ports/terraform.ts';
import { withNodeSession } from '../../shared/node-session.ts';
import { targetOf } from '../../shared/targets.ts';
import { requireSecret } from '../cluster-secrets.ts';
import type { TerraformTools } from './terraform-tools.ts';

export interface JudgedPlan {
  changes: ResourceChange[];
  refusals: Refusal[];
}

/**
 * Effects of the changes of a plan on the existing nodes, from an observation at this moment.
 * @throws TOOL_MISSING | CLOUD_UNAVAILABLE if the target does not respond
 */
export async function judgeChanges(
  context: StageContext,
  tools: TerraformTools,
  changes: readonly PlannedResource[],
): Promise<JudgedPlan> {
  const { cluster } = context;
  const effects = await tools.terraform.attributeEffects(cluster.spec.target);
  const nodes = changes.some(touchesNode) ? await observeNodes(context, tools) : [];
  const planned = plannedNodes(cluster.spec);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  return {
    changes: changes.map((change) => {
      const node = byName.get(change.node ?? '') ?? null;
      return {
        ...change,
        role: roleOf(node),
        effect: effectOf({ changes, effects }, change, node),
      };
    }),
    refusals: judgePlan({
      cluster: cluster.name,
      changes,
      nodes: nodesAtApply(nodes, planned, {
        stages: context.operation.stages,
        isDone: (name) => context.outcomeOf(name) !== null,
      }),
      planned,
      effects,
    }),
  };
}

/**
 * Judges a plan again at the moment of its apply, because roles may have changed since its review.
 * @throws PLAN_REFUSED with the refusals, before anything runs
 */
export async function assertAllowed(
  context: StageContext,
  tools: TerraformTools,
  plan: Pick<PlanRecord, 'id' | 'changes' | 'refusals'>,
): Promise<void> {
  const { refusals } =
    plan.refusals.length > 0 ? plan : await judgeChanges(context, tools, plan.changes);
  if (refusals.length > 0) throw planRefused(plan.id, refusals);
}

/** A plan that only adds resources cannot harm the existing nodes, so they are not observed. */
function touchesNode(change: PlannedResource): boolean {
  return removes(change) || (change.node !== null && change.actions.includes('update'));
}

/**
 * Every node that may hold data. Before create-ansible-script there is none, because no step has
 * installed PostgreSQL yet.
 */
async function observeNodes(context: StageContext, tools: TerraformTools): Promise<GuardedNode[]> {
  const { cluster } = context;
  const made = cluster.nodes ?? [];
  if (made.length === 0 || cluster.ansible_generated_revision === null) return [];
  const names = made.map(({ name }) => name);
  const [machines, roles] = await Promise.all([
    targetOf(cluster, tools).observe(cluster, names),
    observeRoles(context, tools),
  ]);
  const states = new Map(machines.nodes.map(({ name, state }) => [name, state]));
  const replicas = made.filter(({ postgres_port }) => postgres_port !== null).length - 1;
  const members = new Set(
    plannedNodes({ name: cluster.name, replica_count: replicas })
      .filter(({ etcd }) => etcd)
      .map(({ name }) => name),
  );
  return made.map(({ name, postgres_port }) => ({
    name,
    state: states.get(name) ?? 'missing',
    role: roles.get(name) ?? null,
    lastRole: lastRoleOf(cluster.topology, name),
    hasPostgres: postgres_port !== null,
    etcd: members.has(name),
  }));
}

/** Roles that the nodes report now, without nodes that do not respond. */
async function observeRoles(context: StageContext, tools: TerraformTools) {
  const { cluster } = context;
  const secret = (name: string) => requireSecret(context, tools.secretBox, name, 'plan-terraform');
  const observed = await withNodeSession(tools, cluster, secret, (session) => session.observe());
  return new Map(observed.map((one) => [one.node, observedRole(one)]));
}

function lastRoleOf(topology: Topology | null, name: string) {
  return topology?.nodes.find((node) => node.name === name)?.role ?? null;
}
