import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
} from 'fastify-type-provider-zod';
import type { z } from 'zod';

/** Version of the API, which is not the version of the program. */
const API_VERSION = '1.0.0';

type Override = { zodSchema: z.core.$ZodTypes; jsonSchema: Record<string, unknown> };

const zodToJsonConfig = {
  override({ zodSchema, jsonSchema }: Override) {
    const definition = zodSchema._zod.def;
    // Answers may gain members, so only a schema that says so itself forbids others.
    if (definition.type === 'object' && definition.catchall === undefined) {
      delete jsonSchema.additionalProperties;
    }
    if (definition.type === 'undefined') jsonSchema.type = 'null';
  },
};

const objectTransform = createJsonSchemaTransformObject({ zodToJsonConfig });

type Schemas = Record<string, unknown>;

/** How the routes become the OpenAPI 3.1 document. */
export const openApiOptions: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Hathi',
      version: API_VERSION,
      description:
        'A control plane for PostgreSQL that proves replication. Every error is a problem document (RFC 9457) with a code that `/errors/{code}` explains.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } as never,
    },
    servers: [{ url: 'http://localhost:5000' }],
    tags: [
      { name: 'steps', description: 'The path to a replicated cluster, one request a step.' },
      { name: 'clusters', description: 'What was asked for and what was seen.' },
      { name: 'operations', description: 'Work that goes on, whoever listens.' },
      { name: 'server', description: 'The server itself.' },
    ],
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'Needed where the server was given a token.',
        },
      },
    },
    security: [{}, { token: [] }],
  },
  transform: createJsonSchemaTransform({ zodToJsonConfig }),
  transformObject(document) {
    const made = objectTransform(document) as { components?: { schemas?: Schemas } };
    return withoutInputTwins(made) as never;
  },
};

/**
 * Each named schema comes out twice, once as `<name>Input`. Here a name means one schema, so the twin
 * that nothing refers to is dropped; a name used both ways must mean the same both ways.
 */
function withoutInputTwins<D extends { components?: { schemas?: Schemas } }>(document: D): D {
  const schemas = document.components?.schemas ?? {};
  const kept: Schemas = {};
  const text = JSON.stringify(document);
  for (const name of Object.keys(schemas).sort()) {
    if (name.endsWith('Input') && schemas[name.slice(0, -'Input'.length)] !== undefined) continue;
    kept[name] = schemas[name];
  }
  const renamed = text.replaceAll(/(#\/components\/schemas\/\w+?)Input"/g, '$1"');
  const result = JSON.parse(renamed) as D;
  const names = Object.keys(kept);
  const all = result.components?.schemas ?? {};
  if (result.components) {
    result.components.schemas = Object.fromEntries(names.map((name) => [name, all[name]]));
  }
  return result;
}
