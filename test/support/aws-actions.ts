import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Statement {
  Sid: string;
  Action: string | string[];
  Resource: string | string[];
}

/** The policy of the docs, as a person copies it. */
export const POLICY_TEXT = readFileSync(join(root, 'docs/reference/aws-iam-policy.json'), 'utf8');
const { Statement: STATEMENTS } = JSON.parse(POLICY_TEXT) as { Statement: Statement[] };

/** What the policy allows, e.g. `ec2:RunInstances`. */
export const POLICY_ACTIONS: ReadonlySet<string> = new Set(
  STATEMENTS.flatMap(({ Action }) => Action),
);

const SERVICE_OF: Record<string, string> = { 'service-quotas': 'servicequotas' };

/** The actions of every SDK command and paginator that the AWS adapter imports. */
export function sdkActions(): string[] {
  return sources('src/targets/aws/**/*.ts').flatMap((source) => {
    const imports = source.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-([\w-]+)'/g);
    return [...imports].flatMap(([, names = '', client = '']) =>
      [...names.matchAll(/\b(?:paginate(\w+)|(\w+)Command)\b/g)].map(
        ([, paginated, sent]) => `${SERVICE_OF[client] ?? client}:${paginated ?? sent}`,
      ),
    );
  });
}

/** The permissions that the adapter names in its errors and findings. */
export function namedActions(): string[] {
  return sources('src/targets/aws/**/*.ts').flatMap((source) =>
    [...source.matchAll(/'((?:ec2|iam|sts|servicequotas):[A-Z]\w+)'/g)].flatMap(
      ([, action]) => action ?? [],
    ),
  );
}

/** The types of the module's resources and data sources, e.g. `aws_instance`. */
export function moduleTypes(): string[] {
  return sources('terraform/modules/aws/*.tf').flatMap((source) =>
    [...source.matchAll(/^(?:resource|data) "(aws_\w+)"/gm)].flatMap(([, type]) => type ?? []),
  );
}

/** The actions that the tests' stand-in of the provider calls. */
export function standInActions(): string[] {
  return sources('test/aws/provider/*.go').flatMap((source) =>
    [...source.matchAll(/\b(ec2|iam|sts)\.([A-Z]\w+)Input\b/g)].map(
      ([, service, action]) => `${service}:${action}`,
    ),
  );
}

function sources(pattern: string): string[] {
  return globSync(pattern, { cwd: root })
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(root, file), 'utf8'));
}

const of = (service: string, names: string) => names.split(' ').map((name) => `${service}:${name}`);
const ec2 = (names: string) => of('ec2', names);
const iam = (names: string) => of('iam', names);

const TAGS = ec2('CreateTags DeleteTags');

/**
 * The actions with which the Terraform provider creates, reads, changes and removes what the module
 * declares. Written after the documentation of the provider and of EC2's and IAM's actions.
 */
export const PROVIDER_ACTIONS: Record<string, string[]> = {
  aws_ami: ec2('DescribeImages'),
  aws_ami_ids: ec2('DescribeImages'),
  aws_availability_zones: ec2('DescribeAvailabilityZones'),
  aws_caller_identity: of('sts', 'GetCallerIdentity'),
  aws_partition: [],
  aws_region: [],
  aws_ec2_instance_type: ec2('DescribeInstanceTypes'),
  aws_ec2_instance_type_offerings: ec2('DescribeInstanceTypeOfferings'),
  aws_subnets: ec2('DescribeSubnets'),
  aws_vpcs: ec2('DescribeVpcs'),
  aws_key_pair: [...TAGS, ...ec2('ImportKeyPair DescribeKeyPairs DeleteKeyPair')],
  aws_ebs_volume: [
    ...TAGS,
    ...ec2('CreateVolume DescribeVolumes ModifyVolume DescribeVolumesModifications DeleteVolume'),
    // With a key of the user's own.
    ...of('kms', 'CreateGrant Decrypt DescribeKey GenerateDataKeyWithoutPlaintext'),
    ...of('kms', 'ReEncryptFrom ReEncryptTo'),
  ],
  aws_volume_attachment: ec2(
    'AttachVolume DetachVolume DescribeVolumes DescribeInstances StopInstances',
  ),
  aws_instance: [
    ...TAGS,
    ...ec2('RunInstances StartInstances StopInstances TerminateInstances DescribeInstances'),
    ...ec2('DescribeInstanceAttribute ModifyInstanceAttribute ModifyInstanceMetadataOptions'),
    ...ec2('DescribeInstanceCreditSpecifications ModifyInstanceCreditSpecification'),
    ...ec2('MonitorInstances UnmonitorInstances DescribeInstanceTypes DescribeImages DescribeTags'),
    ...ec2('DescribeVolumes ModifyVolume DescribeVolumesModifications DescribeVpcs'),
    ...ec2('DescribeNetworkInterfaces ModifyNetworkInterfaceAttribute'),
    ...ec2('DescribeIamInstanceProfileAssociations AssociateIamInstanceProfile'),
    ...ec2('DisassociateIamInstanceProfile ReplaceIamInstanceProfileAssociation'),
    ...iam('PassRole GetInstanceProfile'),
  ],
  aws_security_group: [
    ...TAGS,
    ...ec2('CreateSecurityGroup DescribeSecurityGroups DeleteSecurityGroup'),
    ...ec2('RevokeSecurityGroupEgress RevokeSecurityGroupIngress'),
    // A removal first removes interfaces that still use the group.
    ...ec2('DescribeNetworkInterfaces DetachNetworkInterface DeleteNetworkInterface'),
  ],
  aws_vpc_security_group_ingress_rule: [
    ...TAGS,
    ...ec2('AuthorizeSecurityGroupIngress DescribeSecurityGroupRules ModifySecurityGroupRules'),
    ...ec2('RevokeSecurityGroupIngress'),
  ],
  aws_vpc_security_group_egress_rule: [
    ...TAGS,
    ...ec2('AuthorizeSecurityGroupEgress DescribeSecurityGroupRules ModifySecurityGroupRules'),
    ...ec2('RevokeSecurityGroupEgress'),
  ],
  aws_vpc: [
    ...TAGS,
    ...ec2('CreateVpc DescribeVpcs DescribeVpcAttribute ModifyVpcAttribute DeleteVpc'),
    ...ec2('DescribeNetworkAcls DescribeRouteTables DescribeSecurityGroups'),
  ],
  aws_subnet: [
    ...TAGS,
    ...ec2('CreateSubnet DescribeSubnets ModifySubnetAttribute DeleteSubnet'),
    ...ec2('DescribeNetworkInterfaces DetachNetworkInterface DeleteNetworkInterface'),
  ],
  aws_internet_gateway: [
    ...TAGS,
    ...ec2('CreateInternetGateway AttachInternetGateway DescribeInternetGateways'),
    ...ec2('DetachInternetGateway DeleteInternetGateway'),
  ],
  aws_route_table: [...TAGS, ...ec2('CreateRouteTable DescribeRouteTables DeleteRouteTable')],
  aws_route: ec2('CreateRoute ReplaceRoute DeleteRoute DescribeRouteTables'),
  aws_route_table_association: ec2(
    'AssociateRouteTable DisassociateRouteTable ReplaceRouteTableAssociation DescribeRouteTables',
  ),
  aws_eip: [
    ...TAGS,
    ...ec2('AllocateAddress DescribeAddresses DescribeAddressesAttribute ReleaseAddress'),
    ...ec2('AssociateAddress DisassociateAddress'),
  ],
  aws_eip_association: ec2('AssociateAddress DisassociateAddress DescribeAddresses'),
  aws_nat_gateway: [...TAGS, ...ec2('CreateNatGateway DescribeNatGateways DeleteNatGateway')],
  aws_iam_role: [
    ...iam('CreateRole GetRole UpdateAssumeRolePolicy DeleteRole TagRole UntagRole ListRoleTags'),
    ...iam('ListRolePolicies ListAttachedRolePolicies ListInstanceProfilesForRole'),
  ],
  aws_iam_role_policy_attachment: iam('AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies'),
  aws_iam_instance_profile: [
    ...iam('CreateInstanceProfile GetInstanceProfile DeleteInstanceProfile'),
    ...iam('AddRoleToInstanceProfile RemoveRoleFromInstanceProfile GetRole'),
    ...iam('TagInstanceProfile UntagInstanceProfile'),
  ],
};

/** What other programs do: Terraform's backend in a bucket, and the AWS CLI for sessions. */
export const OTHER_ACTIONS: readonly string[] = [
  ...of('s3', 'ListBucket GetObject PutObject DeleteObject'),
  ...of('ssm', 'StartSession ResumeSession TerminateSession'),
  ...of('sts', 'GetCallerIdentity'),
];

/**
 * @param asked names of actions in a request, without their service
 * @returns those that the policy does not allow
 */
export function notInPolicy(asked: Iterable<string>): string[] {
  const allowed = new Set([...POLICY_ACTIONS].map((action) => action.split(':')[1]));
  return [...asked].filter((action) => action !== '' && !allowed.has(action)).sort();
}
