import type { Target } from '../../core/cluster/cluster-spec.ts';
import type { NodePart } from '../../core/plan/planned-change.ts';

/** What the modules call the resources of one node, by the kind that the target tells. */
const OF_A_NODE: Record<Target, Record<string, string>> = {
  local: { node: 'terraform_data.node' },
  aws: {
    node: 'aws_instance.node',
    instance: 'aws_instance.node',
    'data-volume': 'aws_ebs_volume.data',
    'public-address': 'aws_eip.node',
  },
};

/** Of the cluster; what stands after a slash in the kind is the key, e.g. of `subnet/public/eu-west-1a`. */
const OF_THE_CLUSTER: Record<Target, Record<string, string>> = {
  local: { network: 'terraform_data.network' },
  aws: {
    vpc: 'aws_vpc.cluster[0]',
    'internet-gateway': 'aws_internet_gateway.cluster[0]',
    'subnet/public': 'aws_subnet.public',
    'subnet/private': 'aws_subnet.private',
    'route-table/public': 'aws_route_table.public[0]',
    'route-table/private': 'aws_route_table.private[0]',
    'nat-address': 'aws_eip.nat[0]',
    'nat-gateway': 'aws_nat_gateway.cluster[0]',
    'security-group': 'aws_security_group.cluster',
    'security-group-rule/out': 'aws_vpc_security_group_egress_rule.all',
    'security-group-rule/postgres': 'aws_vpc_security_group_ingress_rule.postgres',
    'security-group-rule/ssh': 'aws_vpc_security_group_ingress_rule.ssh',
    'security-group-rule': 'aws_vpc_security_group_ingress_rule.inside',
    'key-pair': 'aws_key_pair.cluster[0]',
    role: 'aws_iam_role.node[0]',
    'instance-profile': 'aws_iam_instance_profile.node[0]',
  },
};

/**
 * The address in the state of what a resource on the target stands for.
 * @returns null for what belongs to another resource, as a root volume does, or is not known
 */
export function addressOf(
  target: Target,
  { kind, node }: { kind: string; node: string | null },
): string | null {
  if (node !== null) {
    const resource = OF_A_NODE[target][kind];
    return resource === undefined ? null : `module.cluster.${resource}[${JSON.stringify(node)}]`;
  }
  const resources = OF_THE_CLUSTER[target];
  const exact = resources[kind];
  if (exact !== undefined) return `module.cluster.${exact}`;
  const begin = Object.keys(resources)
    .filter((name) => kind.startsWith(`${name}/`))
    .sort((a, b) => b.length - a.length)[0];
  if (begin === undefined) return null;
  return `module.cluster.${resources[begin]}[${JSON.stringify(kind.slice(begin.length + 1))}]`;
}

/** Resources of the modules that belong to one node, as they are addressed. */
const PART_OF: Record<string, NodePart> = {
  'terraform_data.node': 'container',
  'aws_instance.node': 'instance',
  'aws_ebs_volume.data': 'data-volume',
  'aws_volume_attachment.data': 'data-attachment',
};

/** The node that a resource of the modules belongs to, and what it is to that node. */
export function placeOf(address: string): { node: string | null; part: NodePart | null } {
  const [, resource = '', node = null] =
    /^module\.[^.]+\.([^.]+\.[^.[]+)\["([^"]+)"\]$/.exec(address) ?? [];
  const part = PART_OF[resource];
  return part === undefined ? { node: null, part: null } : { node, part };
}
