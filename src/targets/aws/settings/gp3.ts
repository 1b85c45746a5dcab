/**
 * Limits of a gp3 volume.
 * @see The descriptions of Size, Iops and Throughput of CreateVolume in EC2's service model, as of
 *   botocore 1.44.8, and the Amazon EBS user guide, "General Purpose SSD volumes", for the ratios
 */
export const GP3 = {
  sizeGib: { least: 1, most: 65_536 },
  iops: { least: 3_000, most: 80_000 },
  throughputMibS: { least: 125, most: 2_000 },
} as const;

const IOPS_PER_GIB = 500;
const MIB_S_PER_IOPS = 0.25;

interface Volume {
  size_gib: number;
  iops: number;
  throughput_mib_s: number;
}

/** Values that are each in range, but that EC2 rejects together. */
export interface VolumeConflict {
  field: keyof Volume;
  message: string;
  /** The values that EC2 accepts with the volume's other fields. */
  expected: string;
}

/** @returns every conflict of a volume whose fields are each in range */
export function gp3Conflicts(volume: Volume): VolumeConflict[] {
  const conflicts: VolumeConflict[] = [];
  const { size_gib, iops, throughput_mib_s } = volume;
  // A volume of any size can have the IOPS that are included in its price.
  const mostIops = within(GP3.iops, size_gib * IOPS_PER_GIB);
  if (iops > mostIops) {
    conflicts.push({
      field: 'iops',
      message: `must be at most ${mostIops} for a volume of ${size_gib} GiB: gp3 allows ${IOPS_PER_GIB} IOPS per GiB`,
      expected: `${range(GP3.iops.least, mostIops)}, or size_gib of at least ${Math.ceil(iops / IOPS_PER_GIB)}`,
    });
  }
  const mostThroughput = within(GP3.throughputMibS, Math.floor(iops * MIB_S_PER_IOPS));
  if (throughput_mib_s > mostThroughput) {
    conflicts.push({
      field: 'throughput_mib_s',
      message: `must be at most ${mostThroughput} for a volume with ${iops} IOPS: gp3 allows ${MIB_S_PER_IOPS} MiB/s per IOPS`,
      expected: `${range(GP3.throughputMibS.least, mostThroughput)}, or iops of at least ${Math.ceil(throughput_mib_s / MIB_S_PER_IOPS)}`,
    });
  }
  return conflicts;
}

function within({ least, most }: { least: number; most: number }, value: number): number {
  return Math.min(most, Math.max(least, value));
}

const range = (least: number, most: number) => (least === most ? `${most}` : `${least} to ${most}`);
