/** Types that Hathi creates on AWS, in the order of removal: no type depends on an earlier one. */
export const RESOURCE_TYPES = [
  'instance',
  'nat-gateway',
  'elastic-ip',
  'volume',
  'network-interface',
  'security-group-rule',
  'security-group',
  'subnet',
  'route-table',
  'internet-gateway',
  'vpc',
  'key-pair',
  'instance-profile',
  'role',
] as const;

export type ResourceType = (typeof RESOURCE_TYPES)[number];

const TYPE_OF_PREFIX: Record<string, ResourceType> = {
  i: 'instance',
  nat: 'nat-gateway',
  eipalloc: 'elastic-ip',
  vol: 'volume',
  eni: 'network-interface',
  sgr: 'security-group-rule',
  sg: 'security-group',
  subnet: 'subnet',
  rtb: 'route-table',
  igw: 'internet-gateway',
  vpc: 'vpc',
  key: 'key-pair',
};

/**
 * Returns the type of an EC2 id, from the prefix before the hyphen.
 * @returns null for a type that Hathi never creates. A backup service copies the tags of a volume
 *   to its snapshots. These belong to the user: they are not listed as leftovers and not removed.
 */
export function resourceTypeOf(id: string): ResourceType | null {
  const prefix = /^([a-z]+)-[0-9a-f-]+$/.exec(id)?.[1] ?? '';
  return Object.hasOwn(TYPE_OF_PREFIX, prefix) ? (TYPE_OF_PREFIX[prefix] ?? null) : null;
}
