// Longer than other files: one database and server of each kind, which take seconds to start, serve all of it.

import { randomBytes, randomUUID } from 'node:crypto';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqlUnitOfWork } from '../../src/adapters/database/sql-unit-of-work.ts';
import { createPrometheusMetrics } from '../../src/adapters/metrics/prometheus.ts';
import { createSqlProbe } from '../../src/adapters/postgres/sql-probe.ts';
import { createSecretBox } from '../../src/adapters/secrets/secret-box.ts';
import { systemClock, uuidSource } from '../../src/adapters/system/clock.ts';
import { createServices } from '../../src/composition/services.ts';
import type { OperationState } from '../../src/core/operation/operation-state.ts';
import type { Refusal } from '../../src/core/plan/refusal.ts';
import { buildApp } from '../../src/http/server/app.ts';
import type { PlanRecord } from '../../src/ports/stores.ts';
import { targetsByName } from '../../src/shared/targets.ts';
import { DATABASE_KINDS, openTestDatabase, type TestDatabase } from '../support/databases.ts';
import { described } from '../support/described.ts';
import { FakeReadiness } from '../support/fake-services.ts';
import { fakeAwsTarget, fakeTarget } from '../support/fake-target.ts';

const SITE = 'abcdef';
const masterKey = randomBytes(32);
const metrics = createPrometheusMetrics('test');

const REFUSAL: Refusal = {
  reason: 'removes-primary',
  node: 'removing-1',
  role: 'primary',
  address: 'module.cluster.terraform_data.node["removing-1"]',
  attributes: [],
  message: 'The plan removes the primary.',
  action: 'Keep it.',
  remedies: [],
};

/** Nothing is created on them: no worker runs here. */
const targets = targetsByName(fakeTarget(), fakeAwsTarget());

describe.each(DATABASE_KINDS)('resources on the %s database', (kind) => {
  let database: TestDatabase;
  let work: SqlUnitOfWork;
  let app: FastifyInstance;
  /** A restarted server over the same records. */
  let nextRun: FastifyInstance;

  beforeAll(async () => {
    database = await openTestDatabase(kind);
    work = new SqlUnitOfWork(database.database.db);
    app = await serve('one');
    nextRun = await serve('two');
  });
  afterAll(async () => {
    await app?.close();
    await nextRun?.close();
    await database?.stop();
  });

  async function serve(run: string): Promise<FastifyInstance> {
    const unitOfWork = work;
    const { wakeups } = database.database;
    const holder = `${SITE}:${run}`;
    const services = createServices({
      unitOfWork,
      wakeups,
      tools: {
        secretBox: createSecretBox([masterKey]),
        workspace: { setAside: async () => null } as never,
        targets,
        terraform: {} as never,
        ansible: {} as never,
        probe: createSqlProbe({ env: {} }),
        ids: uuidSource,
        clock: systemClock,
        nodeSizes: async () => ({ memory_bytes: 2 ** 31, disk_bytes: 2 ** 34 }),
      },
      metrics,
      localNetworks: { isOn: () => false },
      site: SITE,
      holder,
      mayLive: (other) => other === holder,
      settings: { target: 'local' },
    });
    const built = await buildApp({
      ...services,
      orphans: { list: async () => ({ regions: [], failures: [], orphans: [] }) },
      readiness: new FakeReadiness(),
      targets: [...targets.values()],
      config: { token: null, allowedHosts: [] },
      localCallers: null,
      mismatch: 'throw',
    });
    return described(built);
  }

  const ask = async (
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
    headers: InjectOptions['headers'] = {},
    on = app,
  ) => {
    const response = await on.inject({
      method,
      url: `/api/v1${path}`,
      headers,
      ...(body === undefined ? {} : { payload: body }),
    });
    const text = response.body;
    return {
      status: response.statusCode,
      headers: response.headers,
      body: text === '' ? null : response.json(),
    };
  };
  const create = (name: string, more: object = {}, headers = {}) =>
    ask('POST', '/clusters', { name, ...more }, headers);

  /** Brings an operation into a state as the worker would. */
  async function bring(id: string, ...states: OperationState[]): Promise<void> {
    for (const state of states) await work.direct.operations.setState(id, state);
  }

  /** An operation that awaits approval, with a plan that can be applied. */
  async function awaiting(
    name: string,
    refusals: Refusal[] = [],
  ): Promise<{ id: string; plan: string }> {
    const { body } = await create(name);
    const plan: Omit<PlanRecord, 'created_at'> = {
      id: uuidSource.next(),
      cluster_id: body.cluster_id,
      operation_id: body.id,
      infrastructure_revision: 1,
      state: 'ready',
      destroy: false,
      digest: 'sha256:0',
      lock_file: '',
      base_state: null,
      engine: { name: 'terraform', version: '1.11.4', configuration_digest: 'sha256:1' },
      summary: { add: 1, change: 0, replace: 0, destroy: 0, empty: false },
      changes: [],
      files: [{ path: 'terraform/main.tf', content: '# nothing' }],
      sealed_file: { keyId: 'k1', bytes: Uint8Array.of(1) },
      context: null,
      starts: [],
      refusals,
      outcome: null,
    };
    await work.direct.plans.insert(plan);
    await work.direct.operations.setStage(body.id, 1, 1, {
      state: 'succeeded',
      outcome: {
        plan_id: plan.id,
        digest: plan.digest,
        summary: plan.summary,
        changes: [],
        engine: plan.engine,
      },
    });
    await bring(body.id, 'running', 'awaiting-approval');
    return { id: body.id, plan: plan.id };
  }

  it('makes a cluster with its operation, or nothing at all', async () => {
    const made = await create('first', { labels: { team: 'billing' }, replica_count: 0 });
    expect(made).toMatchObject({
      status: 202,
      body: { kind: 'create-cluster', state: 'queued', approval: 'manual', plan_id: null },
    });
    expect(made.headers.location).toBe(`/api/v1/operations/${made.body.id}`);
    expect((await create('first')).body).toMatchObject({ code: 'CLUSTER_EXISTS', status: 409 });
    const wrong = await create('second', { parameters: { shared_bufers: '1GB' } });
    expect(wrong.body).toMatchObject({
      code: 'PARAMETER_UNKNOWN',
      errors: [{ path: '/parameters/shared_bufers', suggestion: 'shared_buffers' }],
    });
    const tooLarge = await create('second', { parameters: { shared_buffers: '64GB' } });
    expect(tooLarge.body).toMatchObject({ code: 'PARAMETER_TOO_LARGE' });
    expect((await ask('GET', '/clusters/second')).status).toBe(404);
  });

  it('keeps the state of one cluster in a bucket from another', async () => {
    const state_bucket = { bucket: 'states', key: 'one.tfstate', region: 'eu-central-1' };
    const aws = { region: 'eu-central-1', control_cidrs: ['192.0.2.0/24'], state_bucket };
    expect((await create('state-one', { target: 'aws', aws })).status).toBe(202);
    const refused = await create('state-two', { target: 'aws', aws });
    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'INVALID_REQUEST', errors: [{ path: '/aws/state_bucket/key' }] },
    });
    const step = { cluster: 'state-three', target: 'aws', aws };
    const response = await app.inject({
      method: 'POST',
      url: '/generate-terraform',
      payload: step,
    });
    expect(response.json()).toMatchObject({ code: 'INVALID_REQUEST' });
    const other = { ...aws, state_bucket: { ...state_bucket, key: 'two.tfstate' } };
    expect((await create('state-two', { target: 'aws', aws: other })).status).toBe(202);
  });

  it('lets one of two creates with one name win', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => create('race')));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([202, 409, 409, 409]);
    const steps = [1, 2, 3].map(() =>
      app.inject({
        method: 'POST',
        url: '/generate-terraform',
        payload: { cluster: 'steps' },
        headers: { prefer: 'respond-async' },
      }),
    );
    const codes = (await Promise.all(steps)).map(({ statusCode }) => statusCode).sort();
    expect(codes).toEqual([202, 409, 409]);
  });

  it('gives clusters that are made at once networks of their own', async () => {
    const names = ['net-a', 'net-b', 'net-c', 'net-d', 'net-e'];
    const answers = await Promise.all(names.map((name) => create(name)));
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 202));
    const indexes = await work.direct.clusters.networkIndexes(SITE);
    expect(new Set(indexes).size).toBe(indexes.length);
  });

  it('answers a request with a key once', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const first = await create('keyed', { replica_count: 1 }, headers);
    const again = await create('keyed', { replica_count: 1 }, headers);
    expect(again.status).toBe(202);
    expect(again.body).toEqual(first.body);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.headers.location).toBe(first.headers.location);
    const other = await create('keyed', { replica_count: 2 }, headers);
    expect(other.body).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
    const bad = await create('keyed', {}, { 'idempotency-key': ' ' });
    expect(bad.body).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('frees a key whose request changed nothing', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    await create('busy');
    const refused = await ask('POST', '/clusters/busy/verify', {}, headers);
    expect(refused.body).toMatchObject({ code: 'STEP_MISSING' });
    expect((await ask('POST', '/clusters/busy/verify', {}, headers)).headers).not.toHaveProperty(
      'idempotency-replayed',
    );
  });

  it('says that a request with the key is being answered, with when to ask again', async () => {
    const key = randomUUID();
    const request = { name: 'held' };
    const taking = create('held', {}, { 'idempotency-key': key });
    await taking;
    await database.database.db
      .updateTable('idempotency_keys')
      .set({ status: null })
      .where('key', '=', key)
      .execute();
    const held = await ask('POST', '/clusters', request, { 'idempotency-key': key });
    expect(held.body).toMatchObject({ status: 409, code: 'IDEMPOTENCY_KEY_IN_USE' });
    expect(held.headers['retry-after']).toBe('1');
    // The server that held it died: the next one finds the operation that carries the key.
    const { body: operation } = await taking;
    const taken = await ask('POST', '/clusters', request, { 'idempotency-key': key }, nextRun);
    expect(taken).toMatchObject({ status: 202, body: { id: operation.id } });
  });

  it('gives every entry once while entries are added', async () => {
    for (const name of ['list-b', 'list-d', 'list-f', 'list-h']) {
      await create(name, { labels: { of: 'list' } });
    }
    const seen: string[] = [];
    let cursor = '';
    for (let part = 0; ; part++) {
      const { body } = await ask('GET', `/clusters?label=of=list&limit=1${cursor}`);
      seen.push(...body.clusters.map(({ name }: { name: string }) => name));
      // One before the place that was reached, and one after it.
      if (part === 1) {
        await create('list-a', { labels: { of: 'list' } });
        await create('list-g', { labels: { of: 'list' } });
      }
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(seen).toEqual(['list-b', 'list-d', 'list-f', 'list-g', 'list-h']);
  });

  it('refuses a cursor that was altered, cut, or made for another list', async () => {
    const { body } = await ask('GET', '/clusters?limit=1');
    const cursor: string = body.next_cursor;
    const flipped = cursor.slice(0, -3) + (cursor.at(-3) === 'A' ? 'B' : 'A') + cursor.slice(-2);
    for (const wrong of [
      `/clusters?cursor=${flipped}`,
      `/clusters?cursor=${cursor.slice(0, 20)}`,
      '/clusters?cursor=x',
      `/operations?cursor=${cursor}`,
      `/clusters?label=of=list&cursor=${cursor}`,
    ]) {
      expect((await ask('GET', wrong)).body).toMatchObject({ status: 400, code: 'INVALID_CURSOR' });
    }
    expect((await ask('GET', '/clusters?limit=0')).body).toMatchObject({ code: 'INVALID_REQUEST' });
    expect((await ask('GET', '/clusters?label=x')).body).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('lists operations newest first, by cluster and state', async () => {
    const { id } = await awaiting('listed');
    const { body } = await ask('GET', '/operations?cluster=listed');
    expect(body.operations.map((one: { id: string }) => one.id)).toEqual([id]);
    const all = (await ask('GET', '/operations?limit=200')).body.operations;
    const ids = all.map((one: { id: string }) => one.id);
    expect(ids).toEqual([...ids].sort().reverse());
    const waiting = (await ask('GET', '/operations?state=awaiting-approval')).body.operations;
    expect(waiting.map((one: { id: string }) => one.id)).toContain(id);
    expect((await ask('GET', '/operations?cluster=nobody')).status).toBe(404);
  });

  it('lets the plan that was reviewed be approved, and once', async () => {
    const { id, plan } = await awaiting('approved');
    const shown = await ask('GET', `/plans/${plan}`);
    expect(shown.body).toMatchObject({
      id: plan,
      cluster_name: 'approved',
      files: [{ path: 'terraform/main.tf' }],
      allowed_actions: ['apply'],
    });
    expect(JSON.stringify(shown.body)).not.toContain('sealed');
    expect((await ask('GET', '/clusters/approved/plans')).body.plans).toHaveLength(1);
    const other = await ask('POST', `/operations/${id}/approve`, { plan_id: randomUUID() });
    expect(other.body).toMatchObject({ status: 409, code: 'PLAN_STALE' });
    const approved = await ask('POST', `/operations/${id}/approve`, { plan_id: plan });
    expect(approved).toMatchObject({ status: 202, body: { state: 'queued', approval: 'granted' } });
    const twice = await ask('POST', `/operations/${id}/approve`);
    expect(twice.body).toMatchObject({ status: 409, code: 'TRANSITION_NOT_ALLOWED' });
  });

  it('refuses to approve a stale plan, or after a cancellation', async () => {
    const removing = await awaiting('removing', [REFUSAL]);
    const guarded = await ask('POST', `/operations/${removing.id}/approve`);
    expect(guarded.body).toMatchObject({ code: 'PLAN_REFUSED', refusals: [REFUSAL] });
    expect((await ask('GET', `/plans/${removing.plan}`)).body.allowed_actions).toEqual([]);

    const stale = await awaiting('stale');
    await work.direct.plans.setState(stale.plan, 'stale');
    const refused = await ask('POST', `/operations/${stale.id}/approve`);
    expect(refused.body).toMatchObject({ status: 409, code: 'PLAN_STALE' });
    const { id } = await awaiting('changed-mind');
    expect((await ask('POST', `/operations/${id}/cancel`)).body).toMatchObject({
      state: 'cancelled',
      allowed_actions: ['retry'],
    });
    const late = await ask('POST', `/operations/${id}/approve`);
    expect(late.body).toMatchObject({ code: 'TRANSITION_NOT_ALLOWED' });
    const finished = await ask('POST', `/operations/${id}/cancel`);
    expect(finished.body).toMatchObject({ code: 'TRANSITION_NOT_ALLOWED' });
  });

  it('refuses to go on after an event that this operation has not had', async () => {
    const { id } = await awaiting('followed');
    const { body: operation } = await ask('GET', `/operations/${id}`);
    const beyond = String(operation.last_sequence + 1);
    for (const headers of [{ 'last-event-id': beyond }, { 'last-event-id': '-1' }]) {
      const refused = await ask('GET', `/operations/${id}/events`, undefined, headers);
      expect(refused.body).toMatchObject({ code: 'INVALID_REQUEST' });
    }
    await ask('POST', `/operations/${id}/cancel`);
    const { body: ended } = await ask('GET', `/operations/${id}`);
    const all = await ask('GET', `/operations/${id}/events?after=${ended.last_sequence}`);
    expect(all.status).toBe(204);
  });

  it('retries what did not succeed, under the same rules of approval', async () => {
    const { id } = await awaiting('retried');
    const tooSoon = await ask('POST', `/operations/${id}/retry`);
    expect(tooSoon.body).toMatchObject({ code: 'TRANSITION_NOT_ALLOWED' });
    await ask('POST', `/operations/${id}/approve`);
    await bring(id, 'running', 'failed');
    const retried = await ask('POST', `/operations/${id}/retry`);
    expect(retried).toMatchObject({
      status: 202,
      body: { kind: 'create-cluster', state: 'queued', approval: 'manual' },
    });
    expect(retried.body.id).not.toBe(id);
    const busy = await ask('POST', `/operations/${id}/retry`);
    expect(busy.body).toMatchObject({ code: 'CLUSTER_BUSY', operation: retried.body.id });
    expect(busy.headers['retry-after']).toBe('5');
  });

  it('changes labels and protection for whoever saw the present ones', async () => {
    await create('labelled', { labels: { a: '1' } });
    const { headers } = await ask('GET', '/clusters/labelled');
    const etag = String(headers.etag);
    const changed = await ask(
      'PATCH',
      '/clusters/labelled',
      { labels: { b: '2' }, deletion_protection: true },
      { 'if-match': etag },
    );
    expect(changed.body).toMatchObject({ labels: { b: '2' }, deletion_protection: true });
    expect(changed.headers.etag).not.toBe(etag);
    const late = await ask('PATCH', '/clusters/labelled', { labels: {} }, { 'if-match': etag });
    expect(late.body).toMatchObject({ status: 412, code: 'PRECONDITION_FAILED' });
    const bad = await ask('PATCH', '/clusters/labelled', {}, { 'if-match': 'unquoted' });
    expect(bad.body).toMatchObject({ code: 'INVALID_REQUEST' });
    const unknown = await ask('PATCH', '/clusters/labelled', { replicas: 3 });
    expect(unknown.body).toMatchObject({ code: 'INVALID_REQUEST' });
    const { body } = await ask('GET', '/clusters/labelled');
    expect(body.labels).toEqual({ b: '2' });
  });

  /** A cluster whose spec the nodes have, as far as the records say. */
  async function setUp(name: string, more: object = {}): Promise<string> {
    const { body: operation } = await create(name, { replica_count: 2, ...more });
    await bring(operation.id, 'running', 'succeeded');
    const { spec } = await work.direct.clusters.get(operation.cluster_id);
    await work.direct.clusters.update(operation.cluster_id, {
      applied_spec: spec,
      executed_spec: spec,
      terraform_generated_revision: 1,
      applied_revision: 1,
      ansible_generated_revision: 1,
      ansible_executed_revision: 1,
    });
    return operation.cluster_id;
  }

  it('changes a spec by one operation, which shows each difference', async () => {
    await setUp('grown', { parameters: { work_mem: '8MB' } });
    const change = {
      replica_count: 3,
      parameters: { max_connections: 150, work_mem: null },
      labels: { team: 'a' },
    };
    const changed = await ask('PATCH', '/clusters/grown', change);
    expect(changed).toMatchObject({
      status: 202,
      body: { kind: 'change-cluster', state: 'queued', approval: 'manual' },
    });
    expect(changed.headers.location).toBe(`/api/v1/operations/${changed.body.id}`);
    const { body: cluster } = await ask('GET', '/clusters/grown');
    expect(cluster).toMatchObject({ labels: { team: 'a' }, spec: { replica_count: 3 } });
    expect(cluster.pending_change.changes).toEqual([
      { field: 'parameters.max_connections', before: null, after: '150', effect: 'restart' },
      { field: 'parameters.work_mem', before: '8MB', after: null, effect: 'reload' },
      { field: 'replica_count', before: '2', after: '3', effect: 'machines' },
    ]);
    const busy = await ask('PATCH', '/clusters/grown', { replica_count: 4 });
    expect(busy.body).toMatchObject({ code: 'CLUSTER_BUSY', operation: changed.body.id });
    expect((await ask('GET', '/clusters/grown')).body.spec.replica_count).toBe(3);
  });

  it('restores the spec of a change that was declined, and requests it again by a retry', async () => {
    await setUp('declined');
    const { body: operation } = await ask('PATCH', '/clusters/declined', { replica_count: 4 });
    await bring(operation.id, 'running', 'awaiting-approval');
    await ask('POST', `/operations/${operation.id}/cancel`);
    const { body: restored } = await ask('GET', '/clusters/declined');
    expect(restored).toMatchObject({ spec: { replica_count: 2 }, pending_change: null });
    const retried = await ask('POST', `/operations/${operation.id}/retry`);
    expect(retried).toMatchObject({ status: 202, body: { kind: 'change-cluster' } });
    expect((await ask('GET', '/clusters/declined')).body.spec.replica_count).toBe(4);
  });

  it('keeps the spec of a change whose apply has started', async () => {
    await setUp('applying');
    const { body: operation } = await ask('PATCH', '/clusters/applying', { replica_count: 4 });
    const apply = operation.stages.find(({ name }: { name: string }) => name === 'apply-terraform');
    await bring(operation.id, 'running');
    await work.direct.operations.setStage(operation.id, apply.position, 1, { state: 'running' });
    await bring(operation.id, 'queued');
    await ask('POST', `/operations/${operation.id}/cancel`);
    expect((await ask('GET', '/clusters/applying')).body.spec.replica_count).toBe(4);
  });

  it('changes nothing for settings that the nodes have', async () => {
    await setUp('unchanged', { parameters: { work_mem: '8MB' } });
    const same = { replica_count: 2, parameters: { work_mem: '8192kB' } };
    const unchanged = await ask('PATCH', '/clusters/unchanged', same);
    expect(unchanged).toMatchObject({ status: 200, body: { name: 'unchanged', operation: null } });
    expect(unchanged.headers.etag).toBeDefined();
  });

  it('repairs a cluster that is set up by the procedure of a change', async () => {
    await create('half-made');
    const { body: early } = await ask('POST', '/clusters/half-made/actions/repair', {});
    expect(early).toMatchObject({ status: 409, code: 'STEP_MISSING' });
    await setUp('repaired');
    const repaired = await ask('POST', '/clusters/repaired/actions/repair', {});
    expect(repaired).toMatchObject({
      status: 202,
      body: { kind: 'repair-cluster', state: 'queued', approval: 'manual' },
    });
    expect((await ask('GET', '/clusters/repaired')).body.pending_change).toBeNull();
  });

  it('waits for approval before data is deleted, unless the request allows it', async () => {
    await setUp('shrunk');
    const shrink = { replica_count: 1, approval: 'automatic' };
    const { body: asked } = await ask('PATCH', '/clusters/shrunk', shrink);
    expect(asked.approval).toBe('manual');
    await ask('POST', `/operations/${asked.id}/cancel`);
    const allowed = await ask('PATCH', '/clusters/shrunk', { ...shrink, allow: ['delete-data'] });
    expect(allowed.body.approval).toBe('automatic');
  });

  it('rejects a change that the cluster cannot have, and keeps its spec and labels', async () => {
    await create('unfinished');
    const { body: early } = await ask('PATCH', '/clusters/unfinished', { replica_count: 3 });
    expect(early).toMatchObject({ status: 409, code: 'STEP_MISSING' });
    await setUp('strict');
    const labels = { team: 'a' };
    for (const [change, code] of [
      [{ postgres_version: '15' }, 'INVALID_REQUEST'],
      [{ replica_count: 16 }, 'INVALID_REQUEST'],
      [{ parameters: { work_memm: '1MB' } }, 'PARAMETER_UNKNOWN'],
    ] as const) {
      const { body } = await ask('PATCH', '/clusters/strict', { labels, ...change });
      expect(body).toMatchObject({ code });
    }
    const { body: kept } = await ask('GET', '/clusters/strict');
    expect(kept).toMatchObject({ labels: {}, spec: { replica_count: 2, parameters: {} } });
  });

  it('requests a switchover from the observed primary to another node with PostgreSQL', async () => {
    const id = await setUp('roles');
    const path = '/clusters/roles/actions/switchover';
    const unknown = await ask('POST', path, {});
    expect(unknown.body).toMatchObject({ status: 409, code: 'SWITCHOVER_REFUSED' });
    const node = (number: number) => ({
      name: `roles-${number}`,
      address: `10.0.0.${number}`,
      subnet: '10.0.0.0/24',
      ssh_host: '127.0.0.1',
      ssh_port: 2_200 + number,
      postgres_host: '127.0.0.1',
      postgres_port: 5_400 + number,
      zone: null,
      instance_id: null,
    });
    const nodes = [node(1), node(2)];
    const roleOf = (name: string) => (name === 'roles-2' ? 'primary' : 'replica');
    await work.direct.clusters.update(id, {
      nodes,
      topology: {
        primary: 'roles-2',
        nodes: nodes.map(({ name }) => ({ name, role: roleOf(name) })),
        observed_at: new Date().toISOString(),
      },
    });
    const itself = await ask('POST', path, { to: 'roles-2' });
    expect(itself.body).toMatchObject({
      code: 'INVALID_REQUEST',
      errors: [{ path: '/to', expected: 'roles-1' }],
    });
    const requested = await ask('POST', path, { to: 'roles-1' });
    expect(requested).toMatchObject({
      status: 202,
      body: { kind: 'switchover', input: { from: 'roles-2', to: 'roles-1' } },
    });
    const busy = await ask('POST', path, {});
    expect(busy.body).toMatchObject({ code: 'CLUSTER_BUSY' });
  });

  it('accepts the first characters of an id, and names the candidates of an ambiguous prefix', async () => {
    const { body: operation } = await create('prefixed');
    const short = operation.id.slice(0, 13);
    expect((await ask('GET', `/operations/${short}`)).body.id).toBe(operation.id);
    const digits = operation.id.replaceAll('-', '').toUpperCase().slice(0, 20);
    expect((await ask('GET', `/operations/${digits}`)).body.id).toBe(operation.id);
    expect((await ask('POST', `/operations/${short}/cancel`)).body).toMatchObject({
      id: operation.id,
      state: 'cancelled',
    });
    expect((await ask('GET', '/operations/00000000')).body).toMatchObject({
      code: 'OPERATION_NOT_FOUND',
    });
    expect((await ask('GET', '/plans/00000000')).body).toMatchObject({ code: 'PLAN_NOT_FOUND' });
    expect((await ask('GET', '/reports/00000000')).body).toMatchObject({
      code: 'REPORT_NOT_FOUND',
    });
    expect((await ask('GET', '/operations/0000000')).status).toBe(400);
    // The first digits of an id are its time, so operations of one minute begin alike.
    const { body: second } = await create('prefixed-too');
    const ambiguous = await ask('GET', `/operations/${second.id.slice(0, 8)}`);
    expect(ambiguous.body).toMatchObject({ code: 'ID_AMBIGUOUS', status: 400 });
    expect(ambiguous.body.candidates.length).toBeGreaterThan(1);
  });

  it('says how to go on with a cluster whose creation was cancelled, or whose name is misspelled', async () => {
    const { body: operation } = await create('halfway');
    const remedies = (await create('halfway')).body.remedies;
    expect(remedies).toBeUndefined();
    await ask('POST', `/operations/${operation.id}/cancel`);
    expect((await create('halfway')).body).toMatchObject({
      code: 'CLUSTER_EXISTS',
      remedies: [
        { action: 'retry-operation', request: `POST /api/v1/operations/${operation.id}/retry {}` },
        { action: 'forget-cluster', cluster: 'halfway' },
      ],
    });
    const misspelled = await ask('GET', '/clusters/halfwya');
    expect(misspelled.body).toMatchObject({ code: 'CLUSTER_NOT_FOUND', suggestion: 'halfway' });
  });

  it('neither destroys nor forgets what is protected, unconfirmed or busy', async () => {
    const { body: operation } = await create('kept', { deletion_protection: true });
    const unconfirmed = await ask('DELETE', '/clusters/kept?confirm=kep');
    expect(unconfirmed.body).toMatchObject({ code: 'INVALID_REQUEST' });
    for (const refused of [
      await ask('DELETE', '/clusters/kept?confirm=kept'),
      await ask('POST', '/clusters/kept/forget', { confirm: 'kept' }),
    ]) {
      expect(refused.body).toMatchObject({ status: 409, code: 'CLUSTER_PROTECTED' });
    }
    await ask('PATCH', '/clusters/kept', { deletion_protection: false });
    for (const busy of [
      await ask('DELETE', '/clusters/kept?confirm=kept'),
      await ask('POST', '/clusters/kept/forget', { confirm: 'kept' }),
    ]) {
      expect(busy.body).toMatchObject({ code: 'CLUSTER_BUSY', operation: operation.id });
      expect(busy.headers['retry-after']).toBe('5');
    }
    await ask('POST', `/operations/${operation.id}/cancel`);
    const forgotten = await ask('POST', '/clusters/kept/forget', { confirm: 'kept' });
    expect(forgotten.body).toEqual({ cluster: 'kept', forgotten: true, left: [], workspace: null });
    expect((await ask('GET', '/clusters/kept')).status).toBe(404);
  });

  it('shows the nodes that are planned before any is made', async () => {
    await create('planned', { replica_count: 1 });
    const { body } = await ask('GET', '/clusters/planned/nodes');
    expect(body.nodes).toMatchObject([
      { name: 'planned-1', planned: true, made: false, role: null, etcd: true },
      { name: 'planned-2', role: null },
      { name: 'planned-3', role: 'witness' },
    ]);
    expect((await ask('GET', '/clusters/planned')).body).toMatchObject({
      status: 'changing',
      allowed_actions: ['update'],
    });
    const { parameters, unreachable } = (await ask('GET', '/clusters/planned/parameters')).body;
    expect(unreachable).toEqual([]);
    expect(parameters).toContainEqual(
      expect.objectContaining({
        name: 'shared_buffers',
        source: 'hathi',
        value: '512MB',
        nodes: [],
      }),
    );
    expect((await ask('GET', '/clusters/planned/reports')).body.reports).toEqual([]);
    expect((await ask('GET', `/reports/${randomUUID()}`)).body).toMatchObject({
      code: 'REPORT_NOT_FOUND',
    });
  });
});
