import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeApp, fakeApp } from '../../../test/support/fake-app.ts';

const TOKEN = 'a-token-for-this-test-alone';
let fake: FakeApp;

beforeAll(async () => {
  fake = await fakeApp();
});
afterAll(() => fake.app.close());

/** References of a page in `src` and `href`, and of a style sheet in `url(…)`. */
function referencesOf(text: string): string[] {
  const named = [...text.matchAll(/(?:src|href)="([^"]+)"/g), ...text.matchAll(/url\(([^)]+)\)/g)];
  return named.map(([, reference]) => String(reference).replace(/^["']|["']$/g, ''));
}

describe('the reference page', () => {
  it.each(['/docs', '/docs/'])('%s and all its references come from this server', async (page) => {
    const response = await fake.app.inject(page);
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toContain('text/html');
    const references = referencesOf(response.body);
    expect(references.length).toBeGreaterThan(4);
    for (const reference of references) {
      const url = new URL(reference, `http://localhost${page}`);
      expect(url.host).toBe('localhost');
      const asset = await fake.app.inject(url.pathname);
      expect(asset.statusCode, url.pathname).toBe(200);
      if (!url.pathname.endsWith('.css')) continue;
      for (const inner of referencesOf(asset.body)) expect(inner).toMatch(/^(data:|#)/);
    }
  });

  it('shows the description that /openapi.json serves', async () => {
    const [shown, served] = await Promise.all([
      fake.app.inject('/docs/json'),
      fake.app.inject('/openapi.json'),
    ]);
    expect(shown.json()).toEqual({ ...served.json(), servers: [{ url: '/' }] });
    const requested = await fake.app.inject({
      url: '/openapi.json',
      headers: { host: 'localhost:5055' },
    });
    expect(requested.json().servers).toEqual([{ url: 'http://localhost:5055' }]);
    expect(Object.keys(served.json().paths)).not.toContain('/docs');
  });

  it('forbids scripts of other origins, inline scripts, and requests to other origins', async () => {
    const policy = (await fake.app.inject('/docs')).headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toMatch(/https?:/);
  });

  it('does not send the description to an external validator', async () => {
    const { body } = await fake.app.inject('/docs/static/swagger-initializer.js');
    expect(body).toContain('validatorUrl: null');
  });

  it.each(['/docs', '/docs/', '/docs/static/swagger-ui-bundle.js', '/docs/json', '/openapi.json'])(
    '%s needs no token, and is not for pages of others',
    async (url) => {
      const foreign = await fake.app.inject({ url, headers: { host: 'rebound.example' } });
      expect(foreign.statusCode).toBe(403);
      const guarded = await fakeApp({ token: TOKEN });
      expect((await guarded.app.inject(url)).statusCode).toBe(200);
      await guarded.app.close();
    },
  );

  it('lists clusters before steps, and has a field for a token', async () => {
    const { tags, components } = (await fake.app.inject('/docs/json')).json();
    const names = tags.map(({ name }: { name: string }) => name);
    expect(names.indexOf('clusters')).toBeLessThan(names.indexOf('steps'));
    expect(components.securitySchemes.token).toMatchObject({ type: 'http', scheme: 'bearer' });
  });

  it('serves no file from outside its folder', async () => {
    const response = await fake.app.inject('/docs/static/..%2f..%2fpackage.json');
    expect(response.statusCode).toBeGreaterThanOrEqual(400);
    expect(response.statusCode).toBeLessThan(500);
  });
});
