// Longer than other files: one list of wrong requests, which share one fake server.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FakeApp, fakeApp } from '../../../test/support/fake-app.ts';
import { PROBLEM_CODES } from '../errors/http-error.ts';
import { MAX_BODY_BYTES } from './json-body.ts';

let fake: FakeApp;
beforeAll(async () => {
  fake = await fakeApp();
});
afterAll(() => fake.app.close());

async function refused(url: string, body: unknown, headers = {}) {
  const submitted = fake.operations.submissions.length;
  const response = await fake.post(url, body, headers);
  expect(fake.operations.submissions).toHaveLength(submitted);
  expect(response.headers['content-type']).toBe('application/problem+json');
  const problem = response.json();
  expect(problem.status).toBe(response.statusCode);
  expect(Object.keys(PROBLEM_CODES)).toContain(problem.code);
  return problem;
}

describe('a field', () => {
  test.each([
    [-1, '-1'],
    [16, '16'],
    [1.5, '1.5'],
    ['2', '"2"'],
    [null, 'null'],
    [[2], '[2]'],
  ])('replica_count %j is refused with the valid values', async (value, shown) => {
    const problem = await refused('/generate-terraform', { replica_count: value });
    expect(problem).toMatchObject({
      code: 'INVALID_REQUEST',
      detail: `replica_count must be a whole number from 0 to 15, not ${shown}.`,
      errors: [{ path: '/replica_count', expected: 'a whole number from 0 to 15' }],
    });
  });

  test('that is unknown is named, with the nearest valid one', async () => {
    expect(await refused('/generate-terraform', { replica_cuont: 2 })).toMatchObject({
      code: 'INVALID_REQUEST',
      errors: [
        {
          path: '/replica_cuont',
          message: 'There is no field "replica_cuont"; did you mean replica_count?',
          suggestion: 'replica_count',
        },
      ],
    });
    const far = await refused('/plan-terraform', { 'x/~y': 1 });
    expect(far.errors).toEqual([
      {
        path: '/x~1~0y',
        message: 'There is no field "x/~y"; known are cluster.',
        expected: 'one of cluster',
      },
    ]);
  });

  test.each(['t2."medium', 't2.$' + '{var.x}', 't2.medium\n', '%{ if true }', '', 'T2.MEDIUM'])(
    'instance_type %j is refused',
    async (instance_type) => {
      const problem = await refused('/generate-terraform', { instance_type });
      expect(problem).toMatchObject({
        code: 'INVALID_REQUEST',
        errors: [{ path: '/instance_type' }],
      });
      // A newline in a value is shown as \n, never as a second line.
      expect(problem.detail).not.toContain('\n');
    },
  );

  test.each(['local ', 'gcp', 1])('target %j is refused', async (target) => {
    const problem = await refused('/generate-terraform', { target });
    expect(problem.detail).toContain('target must be one of "local", "aws", not ');
  });

  test.each(['', 'newest', "' or 1=1", 7])('plan_id %j is refused', async (plan_id) => {
    const problem = await refused('/apply-terraform', { plan_id });
    expect(problem.errors).toMatchObject([
      { path: '/plan_id', expected: 'an id, or at least its first 8 characters' },
    ]);
  });

  test('inside a list is named by its position', async () => {
    const problem = await refused('/generate-terraform', { allow_list: ['10.0.0.0/8', 'all'] });
    expect(problem.errors).toMatchObject([{ path: '/allow_list/1' }]);
  });

  test.each([
    [{ allow_list: ['10.0.0.0/8', '192.0.2.1/24'] }, '/allow_list/1', '192.0.2.0/24'],
    [{ allow_list: ['fd00::1/64'] }, '/allow_list/0', 'fd00::/64'],
    [{ aws: { control_cidrs: ['203.0.113.7/24'] } }, '/aws/control_cidrs/0', '203.0.113.0/24'],
    [
      { aws: { network: { mode: 'own', cidr: '10.77.1.0/16' } } },
      '/aws/network/cidr',
      '10.77.0.0/16',
    ],
  ])('%j has host bits, so the network is named', async (body, path, network) => {
    for (const [url, more] of [
      ['/generate-terraform', {}],
      ['/api/v1/clusters', { name: 'orders' }],
    ] as const) {
      const problem = await refused(url, { ...more, ...body });
      const expected = `${network}, the network that the address is in`;
      expect(problem).toMatchObject({ code: 'INVALID_REQUEST', errors: [{ path, expected }] });
    }
  });

  test('of a parameter must be a plain value', async () => {
    for (const value of [{}, ['1']]) {
      const problem = await refused('/create-ansible-script', { work_mem: value });
      expect(problem.errors).toMatchObject([{ path: '/work_mem' }]);
      expect(problem.detail).toContain('must be a string or a number or true or false');
    }
  });

  test('all invalid fields are named together', async () => {
    const problem = await refused('/generate-terraform', { replica_count: 99, target: 'x', y: 1 });
    expect(problem.errors.map(({ path }: { path: string }) => path).sort()).toEqual([
      '/replica_count',
      '/target',
      '/y',
    ]);
  });
});

describe('the name of a cluster', () => {
  const names = [
    '../etc',
    'a b',
    'a'.repeat(64),
    '"; rm -rf /',
    '',
    'Abc',
    '-a',
    'a-',
    'ä',
    7,
    null,
  ];

  test.each(names)('%j is refused by a step', async (cluster) => {
    for (const step of ['/generate-terraform', '/plan-terraform', '/create-ansible-script']) {
      expect(await refused(step, { cluster })).toMatchObject({
        code: 'INVALID_CLUSTER_NAME',
        status: 400,
        errors: [{ path: '/cluster' }],
      });
    }
  });

  test.each(names.filter((name) => typeof name === 'string' && name !== ''))(
    '%j is refused in a path',
    async (name) => {
      const url = `/api/v1/clusters/${encodeURIComponent(String(name))}`;
      const response = await fake.app.inject(url);
      expect(response.json()).toMatchObject({ code: 'INVALID_CLUSTER_NAME', status: 400 });
    },
  );

  test('must be repeated to destroy it', async () => {
    for (const body of [{}, { confirm: 'b' }, { cluster: 'a', confirm: 'default' }]) {
      const problem = await refused('/destroy-terraform', body);
      expect(problem).toMatchObject({ code: 'INVALID_REQUEST', errors: [{ path: '/confirm' }] });
    }
  });
});

describe('a body', () => {
  test.each(['{', '{"a":}', "{'a':1}", '{"a":1}}', 'nul', '[1'])(
    'that is not JSON (%s) is refused, naming the place',
    async (text) => {
      const problem = await refused('/generate-terraform', text);
      expect(problem).toMatchObject({ code: 'MALFORMED_JSON', status: 400 });
      expect(problem.detail).toMatch(/JSON/);
    },
  );

  test.each(['[]', 'null', '1', '"text"'])('that is %s and no object is refused', async (text) => {
    const problem = await refused('/generate-terraform', text);
    expect(problem).toMatchObject({ code: 'INVALID_REQUEST', errors: [{ path: '' }] });
    expect(problem.detail).toBe(`The body must be a JSON object, not ${text}.`);
  });

  test('cannot reach a prototype', async () => {
    for (const step of ['/generate-terraform', '/create-ansible-script']) {
      const problem = await refused(step, '{"__proto__": "x"}');
      expect(problem).toMatchObject({ errors: [{ path: '/__proto__' }] });
    }
    for (const [body, path] of [
      ['{"name": "a", "labels": {"__proto__": "x"}}', '/labels/__proto__'],
      ['{"name": "a", "parameters": {"__proto__": {"a": 1}}}', '/parameters/__proto__'],
      ['{"name": "a", "aws": {"network": {"__proto__": {}}}}', '/aws/network/__proto__'],
      ['{"name": "a", "labels": {"constructor": {"prototype": {}}}}', '/labels/constructor'],
      ['{"name": "a", "x": [{"__proto__": 1}]}', '/x/0/__proto__'],
    ] as const) {
      expect(await refused('/api/v1/clusters', body)).toMatchObject({
        code: 'INVALID_REQUEST',
        errors: [{ path }],
      });
    }
    const response = await fake.app.inject('/api/v1/clusters?__proto__=1');
    expect(response.json()).toMatchObject({ status: 400, errors: [{ path: '/__proto__' }] });
  });

  test('is refused beyond its limit and accepted up to it', async () => {
    const padding = ' '.repeat(MAX_BODY_BYTES - 2);
    fake.operations.refusal = new Error('reached');
    expect((await fake.post('/plan-terraform', `{}${padding}`)).json().code).toBe('INTERNAL');
    fake.operations.refusal = null;
    expect(await refused('/plan-terraform', `{}${padding} `)).toMatchObject({
      code: 'BODY_TOO_LARGE',
      status: 413,
      maximum_bytes: MAX_BODY_BYTES,
    });
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'nonsense',
    '',
  ])('sent as %j is refused', async (type) => {
    const problem = await refused('/plan-terraform', '{}', { 'content-type': type });
    expect(problem).toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE', status: 415 });
    expect(problem.detail).toContain('Content-Type: application/json');
  });
});

describe('a path', () => {
  test('that is not served is 404', async () => {
    const response = await fake.app.inject('/plan-terraform/x');
    expect(response.json()).toMatchObject({ code: 'NOT_FOUND', status: 404 });
  });

  test.each([
    ['GET', '/plan-terraform', 'POST'],
    ['PUT', '/api/v1/clusters/a', 'DELETE, GET, HEAD, PATCH'],
    ['OPTIONS', '/api/v1/operations/x/cancel', 'POST'],
  ] as const)('%s at %s is 405 and allows %s', async (method, url, allow) => {
    const response = await fake.app.inject({ method, url });
    expect(response.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED', status: 405 });
    expect(response.headers.allow).toBe(allow);
  });

  test('with invalid percent-encoding is 400', async () => {
    const response = await fake.app.inject('/api/v1/clusters/%zz');
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(response.json()).toMatchObject({ code: 'INVALID_REQUEST', status: 400 });
  });
});

describe('a method that a path does not support', () => {
  test.each([
    ['QUERY', '/api/v1/clusters/orders', {}],
    ['PATCH', '/api/v1/clusters', { 'idempotency-key': ' ' }],
    ['PUT', '/plan-terraform', { 'content-type': 'text/plain' }],
    ['PUT', '/api/v1/clusters', { 'content-type': 'application/json' }],
  ])('%s %s is refused for that reason, even with other faults', async (method, url, headers) => {
    const response = await fake.app.inject({ method: method as 'PUT', url, headers });
    expect(response.statusCode).toBe(405);
    expect(response.headers.allow).toBeTruthy();
    expect(response.json().code).toBe('METHOD_NOT_ALLOWED');
  });
});

describe('text that no database can store', () => {
  test.each([
    ['NUL in a value', { cluster: 'a\u0000' }],
    ['NUL in the name of a member', { 'a\u0000': 1 }],
    ['NUL in a PostgreSQL parameter', { application_name: 'a\u0000b' }],
    ['half a surrogate pair', '{"application_name": "\\ud800"}'],
  ])('%s is refused', async (_what, body) => {
    expect(await refused('/create-ansible-script', body)).toMatchObject({
      code: 'INVALID_REQUEST',
    });
  });

  test('NUL in a query is refused', async () => {
    const response = await fake.app.inject('/api/v1/clusters?label=a%3D%00');
    expect(response.statusCode).toBe(400);
  });
});

describe('more than a request can use', () => {
  const many = (count: number, name = 'f') =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name}${index}`, 1]));
  const addresses = new Array(9_000).fill('10.0.0.0/8');

  test.each([
    ['fields', '/generate-terraform', many(20_000), '/', 'body has 20000 members; at most 1'],
    [
      'parameters',
      '/api/v1/clusters',
      { name: 'a', parameters: many(2_000) },
      '/parameters',
      '2000 members; at most 500',
    ],
    [
      'parameters',
      '/create-ansible-script',
      many(2_000),
      '/',
      'body has 2000 members; at most 501',
    ],
    [
      'labels',
      '/api/v1/clusters',
      { name: 'a', labels: many(33) },
      '/labels',
      '33 members; at most 32',
    ],
    [
      'networks',
      '/generate-terraform',
      { allow_list: addresses },
      '/allow_list',
      '9000 entries; at most 64',
    ],
    [
      'subnets',
      '/generate-terraform',
      { aws: { network: { subnet_ids: addresses } } },
      '/aws/network/subnet_ids',
      'at most 16',
    ],
    [
      'characters of a name',
      '/create-ansible-script',
      { ['x'.repeat(99_999)]: 1 },
      '/',
      '99999 characters; names of at most 256',
    ],
    [
      'characters of a label',
      '/api/v1/clusters',
      { name: 'a', labels: { ['x'.repeat(999)]: '' } },
      '/labels',
      'at most 256',
    ],
  ])('%s of %s are counted before they are checked', async (_what, url, body, path, detail) => {
    const problem = await refused(url, body);
    expect(problem).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(problem.errors).toMatchObject([{ path: path === '/' ? '' : path }]);
    expect(problem.detail).toContain(detail);
    expect(JSON.stringify(problem).length).toBeLessThan(1_500);
  });

  test('in a query is refused as well', async () => {
    const { body, statusCode } = await fake.app.inject(
      `/api/v1/clusters?${'a&b&c&'.repeat(1_000)}`,
    );
    expect(statusCode).toBe(400);
    expect(body.length).toBeLessThan(20_000);
    const names = Array.from({ length: 3_000 }, (_, index) => `f${index}`).join('&');
    const response = await fake.app.inject(`/api/v1/clusters?${names}`);
    expect(response.json().detail).toContain('3000 members; at most 103');
  });

  test('the first errors are listed, with the number of all', async () => {
    const problem = await refused('/generate-terraform', {
      ...many(100, 'replica_coun'),
      target: 1,
    });
    expect(problem.error_count).toBe(101);
    expect(problem.errors).toHaveLength(20);
    expect(
      problem.errors.filter((error: { suggestion?: string }) => error.suggestion).length,
    ).toBeLessThan(11);
    expect(problem.detail).toMatch(/There are 96 more errors\.$/);
  });

  test('nesting of any depth is refused in bounded time', async () => {
    const deep = `{"a":${'['.repeat(60_000)}${']'.repeat(60_000)}}`;
    for (const step of ['/generate-terraform', '/create-ansible-script']) {
      expect((await refused(step, deep)).detail).toContain('nested too deeply');
    }
  });

  test('any input returns a small response that is no error of the server', async () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.string({ maxLength: 2_000 }),
        fc.double(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 300 }),
        fc.dictionary(fc.string({ maxLength: 400 }), tie('any'), { maxKeys: 300 }),
      ),
    })).any;
    const member = fc.constantFrom(
      'cluster',
      'allow_list',
      'aws',
      'parameters',
      'labels',
      'name',
      'x',
    );
    const body = fc.dictionary(member, value);
    const url = fc.constantFrom(
      '/generate-terraform',
      '/create-ansible-script',
      '/api/v1/clusters',
    );
    await fc.assert(
      fc.asyncProperty(url, body, async (path, document) => {
        const response = await fake.post(path, document, { prefer: 'respond-async' });
        expect(response.statusCode).toBeLessThan(500);
        if (response.statusCode >= 400) expect(response.body.length).toBeLessThan(40_000);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a whole number in a query', () => {
  const id = '01a20b10-3c64-7d21-8d6e-0b1c2d3e4f02';
  const urls = [
    '/api/v1/clusters?limit=',
    '/api/v1/operations?limit=',
    '/api/v1/clusters/a/plans?limit=',
    '/api/v1/clusters/a/reports?limit=',
    '/api/v1/clusters/a/failovers?limit=',
    '/api/v1/clusters/a/events?after=',
    '/api/v1/events?after=',
    `/api/v1/webhooks/${id}/deliveries?limit=`,
    `/api/v1/operations/${id}/events?after=`,
  ];

  test('accepts only decimal digits, in every query', async () => {
    const { paths } = (await fake.app.inject('/openapi.json')).json();
    const described = Object.entries(paths).flatMap(([path, routes]) =>
      Object.values(routes as Record<string, { parameters?: QueryParameter[] }>)
        .flatMap(({ parameters = [] }) => parameters)
        .filter((one) => one.in === 'query' && one.schema.type === 'integer')
        .map(({ name }) => `${path.replace('{name}', 'a').replace('{id}', id)}?${name}=`),
    );
    expect(described.sort()).toEqual([...urls].sort());
    const digits = fc.constantFrom('16', '5', '1');
    const change = fc.constantFrom<(text: string) => string>(
      (text) => `0x${text}`,
      (text) => `0b${text}`,
      (text) => `0o${text}`,
      (text) => `${text}e1`,
      (text) => ` ${text}`,
      (text) => `${text}\n`,
      (text) => `+${text}`,
      (text) => `0${text}`,
      (text) => `${text}.0`,
      (text) => `${text}_0`,
      (text) => `${text}n`,
      (text) => text.replace(/./g, (digit) => String.fromCharCode(0x0660 + Number(digit))),
      () => '',
      () => '9'.repeat(16),
      () => 'Infinity',
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...urls), digits, change, async (url, text, wrong) => {
        const response = await fake.app.inject(url + encodeURIComponent(wrong(text)));
        expect(response.json()).toMatchObject({ code: 'INVALID_REQUEST', status: 400 });
        expect(response.json().detail).toMatch(/^(limit|after) must be a whole number/);
      }),
    );
    expect((await fake.app.inject('/api/v1/clusters?limit=16')).statusCode).toBe(200);
  });
});

interface QueryParameter {
  name: string;
  in: string;
  schema: { type?: string };
}
