import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DescribeVolumesCommand,
  type EC2Client,
  type Instance,
  type Volume,
} from '@aws-sdk/client-ec2';
import { quietly, shell } from './shell.ts';

const GIBIBYTE = 2 ** 30;

/** A loop device and the machine in which it is seen. */
interface Disk {
  device: string;
  file: string;
  gibibytes: number;
  seenIn: string | null;
}

/** Loop devices in the place of EBS volumes: a volume keeps its data from machine to machine. */
export function createDisks(client: EC2Client, folder: string) {
  const disks = new Map<string, Disk>();

  async function diskOf(volume: Volume): Promise<Disk> {
    const id = volume.VolumeId ?? '';
    const known = disks.get(id);
    if (known) return known;
    const file = join(folder, `${id}.img`);
    const gibibytes = volume.Size ?? 1;
    await writeFile(file, '');
    await truncate(file, gibibytes * GIBIBYTE);
    const device = await shell('losetup', '--find', '--show', file);
    const disk = { device, file, gibibytes, seenIn: null };
    disks.set(id, disk);
    return disk;
  }

  async function release({ device, file }: Disk): Promise<void> {
    await quietly('losetup', '--detach', device);
    await quietly('rm', '-f', file);
  }

  return {
    /** Shows the data volumes of an instance in its machine, under the names that EC2 gives them. */
    async attach(instance: Instance, container: string, isNitro: () => Promise<boolean>) {
      for (const { DeviceName: name = '', Ebs: ebs } of instance.BlockDeviceMappings ?? []) {
        if (name === instance.RootDeviceName || !ebs?.VolumeId) continue;
        const known = disks.get(ebs.VolumeId);
        if (known?.seenIn === container) continue;
        const found = await client.send(new DescribeVolumesCommand({ VolumeIds: [ebs.VolumeId] }));
        const volume = found.Volumes?.[0];
        if (!volume) continue;
        const disk = await diskOf(volume);
        const minor = disk.device.replace('/dev/loop', '');
        await shell(
          'docker',
          ...['exec', container, 'sh', '-euc'],
          (await isNitro()) ? nitroNames(ebs.VolumeId, minor) : xenName(name, minor),
        );
        disk.seenIn = container;
      }
    },
    /** A machine that was stopped has lost its device nodes. */
    forget(container: string) {
      for (const disk of disks.values()) if (disk.seenIn === container) disk.seenIn = null;
    },
    /** Removes the disks of deleted volumes, and grows those of grown ones. */
    async follow() {
      if (disks.size === 0) return;
      const found = await client.send(new DescribeVolumesCommand({}));
      const sizes = new Map((found.Volumes ?? []).map(({ VolumeId, Size }) => [VolumeId, Size]));
      for (const [id, disk] of disks) {
        const gibibytes = sizes.get(id);
        if (gibibytes === undefined) {
          disks.delete(id);
          await release(disk);
        } else if (gibibytes > disk.gibibytes) {
          await truncate(disk.file, gibibytes * GIBIBYTE);
          await shell('losetup', '--set-capacity', disk.device);
          disk.gibibytes = gibibytes;
        }
      }
    },
    async removeAll() {
      for (const disk of disks.values()) await release(disk);
      disks.clear();
    },
  };
}

/** On Nitro: an NVMe disk, and a link with the volume's id. */
function nitroNames(volume: string, minor: string): string {
  const link = `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volume.replace('-', '')}`;
  return `mkdir -p /dev/disk/by-id; rm -f /dev/nvme1n1; mknod /dev/nvme1n1 b 7 ${minor}; ln -sf ../../nvme1n1 ${link}`;
}

/** On Xen: the name that it was attached under, with the kernel's xvd for sd. */
function xenName(name: string, minor: string): string {
  const device = name.replace('/dev/sd', '/dev/xvd');
  return `rm -f ${device}; mknod ${device} b 7 ${minor}`;
}
