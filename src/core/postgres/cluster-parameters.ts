import type { ClusterSpec } from '../cluster/cluster-spec.ts';
import { HathiError } from '../errors.ts';
import { type CheckedParameter, resolveParameters } from './parameters.ts';
import { clusterSizeOf } from './topology-defaults.ts';

/**
 * Every parameter that Hathi sets on a cluster's nodes. Values of the spec override the defaults
 * for the size of the cluster.
 * @throws PARAMETER_* if the machine has become too small for the requested values
 */
export function parametersOf(
  { spec }: { spec: ClusterSpec },
  size: { memory_bytes: number | null; disk_bytes: number | null },
): CheckedParameter[] {
  const result = resolveParameters(spec.parameters, clusterSizeOf(spec, size));
  if (result.ok) return result.parameters;
  const messages = result.problems.map(({ message }) => message);
  throw new HathiError(result.problems[0]?.code ?? 'PARAMETER_INVALID', messages.join(' '));
}
