import type { ClusterSpec } from '../../../core/cluster/cluster-spec.ts';
import { type FieldError, invalidFields } from '../../../core/field-errors.ts';
import type { AwsChanges } from './aws-settings.ts';
import { regionProblem } from './region.ts';
import { mergeSettings } from './settings-change.ts';

export interface AwsDefaults {
  /** Default settings of new clusters. */
  settings: AwsChanges;
  /** Regions that the server's configuration adds to the known ones. */
  regions: readonly string[];
}

/**
 * Returns the settings after a change.
 * @param current null for a new cluster
 * @throws INVALID_REQUEST if no region is given, or for a region that AWS does not have
 */
export function nextSettings(
  current: ClusterSpec | null,
  change: AwsChanges,
  defaults: AwsDefaults,
): AwsChanges {
  const next = mergeSettings<AwsChanges>(current?.aws ?? defaults.settings, change);
  if (next.region === undefined) {
    throw invalidFields([
      {
        path: '/aws/region',
        message:
          'says in which region the machines are made; the server has no default (AWS_REGION)',
        expected: 'eu-central-1',
      },
    ]);
  }
  assertRegions(next, current?.aws, defaults.regions);
  return next;
}

/** @throws INVALID_REQUEST for each region that AWS does not have, unless the cluster is in it */
function assertRegions(
  { region, state_bucket }: AwsChanges,
  current: AwsChanges | undefined,
  further: readonly string[],
): void {
  const wanted = [
    { path: '/aws/region', region, before: current?.region },
    {
      path: '/aws/state_bucket/region',
      region: state_bucket?.region,
      before: current?.state_bucket?.region,
    },
  ];
  const errors = wanted.flatMap(({ path, region: name, before }): FieldError[] => {
    if (name === undefined || name === before) return [];
    const problem = regionProblem(name, further);
    return problem ? [{ path, ...problem }] : [];
  });
  if (errors.length > 0) throw invalidFields(errors);
}
