import { HathiError } from '../core/errors.ts';
import { checkParameters } from '../core/postgres/parameters.ts';
import type { ClusterSize } from '../core/postgres/topology-defaults.ts';
import type { ClusterRecord, NodeSize } from '../ports/stores.ts';
import type { ParameterValue } from './api.ts';

/** What a node of the cluster can hold: as kept with the cluster, else as the machine tells. */
export type NodeSizes = (cluster: Pick<ClusterRecord, 'spec' | 'node_size'>) => Promise<NodeSize>;

/**
 * The cluster's parameters with those given put over them, in PostgreSQL's own spelling. Those left
 * out keep their value.
 * @param path of the parameters in the request's body, as a JSON pointer
 * @throws PARAMETER_* with details `{ errors: [{ path, message, expected?, suggestion? }] }`, the code
 *   being that of the first problem
 */
export function checkedParameters(
  cluster: Pick<ClusterRecord, 'spec'>,
  given: Readonly<Record<string, ParameterValue>>,
  { memory_bytes: memoryBytes, disk_bytes: diskBytes }: NodeSize,
  path = '',
): Record<string, string> {
  const size: ClusterSize = {
    version: cluster.spec.postgres_version,
    replicaCount: cluster.spec.replica_count,
    memoryBytes,
    diskBytes,
  };
  // By lower case: PostgreSQL folds names, so `DateStyle` given anew replaces `datestyle`.
  const known = new Map(
    Object.entries(cluster.spec.parameters).map(([name, value]) => [
      name.toLowerCase(),
      { name, value },
    ]),
  );
  const folded = new Set(Object.keys(given).map((name) => name.toLowerCase()));
  const kept = [...known]
    .filter(([key]) => !folded.has(key))
    .map(([, { name, value }]) => [name, value]);
  const result = checkParameters(size.version, { ...Object.fromEntries(kept), ...given }, size);
  if (!result.ok) {
    const [first] = result.problems;
    throw new HathiError(
      first?.code ?? 'PARAMETER_INVALID',
      result.problems.map(({ message }) => message).join(' '),
      {
        errors: result.problems.map(({ name, message, expected, suggestion }) => ({
          path: `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
          message,
          ...(expected === null ? {} : { expected }),
          ...(suggestion === null ? {} : { suggestion }),
        })),
      },
    );
  }
  return Object.fromEntries(result.parameters.map(({ name, value }) => [name, value]));
}
