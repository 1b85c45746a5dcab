import {
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  type EC2Client,
  type Subnet,
  type Vpc,
} from '@aws-sdk/client-ec2';
import type { Finding } from '../../../core/plan/plan-context.ts';
import type { PreflightInput } from '../account/cloud.ts';
import { checkQuorum } from './check-quorum.ts';
import { checkRoutes } from './check-routes.ts';
import { largestShare } from './network.ts';
import type { RegionFacts } from './region-facts.ts';
import { error, info, request, warning } from './request.ts';

/**
 * Checks whether the default VPC, or the given VPC with its subnets, exists and has room for the
 * new nodes.
 */
export async function checkNetwork(
  ec2: EC2Client,
  input: PreflightInput,
  facts: RegionFacts,
): Promise<Finding[]> {
  const { network, region } = input;
  if (network.mode === 'own') return [];
  const vpc = await describeVpc(
    ec2,
    network.mode === 'default'
      ? { Name: 'is-default', Values: ['true'] }
      : { Name: 'vpc-id', Values: [network.vpcId] },
  );
  if (vpc === null) {
    return [
      network.mode === 'default'
        ? error(
            'vpc',
            `The region ${region} has no default VPC in this account.`,
            `Make one (\`aws ec2 create-default-vpc --region ${region}\`), or name another \`network\`.`,
          )
        : error(
            'vpc',
            `The region ${region} has no VPC ${network.vpcId}.`,
            'Give the id of a VPC of this account and region.',
          ),
    ];
  }
  const subnets = await describeSubnets(
    ec2,
    network.mode === 'default'
      ? [
          { Name: 'vpc-id', Values: [vpc.VpcId ?? ''] },
          { Name: 'default-for-az', Values: ['true'] },
        ]
      : [{ Name: 'subnet-id', Values: [...network.subnetIds] }],
  );
  const wrong = network.mode === 'existing' ? strangersOf(network, subnets, region) : [];
  if (wrong.length > 0) return wrong;

  const offering = await facts.offering();
  const used = usedSubnets(subnets, offering, input.availabilityZones);
  if (used.length === 0) {
    return [
      error(
        'subnets',
        `No subnet of ${vpc.VpcId} stands in a zone where ${input.instanceType} is offered and nodes may be: it has ${listed(subnets)}.`,
        'Give subnets of other zones, or change `availability_zones`.',
      ),
    ];
  }
  return [
    info('vpc', `The nodes stand in ${vpc.VpcId} (${vpc.CidrBlock}), in ${listed(used)}.`),
    ...spread(input, used),
    ...checkQuorum(
      input,
      used.map(({ AvailabilityZone = '' }) => AvailabilityZone),
      'Give subnets in three zones, and leave none of them out of `availability_zones`.',
    ),
    ...roomFor(input.newNodes, used),
    ...(await checkRoutes(ec2, input, vpc.VpcId ?? '', used)),
  ];
}

function strangersOf(
  { vpcId, subnetIds }: { vpcId: string; subnetIds: readonly string[] },
  found: readonly Subnet[],
  region: string,
): Finding[] {
  const missing = subnetIds.filter((id) => !found.some(({ SubnetId }) => SubnetId === id));
  const elsewhere = found.filter(({ VpcId }) => VpcId !== vpcId);
  return [
    ...missing.map((id) =>
      error(
        'subnets',
        `The region ${region} has no subnet ${id}.`,
        `Take it out of \`subnet_ids\`, or give one of ${vpcId}.`,
      ),
    ),
    ...elsewhere.map(({ SubnetId, VpcId }) =>
      error(
        'subnets',
        `The subnet ${SubnetId} belongs to ${VpcId}, not to ${vpcId}.`,
        `Give subnets of ${vpcId}, or the other \`vpc_id\`.`,
      ),
    ),
  ];
}

/** Returns the first subnet by id in each zone. The Terraform module uses the same rule. */
function usedSubnets(
  subnets: readonly Subnet[],
  offering: readonly string[],
  zones: readonly string[],
): Subnet[] {
  const byZone = new Map<string, Subnet>();
  const sorted = [...subnets].sort((a, b) => ((a.SubnetId ?? '') < (b.SubnetId ?? '') ? -1 : 1));
  for (const subnet of sorted) {
    const zone = subnet.AvailabilityZone ?? '';
    if (byZone.has(zone) || !offering.includes(zone)) continue;
    if (zones.length === 0 || zones.includes(zone)) byZone.set(zone, subnet);
  }
  return [...byZone.keys()].sort().flatMap((zone) => byZone.get(zone) ?? []);
}

function spread({ nodes }: PreflightInput, used: readonly Subnet[]): Finding[] {
  if (used.length > 1 || nodes === 1) return [];
  return [
    warning(
      'subnets-spread',
      `All ${nodes} nodes would stand in one zone, ${used[0]?.AvailabilityZone}, and be gone at once if it fails.`,
      'Give subnets of several zones.',
    ),
  ];
}

function roomFor(newNodes: number, used: readonly Subnet[]): Finding[] {
  const share = largestShare(newNodes, used.length);
  return used
    .filter(({ AvailableIpAddressCount = 0 }) => AvailableIpAddressCount < share)
    .map(({ SubnetId, CidrBlock, AvailableIpAddressCount = 0 }) =>
      error(
        'subnet-addresses',
        `The subnet ${SubnetId} (${CidrBlock}) has ${AvailableIpAddressCount} free addresses, and up to ${share} of the new nodes would need one.`,
        'Free addresses there, or give larger subnets or more of them.',
      ),
    );
}

function listed(subnets: readonly Subnet[]): string {
  const names = subnets.map(
    ({ SubnetId, AvailabilityZone }) => `${SubnetId} (${AvailabilityZone})`,
  );
  return names.join(', ') || 'none';
}

interface Filter {
  Name: string;
  Values: string[];
}

function describeVpc(ec2: EC2Client, filter: Filter): Promise<Vpc | null> {
  return request('ec2:DescribeVpcs', async () => {
    const found = await ec2.send(new DescribeVpcsCommand({ Filters: [filter] }));
    return found.Vpcs?.[0] ?? null;
  });
}

function describeSubnets(ec2: EC2Client, filters: Filter[]): Promise<Subnet[]> {
  return request('ec2:DescribeSubnets', async () => {
    const found = await ec2.send(new DescribeSubnetsCommand({ Filters: filters }));
    return found.Subnets ?? [];
  });
}
