/** What Hathi makes on AWS, in the order of its removal: nothing needs what stands before it. */
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
 * The type that an id of EC2's is of, which puts it before the hyphen.
 * @returns null for what Hathi never makes. A backup service copies a volume's tags to its snapshots;
 * they are the user's, and neither named as left over nor removed.
 */
export function resourceTypeOf(id: string): ResourceType | null {
  const prefix = /^([a-z]+)-[0-9a-f-]+$/.exec(id)?.[1] ?? '';
  return Object.hasOwn(TYPE_OF_PREFIX, prefix) ? (TYPE_OF_PREFIX[prefix] ?? null) : null;
}
