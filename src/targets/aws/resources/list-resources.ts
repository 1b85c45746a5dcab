import { type EC2Client, paginateDescribeTags } from '@aws-sdk/client-ec2';
import type { AccountResource } from '../../../core/resources.ts';
import { cloudError } from '../account/aws-errors.ts';
import type { AwsClients } from '../account/clients.ts';
import { describeExisting, type Ec2Type, permissionToDescribe } from './describe.ts';
import { listIam } from './list-iam.ts';
import { removeCommand } from './remove-command.ts';
import { RESOURCE_TYPES, resourceTypeOf } from './resource-type.ts';
import { isSelected, type Selection, TAGS, type Tags, taggedAs } from './tags.ts';

/** Returns all resources of a region that have Hathi's tags, in the order of removal. */
export async function listResources(
  { ec2, iam, region }: AwsClients,
  selection: Selection,
): Promise<AccountResource[]> {
  const [inEc2, inIam] = await Promise.all([
    listEc2(ec2, region, selection),
    listIam(iam, region, selection).catch((error: unknown) => {
      throw cloudError(error, region, 'iam:ListRoles');
    }),
  ]);
  return [...inEc2, ...inIam];
}

async function listEc2(
  ec2: EC2Client,
  region: string,
  selection: Selection,
): Promise<AccountResource[]> {
  const tagged = await tagsById(ec2).catch((error: unknown) => {
    throw cloudError(error, region, 'ec2:DescribeTags');
  });
  const byType = new Map<Ec2Type, string[]>();
  for (const [id, tags] of tagged) {
    const type = resourceTypeOf(id) as Ec2Type | null;
    if (type === null || !isSelected(tags, selection)) continue;
    byType.set(type, [...(byType.get(type) ?? []), id]);
  }
  // Tags can exist for up to an hour after the deletion of their resource.
  const found = await Promise.all(
    [...byType].map(async ([type, ids]) => {
      const existing = await describeExisting(ec2, type, ids).catch((error: unknown) => {
        throw cloudError(error, region, permissionToDescribe(type));
      });
      return existing
        .filter(({ isLeaving }) => !isLeaving)
        .map(({ id, removedAs = id, name, facts }): AccountResource => {
          const { kind, ...rest } = taggedAs(tagged.get(id) ?? new Map());
          return {
            kind: kind ?? type,
            type,
            id: removedAs,
            name,
            region,
            ...rest,
            remove: removeCommand(type, removedAs, region, facts),
          };
        });
    }),
  );
  const order: readonly string[] = RESOURCE_TYPES;
  return found.flat().sort((a, b) => order.indexOf(a.type) - order.indexOf(b.type));
}

/** Returns Hathi's tags by resource id. One listing covers all kinds of resources. */
async function tagsById(client: EC2Client): Promise<Map<string, Tags>> {
  const byId = new Map<string, Map<string, string>>();
  const Filters = [{ Name: 'key', Values: Object.values(TAGS) }];
  for await (const { Tags = [] } of paginateDescribeTags({ client }, { Filters })) {
    for (const { ResourceId = '', Key = '', Value = '' } of Tags) {
      const tags = byId.get(ResourceId) ?? new Map<string, string>();
      byId.set(ResourceId, tags.set(Key, Value));
    }
  }
  return byId;
}
