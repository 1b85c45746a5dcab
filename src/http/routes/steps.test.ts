import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FakeApp, fakeApp } from '../../../test/support/fake-app.ts';
import { HathiError } from '../../core/errors.ts';
import type { StageResult } from '../../core/operation/stage-results.ts';
import { STEPS, type Step } from '../../core/operation/steps.ts';
import { resultExamples } from '../schemas/examples.ts';

/** Results of the stages; only the step adds the operation. */
function resultOf(step: Step): StageResult {
  const { operation: _operation, ...result } = resultExamples[step];
  return result as StageResult;
}

let fake: FakeApp;
beforeEach(async () => {
  fake = await fakeApp();
});
afterEach(() => fake.app.close());

describe('a step', () => {
  test.each(STEPS)('%s returns the result of its stage, with the operation', async (step) => {
    fake.operations.outcome = resultOf(step);
    const body = step === 'destroy-terraform' ? { confirm: 'default' } : undefined;
    const response = await fake.post(`/${step}`, body);
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ ...resultOf(step), operation: expect.any(String) });
    expect(fake.operations.submissions).toMatchObject([{ step, cluster: 'default' }]);
  });

  test('passes on exactly the given members', async () => {
    fake.operations.outcome = resultOf('generate-terraform');
    await fake.post('/generate-terraform', { instance_type: 't2.medium', replica_count: 2 });
    fake.operations.outcome = resultOf('create-ansible-script');
    const given = { cluster: 'a', max_connections: 200, shared_buffers: '128MB', jit: false };
    await fake.post('/create-ansible-script', given);
    expect(fake.operations.submissions).toEqual([
      {
        step: 'generate-terraform',
        cluster: 'default',
        input: { instance_type: 't2.medium', replica_count: 2 },
      },
      {
        step: 'create-ansible-script',
        cluster: 'a',
        input: { parameters: { max_connections: 200, shared_buffers: '128MB', jit: false } },
      },
    ]);
  });

  test.each([
    ['with a JSON content type', { 'content-type': 'application/json' }],
    ['with a charset', { 'content-type': 'application/json; charset=utf-8' }],
    ['without a content type', {}],
  ])('takes an empty body %s', async (_, headers) => {
    fake.operations.outcome = resultOf('plan-terraform');
    const response = await fake.app.inject({ method: 'POST', url: '/plan-terraform', headers });
    expect(response.statusCode).toBe(200);
  });

  test('returns 202 at once if the request prefers it', async () => {
    fake.operations.outcome = null;
    const response = await fake.post('/plan-terraform', '', { prefer: 'foo, Respond-Async' });
    expect(response.statusCode).toBe(202);
    expect(response.headers['preference-applied']).toBe('respond-async');
    expect(response.headers.location).toBe(`/api/v1/operations/${response.json().id}`);
    expect(response.json()).toMatchObject({ kind: 'plan-terraform', state: 'running' });
  });

  test('that is too early names the missing step', async () => {
    fake.operations.refusal = new HathiError('STEP_MISSING', 'First generate-terraform.', {
      step: 'plan-terraform',
      missing: 'generate-terraform',
    });
    const response = await fake.post('/plan-terraform');
    expect(response.statusCode).toBe(409);
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(response.json()).toMatchObject({
      type: '/errors/STEP_MISSING',
      status: 409,
      code: 'STEP_MISSING',
      detail: 'First generate-terraform.',
      missing: 'generate-terraform',
    });
  });

  test('on a busy cluster names the conflicting operation', async () => {
    fake.operations.refusal = new HathiError('CLUSTER_BUSY', 'Busy.', { operation: 'o1' });
    const response = await fake.post('/plan-terraform');
    expect(response.json()).toMatchObject({ status: 409, code: 'CLUSTER_BUSY', operation: 'o1' });
  });
});

describe('an operation that does not succeed', () => {
  const failure = { message: 'no disk', details: { tool: 'x' } };

  test.each([
    ['failed', { code: 'TERRAFORM_FAILED', ...failure }, 502, 'TERRAFORM_FAILED'],
    ['failed', { code: 'DISK_FULL', ...failure }, 507, 'DISK_FULL'],
    ['failed', { code: 'FROM_A_LATER_VERSION', ...failure }, 500, 'OPERATION_FAILED'],
    ['failed', null, 500, 'OPERATION_FAILED'],
    ['cancelled', null, 409, 'OPERATION_CANCELLED'],
    ['interrupted', null, 500, 'OPERATION_INTERRUPTED'],
  ] as const)('%s with %j returns %d %s', async (state, error, status, code) => {
    fake.operations.outcome = null;
    const pending = fake.post('/apply-terraform');
    await expect.poll(() => fake.operations.waiting).toBe(1);
    const [id] = [(await fake.operations.get('01940000-0000-7000-8000-000000000001')).id];
    fake.operations.end(id, state, { error });
    const response = await pending;
    expect(response.statusCode).toBe(status);
    expect(response.json()).toMatchObject({
      code,
      operation: id,
      stage: 'apply-terraform',
      ...(error ? { detail: 'no disk', tool: 'x' } : {}),
    });
  });

  test('for an unknown reason does not reveal internals', async () => {
    fake.operations.refusal = new Error('password=hunter2 at /secret/path.ts:1');
    const response = await fake.post('/plan-terraform');
    expect(response.statusCode).toBe(500);
    expect(response.json()).toMatchObject({ code: 'INTERNAL', request_id: expect.any(String) });
    expect(response.body).not.toMatch(/hunter2|path\.ts|stack/);
  });
});
