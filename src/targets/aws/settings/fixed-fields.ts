import { isDeepStrictEqual } from 'node:util';
import type { ClusterSpec } from '../../../core/cluster/cluster-spec.ts';
import { type FixedField, fixedFieldError } from '../../../core/cluster/fixed-field.ts';
import type { FieldError } from '../../../core/field-errors.ts';

/** Settings that define the location of a cluster and its state. They never change. */
const PLACE = ['region', 'network', 'state_bucket'] as const;

const KEEPS_KEY = 'machines keep the key that they were created with, so Hathi could not log in';

/** Returns changes that require a new cluster, and changes that existing machines cannot follow. */
export function awsFixedFields(
  before: ClusterSpec,
  after: ClusterSpec,
  hasMachines: boolean,
): FieldError[] {
  const old = before.aws;
  const next = after.aws;
  if (old === undefined || next === undefined) return [];
  const moved = PLACE.filter((member) => !isDeepStrictEqual(old[member], next[member])).map(
    (member): FieldError => ({
      path: `/aws/${member}`,
      message: 'cannot be changed once the cluster is there; make another cluster for it',
      expected: JSON.stringify(old[member]),
    }),
  );
  return [...moved, ...(hasMachines ? fixedFields(before, after).map(fixedFieldError) : [])];
}

/**
 * Returns changes that destroy data, stop every node or lock Hathi out once machines exist.
 * @see docs/reference/aws-attributes.md
 */
export function fixedFields(before: ClusterSpec, after: ClusterSpec): FixedField[] {
  const found: FixedField[] = [];
  const fixed = (field: string, old: unknown, next: unknown, why: string) => {
    if (old !== next) found.push({ field, before: old, after: next, why });
  };
  const old = before.aws;
  const next = after.aws;
  if (old === undefined || next === undefined) return found;
  fixed(
    'instance_type',
    before.instance_type,
    after.instance_type,
    'every machine would stop at once, and one of another architecture would be replaced',
  );
  fixed(
    'aws/kms_key_id',
    old.kms_key_id,
    next.kms_key_id,
    'existing volumes keep their key, so only new nodes would have the new one',
  );
  fixed('aws/key_name', old.key_name, next.key_name, KEEPS_KEY);
  fixed('aws/ssh_user', old.ssh_user, next.ssh_user, 'the machines have only the first user');
  // The path of the same key may change; generate-terraform compares the keys.
  if ((old.private_key_file === null) !== (next.private_key_file === null)) {
    fixed('aws/private_key_file', old.private_key_file, next.private_key_file, KEEPS_KEY);
  }
  if (old.connection === 'public' || next.connection === 'public') {
    fixed(
      'aws/connection',
      old.connection,
      next.connection,
      'machines get or miss a public address when they are created',
    );
  }
  for (const volume of ['root_volume', 'data_volume'] as const) {
    if (next[volume].size_gib >= old[volume].size_gib) continue;
    fixed(
      `aws/${volume}/size_gib`,
      old[volume].size_gib,
      next[volume].size_gib,
      'a volume cannot become smaller',
    );
  }
  return found;
}
