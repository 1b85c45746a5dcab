import {
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  type EC2Client,
  type Instance,
} from '@aws-sdk/client-ec2';
import { quietly, shell } from './shell.ts';

export const LABEL = 'hathi-test-ec2';
const SSH_PORT = 22;
const COMMENT = ['-m', 'comment', '--comment', LABEL];

/** Chains that get rules, by table. */
const CHAINS = [
  ['filter', 'DOCKER-USER'],
  ['nat', 'POSTROUTING'],
  ['filter', 'OUTPUT'],
] as const;

/** Docker networks in the place of subnets, and of security groups what decides about SSH. */
export function createNetworks(client: EC2Client) {
  const networks = new Map<string, string>();
  /** Addresses by instance. */
  const closed = new Map<string, string>();

  /**
   * Between the subnets of a VPC packets pass, with the addresses that they were sent from. Set again
   * for each network, since Docker puts that network's own rules before all others.
   */
  async function routeVpc(vpc: string): Promise<void> {
    const found = await client.send(new DescribeVpcsCommand({ VpcIds: [vpc] }));
    const cidr = found.Vpcs?.[0]?.CidrBlock ?? '';
    for (const [table, chain] of CHAINS.slice(0, 2)) {
      const rule = [chain, '-s', cidr, '-d', cidr, ...COMMENT, '-j', 'ACCEPT'];
      await quietly('iptables', '-t', table, '-D', ...rule);
      await shell('iptables', '-t', table, '-I', ...rule);
    }
  }

  const reject = (address: string) => [
    ...['OUTPUT', '-d', address, '-p', 'tcp', '--dport', String(SSH_PORT)],
    ...[...COMMENT, '-j', 'REJECT'],
  ];

  return {
    /** @returns the name of the network that stands for the instance's subnet; created at first use */
    async of(instance: Instance): Promise<string> {
      const id = instance.SubnetId ?? '';
      const known = networks.get(id);
      if (known) return known;
      const found = await client.send(new DescribeSubnetsCommand({ SubnetIds: [id] }));
      const name = `${LABEL}-${id}`;
      // Unprotected: the router of a VPC leads from subnet to subnet, too.
      const mode = 'com.docker.network.bridge.gateway_mode_ipv4=nat-unprotected';
      await shell(
        'docker',
        ...['network', 'create', '--label', LABEL],
        ...['--subnet', found.Subnets?.[0]?.CidrBlock ?? '', '-o', mode, name],
      );
      await routeVpc(instance.VpcId ?? '');
      networks.set(id, name);
      return name;
    },
    /** Closes SSH, from before the boot, while no security group of the instance opens it to anybody. */
    async guardSsh(instance: Instance): Promise<void> {
      const { InstanceId: id = '', PrivateIpAddress: address, NetworkInterfaces = [] } = instance;
      // The emulator names the groups of an instance only at its interfaces.
      const GroupIds = NetworkInterfaces.flatMap(({ Groups = [] }) =>
        Groups.flatMap(({ GroupId }) => GroupId ?? []),
      );
      if (address === undefined || GroupIds.length === 0) return;
      const found = await client.send(new DescribeSecurityGroupsCommand({ GroupIds }));
      const opens = (found.SecurityGroups ?? [])
        .flatMap(({ IpPermissions = [] }) => IpPermissions)
        .some(
          ({ FromPort = 0, ToPort = 65_535, IpRanges = [], Ipv6Ranges = [] }) =>
            FromPort <= SSH_PORT && ToPort >= SSH_PORT && IpRanges.length + Ipv6Ranges.length > 0,
        );
      if (opens) await this.forget(instance);
      else if (!closed.has(id)) {
        closed.set(id, address);
        await shell('iptables', '-I', ...reject(address));
      }
    },
    /** The address of a terminated instance may be given to another one. */
    async forget({ InstanceId = '' }: Instance): Promise<void> {
      const address = closed.get(InstanceId);
      if (address === undefined) return;
      closed.delete(InstanceId);
      await quietly('iptables', '-D', ...reject(address));
    },
  };
}

/** Of this run or of an earlier one: every container, network and rule that has the label. */
export async function removeLeftovers(): Promise<void> {
  const containers = await shell('docker', 'ps', '-aq', '--filter', `label=${LABEL}`);
  for (const id of containers.split('\n').filter(Boolean)) {
    await quietly('docker', 'rm', '--force', '--volumes', id);
  }
  const networks = await shell('docker', 'network', 'ls', '-q', '--filter', `label=${LABEL}`);
  for (const id of networks.split('\n').filter(Boolean)) {
    await quietly('docker', 'network', 'rm', id);
  }
  for (const table of new Set(CHAINS.map(([name]) => name))) {
    const rules = await shell('iptables', '-t', table, '-S').catch(() => '');
    for (const rule of rules
      .split('\n')
      .filter((line) => line.includes(`"${LABEL}"`) || line.includes(`--comment ${LABEL} `))) {
      const words = rule.replaceAll('"', '').split(' ');
      await quietly('iptables', '-t', table, '-D', ...words.slice(1));
    }
  }
}
