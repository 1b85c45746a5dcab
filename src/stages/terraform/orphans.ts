import type { LabelledResource } from '../../core/resources.ts';
import { addressOf } from '../../core/terraform/addresses.ts';
import type { StageContext } from '../../ports/stage.ts';
import type { Import, TerraformState } from '../../ports/terraform.ts';
import { isInState, ROOT_VOLUME } from '../../shared/orphans.ts';
import { targetOf } from '../../shared/targets.ts';
import type { TerraformTools } from './terraform-tools.ts';

/**
 * Resources with the cluster's labels that are not in the state. A root volume is removed with its
 * machine.
 */
export async function orphansOf(
  { cluster }: StageContext,
  tools: TerraformTools,
  state: TerraformState | null,
): Promise<LabelledResource[]> {
  const target = targetOf(cluster, tools);
  const found = await target.resources(cluster);
  return found.filter(
    ({ kind, name, node }) =>
      kind !== ROOT_VOLUME && !isInState(target, state, { kind, id: name, node }),
  );
}

/**
 * Addresses at which the next apply can import the orphans, instead of creating them again.
 * @returns resources that can be imported, and the others: their address is in use, or the spec has
 *   none
 */
export function importable(
  { cluster }: StageContext,
  tools: TerraformTools,
  state: TerraformState | null,
  orphans: readonly LabelledResource[],
): { imports: Import[]; left: LabelledResource[] } {
  const target = targetOf(cluster, tools);
  const taken = new Set(state?.addresses ?? []);
  const imports: Import[] = [];
  const left: LabelledResource[] = [];
  for (const orphan of orphans) {
    const address = addressOf(target.moduleResources, orphan);
    if (address === null || taken.has(address) || !target.wants(cluster.spec, orphan)) {
      left.push(orphan);
    } else {
      taken.add(address);
      imports.push({ address, id: orphan.name });
    }
  }
  return { imports, left };
}
