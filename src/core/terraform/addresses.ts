import type { NodePart } from '../plan/planned-change.ts';

/** Addresses of a target's resources in its Terraform module. */
export interface ModuleResources {
  /**
   * Resource of one node, by its kind, e.g. `node`: `aws_instance.node`. Its key is the node's
   * name.
   */
  ofNode: Readonly<Record<string, string>>;
  /**
   * Resource of the cluster, by its kind. For a kind with a slash after the listed part, the rest
   * is the key, e.g. `subnet/public/eu-west-1a`.
   */
  ofCluster: Readonly<Record<string, string>>;
  /** Purpose of a node's resource, by its name in the module. */
  parts: Readonly<Record<string, NodePart>>;
  /** Kinds without an id in a state: only the address identifies them. */
  withoutId: 'all' | readonly string[];
}

/** For a target without a Terraform module. */
export const NO_RESOURCES: ModuleResources = {
  ofNode: {},
  ofCluster: {},
  parts: {},
  withoutId: 'all',
};

/**
 * Address of a resource in the Terraform state.
 * @returns null for a part of another resource, e.g. a root volume, and for an unknown kind
 */
export function addressOf(
  { ofNode, ofCluster }: ModuleResources,
  { kind, node }: { kind: string; node: string | null },
): string | null {
  if (node !== null) {
    const resource = ofNode[kind];
    return resource === undefined ? null : `module.cluster.${resource}[${JSON.stringify(node)}]`;
  }
  const exact = ofCluster[kind];
  if (exact !== undefined) return `module.cluster.${exact}`;
  const begin = Object.keys(ofCluster)
    .filter((name) => kind.startsWith(`${name}/`))
    .sort((a, b) => b.length - a.length)[0];
  if (begin === undefined) return null;
  return `module.cluster.${ofCluster[begin]}[${JSON.stringify(kind.slice(begin.length + 1))}]`;
}

/** Whether a state with these addresses contains the resource. */
export function hasAddress(
  resources: ModuleResources,
  addresses: readonly string[],
  resource: { kind: string; node: string | null },
): boolean {
  const address = addressOf(resources, resource);
  return address !== null && addresses.includes(address);
}

/** The node that a resource of the module belongs to, and its purpose for that node. */
export function placeOf(
  parts: ModuleResources['parts'],
  address: string,
): { node: string | null; part: NodePart | null } {
  const [, resource = '', node = null] =
    /^module\.[^.]+\.([^.]+\.[^.[]+)\["([^"]+)"\]$/.exec(address) ?? [];
  const part = parts[resource];
  return part === undefined ? { node: null, part: null } : { node, part };
}
