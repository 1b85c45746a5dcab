import { plannedNodes } from '../../core/cluster/topology.ts';
import type { MachineStart } from '../../core/plan/plan.ts';
import { isMachine, type ResourceChange, removes } from '../../core/plan/planned-change.ts';
import { addressOf, hasAddress } from '../../core/terraform/addresses.ts';
import type { StageContext } from '../../ports/stage.ts';
import type { MachineState } from '../../ports/target.ts';
import type { TerraformState } from '../../ports/terraform.ts';
import { targetOf } from '../../shared/targets.ts';
import type { TerraformTools } from './terraform-tools.ts';

export interface ObservedMachines {
  nodes: MachineState[];
  network: boolean;
  /** Time in ISO 8601, UTC. */
  observedAt: string;
}

/** The planned machines and their current state on the target. */
export async function observeMachines(
  context: StageContext,
  tools: TerraformTools,
): Promise<ObservedMachines> {
  const { cluster } = context;
  const names = plannedNodes(cluster.spec).map(({ name }) => name);
  const observed = await targetOf(cluster, tools).observe(cluster, names);
  return { ...observed, observedAt: tools.clock.now().toISOString() };
}

/** Addresses in the state of resources that no longer exist on the target. */
export function vanished(
  { cluster }: StageContext,
  tools: TerraformTools,
  state: TerraformState,
  { nodes, network }: ObservedMachines,
): string[] {
  const { moduleResources } = targetOf(cluster, tools);
  const gone = nodes
    .filter((node) => node.state === 'missing')
    .map(({ name }) => addressOf(moduleResources, { kind: 'node', node: name }));
  if (!network) gone.push(addressOf(moduleResources, { kind: 'network', node: null }));
  return gone
    .filter((address) => address !== null)
    .filter((address) => state.addresses.includes(address));
}

/** Stopped machines of the state that the plan keeps. Its apply starts only these. */
export function startsOf(
  { cluster }: StageContext,
  tools: TerraformTools,
  state: TerraformState,
  { nodes, observedAt }: ObservedMachines,
  changes: readonly ResourceChange[],
): MachineStart[] {
  const { moduleResources } = targetOf(cluster, tools);
  return nodes
    .filter(({ name, state: machine }) => {
      const isKnown = hasAddress(moduleResources, state.addresses, { kind: 'node', node: name });
      const goes = changes.some((one) => one.node === name && isMachine(one) && removes(one));
      return machine === 'stopped' && isKnown && !goes;
    })
    .map(({ name }) => ({ node: name, observed_at: observedAt }));
}

/**
 * Starts the machines that the plan lists and that are still stopped.
 * @throws OPERATION_FAILED | CLOUD_UNAVAILABLE if the target cannot start them
 */
export async function startMachines(
  context: StageContext,
  tools: TerraformTools,
  starts: readonly MachineStart[],
): Promise<void> {
  if (starts.length === 0) return;
  const { cluster } = context;
  const target = targetOf(cluster, tools);
  const listed = starts.map(({ node }) => node);
  const { nodes } = await target.observe(cluster, listed);
  const stopped = nodes.filter(({ state }) => state === 'stopped').map(({ name }) => name);
  if (stopped.length === 0) return;
  await target.start(cluster, stopped);
  await context.emit(...stopped.map((node) => ({ type: 'node.started' as const, data: { node } })));
}
