import {
  type _InstanceType,
  DescribeAvailabilityZonesCommand,
  DescribeInstanceTypesCommand,
  type EC2Client,
  type InstanceTypeInfo,
  paginateDescribeInstanceTypeOfferings,
} from '@aws-sdk/client-ec2';
import { codeOf } from '../account/aws-errors.ts';
import { request } from './request.ts';

/** Facts of a region that several checks need. Each fact is requested only once. */
export interface RegionFacts {
  /** null for a type that does not exist in the region. */
  type: () => Promise<InstanceTypeInfo | null>;
  /** Names of the zones that offer the type. */
  offering: () => Promise<string[]>;
  /** Names of the zones that every account can use. Local Zones and similar zones are left out. */
  zones: () => Promise<string[]>;
}

export function regionFacts(ec2: EC2Client, instanceType: string): RegionFacts {
  return {
    type: once(() => describeType(ec2, instanceType)),
    offering: once(() => zonesOffering(ec2, instanceType)),
    zones: once(() => availableZones(ec2)),
  };
}

/** @returns null for a type that does not exist in the region */
export function describeType(
  ec2: EC2Client,
  instanceType: string,
): Promise<InstanceTypeInfo | null> {
  return request('ec2:DescribeInstanceTypes', async () => {
    try {
      const types = [instanceType as _InstanceType];
      const found = await ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: types }));
      return found.InstanceTypes?.[0] ?? null;
    } catch (error) {
      if (/^Invalid(InstanceType|ParameterValue)$/.test(codeOf(error))) return null;
      throw error;
    }
  });
}

function zonesOffering(ec2: EC2Client, instanceType: string): Promise<string[]> {
  return request('ec2:DescribeInstanceTypeOfferings', async () => {
    const zones: string[] = [];
    const pages = paginateDescribeInstanceTypeOfferings(
      { client: ec2 },
      {
        LocationType: 'availability-zone',
        Filters: [{ Name: 'instance-type', Values: [instanceType] }],
      },
    );
    for await (const { InstanceTypeOfferings = [] } of pages) {
      zones.push(...InstanceTypeOfferings.map(({ Location = '' }) => Location));
    }
    return zones.sort();
  });
}

function availableZones(ec2: EC2Client): Promise<string[]> {
  return request('ec2:DescribeAvailabilityZones', async () => {
    const found = await ec2.send(
      new DescribeAvailabilityZonesCommand({
        Filters: [
          { Name: 'state', Values: ['available'] },
          { Name: 'opt-in-status', Values: ['opt-in-not-required'] },
        ],
      }),
    );
    return (found.AvailabilityZones ?? []).map(({ ZoneName = '' }) => ZoneName).sort();
  });
}

function once<T>(question: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= question();
    return answer;
  };
}
