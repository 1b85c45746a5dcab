import { type EC2Client, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import type { CloudNode } from '../account/cloud.ts';
import { TAGS, tagsOf } from './tags.ts';

const STATES: Record<string, CloudNode['state']> = {
  pending: 'running',
  running: 'running',
  stopping: 'stopped',
  stopped: 'stopped',
};

/**
 * Returns the machines of a cluster. If all machines of a name are terminated, they are listed as
 * `missing`.
 */
export async function listNodes(
  client: EC2Client,
  site: string,
  cluster: string,
): Promise<CloudNode[]> {
  const nodes: CloudNode[] = [];
  const Filters = [
    { Name: `tag:${TAGS.site}`, Values: [site] },
    { Name: `tag:${TAGS.cluster}`, Values: [cluster] },
  ];
  for await (const { Reservations = [] } of paginateDescribeInstances({ client }, { Filters })) {
    for (const { InstanceId = '', State, Tags } of Reservations.flatMap((r) => r.Instances ?? [])) {
      const name = tagsOf(Tags).get(TAGS.node);
      if (!name) continue;
      nodes.push({ name, id: InstanceId, state: STATES[State?.Name ?? ''] ?? 'missing' });
    }
  }
  const alive = new Set(nodes.filter(({ state }) => state !== 'missing').map(({ name }) => name));
  const collator = new Intl.Collator('en', { numeric: true });
  return nodes
    .filter(({ name, state }) => state !== 'missing' || !alive.has(name))
    .sort((a, b) => collator.compare(a.name, b.name));
}
