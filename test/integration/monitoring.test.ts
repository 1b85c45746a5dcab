import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { METRICS } from '../../src/adapters/metrics/prometheus.ts';
import { CLUSTER_METRICS } from '../../src/core/observation/cluster-metrics.ts';
import { PROMETHEUS } from '../support/prometheus-server.ts';

const MONITORING = resolve(import.meta.dirname, '../../monitoring');
const promtool = (...words: string[]) =>
  promisify(execFile)(join(PROMETHEUS, 'promtool'), words, { cwd: MONITORING });

test('every alert rule fires when it must, and not before', async () => {
  const { stdout } = await promtool('test', 'rules', 'alerts.test.yml');
  expect(stdout).toContain('SUCCESS');
  const [rules, tests] = await Promise.all(
    ['alerts.yml', 'alerts.test.yml'].map((file) => readFile(join(MONITORING, file), 'utf8')),
  );
  const names = [...(rules ?? '').matchAll(/alert: (\w+)/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(10);
  // A rule without a test that expects an alert could never fire.
  for (const name of names) {
    expect(tests).toMatch(new RegExp(`alertname: ${name}\\n\\s+exp_alerts:\\n`));
  }
});

test('the rules and the dashboard use metrics that exist', async () => {
  const known = new Set<string>([
    ...Object.keys(CLUSTER_METRICS),
    ...Object.values(METRICS).map(({ name }) => name),
  ]);
  for (const file of ['alerts.yml', 'dashboard.json']) {
    const text = await readFile(join(MONITORING, file), 'utf8');
    const used = new Set(text.match(/\bhathi_\w+/g));
    expect(used.size).toBeGreaterThan(10);
    expect([...used].filter((name) => !known.has(name))).toEqual([]);
  }
});
