import { isDeepStrictEqual } from 'node:util';
import { type AwsChanges, settingsConflicts } from '../core/aws/aws-settings.ts';
import { regionProblem } from '../core/aws/region.ts';
import { mergeSettings } from '../core/aws/settings-change.ts';
import {
  type ClusterSpec,
  clusterSpecSchema,
  infrastructureDiffers,
  type Target,
} from '../core/cluster/cluster-spec.ts';
import { fixedFields } from '../core/cluster/fixed-fields.ts';
import { stepMissing } from '../core/cluster/missing-step.ts';
import { HathiError } from '../core/errors.ts';
import type { Step } from '../core/operation/steps.ts';
import type { ClusterRecord, PlanRecord } from '../ports/stores.ts';
import type { NodeTargets } from '../ports/target.ts';
import type { SpecChanges } from './api.ts';

/** What a cluster is made with where its first request says nothing. */
const DEFAULT_SPEC: Omit<ClusterSpec, 'name' | 'target'> = {
  instance_type: 't2.medium',
  replica_count: 2,
  postgres_version: '17',
  failover_profile: 'balanced',
  allow_list: [],
  parameters: {},
};

export interface SpecDefaults {
  defaultTarget: Target;
  awsDefaults: AwsChanges;
  /** Regions of AWS that the server's configuration adds to the known ones. */
  awsRegions: readonly string[];
}

/**
 * The spec of a new cluster, or the changed one of a cluster that is there.
 * @throws INVALID_REQUEST where AWS is asked for and no region is known
 */
export function nextSpec(
  name: string,
  current: ClusterSpec | null,
  { aws, ...changes }: SpecChanges,
  defaults: SpecDefaults,
): ClusterSpec {
  const spec = {
    ...(current ?? { ...DEFAULT_SPEC, name, target: defaults.defaultTarget }),
    ...given(changes),
  };
  if (spec.target !== 'aws') {
    if (aws !== undefined) {
      throw refused('aws', `is for clusters on aws; this one is on ${spec.target}`, 'nothing');
    }
    return parsed(spec);
  }
  const settings = mergeSettings<AwsChanges>(current?.aws ?? defaults.awsDefaults, aws ?? {});
  if (settings.region === undefined) {
    throw refused(
      'aws/region',
      'says in which region the machines are made; the server has no default (AWS_REGION)',
      'eu-central-1',
    );
  }
  assertRegions(settings, current?.aws, defaults.awsRegions);
  return parsed({ ...spec, aws: settings });
}

/** @throws INVALID_REQUEST for each region that AWS does not have, unless the cluster is in it */
function assertRegions(
  { region, state_bucket }: AwsChanges,
  current: AwsChanges | undefined,
  further: readonly string[],
): void {
  const wanted = [
    { field: 'aws/region', region, before: current?.region },
    {
      field: 'aws/state_bucket/region',
      region: state_bucket?.region,
      before: current?.state_bucket?.region,
    },
  ];
  const refusals = wanted.flatMap(({ field, region: name, before }): Refusal[] => {
    if (name === undefined || name === before) return [];
    const problem = regionProblem(name, further);
    return problem ? [{ field, ...problem }] : [];
  });
  if (refusals.length > 0) throw refusedAll(refusals);
}

/** @throws INVALID_REQUEST for each field that is missing or that is not valid */
function parsed(spec: unknown): ClusterSpec {
  const result = clusterSpecSchema.safeParse(spec, { reportInput: true });
  if (result.success) return result.data;
  const errors = result.error.issues.map(({ path, message, input }) => {
    const rule = message.startsWith('must ') ? message : `is not valid: ${message}`;
    return { path: `/${path.join('/')}`, message: input === undefined ? 'is missing' : rule };
  });
  const detail = errors.map(({ path, message }) => `${path.slice(1)}: ${message}.`).join(' ');
  throw new HathiError('INVALID_REQUEST', detail, { errors });
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
  targets: NodeTargets,
): void {
  const current = cluster?.spec ?? null;
  const { postgresVersions } = targets[spec.target];
  if (!postgresVersions.includes(spec.postgres_version)) {
    throw refused(
      'postgres_version',
      `nodes of the ${spec.target} target have PostgreSQL ${postgresVersions.join(' or ')}`,
      postgresVersions.join(' or '),
    );
  }
  const conflicts = spec.aws ? settingsConflicts(spec.aws) : [];
  if (conflicts.length > 0) {
    throw refusedAll(conflicts.map(({ member, ...rest }) => ({ field: `aws/${member}`, ...rest })));
  }
  if (current?.aws && spec.aws) {
    for (const member of ['region', 'network', 'state_bucket'] as const) {
      if (isDeepStrictEqual(current.aws[member], spec.aws[member])) continue;
      throw refused(
        `aws/${member}`,
        'cannot be changed once the cluster is there; make another cluster for it',
        JSON.stringify(current.aws[member]),
      );
    }
  }
  for (const field of ['target', 'postgres_version'] as const) {
    if (current && spec[field] !== current[field]) {
      throw refused(
        field,
        `the cluster has ${current[field]}, which cannot be changed; make another cluster for ${spec[field]}`,
        String(current[field]),
      );
    }
  }
  if (current && cluster?.nodes) assertMachinesCanFollow(current, spec);
}

/** @throws INVALID_REQUEST for each change that existing machines cannot follow */
function assertMachinesCanFollow(current: ClusterSpec, spec: ClusterSpec): void {
  const fixed = fixedFields(current, spec);
  if (fixed.length === 0) return;
  throw refusedAll(
    fixed.map(({ field, before, after, why }) => ({
      field,
      message: `cannot change from ${JSON.stringify(before)} to ${JSON.stringify(after)} while machines exist: ${why}; make another cluster for it`,
      expected: JSON.stringify(before),
    })),
  );
}

interface Refusal {
  /** Path in the body, without the leading slash. */
  field: string;
  message: string;
  expected: string;
  /** What was probably meant. */
  suggestion?: string;
}

function refused(field: string, message: string, expected: string): HathiError {
  return refusedAll([{ field, message, expected }]);
}

function refusedAll(refusals: readonly Refusal[]): HathiError {
  return new HathiError(
    'INVALID_REQUEST',
    refusals.map(({ field, message }) => `${field}: ${message}.`).join(' '),
    { errors: refusals.map(({ field, ...rest }) => ({ path: `/${field}`, ...rest })) },
  );
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

/**
 * The step that has to come before `step`, by what the cluster's revisions say is done.
 * @returns null when nothing is missing
 */
export function missingStep(
  step: Step,
  cluster: ClusterRecord | null,
  plan: PlanRecord | null,
): Step | null {
  if (step === 'generate-terraform') return null;
  if (!cluster) return 'generate-terraform';
  const revision = cluster.infrastructure_revision;
  switch (step) {
    case 'destroy-terraform':
      return null;
    case 'plan-terraform':
      return cluster.terraform_generated_revision === revision ? null : 'generate-terraform';
    case 'apply-terraform':
      if (cluster.terraform_generated_revision !== revision) return 'generate-terraform';
      return plan === null || plan.destroy ? 'plan-terraform' : null;
    case 'create-ansible-script':
      if (cluster.terraform_generated_revision !== revision) return 'generate-terraform';
      return cluster.nodes !== null && cluster.applied_revision === revision
        ? null
        : 'apply-terraform';
    case 'execute-ansible-script':
      if (cluster.nodes === null || cluster.applied_revision !== revision) return 'apply-terraform';
      return cluster.ansible_generated_revision === cluster.spec_revision
        ? null
        : 'create-ansible-script';
    case 'verify-replication':
      return cluster.ansible_executed_revision === null ? 'execute-ansible-script' : null;
  }
}

/** @throws STEP_MISSING naming the step that is missing */
export function assertStepMayRun(
  step: Step,
  clusterName: string,
  cluster: ClusterRecord | null,
  plan: PlanRecord | null,
): void {
  const missing = missingStep(step, cluster, plan);
  if (missing !== null) throw stepMissing(step, missing, clusterName);
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
