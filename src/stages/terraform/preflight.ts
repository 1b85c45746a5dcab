import { plannedNodes } from '../../core/cluster/topology.ts';
import { HathiError } from '../../core/errors.ts';
import type { Finding, PlanContext } from '../../core/plan/plan-context.ts';
import { hasAddress } from '../../core/terraform/addresses.ts';
import type { StageContext } from '../../ports/stage.ts';
import type { TerraformState } from '../../ports/terraform.ts';
import { targetOf } from '../../shared/targets.ts';
import { keyPairOf } from './key-pair.ts';
import type { ObservedMachines } from './machines.ts';
import { importable, orphansOf } from './orphans.ts';
import { FOLDER, type TerraformTools } from './terraform-tools.ts';

const IMPORTS = `${FOLDER}/imports.tf`;

/**
 * Checks the target before a plan: reasons why an apply would fail, its cost, and resources that
 * are in no state. These are written to `imports.tf`, so that the plan imports them instead of
 * creating them twice.
 * @returns null for a target without an account
 * @throws CLOUD_UNAVAILABLE | CLOUD_REFUSED with `{ findings }` if an apply would fail
 */
export async function preflight(
  context: StageContext,
  tools: TerraformTools,
  state: TerraformState | null,
  machines: ObservedMachines | null,
): Promise<PlanContext | null> {
  const { cluster } = context;
  const target = targetOf(cluster, tools);
  const addresses = state?.addresses ?? [];
  const made = plannedNodes(cluster.spec).filter(({ name }) =>
    hasAddress(target.moduleResources, addresses, { kind: 'node', node: name }),
  );
  const client = await keyPairOf(context, tools);
  const found = await target.preflight(cluster, {
    newNodes: plannedNodes(cluster.spec).length - made.length,
    publicKey: client.isGiven ? client.publicKey : null,
  });
  if (found === null) return null;
  const errors = found.findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    throw new HathiError(
      'CLOUD_REFUSED',
      errors.map(({ message, action }) => `${message} ${action}`.trim()).join(' '),
      { findings: found.findings },
    );
  }
  const orphans = await orphansOf(context, tools, state);
  const { imports, left } = importable(context, tools, state, orphans);
  if (imports.length > 0 || (await tools.workspace.read(cluster.name, IMPORTS)) !== null) {
    await tools.workspace.write(cluster.name, IMPORTS, tools.terraform.imports(imports));
  }
  return {
    ...found,
    findings: [
      ...found.findings,
      ...(machines?.nodes ?? [])
        .filter((node) => node.state === 'stopped')
        .map(
          ({ name, id }): Finding => ({
            check: 'machine-stopped',
            severity: 'warning',
            message: `The machine ${id} of ${name} is stopped.`,
            action: 'The apply of this plan starts it.',
          }),
        ),
      ...imports.map(
        ({ address, id }): Finding => ({
          check: 'taken-over',
          severity: 'info',
          message: `${id} runs and is in no state; the plan takes it over as ${address}.`,
          action: '',
        }),
      ),
      ...left.map(
        ({ kind, name, remove }): Finding => ({
          check: 'orphan',
          severity: 'warning',
          message: `${kind} ${name} carries this cluster's tags, is in no state, and has no place in the plan.`,
          action: `If nobody needs it: ${remove}`,
        }),
      ),
    ],
  };
}
