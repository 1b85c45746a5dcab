/**
 * Compares responses with openapi.json, as any client would, and counts the requests, for
 * scripts/test/api-coverage.ts.
 */
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';

const repository = join(import.meta.dirname, '../..');
const requested = join(repository, '.tools/results/requested');
const DOCUMENT = 'openapi.json';

interface Route {
  operationId: string;
  responses: Record<string, { content?: Record<string, { schema?: object }> }>;
}

/** A response of a server, from any kind of request. */
export interface Asked {
  method: string;
  /** With or without its query. */
  url: string;
  status: number;
  contentType: string | undefined;
  text: string;
}

const document = JSON.parse(readFileSync(join(repository, DOCUMENT), 'utf8')) as {
  paths: Record<string, Record<string, Route>>;
};
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
// Networks, of which JSON Schema has no format; the server has compared them itself.
for (const format of ['cidrv4', 'cidrv6']) ajv.addFormat(format, true);
ajv.addSchema(document, DOCUMENT);

/** Fixed paths before those with parameters. */
const paths = Object.keys(document.paths)
  .map((template) => ({
    template,
    pattern: new RegExp(`^${template.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
  }))
  .sort((a, b) => a.template.split('{').length - b.template.split('{').length);
const validators = new Map<string, ValidateFunction>();

/**
 * @throws Error with the differences between the response and its description
 * Paths outside the description (the page, the metrics, what is not served) are left alone.
 */
export function assertDescribed(asked: Asked): void {
  const path = asked.url.split('?', 1)[0] ?? '';
  const template = paths.find(({ pattern }) => pattern.test(path))?.template;
  const route = template && document.paths[template]?.[asked.method.toLowerCase()];
  if (!template || !route) return;
  const where = `${asked.method} ${path} answered ${asked.status}`;
  const answer = route.responses[asked.status];
  if (!answer) throw new Error(`${where}, which openapi.json does not name: ${asked.text}`);
  account(route.operationId, asked.status);
  const type = asked.contentType?.split(';')[0] ?? '';
  if (!answer.content) {
    if (asked.text !== '') throw new Error(`${where} with a body, which openapi.json has not`);
    return;
  }
  if (!answer.content[type]) throw new Error(`${where} as ${type}, not as described`);
  const method = asked.method.toLowerCase();
  const pointer = ['paths', template, method, 'responses', String(asked.status), 'content', type];
  // A stream is text; `contentSchema` is the schema of an event in it.
  const validate = validatorAt([
    ...pointer,
    'schema',
    ...(type === EVENT_STREAM ? ['contentSchema'] : []),
  ]);
  for (const value of valuesIn(type, asked.text)) {
    if (validate(value)) continue;
    throw new Error(`${where} otherwise than described: ${ajv.errorsText(validate.errors)}`);
  }
}

/** The values that a body contains: JSON, the data of each frame of a stream, or text. */
function valuesIn(type: string, text: string): unknown[] {
  if (type.endsWith('json')) return [JSON.parse(text)];
  if (type !== EVENT_STREAM) return [text];
  const data = text.split('\n').filter((line) => line.startsWith('data:'));
  return data.map((line) => JSON.parse(line.slice('data:'.length)));
}

function validatorAt(pointer: string[]): ValidateFunction {
  const escaped = pointer.map((part) =>
    encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')),
  );
  const $ref = `${DOCUMENT}#/${escaped.join('/')}`;
  const validate = validators.get($ref) ?? ajv.compile({ $ref });
  validators.set($ref, validate);
  return validate;
}

const EVENT_STREAM = 'text/event-stream';
const accounted = new Set<string>();

/** One line for each kind of response, in a file of this process. */
function account(operationId: string, status: number): void {
  const line = `${operationId} ${status}\n`;
  if (accounted.has(line)) return;
  accounted.add(line);
  mkdirSync(requested, { recursive: true });
  appendFileSync(join(requested, `${process.pid}.txt`), line);
}

/** The same app; every injected response is compared. */
export function described(app: FastifyInstance): FastifyInstance {
  const inject = app.inject.bind(app) as (request: unknown) => Promise<LightMyRequestResponse>;
  app.inject = (async (request: string | { method?: string; url?: string; path?: string }) => {
    const answer = await inject(request);
    const asked = typeof request === 'string' ? { url: request } : request;
    const url = String(asked.url ?? ('path' in asked ? asked.path : ''));
    assertDescribed({
      method: ('method' in asked && asked.method) || 'GET',
      url,
      status: answer.statusCode,
      contentType: answer.headers['content-type']?.toString(),
      text: answer.body,
    });
    return answer;
  }) as never;
  return app;
}

/** `fetch`; the response is read to its end and compared. */
export async function fetchDescribed(
  url: string,
  request: RequestInit = {},
): Promise<{ status: number; headers: Headers; text: string }> {
  const answer = await fetch(url, request);
  const text = await answer.text();
  assertDescribed({
    method: request.method ?? 'GET',
    url: new URL(url).pathname,
    status: answer.status,
    contentType: answer.headers.get('content-type') ?? undefined,
    text,
  });
  return { status: answer.status, headers: answer.headers, text };
}
