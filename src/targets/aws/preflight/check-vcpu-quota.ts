import {
  type _InstanceType,
  type EC2Client,
  paginateDescribeInstances,
  paginateDescribeInstanceTypes,
} from '@aws-sdk/client-ec2';
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { Finding } from '../../../core/plan/plan-context.ts';
import type { PreflightInput } from '../account/cloud.ts';
import { isStandardType, STANDARD_VCPU_QUOTA } from './instance-type.ts';
import { quotaOf, raiseQuota } from './quota.ts';
import type { RegionFacts } from './region-facts.ts';
import { error, info, request } from './request.ts';

/** Maximum number of types in one DescribeInstanceTypes request. */
const TYPES_AT_ONCE = 100;

/** Checks whether the quota covers the new nodes in addition to the running machines. */
export async function checkVcpuQuota(
  ec2: EC2Client,
  quotas: ServiceQuotasClient,
  { region, instanceType, newNodes }: PreflightInput,
  facts: RegionFacts,
): Promise<Finding[]> {
  if (newNodes === 0) return [];
  if (!isStandardType(instanceType)) {
    return [
      info('vcpu-quota', `${instanceType} has a quota of its own family, which was not checked.`),
    ];
  }
  const type = await facts.type();
  // The vCPUs of an unknown type cannot be counted. The check of the instance type reports it.
  if (type === null) return [];
  const needed = newNodes * (type.VCpuInfo?.DefaultVCpus ?? 0);
  const [quota, running] = await Promise.all([
    quotaOf(quotas, 'ec2', STANDARD_VCPU_QUOTA),
    runningVcpus(ec2),
  ]);
  const sum = `${running} vCPUs of standard instances run in ${region}, the new nodes need ${needed}, and the quota is ${quota}.`;
  if (running + needed <= quota) return [info('vcpu-quota', sum)];
  return [
    error(
      'vcpu-quota',
      sum,
      `Have it raised (${raiseQuota(region, 'ec2', STANDARD_VCPU_QUOTA, running + needed)}), stop what is not needed, or take smaller or fewer nodes.`,
    ),
  ];
}

/**
 * Counts only on-demand machines, because other machines have separate quotas. Stopped machines do
 * not count.
 */
async function runningVcpus(ec2: EC2Client): Promise<number> {
  const counts = new Map<string, number>();
  await request('ec2:DescribeInstances', async () => {
    const filter = { Name: 'instance-state-name', Values: ['pending', 'running'] };
    for await (const page of paginateDescribeInstances({ client: ec2 }, { Filters: [filter] })) {
      const instances = (page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances);
      for (const { InstanceType = '', InstanceLifecycle } of instances) {
        if (InstanceLifecycle || !isStandardType(InstanceType)) continue;
        counts.set(InstanceType, (counts.get(InstanceType) ?? 0) + 1);
      }
    }
  });
  const types = [...counts.keys()] as _InstanceType[];
  let vcpus = 0;
  await request('ec2:DescribeInstanceTypes', async () => {
    for (let from = 0; from < types.length; from += TYPES_AT_ONCE) {
      const some = { InstanceTypes: types.slice(from, from + TYPES_AT_ONCE) };
      for await (const page of paginateDescribeInstanceTypes({ client: ec2 }, some)) {
        for (const { InstanceType = '', VCpuInfo } of page.InstanceTypes ?? []) {
          vcpus += (counts.get(InstanceType) ?? 0) * (VCpuInfo?.DefaultVCpus ?? 0);
        }
      }
    }
  });
  return vcpus;
}
