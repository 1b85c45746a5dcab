import { z } from 'zod';
import { networkListSchema } from '../cidr.ts';

/** Highest number of replicas; with the primary a cluster has at most 16 PostgreSQL nodes. */
export const MAX_REPLICA_COUNT = 15;

/** A node is `<cluster>-<n>` and a host name of at most 63 characters; 40 leaves room for tags. */
export const CLUSTER_NAME_PATTERN = /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/** AWS's own alphabet for instance types, e.g. `t2.medium`, `u-6tb1.112xlarge`. */
export const INSTANCE_TYPE_PATTERN = /^[a-z0-9][a-z0-9.-]{0,62}$/;

/** Cluster of a step whose body names none. */
export const DEFAULT_CLUSTER = 'default';

/** Name of a target. The server validates that it exists. */
export const TARGET_PATTERN = /^[a-z][a-z0-9-]{0,31}$/;

export const clusterNameSchema = z
  .string()
  .regex(
    CLUSTER_NAME_PATTERN,
    'must start with a small letter, end with a letter or digit, and have at most 40 small letters, digits and hyphens',
  );

export const instanceTypeSchema = z
  .string()
  .regex(
    INSTANCE_TYPE_PATTERN,
    'must have only small letters, digits, dots and hyphens, e.g. t2.medium',
  );

export const replicaCountSchema = z.int().min(0).max(MAX_REPLICA_COUNT);

/** Time until a dead primary is replaced; see FAILOVER_TIMINGS. */
export const FAILOVER_PROFILES = ['fast', 'balanced', 'patient'] as const;
export const failoverProfileSchema = z.enum(FAILOVER_PROFILES);
export type FailoverProfile = (typeof FAILOVER_PROFILES)[number];

export interface FailoverTimings {
  ttlSeconds: number;
  loopWaitSeconds: number;
  retryTimeoutSeconds: number;
  /**
   * Seconds that Patroni waits for a crashed primary to restart before it promotes another node.
   */
  primaryStartTimeoutSeconds: number;
}

/**
 * A restart in place keeps every acknowledged row. With 0, another node is promoted at once, and a
 * test lost 4 of 1,035 rows.
 */
const START = { primaryStartTimeoutSeconds: 300 };

/**
 * Patroni requires `loop_wait + 2 × retry_timeout ≤ ttl` and a ttl of at least 20.
 * @see Patroni docs, "Dynamic Configuration Settings"
 */
export const FAILOVER_TIMINGS: Record<FailoverProfile, FailoverTimings> = {
  fast: { ttlSeconds: 20, loopWaitSeconds: 2, retryTimeoutSeconds: 5, ...START },
  balanced: { ttlSeconds: 30, loopWaitSeconds: 10, retryTimeoutSeconds: 10, ...START },
  patient: { ttlSeconds: 90, loopWaitSeconds: 10, retryTimeoutSeconds: 30, ...START },
};

/** Most networks of an allow-list. */
const MOST_ALLOWED_NETWORKS = 64;

/** The allow-list of a request. Stored ones may have host bits, from earlier versions. */
export const allowListSchema = networkListSchema(MOST_ALLOWED_NETWORKS);

/** Name of a locale in glibc. Only UTF-8, because it is the encoding of each database. */
const LOCALE_PATTERN = /^[a-z]{2,3}_[A-Z]{2}\.UTF-8(?:@[a-z]{1,20})?$/;

const localeSchema = z
  .string()
  .regex(LOCALE_PATTERN, 'must be the name of a locale with UTF-8, e.g. de_DE.UTF-8');

/** The members of a spec that every target has. */
export const commonSpecSchema = z.strictObject({
  name: clusterNameSchema,
  target: z.string().regex(TARGET_PATTERN),
  instance_type: instanceTypeSchema,
  replica_count: replicaCountSchema,
  postgres_version: z.enum(['15', '16', '17', '18']),
  failover_profile: failoverProfileSchema,
  allow_list: z.array(z.union([z.cidrv4(), z.cidrv6()])).max(MOST_ALLOWED_NETWORKS),
  /** Locales of each node in addition to `C.UTF-8`; absent if there are none. */
  locales: z.array(localeSchema).max(16).optional(),
  /** PostgreSQL parameters in PostgreSQL's own spelling; checked against the catalogue. */
  parameters: z.record(z.string(), z.string()),
});

/**
 * The settings of each target, as a spec has them. A target with settings adds one optional member,
 * named like the target, from its own directory (declaration merging).
 */
// biome-ignore lint/suspicious/noEmptyInterface: targets add the members.
export interface TargetSettings {}

/** The requested cluster: the document that is stored, returned and compared. */
export interface ClusterSpec extends z.infer<typeof commonSpecSchema>, TargetSettings {}

/** The members that Ansible applies. Every other member decides which machines exist. */
const CONFIGURATION_FIELDS: readonly string[] = ['failover_profile', 'locales', 'parameters'];

/** Whether a change of the member needs a new plan, and not Ansible alone. */
export function needsPlan(field: string): boolean {
  return !CONFIGURATION_FIELDS.includes(field);
}

/** Whether the change from one spec to the other needs Terraform, not Ansible alone. */
export function infrastructureDiffers(before: ClusterSpec, after: ClusterSpec): boolean {
  const fields = Object.keys({ ...before, ...after }) as (keyof ClusterSpec)[];
  return fields.some(
    (field) => needsPlan(field) && JSON.stringify(before[field]) !== JSON.stringify(after[field]),
  );
}
