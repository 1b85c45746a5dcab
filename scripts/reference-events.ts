/** The page of events, from the description of the API. */
import type { OpenAPIV3_1 } from 'openapi-types';
import { describe, fieldsOf, type Json, typeOf } from './schema-table.ts';

export function eventBlocks(document: OpenAPIV3_1.Document): string[] {
  const schemas = (document.components?.schemas ?? {}) as Record<string, Json>;
  const { mapping = {} } = schemas.OperationEvent?.discriminator ?? {};
  const variants = Object.entries(mapping).map(([type, reference]): [string, Json] => {
    const { properties = {} } = schemas[reference.split('/').at(-1) ?? ''] ?? {};
    return [type, properties.data as Json];
  });
  return [
    'The work of an operation is recorded as events. `GET /api/v1/operations/{id}/events` returns them as server-sent events: first the stored ones, then each new one, until the operation ends. An event never changes after it was stored.',
    'Each event has `operation_id`, `sequence` (from 1, without a gap), `attempt`, `at` (ISO 8601, UTC), `stage` and `position` (null for the whole operation), `type` and `data`. The type decides which members `data` has:',
    ...variants.map(([type, data]) => eventBlock(type, data)),
    'A later version can add types and optional members. A client ignores what it does not know.',
  ];
}

function eventBlock(type: string, data: Json): string {
  const rows = fieldsOf(data).map(
    ({ name, required, schema }) =>
      `| \`${name}\`${required ? '' : ' (optional)'} | ${typeOf(schema)} | ${describe(schema)} |`,
  );
  const table = ['| member | type | description |', '| --- | --- | --- |', ...rows];
  return [`## ${type}`, '', ...(rows.length > 0 ? table : ['No data.'])].join('\n');
}
