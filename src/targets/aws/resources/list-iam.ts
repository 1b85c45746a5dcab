import {
  GetInstanceProfileCommand,
  type IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRoleTagsCommand,
  paginateListInstanceProfiles,
  paginateListRoles,
} from '@aws-sdk/client-iam';
import type { AccountResource } from '../../../core/resources.ts';
import { isDenied, isGone } from '../account/aws-errors.ts';
import { type RemovalFacts, removeCommand } from './remove-command.ts';
import { isSelected, type Selection, type Tags, taggedAs, tagsOf } from './tags.ts';

/** IAM cannot search by tags. The module therefore creates all IAM resources under one path. */
const PATH = '/hathi/';

/**
 * Returns the roles and instance profiles that have Hathi's tags. Credentials without permission to
 * list them cannot have created any, so the list is then empty.
 */
export async function listIam(
  iam: IAMClient,
  region: string,
  selection: Selection,
): Promise<AccountResource[]> {
  const both = await Promise.all([profilesOf(iam), rolesOf(iam)].map(allowed));
  return both
    .flat()
    .filter(({ tags }) => isSelected(tags, selection))
    .map(({ type, name, tags, facts }) => {
      const { kind, ...tagged } = taggedAs(tags);
      return {
        kind: kind ?? type,
        type,
        id: name,
        name: tags.get('Name') ?? name,
        region,
        ...tagged,
        remove: removeCommand(type, name, region, facts),
      };
    });
}

interface Found {
  type: 'role' | 'instance-profile';
  name: string;
  tags: Tags;
  facts: RemovalFacts;
}

async function rolesOf(iam: IAMClient): Promise<Found[]> {
  const found: Found[] = [];
  for await (const { Roles = [] } of paginateListRoles({ client: iam }, { PathPrefix: PATH })) {
    for (const { RoleName = '' } of Roles) {
      const both = await unlessGone(
        Promise.all([iam.send(new ListRoleTagsCommand({ RoleName })), policiesOf(iam, RoleName)]),
      );
      if (both === null) continue;
      const [{ Tags }, policyArns] = both;
      found.push({ type: 'role', name: RoleName, tags: tagsOf(Tags), facts: { policyArns } });
    }
  }
  return found;
}

/** Returns the ARNs of the policies that are attached to a role. */
export async function policiesOf(iam: IAMClient, RoleName: string): Promise<string[]> {
  const { AttachedPolicies = [] } = await iam.send(
    new ListAttachedRolePoliciesCommand({ RoleName }),
  );
  return AttachedPolicies.flatMap(({ PolicyArn }) => PolicyArn ?? []);
}

async function profilesOf(iam: IAMClient): Promise<Found[]> {
  const found: Found[] = [];
  const pages = paginateListInstanceProfiles({ client: iam }, { PathPrefix: PATH });
  for await (const { InstanceProfiles = [] } of pages) {
    for (const { InstanceProfileName: name = '', Roles = [] } of InstanceProfiles) {
      // The list response does not contain tags.
      const told = await unlessGone(
        iam.send(new GetInstanceProfileCommand({ InstanceProfileName: name })),
      );
      if (told === null) continue;
      const roleNames = Roles.flatMap(({ RoleName }) => RoleName ?? []);
      found.push({
        type: 'instance-profile',
        name,
        tags: tagsOf(told.InstanceProfile?.Tags),
        facts: { roleNames },
      });
    }
  }
  return found;
}

/** @returns null if the resource was removed after the list was read */
async function unlessGone<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

async function allowed(found: Promise<Found[]>): Promise<Found[]> {
  try {
    return await found;
  } catch (error) {
    if (isDenied(error)) return [];
    throw error;
  }
}
