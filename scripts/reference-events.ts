/** The page of events, from the description of the API. */
import type { OpenAPIV3_1 } from 'openapi-types';
import { describe, fieldsOf, type Json, typeOf } from './schema-table.ts';

export function eventBlocks(document: OpenAPIV3_1.Document): string[] {
  return [
    '## Events of operations',
    'The work of an operation is recorded as events. `GET /api/v1/operations/{id}/events` returns them as server-sent events: first the stored ones, then each new one, until the operation ends. An event never changes after it was stored.',
    'Each event has `operation_id`, `sequence` (from 1, without a gap), `attempt`, `at` (ISO 8601, UTC), `stage` and `position` (null for the whole operation), `type` and `data`. The type decides which members `data` has:',
    ...variantsOf(document, 'OperationEvent'),
    '## Events of clusters',
    'Changes of conditions and roles are events of the cluster. `GET /api/v1/clusters/{name}/events` and `GET /api/v1/events` return them as server-sent events, and [webhooks](../how-to/receive-webhooks.md) receive them.',
    'Each event has `sequence` (increases over all clusters), `cluster`, `at` (ISO 8601, UTC), `type` and `data`:',
    ...variantsOf(document, 'ClusterEvent'),
    'A later version can add types and optional members. A client ignores those that it does not support.',
  ];
}

/** One block for each type of event. */
function variantsOf(document: OpenAPIV3_1.Document, union: string): string[] {
  const schemas = (document.components?.schemas ?? {}) as Record<string, Json>;
  const { mapping = {} } = schemas[union]?.discriminator ?? {};
  return Object.entries(mapping).map(([type, reference]) => {
    const { properties = {} } = schemas[reference.split('/').at(-1) ?? ''] ?? {};
    return eventBlock(type, properties.data as Json);
  });
}

function eventBlock(type: string, data: Json): string {
  const rows = fieldsOf(data).map(
    ({ name, required, schema }) =>
      `| \`${name}\`${required ? '' : ' (optional)'} | ${typeOf(schema)} | ${describe(schema)} |`,
  );
  const table = ['| member | type | description |', '| --- | --- | --- |', ...rows];
  return [`### ${type}`, '', ...(rows.length > 0 ? table : ['No data.'])].join('\n');
}
