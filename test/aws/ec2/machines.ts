import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeKeyPairsCommand,
  type EC2Client,
  type Instance,
  ModifyInstanceAttributeCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { waitFor } from '../../support/wait-for.ts';
import { createDisks } from './disks.ts';
import { machineImage } from './machine-image.ts';
import { createNetworks, LABEL, removeLeftovers } from './networks.ts';
import { createPublicAddresses } from './public-addresses.ts';
import { quietly, shell } from './shell.ts';

const POLL_MILLISECONDS = 400;
const REBOOT_SECONDS = 60;

/** Real Debian machines for the instances that an emulated EC2 reports. */
export interface Machines {
  /** Runs a command as root on the machine of a node, by the instance's tag hathi:node. */
  exec(node: string, ...command: string[]): Promise<string>;
  /** The machine of that node will never open SSH. */
  refuseSsh(node: string): void;
  /** The machine of that node sees its data volume only after `showDisks`, also when it boots again. */
  hideDisks(node: string): void;
  showDisks(node: string): void;
  /** Stops the instance of that node and starts it again. */
  reboot(node: string): Promise<void>;
  /** EC2 ends the instance of that node as it boots, once. */
  terminateAtBoot(node: string): void;
  /** As AWS itself may end an instance, whatever protects it. */
  terminate(node: string): Promise<void>;
  stop(): Promise<void>;
}

interface Machine {
  container: string;
  node: string;
  running: boolean;
  booting: boolean;
}

/**
 * Watches an emulated EC2 and creates its machines: a container that boots systemd and cloud-init
 * for each running instance, at the instance's address in a network with its subnet's CIDR, a loop
 * device for each attached volume, and listeners at its public address. Everything is removed by `stop`, and what an earlier run
 * left at the start.
 */
export async function startMachines(client: EC2Client): Promise<Machines> {
  await removeLeftovers();
  const image = await machineImage();
  const folder = await mkdtemp(join(tmpdir(), 'hathi-machines-'));
  const disks = createDisks(client, folder);
  const machines = new Map<string, Machine>();
  const networks = createNetworks(client);
  const addresses = createPublicAddresses();
  const withoutSsh = new Set<string>();
  const withoutDisks = new Set<string>();
  const ending = new Set<string>();
  const stopped = new AbortController();

  async function boot(id: string, instance: Instance): Promise<void> {
    const node = instance.Tags?.find(({ Key }) => Key === 'hathi:node')?.Value ?? id;
    const container = `${LABEL}-${id}`;
    // Not running yet: disks are shown in machines that are.
    const machine = { container, node, running: false, booting: true };
    machines.set(id, machine);
    const network = await networks.of(instance);
    await networks.guardSsh(instance);
    const address = instance.PrivateIpAddress ?? '';
    await shell(
      'docker',
      ...['create', '--name', container, '--label', LABEL, '--network', network, '--ip', address],
      ...['--hostname', `ip-${address.replaceAll('.', '-')}`],
      ...['--cap-add', 'SYS_ADMIN', '--cap-add', 'NET_ADMIN', '--cap-add', 'MKNOD'],
      ...['--device-cgroup-rule', 'b 7:* rwm'],
      ...['--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined'],
      ...['--tmpfs', '/run', '--tmpfs', '/run/lock', '--shm-size', '512m', '--pull', 'never'],
      ...(await cgroupFlags()),
      image,
    );
    const seed = join(folder, id, 'nocloud');
    await mkdir(seed, { recursive: true });
    await writeFile(join(seed, 'meta-data'), JSON.stringify(await metaData(id, instance)));
    await writeFile(join(seed, 'user-data'), await userData(id));
    await shell('docker', 'cp', seed, `${container}:/var/lib/cloud/seed/`);
    if (withoutSsh.has(node)) await keepSshClosed(container, join(folder, id));
    if (ending.delete(node)) {
      await end(id);
      return;
    }
    await shell('docker', 'start', container);
    Object.assign(machine, { running: true, booting: false });
  }

  async function end(id: string): Promise<void> {
    const off = { Value: false };
    await client.send(
      new ModifyInstanceAttributeCommand({ InstanceId: id, DisableApiTermination: off }),
    );
    await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  }

  async function metaData(id: string, instance: Instance) {
    const { KeyName: name } = instance;
    const found = name
      ? await client.send(new DescribeKeyPairsCommand({ KeyNames: [name], IncludePublicKey: true }))
      : null;
    const key = found?.KeyPairs?.[0]?.PublicKey?.trim();
    return {
      'instance-id': id,
      'local-hostname': `ip-${instance.PrivateIpAddress?.replaceAll('.', '-')}`,
      'public-keys': key ? [key] : [],
    };
  }

  async function userData(id: string): Promise<Buffer> {
    const told = await client.send(
      new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: 'userData' }),
    );
    return Buffer.from(told.UserData?.Value ?? '', 'base64');
  }

  async function isNitro(instance: Instance): Promise<boolean> {
    const type = instance.InstanceType;
    const told = await client.send(
      new DescribeInstanceTypesCommand({ InstanceTypes: type ? [type] : [] }),
    );
    return told.InstanceTypes?.[0]?.Hypervisor !== 'xen';
  }

  async function look(): Promise<void> {
    const found = await client.send(new DescribeInstancesCommand({}));
    const instances = (found.Reservations ?? []).flatMap(({ Instances = [] }) => Instances);
    await Promise.all(
      instances.map(async (instance) => {
        const id = instance.InstanceId ?? '';
        const state = instance.State?.Name;
        const machine = machines.get(id);
        if (!machine && state === 'running') await boot(id, instance);
        else if (machine?.running && state === 'stopped') {
          machine.running = false;
          await quietly('docker', 'stop', '--time', '10', machine.container);
          disks.forget(machine.container);
        } else if (machine && !machine.running && !machine.booting && state === 'running') {
          machine.running = true;
          await shell('docker', 'start', machine.container);
        } else if (machine && (state === 'terminated' || state === 'shutting-down')) {
          machines.delete(id);
          await networks.forget(instance);
          await quietly('docker', 'rm', '--force', '--volumes', machine.container);
        }
      }),
    );
    for (const instance of instances) {
      const machine = machines.get(instance.InstanceId ?? '');
      if (!machine?.running) continue;
      await networks.guardSsh(instance);
      if (withoutDisks.has(machine.node)) continue;
      await disks.attach(instance, machine.container, () => isNitro(instance));
    }
    await disks.follow();
    await addresses.follow(instances);
  }

  const failures: string[] = [];
  const watching = (async () => {
    while (!stopped.signal.aborted) {
      await look().catch((error: Error) => {
        failures.push(error.message);
        // A watcher that sees nothing must not look like a cluster that does not come up.
        console.error(`machines: ${error.message}`);
      });
      await sleep(POLL_MILLISECONDS);
    }
  })();

  const containerOf = (node: string): string => {
    const machine = [...machines.values()].find((one) => one.node === node);
    if (!machine) throw new Error(`no machine of ${node}; ${failures.slice(-3).join('; ')}`);
    return machine.container;
  };

  const idOf = (node: string): string => {
    const [id] = [...machines].find(([, one]) => one.node === node) ?? [];
    if (id === undefined) throw new Error(`no machine of ${node}`);
    return id;
  };

  return {
    exec: async (node, ...command) => await shell('docker', 'exec', containerOf(node), ...command),
    refuseSsh: (node) => withoutSsh.add(node),
    hideDisks: (node) => withoutDisks.add(node),
    showDisks: (node) => withoutDisks.delete(node),
    async reboot(node) {
      const id = idOf(node);
      const isRunning = () => machines.get(id)?.running === true;
      await client.send(new StopInstancesCommand({ InstanceIds: [id] }));
      await waitFor(`${node} to stop`, REBOOT_SECONDS, async () => !isRunning());
      await client.send(new StartInstancesCommand({ InstanceIds: [id] }));
      await waitFor(`${node} to boot`, REBOOT_SECONDS, async () => isRunning());
    },
    terminateAtBoot: (node) => ending.add(node),
    terminate: async (node) => await end(idOf(node)),
    async stop() {
      stopped.abort();
      await watching;
      addresses.closeAll();
      for (const { container } of machines.values()) {
        await quietly('docker', 'rm', '--force', '--volumes', container);
      }
      await disks.removeAll();
      await removeLeftovers();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function keepSshClosed(container: string, folder: string): Promise<void> {
  const dropIn = join(folder, 'ssh.service.d');
  await mkdir(dropIn);
  await writeFile(join(dropIn, 'closed.conf'), '[Unit]\nConditionPathExists=/nonexistent\n');
  await shell('docker', 'cp', dropIn, `${container}:/etc/systemd/system/`);
}

/** systemd writes to its own part of the cgroup tree; version 1 has none of a container's own. */
async function cgroupFlags(): Promise<string[]> {
  const version = await shell('docker', 'info', '--format', '{{.CgroupVersion}}');
  return version === '2'
    ? ['--cgroupns', 'private']
    : ['--cgroupns', 'host', '--volume', '/sys/fs/cgroup:/sys/fs/cgroup:rw'];
}
