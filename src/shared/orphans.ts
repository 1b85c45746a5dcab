import { hasAddress } from '../core/terraform/addresses.ts';
import type { Target } from '../ports/target.ts';
import type { TerraformState } from '../ports/terraform.ts';

/** Created with its instance, and in no state as a separate resource. */
export const ROOT_VOLUME = 'root-volume';

/** Whether the state of a cluster contains a resource of that cluster. */
export function isInState(
  { moduleResources }: Pick<Target, 'moduleResources'>,
  state: TerraformState | null,
  { kind, id, node }: { kind: string; id: string; node: string | null },
): boolean {
  if (state === null) return false;
  const { withoutId } = moduleResources;
  if (withoutId !== 'all' && !withoutId.includes(kind)) return state.ids.includes(id);
  return hasAddress(moduleResources, state.addresses, { kind, node });
}
