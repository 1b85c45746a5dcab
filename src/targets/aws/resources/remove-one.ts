import {
  DeleteInternetGatewayCommand,
  DeleteKeyPairCommand,
  DeleteNatGatewayCommand,
  DeleteNetworkInterfaceCommand,
  DeleteRouteTableCommand,
  DeleteSecurityGroupCommand,
  DeleteSubnetCommand,
  DeleteVolumeCommand,
  DeleteVpcCommand,
  DetachInternetGatewayCommand,
  DisassociateRouteTableCommand,
  ModifyInstanceAttributeCommand,
  ReleaseAddressCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  DetachRolePolicyCommand,
  GetInstanceProfileCommand,
  RemoveRoleFromInstanceProfileCommand,
} from '@aws-sdk/client-iam';
import type { AwsClients } from '../account/clients.ts';
import { describeExisting, type Ec2Type } from './describe.ts';
import { policiesOf } from './list-iam.ts';
import type { RemovalFacts } from './remove-command.ts';
import type { ResourceType } from './resource-type.ts';

type Remover = (clients: AwsClients, id: string) => Promise<unknown>;

/**
 * Requests the removal of one resource, after the removal of everything that is attached to it. It
 * can be called again after a partial failure.
 */
export const removeOne: Record<ResourceType, Remover> = {
  instance: async ({ ec2 }, id) => {
    const DisableApiTermination = { Value: false };
    await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: id, DisableApiTermination }));
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  },
  'nat-gateway': ({ ec2 }, id) => ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: id })),
  'elastic-ip': ({ ec2 }, id) => ec2.send(new ReleaseAddressCommand({ AllocationId: id })),
  volume: ({ ec2 }, id) => ec2.send(new DeleteVolumeCommand({ VolumeId: id })),
  'network-interface': ({ ec2 }, id) =>
    ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id })),
  'security-group-rule': async (clients, id) => {
    const facts = await factsOf(clients, 'security-group-rule', id);
    if (facts?.groupId === undefined) return;
    const rule = { GroupId: facts.groupId, SecurityGroupRuleIds: [id] };
    await (facts.isEgress
      ? clients.ec2.send(new RevokeSecurityGroupEgressCommand(rule))
      : clients.ec2.send(new RevokeSecurityGroupIngressCommand(rule)));
  },
  'security-group': ({ ec2 }, id) => ec2.send(new DeleteSecurityGroupCommand({ GroupId: id })),
  subnet: ({ ec2 }, id) => ec2.send(new DeleteSubnetCommand({ SubnetId: id })),
  'route-table': async (clients, id) => {
    const facts = await factsOf(clients, 'route-table', id);
    for (const AssociationId of facts?.associationIds ?? []) {
      await clients.ec2.send(new DisassociateRouteTableCommand({ AssociationId }));
    }
    await clients.ec2.send(new DeleteRouteTableCommand({ RouteTableId: id }));
  },
  'internet-gateway': async (clients, id) => {
    const facts = await factsOf(clients, 'internet-gateway', id);
    for (const VpcId of facts?.vpcIds ?? []) {
      await clients.ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId: id, VpcId }));
    }
    await clients.ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId: id }));
  },
  vpc: ({ ec2 }, id) => ec2.send(new DeleteVpcCommand({ VpcId: id })),
  'key-pair': ({ ec2 }, name) => ec2.send(new DeleteKeyPairCommand({ KeyName: name })),
  'instance-profile': async ({ iam }, name) => {
    const profile = { InstanceProfileName: name };
    const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand(profile));
    for (const { RoleName } of InstanceProfile?.Roles ?? []) {
      await iam.send(new RemoveRoleFromInstanceProfileCommand({ ...profile, RoleName }));
    }
    await iam.send(new DeleteInstanceProfileCommand(profile));
  },
  role: async ({ iam }, name) => {
    for (const PolicyArn of await policiesOf(iam, name)) {
      await iam.send(new DetachRolePolicyCommand({ RoleName: name, PolicyArn }));
    }
    await iam.send(new DeleteRoleCommand({ RoleName: name }));
  },
};

async function factsOf(
  { ec2 }: AwsClients,
  type: Ec2Type,
  id: string,
): Promise<RemovalFacts | undefined> {
  return (await describeExisting(ec2, type, [id]))[0]?.facts;
}
