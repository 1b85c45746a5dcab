import { describe, expect, test } from 'vitest';
import { listSettings, POSTGRES_VERSIONS } from './catalogue.ts';
import { findOwnership } from './owned-parameters.ts';
import { decisionOn, listDecisions } from './parameter-decisions.ts';
import type { ClusterLimits } from './parameter-limits.ts';
import { checkParameter, type ParameterValue } from './parameters.ts';

const GB = 1024 ** 3;
const limits: ClusterLimits = { replicaCount: 2, memoryBytes: 4 * GB, diskBytes: 20 * GB };

function problem(name: string, value: ParameterValue) {
  const check = checkParameter('17', name, value, limits);
  return check.ok ? null : check.problem;
}

describe('the decisions', () => {
  test.each(POSTGRES_VERSIONS)('cover each setting of PostgreSQL %s once', (version) => {
    const undecided = listSettings(version)
      .filter(({ name, context }) => context !== 'internal' && !findOwnership(name))
      .filter(({ name }) => decisionOn(name) === undefined);
    expect(undecided.map(({ name }) => name)).toEqual([]);
  });

  test('have a reason each, name existing settings, and accept the defaults of PostgreSQL', () => {
    const known = new Map(
      POSTGRES_VERSIONS.flatMap((version) => listSettings(version)).map((one) => [one.name, one]),
    );
    for (const { name, decision, reason, values, min, max, limit, syntax } of listDecisions()) {
      expect(known.get(name), name).toBeDefined();
      expect(findOwnership(name), name).toBeUndefined();
      expect(reason.length, name).toBeGreaterThan(15);
      if (decision === 'bound') expect(min ?? max ?? limit ?? syntax, name).toBeDefined();
      else
        expect([min, max, limit, syntax], name).toEqual([
          undefined,
          undefined,
          undefined,
          undefined,
        ]);
      expect(values ?? [], name).not.toContain(known.get(name)?.boot_val);
    }
  });
});

describe('a value that PostgreSQL accepts and the cluster does not support', () => {
  test.each([
    ['default_transaction_read_only', 'on', 'off'],
    ['default_transaction_isolation', 'serializable', 'one of repeatable read'],
    ['session_replication_role', 'replica', 'origin'],
    ['zero_damaged_pages', true, 'off'],
    ['ignore_system_indexes', 'on', 'off'],
    ['full_page_writes', 'off', 'on'],
    ['fsync', false, 'on'],
    ['jit_provider', 'none', 'llvmjit'],
    ['dynamic_library_path', '/tmp', '$libdir'],
    ['temp_tablespaces', 'fast', 'left out'],
    ['row_security', 'off', 'on'],
    ['event_triggers', 'off', 'on'],
    ['exit_on_error', 'on', 'off'],
    ['huge_pages', 'on', 'one of off, try'],
    ['pre_auth_delay', '30s', '0'],
    ['client_encoding', 'LATIN1', 'SQL_ASCII'],
    ['search_path', "x'; $(id); \\\\", 'a list of schemas'],
    ['search_path', 'app,', 'a list of schemas'],
    ['log_filename', '../postgresql.conf', 'without a directory'],
  ])('%s = %s is rejected with a reason', (name, value, expected) => {
    const found = problem(name, value);
    expect(found?.code).toBe('PARAMETER_UNSAFE');
    expect(found?.expected).toContain(expected);
    expect(found?.message).toMatch(/cannot be used, since .{15,}; it must be /);
  });

  test.each([
    ['statement_timeout', '1ms', 'PARAMETER_TOO_SMALL'],
    ['transaction_timeout', 5, 'PARAMETER_TOO_SMALL'],
    ['idle_session_timeout', '1s', 'PARAMETER_TOO_SMALL'],
    ['wal_receiver_status_interval', 0, 'PARAMETER_TOO_SMALL'],
    ['wal_retrieve_retry_interval', '1h', 'PARAMETER_TOO_LARGE'],
    ['scram_iterations', 2147483647, 'PARAMETER_TOO_LARGE'],
    ['max_connections', 100000, 'PARAMETER_TOO_LARGE'],
    ['max_worker_processes', 100000, 'PARAMETER_TOO_LARGE'],
    ['autovacuum_max_workers', 262143, 'PARAMETER_TOO_LARGE'],
    ['work_mem', '5GB', 'PARAMETER_TOO_LARGE'],
    ['shared_buffers', '8GB', 'PARAMETER_TOO_LARGE'],
    ['wal_keep_size', '1TB', 'PARAMETER_TOO_LARGE'],
  ])('%s = %s is out of bounds', (name, value, code) => {
    expect(problem(name, value)).toMatchObject({ code, expected: expect.stringMatching(/^at /) });
  });

  test('the memory of each connection is bounded by the memory of the node', () => {
    const given = { max_connections: 5000 };
    const check = (name: string, value: number) =>
      checkParameter('17', name, value, { ...limits, given });
    expect(check('max_locks_per_transaction', 256)).toMatchObject({ ok: true });
    expect(check('max_locks_per_transaction', 5000)).toMatchObject({
      problem: { code: 'PARAMETER_TOO_LARGE', expected: 'at most 613' },
    });
    expect(check('track_activity_query_size', 1_048_576)).toMatchObject({
      problem: { code: 'PARAMETER_TOO_LARGE' },
    });
  });

  test.each([
    ['statement_timeout', 0],
    ['statement_timeout', '30s'],
    ['search_path', '"$user", public, "we ird"" , x"'],
    ['search_path', ''],
    ['default_transaction_isolation', 'repeatable read'],
    ['huge_pages', 'try'],
    ['work_mem', '64MB'],
    ['max_slot_wal_keep_size', -1],
    ['autovacuum_work_mem', -1],
  ])('%s = %s is accepted', (name, value) => {
    expect(problem(name, value)).toBeNull();
  });

  test.each(['role', 'session_authorization'])('%s belongs to a session', (name) => {
    expect(problem(name, 'postgres')).toMatchObject({ code: 'PARAMETER_UNSAFE' });
  });
});
