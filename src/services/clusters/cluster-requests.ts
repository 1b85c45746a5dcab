import { isDeepStrictEqual } from 'node:util';
import {
  type ClusterSpec,
  commonSpecSchema,
  infrastructureDiffers,
} from '../../core/cluster/cluster-spec.ts';
import { type FieldError, invalidFields } from '../../core/field-errors.ts';
import type { ClusterRecord } from '../../ports/stores.ts';
import type { Target, Targets } from '../../ports/target.ts';
import { targetOf } from '../../shared/targets.ts';
import type { SpecChanges } from '../operations/requests.ts';

/** Defaults of a new cluster. */
const DEFAULT_SPEC: Omit<ClusterSpec, 'name' | 'target'> = {
  instance_type: 't2.medium',
  replica_count: 2,
  postgres_version: '17',
  failover_profile: 'balanced',
  allow_list: [],
  parameters: {},
};

export interface SpecDefaults {
  targets: Targets;
  /** Default target of new clusters. */
  defaultTarget: string;
}

/**
 * The spec of a new cluster, or of an existing one after a change.
 * @throws INVALID_REQUEST naming each field that cannot be used
 */
export function nextSpec(
  name: string,
  current: ClusterSpec | null,
  changes: SpecChanges,
  { targets, defaultTarget }: SpecDefaults,
): ClusterSpec {
  // The settings of each target stand beside these members, under its name.
  const common = (members: object) =>
    Object.fromEntries(Object.entries(members).filter(([field]) => !targets.has(field)));
  const before = current ?? { ...DEFAULT_SPEC, name, target: defaultTarget };
  const spec = { target: before.target, ...common(before), ...given(common(changes)) };
  const target = targetOf({ spec }, { targets });
  const foreign = Object.keys(given(changes)).filter(
    (field) => targets.has(field) && field !== target.name,
  );
  if (foreign.length > 0) {
    throw invalidFields(
      foreign.map((field) => ({
        path: `/${field}`,
        message: `is for clusters on ${field}; this one is on ${target.name}`,
        expected: 'nothing',
      })),
    );
  }
  const change = (changes as Record<string, object | undefined>)[target.name] ?? {};
  const settings = target.nextSettings(current, change);
  return parsed(target, settings === undefined ? spec : { ...spec, [target.name]: settings });
}

/** @throws INVALID_REQUEST for each field that is missing or that is not valid */
function parsed({ name, settings }: Target, spec: object): ClusterSpec {
  const schema = commonSpecSchema.extend(settings ? { [name]: settings.stored } : {});
  const result = schema.safeParse(spec, { reportInput: true });
  if (result.success) return result.data as unknown as ClusterSpec;
  throw invalidFields(
    result.error.issues.map(({ path, message, input }) => {
      const rule = message.startsWith('must ') ? message : `is not valid: ${message}`;
      return { path: `/${path.join('/')}`, message: input === undefined ? 'is missing' : rule };
    }),
  );
}

function given<T extends object>(members: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}

/** @throws INVALID_REQUEST for a change that would need another cluster, or that no node can run */
export function assertSpecCanBe(
  spec: ClusterSpec,
  cluster: Pick<ClusterRecord, 'spec' | 'nodes'> | null,
  targets: Targets,
): void {
  const target = targetOf({ spec }, { targets });
  const { postgresVersions } = target;
  if (!postgresVersions.includes(spec.postgres_version)) {
    const expected = postgresVersions.join(' or ');
    const message = `nodes of the ${target.name} target have PostgreSQL ${expected}`;
    throw invalidFields([{ path: '/postgres_version', message, expected }]);
  }
  refuse(target.conflicts(spec));
  if (cluster === null) return;
  const current = cluster.spec;
  refuse(
    (['target', 'postgres_version'] as const)
      .filter((field) => spec[field] !== current[field])
      .map((field) => ({
        path: `/${field}`,
        message: `the cluster has ${current[field]}, which cannot be changed; make another cluster for ${spec[field]}`,
        expected: current[field],
      })),
  );
  refuse(target.fixedFields(current, spec, cluster.nodes !== null));
}

function refuse(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidFields(errors);
}

/** Revisions of a cluster whose spec becomes `spec`; the same ones when nothing differs. */
export function revisionsFor(cluster: ClusterRecord, spec: ClusterSpec) {
  const { spec_revision, infrastructure_revision } = cluster;
  if (isDeepStrictEqual(spec, cluster.spec)) {
    return { spec_revision, infrastructure_revision };
  }
  const next = spec_revision + 1;
  return {
    spec_revision: next,
    infrastructure_revision: infrastructureDiffers(cluster.spec, spec)
      ? next
      : infrastructure_revision,
  };
}

/** A cluster of which nothing was made yet. */
export function newCluster(
  id: string,
  site: string,
  spec: ClusterSpec,
  networkIndex: number | null,
): Omit<ClusterRecord, 'created_at' | 'updated_at'> {
  return {
    id,
    name: spec.name,
    site,
    spec,
    spec_revision: 1,
    infrastructure_revision: 1,
    network_index: networkIndex,
    terraform_generated_revision: null,
    applied_revision: null,
    ansible_generated_revision: null,
    ansible_executed_revision: null,
    applied_spec: null,
    executed_spec: null,
    nodes: null,
    topology: null,
    node_size: null,
    labels: {},
    deletion_protection: false,
    metadata_revision: 1,
    destroyed_at: null,
  };
}
