import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findSetting, listSettings, POSTGRES_VERSIONS } from './catalogue.ts';
import { nearestSetting } from './nearest-setting.ts';
import type { ClusterLimits } from './parameter-limits.ts';
import {
  checkParameter,
  checkParameters,
  type ParameterValue,
  resolveParameters,
} from './parameters.ts';
import { topologyDefaults } from './topology-defaults.ts';

const GB = 1024 ** 3;
const limits: ClusterLimits = { replicaCount: 2, memoryBytes: 2 * GB };

const accepted = (name: string, value: ParameterValue, version = '17' as const) => {
  const check = checkParameter(version, name, value, limits);
  expect(check, check.ok ? '' : check.problem.message).toMatchObject({ ok: true });
  return check.ok ? check.parameter : undefined;
};

const refused = (name: string, value: ParameterValue, version = '17' as const) => {
  const check = checkParameter(version, name, value, limits);
  expect(check).toMatchObject({ ok: false });
  return check.ok ? undefined : check.problem;
};

describe('the catalogue', () => {
  test.each(POSTGRES_VERSIONS)('of PostgreSQL %s has the settings of its servers', (version) => {
    expect(listSettings(version).length).toBeGreaterThan(350);
    expect(findSetting(version, 'SHARED_BUFFERS')).toMatchObject({
      vartype: 'integer',
      unit: '8kB',
      context: 'restart',
      boot_val: '16384',
    });
    expect(findSetting(version, 'wal_compression')?.enumvals).toContain('zstd');
  });

  test('differs between versions', () => {
    expect(findSetting('17', 'io_method')).toBeUndefined();
    expect(findSetting('18', 'io_method')?.enumvals).toEqual(['sync', 'worker', 'io_uring']);
  });

  test('accepts every default of the settings that Hathi does not own', () => {
    for (const version of POSTGRES_VERSIONS) {
      for (const { name, boot_val } of listSettings(version)) {
        if (boot_val === undefined) continue;
        const check = checkParameter(version, name, boot_val, limits);
        const code = check.ok ? null : check.problem.code;
        // PostgreSQL keeps no WAL by default, and Patroni 128MB; no value between is possible.
        const expected = name === 'wal_keep_size' ? ['PARAMETER_TOO_SMALL'] : [];
        expect([null, 'PARAMETER_OWNED', 'PARAMETER_READ_ONLY', ...expected], name).toContain(code);
      }
    }
  });
});

describe('a parameter that fits', () => {
  test.each([
    ['max_connections', 200, { value: '200', setting: '200', restart: true, scope: 'dynamic' }],
    [
      'shared_buffers',
      '128MB',
      { value: '128MB', setting: '16384', restart: true, scope: 'local' },
    ],
    ['shared_buffers', 16384, { value: '128MB', setting: '16384' }],
    ['shared_buffers', ' 0.125 GB ', { value: '128MB' }],
    ['autovacuum', true, { value: 'on', restart: false, scope: 'local' }],
    ['autovacuum', 0, { value: 'off' }],
    ['synchronous_commit', false, { value: 'off' }],
    ['random_page_cost', 1.1, { value: '1.1', setting: '1.1' }],
    ['statement_timeout', '1.5min', { value: '90s', setting: '90000' }],
    ['datestyle', 'ISO, DMY', { name: 'DateStyle', value: 'ISO, DMY' }],
    ['log_line_prefix', "%m '%u' ", { value: "%m '%u' " }],
    ['wal_level', 'logical', { restart: true, scope: 'dynamic' }],
    ['wal_keep_size', '1GB', { restart: false, scope: 'dynamic' }],
    ['pg_stat_statements.max', 5000, { value: '5000', restart: false, scope: 'local' }],
  ] as const)('%s %s', (name, value, expected) => {
    expect(accepted(name, value)).toMatchObject(expected);
  });
});

describe('a parameter that does not fit', () => {
  test.each([
    ['shared_buffers', '128 parsecs', 'PARAMETER_INVALID', /unknown unit "parsecs"/],
    ['shared_buffers', '-1MB', 'PARAMETER_INVALID', /outside its range/],
    ['shared_buffers', '3GB', 'PARAMETER_TOO_LARGE', /has 2048MB of memory/],
    ['shared_buffers', true, 'PARAMETER_INVALID', /boolean/],
    ['max_connections', 'many', 'PARAMETER_INVALID', /not a number/],
    ['max_connections', '100MB', 'PARAMETER_INVALID', /takes none/],
    ['max_connections', 10, 'PARAMETER_TOO_SMALL', /at least 25/],
    ['max_wal_senders', 3, 'PARAMETER_TOO_SMALL', /at least 4/],
    ['max_replication_slots', 0, 'PARAMETER_TOO_SMALL', /at least 4/],
    ['max_locks_per_transaction', 31, 'PARAMETER_TOO_SMALL', /at least 32/],
    ['wal_keep_size', '15MB', 'PARAMETER_TOO_SMALL', /at least 16MB/],
    ['max_wal_size', '16MB', 'PARAMETER_TOO_SMALL', /at least 32MB/],
    ['vacuum_buffer_usage_limit', '64kB', 'PARAMETER_TOO_SMALL', /at least 128kB/],
    ['maintenance_work_mem', '64kB', 'PARAMETER_TOO_SMALL', /at least 1MB/],
    ['wal_log_hints', 'off', 'PARAMETER_OWNED', /always on/],
    ['wal_level', 'minimal', 'PARAMETER_TOO_SMALL', /replica or logical/],
    ['autovacuum', 'perhaps', 'PARAMETER_INVALID', /on or off/],
    ['wal_compression', 'zip', 'PARAMETER_INVALID', /pglz, lz4, zstd/],
    ['log_line_prefix', 'a\nport = 1', 'PARAMETER_INVALID', /line end/],
    ['pg_stat_statements.max', '1\n2', 'PARAMETER_INVALID', /line end/],
    ['block_size', 8192, 'PARAMETER_READ_ONLY', /cannot be set/],
    ['transaction_isolation', 'serializable', 'PARAMETER_READ_ONLY', /cannot be set/],
    ['primary_conninfo', 'host=x', 'PARAMETER_OWNED', /Patroni/],
    ['recovery_target_time', 'now', 'PARAMETER_OWNED', /Patroni/],
    ['Listen_Addresses', '*', 'PARAMETER_OWNED', /Hathi/],
    ['ssl', 'off', 'PARAMETER_OWNED', /Hathi/],
    ['hba_file', '/tmp/x', 'PARAMETER_OWNED', /allow_list/],
    ['io_method', 'worker', 'PARAMETER_UNKNOWN', /PostgreSQL 18 has it/],
    ['a.b c', 'x', 'PARAMETER_UNKNOWN', /no parameter/],
    ['__proto__', 'x', 'PARAMETER_UNKNOWN', /no parameter/],
    ['constructor', 'x', 'PARAMETER_UNKNOWN', /no parameter/],
  ] as const)('%s %s', (name, value, code, message) => {
    const problem = refused(name, value);
    expect(problem).toMatchObject({ code });
    expect(problem?.message).toMatch(message);
  });

  test('of unknown name gets the nearest one suggested', () => {
    expect(refused('max_conections', 1)?.suggestion).toBe('max_connections');
    expect(refused('shared-buffer', 1)?.suggestion).toBe('shared_buffers');
    expect(refused('wrok_mem', 1)?.suggestion).toBe('work_mem');
    expect(refused('keep_size', 1)?.suggestion).toBe('wal_keep_size');
    expect(refused('x'.repeat(10_000), 1)?.suggestion).toBeNull();
    expect(refused('zzzzzz', 1)?.suggestion).toBeNull();
  });

  test('never throws and never accepts text that would be another line', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.constantFrom(...listSettings('17').map(({ name }) => name))),
        fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.boolean()),
        (name, value) => {
          const check = checkParameter('17', name, value, limits);
          if (check.ok) expect(check.parameter.value).not.toMatch(/[\n\r\0]/);
        },
      ),
    );
  });
});

test('one typing error in a name is always corrected', () => {
  const names = listSettings('17').map(({ name }) => name);
  fc.assert(
    fc.property(fc.constantFrom(...names.filter((n) => n.length > 8)), fc.nat(7), (name, at) => {
      const swapped =
        name.slice(0, at) + (name[at + 1] ?? '') + (name[at] ?? '') + name.slice(at + 2);
      const nearest = nearestSetting(swapped, names);
      expect(nearest).not.toBeNull();
    }),
  );
});

describe('parameters together', () => {
  test('all problems are returned', () => {
    const check = checkParameters('17', { max_connections: 5, nonsense_name: 1, port: 1 }, limits);
    expect(check.ok ? [] : check.problems.map(({ code }) => code)).toEqual([
      'PARAMETER_TOO_SMALL',
      'PARAMETER_UNKNOWN',
      'PARAMETER_OWNED',
    ]);
  });

  test('max_connections must leave room in addition to the reserved connections', () => {
    const given = {
      max_connections: 40,
      superuser_reserved_connections: 20,
      reserved_connections: 20,
    };
    const check = checkParameters('17', given, limits);
    expect(check).toMatchObject({
      ok: false,
      problems: [{ name: 'max_connections', code: 'PARAMETER_TOO_SMALL', suggestion: '47' }],
    });
    expect(checkParameters('17', { ...given, max_connections: 47 }, limits).ok).toBe(true);
  });

  test('reserving too many of the default connections names the valid values', () => {
    const check = checkParameters('17', { superuser_reserved_connections: 98 }, limits);
    expect(check).toMatchObject({ ok: false, problems: [{ code: 'PARAMETER_TOO_LARGE' }] });
    expect(checkParameters('17', { superuser_reserved_connections: 93 }, limits).ok).toBe(true);
  });

  test('one name in two spellings is refused', () => {
    const check = checkParameters('17', { work_mem: '1MB', Work_Mem: '2MB' }, limits);
    expect(check).toMatchObject({ ok: false, problems: [{ code: 'PARAMETER_INVALID' }] });
  });
});

describe('the defaults of a cluster', () => {
  const size = fc.record({
    version: fc.constantFrom(...POSTGRES_VERSIONS),
    replicaCount: fc.integer({ min: 0, max: 15 }),
    memoryBytes: fc.option(fc.integer({ min: GB / 8, max: 1024 * GB })),
    diskBytes: fc.option(fc.integer({ min: GB, max: 16_384 * GB })),
  });

  test('pass their own checks, for every size', () => {
    fc.assert(
      fc.property(size, (one) => {
        const check = resolveParameters({}, one);
        expect(check.ok ? [] : check.problems).toEqual([]);
      }),
    );
  });

  test('depend on the replicas, the memory and the disk', () => {
    const defaults = topologyDefaults({
      version: '17',
      replicaCount: 8,
      memoryBytes: 16 * GB,
      diskBytes: 100 * GB,
    });
    expect(defaults).toMatchObject({
      max_wal_senders: '20',
      max_replication_slots: '20',
      shared_buffers: '4096MB',
      max_slot_wal_keep_size: '20480MB',
    });
  });

  test('are overridden by given values', () => {
    const given = { Max_Connections: 300, shared_buffers: '256MB' };
    const one = { version: '17', replicaCount: 2, memoryBytes: 2 * GB, diskBytes: null } as const;
    const check = resolveParameters(given, one);
    const values = Object.fromEntries(
      (check.ok ? check.parameters : []).map(({ name, value }) => [name, value]),
    );
    expect(values).toMatchObject({ max_connections: '300', shared_buffers: '256MB' });
    expect(values).not.toHaveProperty('max_slot_wal_keep_size');
  });
});
