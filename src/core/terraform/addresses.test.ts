import { expect, it } from 'vitest';
import { AWS_RESOURCES } from '../../targets/aws/module-resources.ts';
import { LOCAL_RESOURCES } from '../../targets/local/module-resources.ts';
import { addressOf, placeOf } from './addresses.ts';

const RESOURCES = { local: LOCAL_RESOURCES, aws: AWS_RESOURCES };

it.each([
  ['local', 'node', 'pg-1', 'module.cluster.terraform_data.node["pg-1"]'],
  ['local', 'network', null, 'module.cluster.terraform_data.network'],
  ['aws', 'instance', 'pg-1', 'module.cluster.aws_instance.node["pg-1"]'],
  ['aws', 'node', 'pg-1', 'module.cluster.aws_instance.node["pg-1"]'],
  ['aws', 'data-volume', 'pg-1', 'module.cluster.aws_ebs_volume.data["pg-1"]'],
  ['aws', 'root-volume', 'pg-1', null],
  ['aws', 'vpc', null, 'module.cluster.aws_vpc.cluster[0]'],
  ['aws', 'subnet/public/eu-west-1a', null, 'module.cluster.aws_subnet.public["eu-west-1a"]'],
  ['aws', 'security-group-rule/out', null, 'module.cluster.aws_vpc_security_group_egress_rule.all'],
  [
    'aws',
    'security-group-rule/ssh/203.0.113.7/32',
    null,
    'module.cluster.aws_vpc_security_group_ingress_rule.ssh["203.0.113.7/32"]',
  ],
  [
    'aws',
    'security-group-rule/etcd',
    null,
    'module.cluster.aws_vpc_security_group_ingress_rule.inside["etcd"]',
  ],
  ['aws', 'network-interface', null, null],
] as const)('on %s a %s of %s is %s', (target, kind, node, address) => {
  expect(addressOf(RESOURCES[target], { kind, node })).toBe(address);
});

it.each([
  ['module.cluster.terraform_data.node["pg-1"]', { node: 'pg-1', part: 'container' }],
  ['module.cluster.aws_instance.node["pg-2"]', { node: 'pg-2', part: 'instance' }],
  ['module.cluster.aws_ebs_volume.data["pg-2"]', { node: 'pg-2', part: 'data-volume' }],
  ['module.cluster.aws_volume_attachment.data["pg-2"]', { node: 'pg-2', part: 'data-attachment' }],
  ['module.cluster.aws_subnet.public["eu-west-1a"]', { node: null, part: null }],
  ['module.cluster.terraform_data.network', { node: null, part: null }],
])('finds the node of %s', (address, place) => {
  expect(placeOf({ ...LOCAL_RESOURCES.parts, ...AWS_RESOURCES.parts }, address)).toEqual(place);
});
