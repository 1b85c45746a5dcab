import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Schema {
  $ref?: string;
  examples?: unknown[];
  properties?: Record<string, Schema>;
  items?: Schema;
  type?: string;
}
type Content = Record<string, { schema?: Schema; example?: unknown; examples?: object }>;
interface Route {
  operationId: string;
  requestBody?: { content: Content };
  responses: Record<string, { content?: Content }>;
}

const text = readFileSync(new URL('../../../openapi.json', import.meta.url), 'utf8');
const { paths, components } = JSON.parse(text) as {
  paths: Record<string, Record<string, Route>>;
  components: { schemas: Record<string, Schema> };
};
const routes = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(
    ([method, route]) => [`${method.toUpperCase()} ${path}`, route] as const,
  ),
);

/** A list has the example of its items. */
function hasExample(schema: Schema): boolean {
  const found = schema.$ref
    ? (components.schemas[schema.$ref.split('/').at(-1) ?? ''] as Schema)
    : schema;
  if ((found.examples ?? []).length > 0) return true;
  return Object.values(found.properties ?? {}).some(
    ({ items }) => items !== undefined && hasExample(items),
  );
}

describe('the description of the API', () => {
  it.each(routes)('%s has examples of its request and its response', (_name, route) => {
    const successes = Object.entries(route.responses).filter(([status]) => Number(status) < 400);
    const contents = [route.requestBody, ...successes.map(([, response]) => response)].flatMap(
      (part) => Object.values(part?.content ?? {}),
    );
    for (const { schema, example, examples } of contents) {
      const beside = example !== undefined || examples !== undefined;
      expect(beside || hasExample(schema ?? {})).toBe(true);
    }
  });

  it.each(routes)('%s names the codes of its errors', (_name, route) => {
    const refusals = Object.entries(route.responses).filter(
      ([status, { content }]) => Number(status) >= 400 && content?.['application/problem+json'],
    );
    expect(refusals.length).toBeGreaterThan(0);
    for (const [, refusal] of refusals) {
      expect((refusal as { description?: string }).description).toMatch(/`[A-Z_]+`: /);
    }
  });
});
