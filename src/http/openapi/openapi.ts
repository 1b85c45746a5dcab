import { readFileSync } from 'node:fs';
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
} from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { makePortable } from './openapi-portable.ts';

/** The API has the version of the product, so that each place shows the same version. */
const VERSION = productVersion();

function productVersion(): string {
  const path = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

type Override = { zodSchema: z.core.$ZodTypes; jsonSchema: Record<string, unknown> };

const zodToJsonConfig = {
  override({ zodSchema, jsonSchema }: Override) {
    const definition = zodSchema._zod.def;
    // Responses may gain members, so only a strict schema forbids others.
    if (definition.type === 'object' && definition.catchall === undefined) {
      delete jsonSchema.additionalProperties;
    }
    // The format already states this; the pattern would fill half a page.
    if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
    // Zod writes the bounds of a double's whole numbers if a schema has no bounds.
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    if (definition.type === 'undefined') jsonSchema.type = 'null';
  },
};

const objectTransform = createJsonSchemaTransformObject({ zodToJsonConfig });

interface Made {
  paths?: Record<string, Record<string, Route>>;
  components?: { schemas?: Record<string, Schema | undefined> };
}

interface Route {
  requestBody?: { required?: boolean; content: Content };
  responses?: Record<string, { description: string; content?: Content }>;
}

type Content = Record<string, { schema?: Schema }>;
type Schema = { $ref?: string; description?: string; required?: string[] };

/** Description by @fastify/swagger of a response whose schema has none or is a reference. */
const NO_DESCRIPTION = 'Default Response';

/** Options that convert the routes to the OpenAPI 3.1 document. */
export const openApiOptions: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Hathi',
      version: VERSION,
      description:
        'A control plane for PostgreSQL that verifies replication. Every error is a problem document (RFC 9457) with a code that `/errors/{code}` explains.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } as never,
    },
    servers: [{ url: 'http://localhost:5000' }],
    tags: [
      { name: 'clusters', description: 'Requested and observed state of clusters.' },
      { name: 'operations', description: 'Durable work on clusters, with events.' },
      { name: 'plans', description: 'Reviewed changes, each applied at most once.' },
      { name: 'reports', description: 'Results of verifications of replication.' },
      { name: 'observations', description: 'Events, failovers and history of clusters.' },
      { name: 'webhooks', description: 'Addresses that receive events of clusters.' },
      { name: 'steps', description: 'The steps to a replicated cluster, one request each.' },
      { name: 'server', description: 'The server itself.' },
    ],
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'Required if the server has a token.',
        },
      },
    },
    security: [{}, { token: [] }],
  },
  transform: createJsonSchemaTransform({ zodToJsonConfig }),
  transformObject(document) {
    const made = objectTransform(document) as Made;
    allowEmptyBodies(made);
    describeResponses(made);
    const cleaned = withoutInputTwins(made);
    makePortable(cleaned as never);
    return cleaned as never;
  },
};

/** A body is optional if all its members are optional. */
function allowEmptyBodies(document: Made): void {
  for (const { requestBody } of routesOf(document)) {
    const schema = requestBody?.content['application/json']?.schema;
    if (requestBody) requestBody.required = (schema?.required ?? []).length > 0;
  }
}

/** A response with a named schema gets the description of that schema. */
function describeResponses(document: Made): void {
  for (const response of routesOf(document).flatMap(({ responses }) =>
    Object.values(responses ?? {}),
  )) {
    if (response.description !== NO_DESCRIPTION) continue;
    const name = response.content?.['application/json']?.schema?.$ref?.split('/').at(-1);
    const described = document.components?.schemas?.[name ?? '']?.description;
    if (described !== undefined) response.description = described;
  }
}

function routesOf(document: Made): Route[] {
  return Object.values(document.paths ?? {}).flatMap((methods) => Object.values(methods));
}

/**
 * Each named schema is generated twice, once as `<name>Input`. Only responses have named schemas,
 * so the twins are dropped. A named schema in a request is rejected, because it would be lost here.
 */
function withoutInputTwins(document: Made): Made {
  const all = document.components?.schemas ?? {};
  const twins = Object.keys(all).filter(
    (name) => all[name.replace(/Input$/, '')] && /Input$/.test(name),
  );
  const kept = Object.keys(all)
    .filter((name) => !twins.includes(name))
    .sort();
  const schemas = Object.fromEntries(kept.map((name) => [name, all[name]]));
  const result = { ...document, components: { ...document.components, schemas } };
  const used = JSON.stringify(result);
  const wrong = twins.find((name) => used.includes(`#/components/schemas/${name}"`));
  if (wrong) throw new Error(`${wrong} is used in a request, where schemas have no name`);
  return result;
}
