import { plannedNodes } from '../core/cluster/topology.ts';
import type { StageContext } from '../ports/stage.ts';
import type { LabelledResource } from '../ports/target.ts';
import type { Import, TerraformState } from '../ports/terraform.ts';
import { type TerraformTools, targetOf } from './terraform-tools.ts';

/** Made with its instance, in no state by itself, and removed with it. */
const ROOT_VOLUME = 'root-volume';

/** These have their name for an id, and may all have the same. */
const KNOWN_BY_NAME = new Set(['key-pair', 'role', 'instance-profile']);

/** What carries the cluster's labels and the state does not know. */
export async function orphansOf(
  { cluster }: StageContext,
  tools: TerraformTools,
  state: TerraformState | null,
): Promise<LabelledResource[]> {
  const found = await targetOf(cluster, tools).resources(cluster);
  const addresses = new Set(state?.addresses ?? []);
  const ids = new Set(state?.ids ?? []);
  const { target } = cluster.spec;
  return found.filter(({ kind, name, node }) => {
    if (kind === ROOT_VOLUME) return false;
    const address = tools.terraform.addressOf(target, { kind, node });
    // Of what has no id of its own in a state, the address alone can tell.
    if (target === 'local' || KNOWN_BY_NAME.has(kind)) {
      return address === null || !addresses.has(address);
    }
    return !ids.has(name);
  });
}

/**
 * Where the next apply can take the orphans over, instead of making what they stand for once more.
 * @returns what can be imported, and what cannot: its place is taken, or the spec has none for it
 */
export function importable(
  { cluster }: StageContext,
  tools: TerraformTools,
  state: TerraformState | null,
  orphans: readonly LabelledResource[],
): { imports: Import[]; left: LabelledResource[] } {
  const { spec } = cluster;
  const nodes = new Set(plannedNodes(spec).map(({ name }) => name));
  const networks = new Set([...spec.allow_list, ...(spec.aws?.control_cidrs ?? [])]);
  const taken = new Set(state?.addresses ?? []);
  const imports: Import[] = [];
  const left: LabelledResource[] = [];
  for (const orphan of orphans) {
    const address = tools.terraform.addressOf(spec.target, orphan);
    const network = /^security-group-rule\/(?:postgres|ssh)\/(.+)$/.exec(orphan.kind)?.[1];
    const wanted =
      (orphan.node === null || nodes.has(orphan.node)) &&
      (network === undefined || networks.has(network));
    if (address === null || !wanted || taken.has(address)) {
      left.push(orphan);
    } else {
      taken.add(address);
      imports.push({ address, id: orphan.name });
    }
  }
  return { imports, left };
}
