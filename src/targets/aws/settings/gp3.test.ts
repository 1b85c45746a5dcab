import { describe, expect, it } from 'vitest';
import { awsSettingsSchema, settingsConflicts } from './aws-settings.ts';
import { gp3Conflicts } from './gp3.ts';

const settings = (data_volume: object) =>
  awsSettingsSchema.safeParse({
    region: 'eu-central-1',
    control_cidrs: ['203.0.113.7/32'],
    data_volume,
  });
const conflicts = (data_volume: object) => settingsConflicts(settings(data_volume).data as never);

describe('a data volume', () => {
  it.each([
    [{ size_gib: 1 }],
    [{ size_gib: 7, iops: 3_500 }],
    [{ size_gib: 20, throughput_mib_s: 750 }],
    [{ size_gib: 160, iops: 80_000, throughput_mib_s: 2_000 }],
    [{ size_gib: 65_536, iops: 8_000, throughput_mib_s: 2_000 }],
  ])('%j is accepted', (volume) => {
    expect(conflicts(volume)).toEqual([]);
  });

  it.each([
    [{ size_gib: 0 }],
    [{ size_gib: 65_537 }],
    [{ iops: 2_999 }],
    [{ size_gib: 1_000, iops: 80_001 }],
    [{ throughput_mib_s: 124 }],
    [{ size_gib: 1_000, iops: 80_000, throughput_mib_s: 2_001 }],
  ])('%j is out of range', (volume) => {
    expect(settings(volume).success).toBe(false);
  });

  it('gets no more than 500 IOPS per GiB', () => {
    expect(conflicts({ size_gib: 20, iops: 10_001 })).toEqual([
      {
        path: '/aws/data_volume/iops',
        message: 'must be at most 10000 for a volume of 20 GiB: gp3 allows 500 IOPS per GiB',
        expected: '3000 to 10000, or size_gib of at least 21',
      },
    ]);
    // Every volume can have 3,000 IOPS at any size. A small volume cannot have more.
    expect(conflicts({ size_gib: 1, iops: 3_001 })).toMatchObject([
      { path: '/aws/data_volume/iops', expected: '3000, or size_gib of at least 7' },
    ]);
  });

  it('gets no more than 0.25 MiB/s per IOPS', () => {
    expect(conflicts({ throughput_mib_s: 751 })).toEqual([
      {
        path: '/aws/data_volume/throughput_mib_s',
        message: 'must be at most 750 for a volume with 3000 IOPS: gp3 allows 0.25 MiB/s per IOPS',
        expected: '125 to 750, or iops of at least 3004',
      },
    ]);
  });

  it('is refused for each limit that it exceeds', () => {
    const fields = gp3Conflicts({ size_gib: 8, iops: 4_001, throughput_mib_s: 1_001 });
    expect(fields.map(({ field }) => field)).toEqual(['iops', 'throughput_mib_s']);
  });
});
