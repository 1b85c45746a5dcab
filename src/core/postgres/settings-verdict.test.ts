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
  file_setting: setting,
  file_error: null,
  ...more,
});
const node = (...settings: ObservedSetting[]) => ({ node: 'a-1', reason: null, settings });

describe('parameters read back', () => {
  it('have no problem if every node has the written values', () => {
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

  it('are compared independent of the spelling of the name', () => {
    expect(judgeSettings([parameter('datestyle', 'ISO')], [node(row('DateStyle', 'ISO'))])).toEqual(
      [],
    );
  });

  it.each([
    [row('work_mem', '7168'), '7168', 'its configuration file has 7168'],
    [
      row('work_mem', '4096', { source: 'default', file_setting: null }),
      '4096',
      'it comes from default',
    ],
    [
      row('work_mem', '7168', { source: 'override', file_setting: '5120' }),
      '7168',
      'it comes from override',
    ],
    [row('work_mem', '5120', { pending_restart: true }), '5120', 'it waits for a restart'],
    [
      row('work_mem', '5120', { file_error: 'setting could not be applied' }),
      '5120',
      'PostgreSQL does not accept the value in its configuration file (setting could not be applied)',
    ],
    [row('other', '1'), null, 'PostgreSQL does not have it'],
  ])('name the difference of %o', (found, setting, reason) => {
    expect(judgeSettings([parameter('work_mem', '5120')], [node(found)])).toEqual([
      { node: 'a-1', name: 'work_mem', expected: '5120', found: setting, reason },
    ]);
  });

  it.each([
    [
      'statement_timeout',
      '60000',
      row('statement_timeout', '3500', { source: 'client', file_setting: '60000' }),
    ],
    ['log_file_mode', '384', row('log_file_mode', '0600')],
    ['wal_buffers', '-1', row('wal_buffers', '2048', { source: 'override' })],
    ['tcp_keepalives_idle', '0', row('tcp_keepalives_idle', '7200')],
    ['datestyle', 'iso', row('DateStyle', 'ISO, MDY', { file_setting: 'iso' })],
    [
      'auto_explain.log_min_duration',
      '1s',
      row('auto_explain.log_min_duration', '1000', { file_setting: '1s' }),
    ],
  ])('raise no alarm where PostgreSQL shows %s otherwise', (name, setting, found) => {
    expect(judgeSettings([parameter(name, setting)], [node(found)])).toEqual([]);
  });

  it.each([
    ['log_file_mode', '384', row('log_file_mode', '0640')],
    ['wal_buffers', '1024', row('wal_buffers', '2048')],
    ['datestyle', 'iso', row('DateStyle', 'SQL, DMY', { source: 'default', file_setting: null })],
    // A reload that Patroni did not execute; the source does not show it.
    ['log_timezone', 'Mars/Base', row('log_timezone', 'Etc/UTC')],
    [
      'statement_timeout',
      '60000',
      row('statement_timeout', '3500', { source: 'client', file_setting: null }),
    ],
    // A value that PostgreSQL rejects while it continues with the old one.
    [
      'log_timezone',
      'Mars/Base',
      row('log_timezone', 'Etc/UTC', { file_setting: 'Mars/Base', file_error: 'invalid' }),
    ],
  ])('still find another value of %s', (name, setting, found) => {
    expect(judgeSettings([parameter(name, setting)], [node(found)])).toHaveLength(1);
  });

  it('name a node that does not respond', () => {
    const silent = { node: 'a-2', reason: 'no response in time', settings: [] };
    expect(judgeSettings([parameter('work_mem', '1')], [silent])).toMatchObject([
      { node: 'a-2', found: null, reason: 'no response in time' },
    ]);
  });
});
