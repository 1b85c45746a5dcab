import type { ResourceType } from './resource-type.ts';

/** Facts that a removal needs in addition to the id of the resource. */
export interface RemovalFacts {
  /** Internet gateway: ids of the attached VPCs. */
  vpcIds?: readonly string[];
  /** Route table: associations with subnets. */
  associationIds?: readonly string[];
  /** Security group rule: its group and its direction. */
  groupId?: string | undefined;
  isEgress?: boolean;
  /** Role: ARNs of the attached policies. */
  policyArns?: readonly string[];
  /** Instance profile: names of its roles. */
  roleNames?: readonly string[];
}

/**
 * @param id the name of a key pair, role or instance profile
 * @returns one line for a POSIX shell: the commands of the AWS CLI that remove the resource
 */
export function removeCommand(
  type: ResourceType,
  id: string,
  region: string,
  facts: RemovalFacts = {},
): string {
  const ec2 = (...words: string[]) => commandOf('aws', 'ec2', words, region);
  const iam = (...words: string[]) => commandOf('aws', 'iam', words);
  const group = ['--group-id', facts.groupId ?? '', '--security-group-rule-ids', id];
  const direction = facts.isEgress ? 'egress' : 'ingress';

  const commands: Record<ResourceType, () => string[]> = {
    // The API refuses to terminate a protected machine. The first command also succeeds without
    // protection.
    instance: () => [
      ec2('modify-instance-attribute', '--instance-id', id, '--no-disable-api-termination'),
      ec2('terminate-instances', '--instance-ids', id),
    ],
    'nat-gateway': () => [ec2('delete-nat-gateway', '--nat-gateway-id', id)],
    'elastic-ip': () => [ec2('release-address', '--allocation-id', id)],
    volume: () => [ec2('delete-volume', '--volume-id', id)],
    'network-interface': () => [ec2('delete-network-interface', '--network-interface-id', id)],
    'security-group-rule': () => [ec2(`revoke-security-group-${direction}`, ...group)],
    'security-group': () => [ec2('delete-security-group', '--group-id', id)],
    subnet: () => [ec2('delete-subnet', '--subnet-id', id)],
    'route-table': () => [
      ...(facts.associationIds ?? []).map((association) =>
        ec2('disassociate-route-table', '--association-id', association),
      ),
      ec2('delete-route-table', '--route-table-id', id),
    ],
    'internet-gateway': () => [
      ...(facts.vpcIds ?? []).map((vpc) =>
        ec2('detach-internet-gateway', '--internet-gateway-id', id, '--vpc-id', vpc),
      ),
      ec2('delete-internet-gateway', '--internet-gateway-id', id),
    ],
    vpc: () => [ec2('delete-vpc', '--vpc-id', id)],
    'key-pair': () => [ec2('delete-key-pair', '--key-name', id)],
    'instance-profile': () => [
      ...(facts.roleNames ?? []).map((role) =>
        iam(
          'remove-role-from-instance-profile',
          '--instance-profile-name',
          id,
          '--role-name',
          role,
        ),
      ),
      iam('delete-instance-profile', '--instance-profile-name', id),
    ],
    role: () => [
      ...(facts.policyArns ?? []).map((policy) =>
        iam('detach-role-policy', '--role-name', id, '--policy-arn', policy),
      ),
      iam('delete-role', '--role-name', id),
    ],
  };
  return commands[type]().join(' && ');
}

/** IAM is a global service and takes no region. */
function commandOf(program: string, service: string, words: string[], region?: string): string {
  const [verb = '', ...rest] = words;
  const all = [program, service, verb, ...(region ? ['--region', region] : []), ...rest];
  return all.map(quoted).join(' ');
}

/** The name of a key pair can contain any character. */
function quoted(word: string): string {
  return /^[\w./:@=+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
