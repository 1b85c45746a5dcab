import { HathiError } from '../core/errors.ts';
import { type CheckedParameter, resolveParameters } from '../core/postgres/parameters.ts';
import type { ClusterRecord, NodeSize } from '../ports/stores.ts';

/**
 * Every parameter that Hathi sets on the cluster's nodes: those of the spec over the defaults of its size.
 * @throws PARAMETER_* when the machine has become too small for what was asked
 */
export function parametersOf(
  cluster: Pick<ClusterRecord, 'spec'>,
  size: NodeSize,
): CheckedParameter[] {
  const result = resolveParameters(cluster.spec.parameters, {
    version: cluster.spec.postgres_version,
    replicaCount: cluster.spec.replica_count,
    memoryBytes: size.memory_bytes,
    diskBytes: size.disk_bytes,
  });
  if (result.ok) return result.parameters;
  const messages = result.problems.map(({ message }) => message);
  throw new HathiError(result.problems[0]?.code ?? 'PARAMETER_INVALID', messages.join(' '));
}
