import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MetricFamily, parseMetrics } from '../support/prometheus.ts';
import { ServerProcess } from '../support/server-process.ts';
import { waitFor } from '../support/wait-for.ts';

/** Base units of Prometheus. @see Prometheus docs, "Metric and label naming" */
const UNIT = /_(seconds|bytes|total|info|ratio)$/;
/** Of things that have no unit. */
const COUNTED = ['hathi_event_streams', 'hathi_clusters', 'hathi_operations_unfinished'];
const SECONDS = 30;

let server: ServerProcess;
let families: MetricFamily[];
let operation: string;

beforeAll(
  async () => {
    server = await ServerProcess.start();
    const { body } = await server.post('/api/v1/clusters', { name: 'watched', replica_count: 0 });
    operation = body.id;
    await waitFor('the plan', SECONDS, async () => {
      const { state, error } = await server.operation(operation);
      if (error) throw new Error(JSON.stringify(error));
      return state === 'awaiting-approval';
    });
    await server.get('/api/v1/clusters/watched');
    await server.get('/api/v1/clusters/nobody');
    await server.get('/no/such/path');
    families = await scrape();
  },
  2 * SECONDS * 1000,
);
afterAll(async () => await server?.destroy('watched'));

async function scrape(): Promise<MetricFamily[]> {
  const response = await fetch(`${server.url}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return await parseMetrics(await response.text());
}

function value(name: string, labels: Record<string, string> = {}): number | undefined {
  const samples = families.flatMap((family) => family.samples);
  return samples.find(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([key, is]) => sample.labels[key] === is),
  )?.value;
}

describe('what Prometheus collects', () => {
  it('has names and units by convention, and a sentence each', () => {
    const own = families.filter(({ name }) => name.startsWith('hathi_'));
    expect(own.map(({ name }) => name).sort()).toEqual([
      'hathi_build_info',
      'hathi_clusters',
      'hathi_event_streams',
      'hathi_http_request_duration_seconds',
      'hathi_operations',
      'hathi_operations_unfinished',
      'hathi_stage_duration_seconds',
    ]);
    for (const { name, type, help } of own) {
      expect(name).toMatch(/^[a-z][a-z_]*$/);
      expect(help).toMatch(/^[A-Z].*\.$/);
      const full = type === 'counter' ? `${name}_total` : name;
      if (!COUNTED.includes(full)) expect(full).toMatch(UNIT);
    }
    expect(families.map(({ name }) => name)).toContain('process_resident_memory_bytes');
  });

  it('says how things stand', () => {
    expect(value('hathi_clusters', { status: 'awaiting-approval' })).toBe(1);
    expect(value('hathi_clusters', { status: 'healthy' })).toBe(0);
    const labels = { kind: 'create-cluster', state: 'awaiting-approval' };
    expect(value('hathi_operations_unfinished', labels)).toBe(1);
    expect(value('hathi_event_streams')).toBe(0);
  });

  it('counts each stage with its time', () => {
    const count = 'hathi_stage_duration_seconds_count';
    for (const stage of ['generate-terraform', 'plan-terraform']) {
      expect(value(count, { stage, outcome: 'succeeded' })).toBe(1);
    }
    expect(value(count, { stage: 'apply-terraform' })).toBeUndefined();
    const seconds = value('hathi_stage_duration_seconds_sum', { stage: 'plan-terraform' });
    expect(seconds).toBeGreaterThan(0);
  });

  it('measures requests by route, so that no name becomes a series', () => {
    const count = 'hathi_http_request_duration_seconds_count';
    const route = '/api/v1/clusters/:name';
    expect(value(count, { route, status: '200', method: 'GET' })).toBe(1);
    expect(value(count, { route, status: '404' })).toBe(1);
    expect(value(count, { route: 'none', status: '404' })).toBe(1);
    expect(JSON.stringify(families)).not.toMatch(/nobody|no\/such/);
  });

  it('counts how operations end, those too that no worker holds', async () => {
    const labels = { kind: 'create-cluster', outcome: 'cancelled' };
    expect(value('hathi_operations_total', labels)).toBeUndefined();
    await server.post(`/api/v1/operations/${operation}/cancel`);
    families = await scrape();
    expect(value('hathi_operations_total', labels)).toBe(1);
    expect(value('hathi_operations_unfinished', { kind: 'create-cluster' })).toBeUndefined();
    expect(value('hathi_clusters', { status: 'not-created' })).toBe(1);
  });
});

describe('the log', () => {
  it('has the operation in each line of its work, and the request in each of its own', () => {
    const lines = server.log
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const ofStage = lines.filter(({ stage }) => stage === 'plan-terraform');
    expect(ofStage.map(({ msg }) => msg)).toEqual(['stage started', 'stage succeeded']);
    for (const line of ofStage) {
      expect(line).toMatchObject({
        operation,
        kind: 'create-cluster',
        cluster: 'watched',
        attempt: 1,
      });
    }
    const answered = lines.filter(({ msg }) => msg === 'request completed');
    expect(answered.length).toBeGreaterThan(3);
    expect(answered.every(({ reqId }) => typeof reqId === 'string')).toBe(true);
  });
});
