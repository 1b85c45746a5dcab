import type { ModuleResources } from '../../core/terraform/addresses.ts';

/** Resources of `terraform/modules/aws`. The kinds are the values of the tag `hathi:resource`. */
export const AWS_RESOURCES: ModuleResources = {
  ofNode: {
    node: 'aws_instance.node',
    instance: 'aws_instance.node',
    'data-volume': 'aws_ebs_volume.data',
    'public-address': 'aws_eip.node',
  },
  ofCluster: {
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
  parts: {
    'aws_instance.node': 'instance',
    'aws_ebs_volume.data': 'data-volume',
    'aws_volume_attachment.data': 'data-attachment',
  },
  // The id of these resources is their name, and all three can have the same name.
  withoutId: ['key-pair', 'role', 'instance-profile'],
};
