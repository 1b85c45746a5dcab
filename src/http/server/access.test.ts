import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type FakeApp, fakeApp } from '../../../test/support/fake-app.ts';
import type { AccessSettings } from './access.ts';

const TOKEN = 'a-token-that-only-tests-know';

let fake: FakeApp | null = null;
afterEach(async () => {
  await fake?.app.close();
  fake = null;
});

async function send(
  headers: Record<string, string>,
  { config = {}, method = 'GET', url = '/api/v1/clusters' }: AccessRequest = {},
) {
  fake = await fakeApp(config);
  return fake.app.inject({ method, url, headers: { host: 'localhost:5000', ...headers } });
}

interface AccessRequest {
  config?: Partial<AccessSettings>;
  method?: 'GET' | 'POST';
  url?: string;
}

describe('the name of the server in a request', () => {
  test.each(['localhost', 'localhost:5000', 'LOCALHOST:5000', '127.0.0.1:5000', '[::1]:5000'])(
    '%s is its own',
    async (host) => {
      expect((await send({ host })).statusCode).toBe(200);
    },
  );

  test.each([
    'attacker.example',
    'attacker.example:5000',
    'localhost.attacker.example',
    '127.0.0.1.nip.example:5000',
    'localhost:5000@attacker.example',
    '192.168.0.7:5000',
  ])('%j is not, as a rebound name would not be', async (host) => {
    const response = await send({ host });
    expect(response.json()).toMatchObject({ code: 'FORBIDDEN_HOST', status: 403 });
  });

  test('may be configured', async () => {
    const config = { allowedHosts: ['Hathi.internal'] };
    expect((await send({ host: 'hathi.internal:8080' }, { config })).statusCode).toBe(200);
    await fake?.app.close();
    expect((await send({ host: 'other.internal' }, { config })).statusCode).toBe(403);
  });

  test('is checked for paths that do not exist, too', async () => {
    const response = await send({ host: 'attacker.example' }, { url: '/nothing' });
    expect(response.json().code).toBe('FORBIDDEN_HOST');
  });
});

describe('a web page', () => {
  test.each([
    [{ origin: 'http://attacker.example' }],
    [{ origin: 'http://localhost:3000' }],
    [{ origin: 'null' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ origin: 'http://localhost:5000', 'sec-fetch-site': 'cross-site' }],
  ])('of elsewhere (%j) may neither read nor change', async (headers) => {
    for (const method of ['GET', 'POST'] as const) {
      const url = method === 'GET' ? '/api/v1/clusters' : '/apply-terraform';
      const response = await send(headers, { method, url });
      expect(response.json()).toMatchObject({ code: 'FORBIDDEN_ORIGIN', status: 403 });
      expect(response.headers['access-control-allow-origin']).toBeUndefined();
      expect(fake?.operations.submissions).toEqual([]);
      await fake?.app.close();
    }
  });

  test.each([
    [{ origin: 'http://localhost:5000', 'sec-fetch-site': 'same-origin' }],
    [{ 'sec-fetch-site': 'none' }],
  ])('of its own (%j) may', async (headers) => {
    expect((await send(headers)).statusCode).toBe(200);
  });

  test.each([
    [{ origin: 'https://localhost:5000' }, 403],
    [{ origin: 'ftp://localhost:5000' }, 403],
    [{ origin: 'http://localhost:5000', 'x-forwarded-proto': 'https' }, 403],
    [{ origin: 'https://localhost:5000', 'x-forwarded-proto': 'https' }, 200],
    [
      { origin: 'https://LOCALHOST', host: 'localhost:443', 'x-forwarded-proto': 'HTTPS, http' },
      200,
    ],
    [{ origin: 'http://localhost', host: 'localhost:80' }, 200],
    [{ origin: 'http://localhost', host: 'localhost:5000' }, 403],
  ])('is of its own only with the scheme and port of the request: %j', async (headers, status) => {
    expect((await send(headers)).statusCode).toBe(status);
  });

  test('may contain a link that is followed, but not a form that is sent', async () => {
    const followed = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    expect((await send(followed)).statusCode).toBe(200);
    await fake?.app.close();
    const form = { ...followed, origin: 'http://attacker.example' };
    const response = await send(form, { method: 'POST', url: '/apply-terraform' });
    expect(response.json().code).toBe('FORBIDDEN_ORIGIN');
  });
});

describe('a configured token', () => {
  const config = { token: TOKEN };

  test('is required from every caller', async () => {
    for (const headers of [{}, { authorization: `Basic ${TOKEN}` }, { authorization: 'Bearer ' }]) {
      const response = await send(headers, { config });
      expect(response.json()).toMatchObject({ code: 'UNAUTHORIZED', status: 401 });
      expect(response.headers['www-authenticate']).toBe('Bearer');
      await fake?.app.close();
    }
  });

  test.each([`${TOKEN}x`, TOKEN.slice(1), TOKEN.toUpperCase()])(
    'must be equal: not %s',
    async (given) => {
      const response = await send({ authorization: `Bearer ${given}` }, { config });
      expect(response.json().code).toBe('UNAUTHORIZED');
      expect(response.body).not.toContain(TOKEN);
    },
  );

  test('gives access by any name of the server', async () => {
    const headers = { host: '192.168.0.7:5000', authorization: `bearer ${TOKEN}` };
    expect((await send(headers, { config })).statusCode).toBe(200);
  });

  test('does not give access to a page of another origin', async () => {
    const headers = { origin: 'http://attacker.example', authorization: `Bearer ${TOKEN}` };
    expect((await send(headers, { config })).statusCode).toBe(403);
  });

  test.each(['/health', '/ready'])('is not required at %s, for supervisors', async (url) => {
    expect((await send({}, { config, url })).statusCode).toBe(200);
  });

  test.each(['/health/../api/v1/clusters', '//health', '/health/x'])('is at %s', async (url) => {
    expect((await send({}, { config, url })).statusCode).toBe(401);
  });
});

describe('without a token, another user of the machine', () => {
  const callers = (isOwner: boolean) => {
    const checked: unknown[] = [];
    return {
      checked,
      localCallers: {
        isOwner: async (connection: unknown) => checked.push(connection) > 0 && isOwner,
      },
    };
  };
  const url = '/api/v1/clusters';
  const headers = { host: 'localhost' };

  test.each(['/api/v1/clusters', '/api/v1/operations', '/metrics', '/nothing'])(
    'is rejected at %s',
    async (path) => {
      fake = await fakeApp({}, callers(false));
      const response = await fake.app.inject({ url: path, headers });
      expect(response.json()).toMatchObject({ code: 'UNAUTHORIZED', status: 401 });
      expect(response.json().detail).toContain('HATHI_TOKEN');
    },
  );

  test.each(['/health', '/ready', '/docs', '/openapi.json'])('may use %s', async (path) => {
    fake = await fakeApp({}, callers(false));
    expect((await fake.app.inject({ url: path, headers })).statusCode).toBe(200);
  });

  test('is recognized once per connection', async () => {
    const { checked, localCallers } = callers(true);
    fake = await fakeApp({}, { localCallers });
    await fake.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = fake.app.server.address() as AddressInfo;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const get = () =>
      new Promise((resolve, reject) => {
        const options = { agent, path: url, port, host: '127.0.0.1' };
        request(options, (response) =>
          response.resume().on('end', () => resolve(response.statusCode)),
        )
          .on('error', reject)
          .end();
      });
    expect([await get(), await get(), await get()]).toEqual([200, 200, 200]);
    agent.destroy();
    expect(checked).toMatchObject([
      { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1', localPort: port },
    ]);
  });

  test('is not checked if a token is configured', async () => {
    const { checked, localCallers } = callers(false);
    fake = await fakeApp({ token: TOKEN }, { localCallers });
    const authorization = `Bearer ${TOKEN}`;
    const response = await fake.app.inject({ url, headers: { ...headers, authorization } });
    expect(response.statusCode).toBe(200);
    expect(checked).toEqual([]);
  });
});
