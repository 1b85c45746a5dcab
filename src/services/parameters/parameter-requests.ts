import { HathiError } from '../../core/errors.ts';
import { listFieldErrors } from '../../core/field-errors.ts';
import {
  checkParameters,
  MAX_PARAMETERS,
  type ParameterProblem,
} from '../../core/postgres/parameters.ts';
import { type ClusterSize, clusterSizeOf } from '../../core/postgres/topology-defaults.ts';
import type { ClusterRecord, NodeSize } from '../../ports/stores.ts';
import type { ParameterValue } from '../operations/requests.ts';

const NAME_PROBLEMS: readonly ParameterProblem['code'][] = [
  'PARAMETER_UNKNOWN',
  'PARAMETER_OWNED',
  'PARAMETER_READ_ONLY',
];

/** Size of a node: the stored size, otherwise the size of the machine. */
export type NodeSizes = (cluster: Pick<ClusterRecord, 'spec' | 'node_size'>) => Promise<NodeSize>;

type SetValue = Exclude<ParameterValue, null>;

/** A reset has no value to check, but its name must exist. */
function namesThatCannotBe(names: readonly string[], size: ClusterSize): ParameterProblem[] {
  const values = Object.fromEntries(names.map((name) => [name, '']));
  const result = checkParameters(size.version, values, size);
  return result.ok ? [] : result.problems.filter(({ code }) => NAME_PROBLEMS.includes(code));
}

/**
 * The cluster's parameters with those given put over them, in PostgreSQL's own spelling. Those left
 * out keep their value; `null` takes one back to its default.
 * @param path of the parameters in the request's body, as a JSON pointer
 * @throws PARAMETER_* with details `{ errors: [{ path, message, expected?, suggestion? }] }`, the code
 *   being that of the first problem
 */
export function checkedParameters(
  cluster: Pick<ClusterRecord, 'spec'>,
  given: Readonly<Record<string, ParameterValue>>,
  nodeSize: NodeSize,
  path = '',
): Record<string, string> {
  const size = clusterSizeOf(cluster.spec, nodeSize);
  // In lower case, because PostgreSQL folds names: a new `DateStyle` replaces `datestyle`.
  const known = new Map(
    Object.entries(cluster.spec.parameters).map(([name, value]) => [
      name.toLowerCase(),
      { name, value },
    ]),
  );
  const folded = new Set(Object.keys(given).map((name) => name.toLowerCase()));
  const values: Record<string, SetValue> = {};
  const reset: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    if (value === null) reset.push(name);
    else values[name] = value;
  }
  const kept = [...known]
    .filter(([key]) => !folded.has(key))
    .map(([, { name, value }]) => [name, value]);
  const wanted = { ...Object.fromEntries(kept), ...values };
  assertCount(Object.keys(wanted).length, path);
  const result = checkParameters(size.version, wanted, size);
  const problems = [...namesThatCannotBe(reset, size), ...(result.ok ? [] : result.problems)];
  if (!result.ok || problems.length > 0) {
    const [first] = problems;
    const errors = problems.map(({ name, message, expected, suggestion }) => ({
      path: `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      message,
      ...(expected === null ? {} : { expected }),
      ...(suggestion === null ? {} : { suggestion }),
    }));
    const { detail, details } = listFieldErrors(errors);
    throw new HathiError(first?.code ?? 'PARAMETER_INVALID', detail, details);
  }
  return Object.fromEntries(result.parameters.map(({ name, value }) => [name, value]));
}

/** A request is limited by its schema; this limits what several requests add up to. */
function assertCount(count: number, path: string): void {
  if (count <= MAX_PARAMETERS) return;
  const expected = `at most ${MAX_PARAMETERS} parameters`;
  const message = `The cluster would have ${count} parameters; ${expected} are accepted. Reset some with null.`;
  throw new HathiError('INVALID_REQUEST', message, { errors: [{ path, message, expected }] });
}
