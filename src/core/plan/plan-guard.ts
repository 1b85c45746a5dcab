import type { PlannedNode, Role } from '../cluster/topology.ts';
import type { PowerState } from '../node/node.ts';
import { runStep } from '../remedy.ts';
import { type AttributeEffects, attributeEffect } from './attribute-effects.ts';
import {
  type ChangeEffect,
  holdsData,
  isMachine,
  type PlannedChange,
  removes,
  replaces,
} from './planned-change.ts';
import type { Refusal, RefusalReason } from './refusal.ts';

/** An existing node, as it was just observed. */
export interface GuardedNode {
  name: string;
  /** State of the container or instance. */
  state: PowerState;
  /** Role that the node reports now; null if it did not respond. */
  role: Role | null;
  /** Role of the stored topology, which may be out of date. */
  lastRole: Role | null;
  /** Whether it runs PostgreSQL; a witness does not. */
  hasPostgres: boolean;
  /** Whether it is a member of etcd. */
  etcd: boolean;
}

export interface GuardInput {
  cluster: string;
  changes: readonly PlannedChange[];
  /** Every existing node; empty while no node can hold data. */
  nodes: readonly GuardedNode[];
  /** Nodes of the spec of the plan. */
  planned: readonly PlannedNode[];
  effects: AttributeEffects;
}

/**
 * The reasons why a plan must not be applied: it would remove the primary, etcd's majority or the
 * data of a node that remains, or stop nodes. Rolling changes and safe removals are separate
 * procedures, because a single apply acts on all nodes at once and in no particular order.
 * @returns one refusal for each node and reason; none if the plan is safe
 */
export function judgePlan(input: GuardInput): Refusal[] {
  const byName = new Map(input.nodes.map((node) => [node.name, node]));
  const refusals: Refusal[] = [];
  for (const change of input.changes) {
    if (change.node === null) {
      const cut = judgeSharedChange(input, change);
      if (cut !== null) refusals.push(cut);
      continue;
    }
    const node = byName.get(change.node);
    if (node === undefined) continue;
    const refusal = judgeChange(input, change, node);
    if (refusal !== null && !refusals.some((one) => one.node === node.name)) refusals.push(refusal);
  }
  const quorum = judgeQuorum(input);
  return quorum === null ? refusals : [...refusals, quorum];
}

/** A network or group that all nodes use is removed before its replacement exists. */
function judgeSharedChange(input: GuardInput, change: PlannedChange): Refusal | null {
  const isUsed = input.nodes.some(({ state }) => state !== 'missing');
  if (!isUsed || !replaces(change)) return null;
  for (const attribute of change.attributes) {
    const effect = attributeEffect(input.effects, change.type, attribute);
    if (effect?.change !== 'replaces' || effect.loses === 'none') continue;
    return {
      reason: 'cuts-nodes-off',
      node: null,
      role: null,
      address: change.address,
      attributes: [attribute],
      message: `The plan replaces ${change.address} because of ${attribute}, while nodes use it. ${effect.note}`,
      ...keepAsItIs(input),
    };
  }
  return null;
}

function judgeChange(input: GuardInput, change: PlannedChange, node: GuardedNode): Refusal | null {
  if (stops(input, change, node)) {
    return refusal('stops-node', input, change, node, 'an apply stops nodes in no safe order');
  }
  if (!removes(change)) return null;
  const isGone = node.state === 'missing';
  // The repair of a machine that disappeared; its data volume still exists and must be kept.
  if (isGone && change.part !== 'data-volume') return null;
  if (!isMachine(change) && !holdsData(change)) return null;
  if (!node.hasPostgres) return null; // A witness holds no data; the quorum check covers it.
  if (isPrimary(input.nodes, node)) {
    return refusal('removes-primary', input, change, node, 'it is the primary');
  }
  const next = input.planned.find(({ name }) => name === node.name);
  if (next !== undefined && !next.witness) {
    if (!isGone && isTaintedAndSilent(change, node)) return null;
    return holdsData(change)
      ? refusal('removes-data', input, change, node, 'the node stays, and its data would be lost')
      : refusal('replaces-node', input, change, node, 'the node stays');
  }
  // The node is removed, or becomes a witness.
  if (primaryResponds(input.nodes)) return null;
  return refusal(
    'primary-unknown',
    input,
    change,
    node,
    'no node reported that it is the primary, so this one may be it',
  );
}

/** Current roles take precedence: after a failover the stored topology names the old primary. */
function isPrimary(nodes: readonly GuardedNode[], { role, lastRole }: GuardedNode): boolean {
  return role === 'primary' || (lastRole === 'primary' && !primaryResponds(nodes));
}

function primaryResponds(nodes: readonly GuardedNode[]): boolean {
  return nodes.some(({ role }) => role === 'primary');
}

/** The creation of the machine was interrupted before it could hold data. */
function isTaintedAndSilent({ action_reason }: PlannedChange, node: GuardedNode): boolean {
  return (
    action_reason === 'replace_because_tainted' && node.role === null && node.state === 'running'
  );
}

function stops(
  { changes, effects }: Pick<GuardInput, 'changes' | 'effects'>,
  change: PlannedChange,
  { name, state }: GuardedNode,
): boolean {
  if (state === 'missing') return false;
  if (!removes(change)) {
    const effectOn = (attribute: string) => attributeEffect(effects, change.type, attribute);
    return change.attributes.some((one) => effectOn(one)?.change === 'stops-instance');
  }
  // A machine is stopped to detach its data volume, unless the machine is removed as well.
  if (change.part !== 'data-attachment') return false;
  return !changes.some((one) => one.node === name && isMachine(one) && removes(one));
}

/** etcd needs more than half of its members. Only Ansible adds a replaced member again. */
function judgeQuorum(input: GuardInput): Refusal | null {
  const { cluster, changes, nodes } = input;
  const members = nodes.filter(({ etcd }) => etcd);
  const removed = members.filter(
    ({ name, state }) =>
      state !== 'missing' &&
      changes.some((change) => change.node === name && isMachine(change) && removes(change)),
  );
  if (removed.length === 0 || members.length < 2) return null;
  const left = members.filter((node) => node.state === 'running' && !removed.includes(node));
  const majority = Math.floor(members.length / 2) + 1;
  const down = members.filter(({ state }) => state !== 'running').map(({ name }) => name);
  if (removed.length === 1 && left.length >= majority) return null;
  const names = removed.map(({ name }) => name).join(', ');
  return {
    reason: 'removes-etcd-majority',
    node: removed.length === 1 ? (removed[0]?.name ?? null) : null,
    role: removed.length === 1 ? roleOf(removed[0]) : null,
    address: null,
    attributes: [],
    message: `The plan removes ${names} of etcd's ${members.length} members${
      down.length === 0 ? '' : ` while ${down.join(', ')} does not run`
    }; ${left.length} would run, and ${majority} are needed to elect a primary.`,
    ...(removed.length === 1
      ? {
          action: `Start ${down.join(', ')} first, then plan again.`,
          remedies: [runStep('plan-terraform', cluster)],
        }
      : keepAsItIs(input)),
  };
}

/** The role that the node reports, otherwise the last observed role. */
export function roleOf(node: GuardedNode | null | undefined): Role | null {
  if (!node) return null;
  return node.hasPostgres ? (node.role ?? node.lastRole) : 'witness';
}

function refusal(
  reason: RefusalReason,
  input: GuardInput,
  change: PlannedChange,
  node: GuardedNode,
  why: string,
): Refusal {
  const role = roleOf(node);
  const attributes = [...change.attributes];
  const verb = reason === 'stops-node' ? 'stops' : replaces(change) ? 'replaces' : 'removes';
  const what = PART_WORDS[change.part ?? 'container'];
  const cause = attributes.length === 0 ? '' : ` because of ${attributes.join(', ')}`;
  return {
    reason,
    node: node.name,
    role,
    address: change.address,
    attributes,
    message: `The plan ${verb} ${what} of ${node.name} (${roleText(node)})${cause}: ${why}.`,
    ...keepAsItIs(input),
  };
}

const PART_WORDS = {
  container: 'the container',
  instance: 'the machine',
  'data-volume': 'the data volume',
  'data-attachment': 'the attachment of the data volume',
} as const;

function roleText(node: GuardedNode): string {
  const role = roleOf(node);
  if (role === null) return 'role unknown';
  if (node.role === null && node.hasPostgres) return `${role} when last observed, no response now`;
  return `observed role: ${role}`;
}

/** Steps that keep the existing number of nodes, or that restore files that Hathi did not write. */
function keepAsItIs({ cluster, nodes, planned }: GuardInput): Pick<Refusal, 'action' | 'remedies'> {
  const replica_count = nodes.filter(({ hasPostgres }) => hasPostgres).length - 1;
  const isSmaller = planned.filter(({ witness }) => !witness).length - 1 < replica_count;
  return {
    action: `To keep the cluster as it is, generate its files again${
      isSmaller ? ` with ${replica_count} replicas` : ''
    }, then plan again.`,
    remedies: [
      runStep('generate-terraform', cluster, isSmaller ? { replica_count } : undefined),
      runStep('plan-terraform', cluster),
    ],
  };
}

/** Effect of the change in the reviewed document. @param node null for a new node */
export function effectOf(
  input: Pick<GuardInput, 'changes' | 'effects'>,
  change: PlannedChange,
  node: GuardedNode | null,
): ChangeEffect {
  if (node !== null && stops(input, change, node)) return 'stops-node';
  if (removes(change)) {
    const isThere = node !== null && (node.state !== 'missing' || change.part === 'data-volume');
    if (isThere && node.hasPostgres && holdsData(change)) return 'loses-data';
    return replaces(change) ? 'replaces' : 'removes';
  }
  return change.actions.includes('create') ? 'adds' : 'in-place';
}
