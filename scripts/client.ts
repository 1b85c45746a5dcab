/** Writes the generated part of the typed client; `--check` compares it with openapi.json. */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { OpenAPIV3_1 } from 'openapi-types';
import { keepFiles } from './keep-files.ts';
import { openApiDocument } from './openapi.ts';

/** A tool of the client's own, for a compiler of another major version than the repository's. */
interface TypesOfOpenApi {
  default(document: object, options: { alphabetize: boolean }): Promise<unknown>;
  astToString(ast: unknown): string;
}

const NOTE =
  '// Written by scripts/client.ts from openapi.json; change the routes, not this file.\n';
const FOLDER = 'clients/typescript/src/generated';

async function clientFiles(): Promise<Map<string, string>> {
  const document = await openApiDocument();
  const require = createRequire(join(import.meta.dirname, '../clients/typescript/package.json'));
  const tool: TypesOfOpenApi = require('openapi-typescript');
  const types = tool.astToString(await tool.default(document, { alphabetize: true }));
  return new Map([
    [`${FOLDER}/schema.ts`, `${NOTE}\n${types}`],
    [`${FOLDER}/routes.ts`, `${NOTE}\n${routesOf(document)}`],
    [`${FOLDER}/values.ts`, `${NOTE}\n${valuesOf(document)}`],
  ]);
}

/** The values that a request accepts, for clients that offer them to a person. */
function valuesOf(document: OpenAPIV3_1.Document): string {
  const body = document.paths?.['/api/v1/clusters']?.post
    ?.requestBody as OpenAPIV3_1.RequestBodyObject;
  const cluster = body.content['application/json']?.schema as OpenAPIV3_1.SchemaObject;
  const schemaAt = (path: string): OpenAPIV3_1.SchemaObject =>
    path
      .split('.')
      .reduce((schema, name) => schema.properties?.[name] as OpenAPIV3_1.SchemaObject, cluster);
  const words = (path: string) =>
    `[${schemaAt(path)
      .enum?.map((word) => `'${word}'`)
      .join(', ')}]`;
  return [
    '/** Values of members of the body of createCluster. */',
    'export const CLUSTER_VALUES = {',
    `  target: ${words('target')},`,
    `  postgres_version: ${words('postgres_version')},`,
    `  failover_profile: ${words('failover_profile')},`,
    `  connection: ${words('aws.connection')},`,
    `  max_replica_count: ${schemaAt('replica_count').maximum},`,
    '} as const;',
    '',
  ].join('\n');
}

/** Method and path of each operation, and which of its parameters belong where. */
function routesOf(document: OpenAPIV3_1.Document): string {
  const routes = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item ?? {}).map(([method, route]) => {
      const { operationId, parameters = [] } = route as OpenAPIV3_1.OperationObject;
      const query = (parameters as OpenAPIV3_1.ParameterObject[])
        .filter((parameter) => parameter.in === 'query')
        .map(({ name }) => name);
      return { operationId: String(operationId), method: method.toUpperCase(), path, query };
    }),
  );
  const lines = routes
    .sort((a, b) => (a.operationId < b.operationId ? -1 : 1))
    .map(
      ({ operationId, method, path, query }) =>
        `  ${operationId}: { method: '${method}', path: '${path}', query: ${JSON.stringify(query).replaceAll('"', "'").replaceAll(',', ', ')} },`,
    );
  return [
    "import type { operations } from './schema.ts';",
    '',
    'export const ROUTES = {',
    ...lines,
    '} as const satisfies Record<',
    '  keyof operations,',
    '  { method: string; path: string; query: readonly string[] }',
    '>;',
    '',
  ].join('\n');
}

if (import.meta.main) await keepFiles(import.meta.filename, await clientFiles());
