import { PGlite } from '@electric-sql/pglite';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findSetting, POSTGRES_VERSIONS, type Setting } from './catalogue.ts';
import { readValue } from './parameter-value.ts';

/** The result of a value in PostgreSQL: `SHOW` and `pg_settings`, or null if it was rejected. */
interface Verdict {
  shown: string;
  setting: string;
}

describe('values are parsed like in PostgreSQL', () => {
  let database: PGlite;
  let settings: Setting[];

  beforeAll(async () => {
    database = await PGlite.create();
    await database.exec(`
      CREATE FUNCTION verdict(name text, value text) RETURNS text[] LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM set_config(name, value, true);
        RETURN ARRAY[current_setting(name),
                     (SELECT setting FROM pg_settings s WHERE s.name = verdict.name)];
      EXCEPTION WHEN others THEN
        RETURN NULL;
      END $$`);
    const { rows } = await database.query<{ setting: Setting }>(`
      SELECT json_strip_nulls(row_to_json(s)) AS setting
      FROM (SELECT name, vartype, unit, min_val, max_val, enumvals, 'session' AS context, short_desc
            FROM pg_settings WHERE context IN ('user', 'superuser')) s
      ORDER BY name`);
    settings = rows.map((row) => row.setting).filter((setting) => !LEFT_OUT.has(setting.name));
  }, 60_000);

  afterAll(() => database?.close());

  /** Each value has a separate subtransaction, so that no value affects the next one. */
  async function verdicts(pairs: [string, string][]): Promise<(Verdict | null)[]> {
    const { rows } = await database.query<{ verdict: [string, string] | null }>(
      'SELECT verdict(name, value) FROM unnest($1::text[], $2::text[]) AS given(name, value)',
      [pairs.map(([name]) => name), pairs.map(([, value]) => value)],
    );
    return rows.map(
      ({ verdict }) => verdict && { shown: verdict[0], setting: verdict[1].replace(/^-0$/, '0') },
    );
  }

  async function expectSameVerdicts(pairs: [Setting, string][]): Promise<void> {
    const theirs = await verdicts(pairs.map(([setting, value]) => [setting.name, value]));
    const differences = pairs.flatMap(([setting, value], index) => {
      const ours = readValue(setting, value);
      const verdict = theirs[index] ?? null;
      const isSame = ours.ok
        ? verdict?.setting === ours.setting &&
          (shownOtherwise(setting) || verdict.shown === ours.value)
        : verdict === null;
      return isSame ? [] : [JSON.stringify({ name: setting.name, value, ours, verdict })];
    });
    expect(differences).toEqual([]);
  }

  test('generated numbers with every unit', async () => {
    const numeric = settings.filter(({ vartype }) => vartype === 'integer' || vartype === 'real');
    expect(numeric.length).toBeGreaterThan(60);
    const pairs = fc.sample(fc.tuple(fc.constantFrom(...numeric), numberText), {
      numRuns: 3000,
      seed: 18,
    });
    await expectSameVerdicts(pairs);
  }, 60_000);

  test('bounds, and one beyond each bound', async () => {
    const pairs = settings
      .filter(({ vartype }) => vartype === 'integer')
      .flatMap((setting) =>
        [-1, 0, 1].flatMap((step): [Setting, string][] => [
          [setting, String(Number(setting.min_val) + step)],
          [setting, String(Number(setting.max_val) + step)],
        ]),
      );
    await expectSameVerdicts(pairs);
  });

  test('spellings of booleans and enums', async () => {
    const words = [
      'on',
      'off',
      'true',
      'false',
      'yes',
      'no',
      '1',
      '0',
      't',
      'o',
      'of',
      'ofF',
      'TRU',
    ].concat(['ye', 'n', '', ' on', '10', 'debug', 'info', 'warning', 'nonsense', 'Serializable']);
    const pairs = settings
      .filter(({ vartype }) => vartype === 'bool' || vartype === 'enum')
      .flatMap((setting) =>
        [
          ...words,
          ...(setting.enumvals ?? []),
          ...(setting.enumvals ?? []).map((v) => v.toUpperCase()),
        ].map((value): [Setting, string] => [setting, value]),
      );
    await expectSameVerdicts(pairs);
  });
});

/**
 * Excluded: settings with a check in addition to type and range, and settings that break the query
 * (a tiny `work_mem` needs temporary files, which the embedded server lacks).
 */
const LEFT_OUT = new Set([
  'debug_parallel_query',
  'exit_on_error',
  'vacuum_buffer_usage_limit',
  'work_mem',
  'client_encoding',
  'max_stack_depth',
  'temp_buffers',
  'transaction_isolation',
  'transaction_read_only',
  'transaction_deferrable',
]);

/** `SHOW` reads these from the socket, and returns a real number in another unit. */
const shownOtherwise = (setting: Setting) =>
  setting.vartype === 'real' || setting.name.startsWith('tcp_');

const blank = fc.constantFrom('', '', '', ' ', '\t', '  ');
const digits = fc.oneof(
  fc.integer({ min: 0, max: 5000 }).map(String),
  fc.integer({ min: 0, max: 2 ** 32 }).map(String),
  fc.double({ min: 0, max: 5000, noNaN: true }).map((number) => number.toFixed(3)),
  fc.integer({ min: 0, max: 4000 }).map((number) => String(number / 8)),
  fc.integer({ min: 0, max: 99999 }).map((number) => `0x${number.toString(16)}`),
  fc.integer({ min: 0, max: 99999 }).map((number) => `0${number.toString(8)}`),
  fc.constantFrom(
    '1e3',
    '1.5e2',
    '2E-1',
    '.5',
    '5.',
    '010',
    '08',
    '09.5',
    '1e400',
    '1e-400',
    'inf',
  ),
  fc.constantFrom('nan', 'Infinity', '', 'e5', '1e', '0x1.8', '1.2.3', '--1', '1,5', '٣'),
);
const unit = fc.constantFrom(
  ...['', '', '', 'B', 'kB', 'MB', 'GB', 'TB', 'us', 'ms', 's', 'min', 'h', 'd'],
  ...['KB', 'mb', 'kBB', 'M B', 'parsecs', '8kB', 'PB', 'D', 'm'],
);
const numberText = fc
  .tuple(blank, fc.constantFrom('', '', '', '-', '+'), digits, blank, unit, blank)
  .map((parts) => parts.join(''));

describe('values in their normal form', () => {
  test('are parsed back to the same value, in every version', () => {
    const given = fc.record({
      version: fc.constantFrom(...POSTGRES_VERSIONS),
      name: fc.constantFrom('work_mem', 'shared_buffers', 'wal_keep_size', 'statement_timeout'),
      number: fc.integer({ min: 64, max: 2 ** 20 }),
    });
    fc.assert(
      fc.property(given, ({ version, name, number }) => {
        const setting = findSetting(version, name);
        expect(setting).toBeDefined();
        const once = readValue(setting as Setting, number);
        expect(once).toMatchObject({ ok: true, setting: String(number) });
        expect(once.ok && readValue(setting as Setting, once.value)).toEqual(once);
      }),
    );
  });

  test('of a real keep every digit', () => {
    const setting = findSetting('17', 'seq_page_cost') as Setting;
    fc.assert(
      fc.property(fc.double({ min: 1e-300, noNaN: true, max: 1e300 }), (number) => {
        const read = readValue(setting, number);
        expect(read.ok && Number(read.value)).toBe(number);
      }),
    );
  });
});
