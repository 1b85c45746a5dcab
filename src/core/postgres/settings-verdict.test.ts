import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listSettings, POSTGRES_VERSIONS } from './catalogue.ts';
import type { CheckedParameter } from './parameters.ts';
import { judgeSettings, type ObservedSetting } from './settings-verdict.ts';

const parameter = (name: string, setting: string): CheckedParameter => ({
  name,
  value: setting,
  setting,
  restart: false,
  scope: 'local',
});
const row = (name: string, setting: string, more: Partial<ObservedSetting> = {}) => ({
  name,
  setting,
  unit: null,
  source: 'configuration file',
  boot_val: null,
  pending_restart: false,
  ...more,
});
const node = (...settings: ObservedSetting[]) => ({ node: 'a-1', reason: null, settings });

describe('parameters read back', () => {
  it('are well when every node has what was written', () => {
    const names = POSTGRES_VERSIONS.flatMap((version) => listSettings(version)).map(
      ({ name }) => name,
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.string()), (values) => {
        const wanted = Object.entries(values).map(([name, value]) => parameter(name, value));
        const rows = Object.entries(values).map(([name, value]) => row(name, value));
        expect(judgeSettings(wanted, [node(...rows), node(...rows)])).toEqual([]);
      }),
    );
  });

  it('are compared without regard to the spelling of the name', () => {
    expect(judgeSettings([parameter('datestyle', 'ISO')], [node(row('DateStyle', 'ISO'))])).toEqual(
      [],
    );
  });

  it.each([
    [row('work_mem', '7168'), '7168', 'it comes from configuration file'],
    [row('work_mem', '5120', { pending_restart: true }), '5120', 'it waits for a restart'],
    [row('other', '1'), null, 'it is not known'],
  ])('name the difference of %o', (found, setting, reason) => {
    expect(judgeSettings([parameter('work_mem', '5120')], [node(found)])).toEqual([
      { node: 'a-1', name: 'work_mem', expected: '5120', found: setting, reason },
    ]);
  });

  it.each([
    ['statement_timeout', '60000', row('statement_timeout', '3500', { source: 'client' })],
    ['log_file_mode', '384', row('log_file_mode', '0600')],
    ['wal_buffers', '-1', row('wal_buffers', '2048', { source: 'override' })],
    ['tcp_keepalives_idle', '0', row('tcp_keepalives_idle', '7200')],
    ['datestyle', 'iso', row('DateStyle', 'ISO, MDY')],
  ])('raise no alarm where PostgreSQL shows %s otherwise', (name, setting, found) => {
    expect(judgeSettings([parameter(name, setting)], [node(found)])).toEqual([]);
  });

  it.each([
    ['log_file_mode', '384', row('log_file_mode', '0640')],
    ['wal_buffers', '1024', row('wal_buffers', '2048')],
    ['datestyle', 'iso', row('DateStyle', 'SQL, DMY', { source: 'default' })],
  ])('still find another value of %s', (name, setting, found) => {
    expect(judgeSettings([parameter(name, setting)], [node(found)])).toHaveLength(1);
  });

  it('name a node that does not answer', () => {
    const silent = { node: 'a-2', reason: 'no answer in time', settings: [] };
    expect(judgeSettings([parameter('work_mem', '1')], [silent])).toMatchObject([
      { node: 'a-2', found: null, reason: 'no answer in time' },
    ]);
  });

  it('do not ask for a setting of an extension that is not loaded', () => {
    expect(judgeSettings([parameter('auto_explain.log_min_duration', '1s')], [node()])).toEqual([]);
  });
});
