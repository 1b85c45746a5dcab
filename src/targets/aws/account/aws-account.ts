import type { AccountResource } from '../../../core/resources.ts';
import { preflight } from '../preflight/preflight.ts';
import { describeType } from '../preflight/region-facts.ts';
import { RequestFailed } from '../preflight/request.ts';
import { isDown } from '../resources/is-down.ts';
import { listNodes } from '../resources/list-nodes.ts';
import { listResources } from '../resources/list-resources.ts';
import { type RemovalPace, removeResources } from '../resources/remove-resources.ts';
import { startInstances } from '../resources/start-instances.ts';
import { cloudError } from './aws-errors.ts';
import { type AwsClients, createAwsClients } from './clients.ts';
import type { Cloud } from './cloud.ts';

const MEBIBYTE = 2 ** 20;

/** Implements the port with the AWS SDK. Each function is one request to the port. */
export function createAwsAccount(pace: RemovalPace): Cloud {
  return {
    preflight: (input) =>
      asking(input.region, 'sts:GetCallerIdentity', (clients) => preflight(clients, input)),

    resources: ({ region, ...selection }) =>
      asking(region, 'ec2:DescribeTags', (clients) => listResources(clients, selection)),

    nodes: (region, site, cluster) =>
      asking(region, 'ec2:DescribeInstances', ({ ec2 }) => listNodes(ec2, site, cluster)),

    start: (region, ids) =>
      asking(region, 'ec2:StartInstances', ({ ec2 }) => startInstances(ec2, ids)),

    isDown: (region, id) => asking(region, 'ec2:DescribeInstances', ({ ec2 }) => isDown(ec2, id)),

    async remove(resources) {
      const byRegion = new Map<string, AccountResource[]>();
      for (const resource of resources) {
        byRegion.set(resource.region, [...(byRegion.get(resource.region) ?? []), resource]);
      }
      for (const [region, some] of byRegion) {
        await asking(region, 'the removal', (clients) => removeResources(clients, some, pace));
      }
    },

    sizeOf: (region, instanceType) =>
      asking(region, 'ec2:DescribeInstanceTypes', async ({ ec2 }) => {
        const type = await describeType(ec2, instanceType);
        const { MemoryInfo, VCpuInfo } = type ?? {};
        if (!MemoryInfo?.SizeInMiB || !VCpuInfo?.DefaultVCpus) return null;
        return { memoryBytes: MemoryInfo.SizeInMiB * MEBIBYTE, cpus: VCpuInfo.DefaultVCpus };
      }),
  };
}

/** @param asked permission that the error names, if the error itself does not name one */
async function asking<T>(
  region: string,
  asked: string,
  question: (clients: AwsClients) => Promise<T>,
): Promise<T> {
  const clients = createAwsClients(region);
  try {
    return await question(clients);
  } catch (error) {
    throw error instanceof RequestFailed
      ? cloudError(error.cause, region, error.permission)
      : cloudError(error, region, asked);
  } finally {
    clients[Symbol.dispose]();
  }
}
