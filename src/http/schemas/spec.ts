import { z } from 'zod';
import { allowListSchema, commonSpecSchema } from '../../core/cluster/cluster-spec.ts';
import type { TargetContract } from '../../ports/target.ts';

const { shape: spec } = commonSpecSchema;

function targetNameSchema(targets: readonly TargetContract[]) {
  return z.enum(targets.map(({ name }) => name));
}

/**
 * Members of a request with the settings of each target. They are copies, because schemas have ids.
 */
function settingsOf(targets: readonly TargetContract[]): Record<string, z.ZodOptional> {
  return Object.fromEntries(
    targets.flatMap(({ name, settings }) =>
      settings
        ? [[name, z.strictObject(settings.changes.shape).optional().describe(settings.description)]]
        : [],
    ),
  );
}

/** A spec as it is stored, with the settings of its target. */
export function specSchemaOf(targets: readonly TargetContract[]) {
  const stored = targets.flatMap(({ name, settings }) =>
    settings ? [[name, settings.stored.optional()]] : [],
  );
  return z
    .object({
      ...spec,
      target: targetNameSchema(targets),
      ...(Object.fromEntries(stored) as object),
    })
    .meta({ id: 'ClusterSpec', description: 'The requested cluster.' });
}

/**
 * Members of a spec in a request. A member that is left out keeps its value, or gets its default in
 * a new cluster.
 */
export function specFields(targets: readonly TargetContract[]) {
  return {
    target: targetNameSchema(targets).optional().describe('Target of the machines.'),
    instance_type: spec.instance_type
      .optional()
      .describe(
        'Type of the machines (default of a new cluster: `t2.medium`). It has no effect on `local`.',
      ),
    replica_count: spec.replica_count
      .optional()
      .describe('Number of replicas (default of a new cluster: 2).'),
    postgres_version: spec.postgres_version
      .optional()
      .describe('Major version of PostgreSQL (default of a new cluster: 17).'),
    failover_profile: spec.failover_profile
      .optional()
      .describe(
        'How quickly an unresponsive primary is failed over (default of a new cluster: `balanced`).',
      ),
    allow_list: allowListSchema
      .optional()
      .describe(
        'Networks of clients in addition to the network of the cluster, in CIDR notation without host bits.',
      ),
    locales: spec.locales.describe(
      'Locales of the nodes in addition to `C.UTF-8`, for `lc_messages`, CREATE DATABASE and others.',
    ),
    ...settingsOf(targets),
  };
}
