import { type EC2Client, paginateDescribeVpcs } from '@aws-sdk/client-ec2';
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { Finding } from '../../../core/plan/plan-context.ts';
import type { PreflightInput } from '../account/cloud.ts';
import { checkQuorum } from './check-quorum.ts';
import {
  isPrivateCidr,
  largestShare,
  NARROWEST_VPC_BITS,
  nodesInOwnSubnet,
  parseCidr,
  WIDEST_VPC_BITS,
} from './network.ts';
import { quotaOf, raiseQuota } from './quota.ts';
import type { RegionFacts } from './region-facts.ts';
import { error, info, RequestFailed, request, warning } from './request.ts';

const VPC_QUOTA = 'L-F678F1CE';
/** Default quota of an account. */
const USUAL_VPCS = 5;
/** Number of zones that the Terraform module selects if the request names none. */
const ZONES_CHOSEN = 3;

/** Checks whether a VPC for the cluster can be created and is large enough. */
export async function checkOwnVpc(
  ec2: EC2Client,
  quotas: ServiceQuotasClient,
  input: PreflightInput,
  facts: RegionFacts,
): Promise<Finding[]> {
  if (input.network.mode !== 'own') return [];
  const { cidr } = input.network;
  const range = parseCidr(cidr);
  if (range === null || range.bits < WIDEST_VPC_BITS || range.bits > NARROWEST_VPC_BITS) {
    return [
      error(
        'vpc-cidr',
        `${cidr} cannot be the network of the cluster's VPC.`,
        `Give an IPv4 network of ${WIDEST_VPC_BITS} to ${NARROWEST_VPC_BITS} bits that starts at its first address, e.g. 10.77.0.0/16.`,
      ),
    ];
  }
  return [
    ...(isPrivateCidr(cidr)
      ? []
      : [
          warning(
            'vpc-cidr',
            `${cidr} is not a private network: whoever has those addresses on the internet is out of the nodes' reach.`,
            'Take a network of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.',
          ),
        ]),
    ...(await room(input, cidr, range.bits, facts)),
    ...checkQuorum(
      input,
      await chosenZones(input, facts),
      'Name three zones in `availability_zones`, or another `instance_type` that three zones offer.',
    ),
    // A cluster with nodes already has its VPC.
    ...(input.newNodes === input.nodes ? await checkCount(ec2, quotas, input.region) : []),
  ];
}

async function room(
  input: PreflightInput,
  cidr: string,
  bits: number,
  facts: RegionFacts,
): Promise<Finding[]> {
  const zones = await chosenZones(input, facts);
  const share = largestShare(input.nodes, Math.max(1, zones.length));
  if (share <= nodesInOwnSubnet(bits)) return [];
  return [
    error(
      'subnet-addresses',
      `Each subnet of ${cidr} has room for ${nodesInOwnSubnet(bits)} nodes, and one would get ${share}.`,
      'Give a wider network, e.g. 10.77.0.0/16.',
    ),
  ];
}

/** Returns the zones that the Terraform module will select. */
async function chosenZones(
  { availabilityZones }: PreflightInput,
  facts: RegionFacts,
): Promise<readonly string[]> {
  if (availabilityZones.length > 0) return availabilityZones;
  const [zones, offering] = await Promise.all([facts.zones(), facts.offering()]);
  return zones.filter((zone) => offering.includes(zone)).slice(0, ZONES_CHOSEN);
}

async function checkCount(
  ec2: EC2Client,
  quotas: ServiceQuotasClient,
  region: string,
): Promise<Finding[]> {
  const count = await request('ec2:DescribeVpcs', async () => {
    let vpcs = 0;
    for await (const page of paginateDescribeVpcs({ client: ec2 }, {})) {
      vpcs += page.Vpcs?.length ?? 0;
    }
    return vpcs;
  });
  const quota = await quotaOf(quotas, 'vpc', VPC_QUOTA).catch((problem: unknown) => {
    if (problem instanceof RequestFailed) return null;
    throw problem;
  });
  const limit = quota ?? USUAL_VPCS;
  if (count < limit)
    return [info('vpc-quota', `${count} of ${limit} VPCs of ${region} are in use.`)];
  const action = `Remove a VPC that is not needed, have the quota raised (${raiseQuota(region, 'vpc', VPC_QUOTA, count + 1)}), or use an existing VPC.`;
  return [
    quota === null
      ? warning(
          'vpc-quota',
          `${region} has ${count} VPCs, and an account may have ${USUAL_VPCS} unless it was given more.`,
          action,
        )
      : error(
          'vpc-quota',
          `All ${limit} VPCs that the account may have in ${region} exist.`,
          action,
        ),
  ];
}
