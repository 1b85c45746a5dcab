import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SETTINGS } from '../src/config.ts';
import { CLUSTER_EVENTS } from '../src/core/observation/cluster-event.ts';
import { EVENTS } from '../src/core/operation/event.ts';
import { STEPS } from '../src/core/operation/steps.ts';
import { PROBLEM_CODES } from '../src/http/errors/http-error.ts';
import { STATUS_OF } from '../src/http/errors/problem.ts';
import { staleFiles } from './keep-files.ts';
import { openApiDocument, openApiFiles } from './openapi.ts';
import { referenceFiles } from './reference.ts';

function page(name: string): string {
  return readFileSync(join(import.meta.dirname, '../docs/reference', name), 'utf8');
}

test('what is committed is what would be written now', async () => {
  expect(await staleFiles(await openApiFiles())).toEqual([]);
  expect(await staleFiles(await referenceFiles())).toEqual([]);
});

test('the page of errors has every code, with its status, and no other', () => {
  const entries = [...page('errors.md').matchAll(/^## (\w+)$[^#]*?\*\*Status\*\*: (\d+)$/gm)];
  const onPage = Object.fromEntries(entries.map(([, code, status]) => [code, Number(status)]));
  expect(onPage).toEqual(STATUS_OF);
  for (const sentence of Object.values(PROBLEM_CODES))
    expect(page('errors.md')).toContain(sentence);
});

test('the page of configuration has every variable that is read, and no other', () => {
  const onPage = [...page('configuration.md').matchAll(/^\| `([A-Z_]+)` \|/gm)].map(
    ([, name]) => name,
  );
  expect(onPage.sort()).toEqual(Object.keys(SETTINGS).sort());
  const source = ['config.ts', 'targets/aws/configuration.ts']
    .map((file) => readFileSync(join(import.meta.dirname, '../src', file), 'utf8'))
    .join('');
  const read = new Set(source.match(/\b(?:HATHI_[A-Z_]+[A-Z]|DATABASE_URL)\b/g));
  read.delete('HATHI_URL'); // Known there, read by the command line, and on its page.
  expect([...read].sort()).toEqual(Object.keys(SETTINGS).sort());
});

test('the page of events has every type of event, and no other', () => {
  const types = [...page('events.md').matchAll(/^### (.+)$/gm)].map(([, type]) => type);
  expect(types).toEqual([...Object.keys(EVENTS), ...Object.keys(CLUSTER_EVENTS)]);
});

test('the page of the API has every parameter and every field, with its type', async () => {
  const { paths = {} } = await openApiDocument();
  const sections = new Map(
    page('api.md')
      .split(/^### /m)
      .slice(1)
      .map((section) => [section.split('\n', 1)[0] ?? '', section]),
  );
  let rows = 0;
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, route] of Object.entries(item ?? {})) {
      const { parameters = [], requestBody } = route as {
        parameters?: { name: string }[];
        requestBody?: { content: Record<string, { schema: { properties?: object } }> };
      };
      const fields = requestBody?.content['application/json']?.schema.properties ?? {};
      const section = sections.get(`${method.toUpperCase()} ${path}`) ?? '';
      for (const name of [...parameters.map((each) => each.name), ...Object.keys(fields)]) {
        expect(section).toMatch(
          new RegExp(
            `^\\| \`${name}\`( \\(required\\))? \\| [^|]*(string|integer|boolean|object|array)`,
            'm',
          ),
        );
        rows += 1;
      }
    }
  }
  expect(rows).toBeGreaterThan(50);
  expect(sections.get('POST /api/v1/clusters')).toContain('| `deletion_protection` | boolean |');
  expect(sections.get('POST /api/v1/clusters')).toContain('| `aws.data_volume.size_gib`');
});

describe('the OpenAPI document', () => {
  test('describes every answer of every route, errors included', async () => {
    const { paths = {} } = await openApiDocument();
    const routes = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item ?? {}).map(([method, route]) => ({ name: `${method} ${path}`, route })),
    );
    expect(routes.length).toBeGreaterThan(STEPS.length);
    const ids = routes.map(({ route }) => (route as { operationId?: string }).operationId);
    expect(new Set(ids).size).toBe(routes.length);
    for (const { name, route } of routes) {
      const { responses, summary } = route as {
        responses: Record<string, { description?: string; content?: object }>;
        summary?: string;
      };
      expect(summary, name).toBeTruthy();
      expect(Object.keys(responses), name).toEqual(expect.arrayContaining(['401', '403', '500']));
      for (const [status, { description, content }] of Object.entries(responses)) {
        expect(description, `${name} ${status}`).toBeTruthy();
        if (Number(status) < 400 || (name === 'get /ready' && status === '503')) continue;
        expect(Object.keys(content ?? {}), `${name} ${status}`).toEqual([
          'application/problem+json',
        ]);
      }
    }
  });

  test('names each schema once, and refers to none that is not there', async () => {
    const document = await openApiDocument();
    const names = Object.keys(document.components?.schemas ?? {});
    expect(names.filter((name) => name.endsWith('Input'))).toEqual([]);
    const text = JSON.stringify(document);
    const used = new Set(
      [...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name),
    );
    expect([...used].filter((name) => !names.includes(String(name)))).toEqual([]);
  });

  test('lets a body be left out where nothing in it is needed', async () => {
    const { paths = {} } = await openApiDocument();
    const needed = STEPS.map((step) => {
      const body = paths[`/${step}`]?.post?.requestBody as { required?: boolean } | undefined;
      return [step, body?.required];
    });
    expect(Object.fromEntries(needed)).toEqual(
      Object.fromEntries(STEPS.map((step) => [step, step === 'destroy-terraform'])),
    );
  });
});
