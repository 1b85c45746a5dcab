import { setTimeout as sleep } from 'node:timers/promises';
import { HathiError } from '../../../core/errors.ts';
import type { AccountResource } from '../../../core/resources.ts';
import { cloudError, codeOf, isAboutAccess, isGone, isInUse } from '../account/aws-errors.ts';
import type { AwsClients } from '../account/clients.ts';
import { describeExisting, type Ec2Type } from './describe.ts';
import { removeOne } from './remove-one.ts';
import { RESOURCE_TYPES, type ResourceType } from './resource-type.ts';

export interface RemovalPace {
  pollMilliseconds: number;
  /** Maximum time to wait for a resource that is still in use or is being deleted. */
  patienceSeconds: number;
}

/** Types that must be gone before the next types can be removed: a volume is in use until then. */
const WAITED_FOR: readonly ResourceType[] = ['instance', 'nat-gateway'];

interface Left {
  resource: AccountResource;
  reason: string;
}

/**
 * Removes the resources type by type. Resources of one type are removed in parallel.
 * @throws OPERATION_FAILED with the remaining resources | CLOUD_UNAVAILABLE, without further
 *   requests
 */
export async function removeResources(
  clients: AwsClients,
  resources: readonly AccountResource[],
  pace: RemovalPace,
): Promise<void> {
  const left: Left[] = [];
  for (const type of RESOURCE_TYPES) {
    const ofType = resources.filter((resource) => resource.type === type);
    // The obstacle of the first resource also blocks the following ones, so the wait is not
    // repeated.
    const patienceSeconds = left.length === 0 ? pace.patienceSeconds : 0;
    const deadline = Date.now() + patienceSeconds * 1000;
    const outcomes = await Promise.all(
      ofType.map((resource) => attempt(clients, type, resource, deadline, pace)),
    );
    left.push(...outcomes.filter((outcome) => outcome !== null));
  }
  if (left.length === 0) return;
  const names = left.map(({ resource, reason }) => `${resource.type} ${resource.id} (${reason})`);
  throw new HathiError(
    'OPERATION_FAILED',
    `${left.length} of ${resources.length} resources on AWS could not be removed: ${names.join(', ')}. See what still uses them, then remove them with the commands in \`left\` or try again.`,
    {
      left: left.map(({ resource, reason }) => ({
        kind: resource.kind,
        id: resource.id,
        reason,
        remove: resource.remove,
      })),
    },
  );
}

/** @returns null when the resource is gone */
async function attempt(
  clients: AwsClients,
  type: ResourceType,
  resource: AccountResource,
  deadline: number,
  { pollMilliseconds }: RemovalPace,
): Promise<Left | null> {
  const { id } = resource;
  for (;;) {
    try {
      await removeOne[type](clients, id);
      break;
    } catch (error) {
      if (isGone(error)) return null;
      if (isAboutAccess(error)) throw cloudError(error, clients.region, `the removal of ${id}`);
      if (!isInUse(error) || Date.now() >= deadline) return { resource, reason: codeOf(error) };
    }
    await sleep(pollMilliseconds);
  }
  if (!WAITED_FOR.includes(type)) return null;
  while ((await describeExisting(clients.ec2, type as Ec2Type, [id])).length > 0) {
    if (Date.now() >= deadline) return { resource, reason: 'still on its way out' };
    await sleep(pollMilliseconds);
  }
  return null;
}
