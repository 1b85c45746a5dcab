import {
  DescribeAddressesCommand,
  DescribeKeyPairsCommand,
  type EC2Client,
  type Filter,
  paginateDescribeInstances,
  paginateDescribeInternetGateways,
  paginateDescribeNatGateways,
  paginateDescribeNetworkInterfaces,
  paginateDescribeRouteTables,
  paginateDescribeSecurityGroupRules,
  paginateDescribeSecurityGroups,
  paginateDescribeSubnets,
  paginateDescribeVolumes,
  paginateDescribeVpcs,
  type Tag,
} from '@aws-sdk/client-ec2';
import type { RemovalFacts } from './remove-command.ts';
import type { ResourceType } from './resource-type.ts';
import { tagsOf } from './tags.ts';

/** IAM resources are found by their path, not by ids. */
export type Ec2Type = Exclude<ResourceType, 'role' | 'instance-profile'>;

/** A resource that exists, or whose deletion has started. */
export interface Existing {
  id: string;
  /** Value of the tag `Name`. */
  name: string | null;
  /** Identifier for the removal if it is not the id: the name of a key pair. */
  removedAs?: string | undefined;
  /** True if the deletion has started and no further request is needed. */
  isLeaving: boolean;
  facts: RemovalFacts;
}

/** Maximum number of values in one EC2 filter. */
const VALUES_AT_ONCE = 200;

interface Description {
  permission: string;
  /**
   * Filter that takes the ids. A request by ids, without a filter, fails if one of them does not
   * exist.
   */
  filter: string;
  describe: (ec2: EC2Client, filters: Filter[]) => Promise<Existing[]>;
}

/** @returns the resources that exist; terminated and deleted ones do not */
export async function describeExisting(
  ec2: EC2Client,
  type: Ec2Type,
  ids: readonly string[],
): Promise<Existing[]> {
  const { filter, describe } = DESCRIPTIONS[type];
  const found: Existing[] = [];
  for (let from = 0; from < ids.length; from += VALUES_AT_ONCE) {
    const values = ids.slice(from, from + VALUES_AT_ONCE);
    found.push(...(await describe(ec2, [{ Name: filter, Values: values }])));
  }
  return found;
}

export function permissionToDescribe(type: Ec2Type): string {
  return DESCRIPTIONS[type].permission;
}

const plain = (
  id: string | undefined,
  tags: Tag[] | undefined,
  facts: RemovalFacts = {},
): Existing => ({
  id: id ?? '',
  name: tagsOf(tags).get('Name') ?? null,
  isLeaving: false,
  facts,
});

/** Maps a resource with a lifecycle state. Terminated and deleted resources count as gone. */
function living(
  id: string | undefined,
  tags: Tag[] | undefined,
  state: string | undefined,
): Existing[] {
  if (state === 'terminated' || state === 'deleted') return [];
  return [{ ...plain(id, tags), isLeaving: state === 'shutting-down' || state === 'deleting' }];
}

async function collect<Page>(
  pages: AsyncIterable<Page>,
  read: (page: Page) => Existing[],
): Promise<Existing[]> {
  const found: Existing[] = [];
  for await (const page of pages) found.push(...read(page));
  return found;
}

const DESCRIPTIONS: Record<Ec2Type, Description> = {
  instance: {
    permission: 'ec2:DescribeInstances',
    filter: 'instance-id',
    describe: (client, Filters) =>
      collect(paginateDescribeInstances({ client }, { Filters }), ({ Reservations = [] }) =>
        Reservations.flatMap(({ Instances = [] }) => Instances).flatMap(
          ({ InstanceId, Tags, State }) => living(InstanceId, Tags, State?.Name),
        ),
      ),
  },
  volume: {
    permission: 'ec2:DescribeVolumes',
    filter: 'volume-id',
    describe: (client, Filters) =>
      collect(paginateDescribeVolumes({ client }, { Filters }), ({ Volumes = [] }) =>
        Volumes.flatMap(({ VolumeId, Tags, State }) => living(VolumeId, Tags, State)),
      ),
  },
  'nat-gateway': {
    permission: 'ec2:DescribeNatGateways',
    filter: 'nat-gateway-id',
    describe: (client, Filter) =>
      collect(paginateDescribeNatGateways({ client }, { Filter }), ({ NatGateways = [] }) =>
        NatGateways.flatMap(({ NatGatewayId, Tags, State }) => living(NatGatewayId, Tags, State)),
      ),
  },
  'elastic-ip': {
    permission: 'ec2:DescribeAddresses',
    filter: 'allocation-id',
    describe: async (client, Filters) => {
      const { Addresses = [] } = await client.send(new DescribeAddressesCommand({ Filters }));
      return Addresses.map(({ AllocationId, Tags }) => plain(AllocationId, Tags));
    },
  },
  'network-interface': {
    permission: 'ec2:DescribeNetworkInterfaces',
    filter: 'network-interface-id',
    describe: (client, Filters) =>
      collect(
        paginateDescribeNetworkInterfaces({ client }, { Filters }),
        ({ NetworkInterfaces = [] }) =>
          NetworkInterfaces.map(({ NetworkInterfaceId, TagSet }) =>
            plain(NetworkInterfaceId, TagSet),
          ),
      ),
  },
  'security-group-rule': {
    permission: 'ec2:DescribeSecurityGroupRules',
    filter: 'security-group-rule-id',
    describe: (client, Filters) =>
      collect(
        paginateDescribeSecurityGroupRules({ client }, { Filters }),
        ({ SecurityGroupRules = [] }) =>
          SecurityGroupRules.map(({ SecurityGroupRuleId, Tags, GroupId, IsEgress }) =>
            plain(SecurityGroupRuleId, Tags, { groupId: GroupId, isEgress: IsEgress ?? false }),
          ),
      ),
  },
  'security-group': {
    permission: 'ec2:DescribeSecurityGroups',
    filter: 'group-id',
    describe: (client, Filters) =>
      collect(paginateDescribeSecurityGroups({ client }, { Filters }), ({ SecurityGroups = [] }) =>
        SecurityGroups.map(({ GroupId, Tags }) => plain(GroupId, Tags)),
      ),
  },
  subnet: {
    permission: 'ec2:DescribeSubnets',
    filter: 'subnet-id',
    describe: (client, Filters) =>
      collect(paginateDescribeSubnets({ client }, { Filters }), ({ Subnets = [] }) =>
        Subnets.map(({ SubnetId, Tags }) => plain(SubnetId, Tags)),
      ),
  },
  'route-table': {
    permission: 'ec2:DescribeRouteTables',
    filter: 'route-table-id',
    describe: (client, Filters) =>
      collect(paginateDescribeRouteTables({ client }, { Filters }), ({ RouteTables = [] }) =>
        RouteTables.map(({ RouteTableId, Tags, Associations = [] }) =>
          plain(RouteTableId, Tags, {
            // The main route table keeps this association until the VPC is deleted.
            associationIds: Associations.filter(({ Main }) => !Main).flatMap(
              ({ RouteTableAssociationId }) => RouteTableAssociationId ?? [],
            ),
          }),
        ),
      ),
  },
  'internet-gateway': {
    permission: 'ec2:DescribeInternetGateways',
    filter: 'internet-gateway-id',
    describe: (client, Filters) =>
      collect(
        paginateDescribeInternetGateways({ client }, { Filters }),
        ({ InternetGateways = [] }) =>
          InternetGateways.map(({ InternetGatewayId, Tags, Attachments = [] }) =>
            plain(InternetGatewayId, Tags, {
              vpcIds: Attachments.flatMap(({ VpcId }) => VpcId ?? []),
            }),
          ),
      ),
  },
  vpc: {
    permission: 'ec2:DescribeVpcs',
    filter: 'vpc-id',
    describe: (client, Filters) =>
      collect(paginateDescribeVpcs({ client }, { Filters }), ({ Vpcs = [] }) =>
        Vpcs.map(({ VpcId, Tags }) => plain(VpcId, Tags)),
      ),
  },
  'key-pair': {
    permission: 'ec2:DescribeKeyPairs',
    filter: 'key-pair-id',
    describe: async (client, Filters) => {
      const { KeyPairs = [] } = await client.send(new DescribeKeyPairsCommand({ Filters }));
      return KeyPairs.map(({ KeyPairId, Tags, KeyName }) => ({
        ...plain(KeyPairId, Tags),
        removedAs: KeyName,
      }));
    },
  },
};
