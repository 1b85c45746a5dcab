import {
  DescribeRouteTablesCommand,
  type EC2Client,
  type RouteTable,
  type Subnet,
} from '@aws-sdk/client-ec2';
import type { Finding } from '../../../core/plan/plan-context.ts';
import type { PreflightInput } from '../account/cloud.ts';
import { request, warning } from './request.ts';

const EVERYWHERE = '0.0.0.0/0';

/**
 * Checks whether machines of the subnets can reach the package repositories, and can be reached by
 * a public address. The findings are only warnings: an apply succeeds without the route, and a
 * proxy or a mirror can replace it.
 */
export async function checkRoutes(
  ec2: EC2Client,
  { publicAddresses }: PreflightInput,
  vpcId: string,
  subnets: readonly Subnet[],
): Promise<Finding[]> {
  const found = await request('ec2:DescribeRouteTables', () =>
    ec2.send(new DescribeRouteTablesCommand({ Filters: [{ Name: 'vpc-id', Values: [vpcId] }] })),
  );
  return subnets.flatMap(({ SubnetId = '' }) => {
    const gateway = wayOut(tableOf(SubnetId, found.RouteTables ?? []));
    if (gateway === null) {
      return [
        warning(
          'subnet-route',
          `The subnet ${SubnetId} has no route to the internet.`,
          'The machines install packages from there: give the subnet a NAT gateway or an internet gateway, or see that they reach a mirror.',
        ),
      ];
    }
    if (publicAddresses && !gateway.startsWith('igw-')) {
      return [
        warning(
          'subnet-route',
          `The subnet ${SubnetId} goes out by ${gateway}, so a public address in it is not reached from outside.`,
          'Set `connection` to `private`, `bastion` or `ssm`, or give subnets with an internet gateway.',
        ),
      ];
    }
    return [];
  });
}

/** A subnet without its own route table uses the main route table of the VPC. */
function tableOf(subnetId: string, tables: readonly RouteTable[]): RouteTable | undefined {
  const own = tables.find(({ Associations = [] }) =>
    Associations.some(({ SubnetId }) => SubnetId === subnetId),
  );
  return own ?? tables.find(({ Associations = [] }) => Associations.some(({ Main }) => Main));
}

/** @returns the id of the gateway to the internet; null if there is none */
function wayOut(table: RouteTable | undefined): string | null {
  const route = table?.Routes?.find(
    ({ DestinationCidrBlock, State }) =>
      DestinationCidrBlock === EVERYWHERE && State !== 'blackhole',
  );
  if (!route) return null;
  return (
    route.GatewayId ??
    route.NatGatewayId ??
    route.TransitGatewayId ??
    route.NetworkInterfaceId ??
    'another gateway'
  );
}
