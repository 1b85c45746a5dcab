/** The page of events, from the schemas by which they are stored and served. */
import { z } from 'zod';
import { EVENTS, type EventType } from '../src/core/operation/event.ts';

interface Schema {
  type?: string | string[];
  enum?: unknown[];
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
}

export function eventBlocks(): string[] {
  return [
    'The work of an operation is recorded as events. `GET /api/v1/operations/{id}/events` returns them as server-sent events: first the stored ones, then each new one, until the operation ends. An event never changes after it was stored.',
    'Each event has `operation_id`, `sequence` (from 1, without a gap), `attempt`, `at` (ISO 8601, UTC), `stage` and `position` (null for the whole operation), `type` and `data`. The type decides which members `data` has:',
    ...(Object.keys(EVENTS) as EventType[]).map(eventBlock),
    'A later version can add types and optional members. A client ignores what it does not know.',
  ];
}

function eventBlock(type: EventType): string {
  const { properties = {}, required = [] } = z.toJSONSchema(EVENTS[type]) as Schema;
  const rows = Object.entries(properties).map(([name, schema]) => {
    const optional = required.includes(name) ? '' : ' (optional)';
    return `| \`${name}\` | ${typeOf(schema)}${optional} | ${schema.description ?? ''} |`;
  });
  const table = ['| member | type | description |', '| --- | --- | --- |', ...rows];
  return [`## ${type}`, '', ...(rows.length > 0 ? table : ['No data.'])].join('\n');
}

function typeOf(schema: Schema): string {
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(' or ');
  if (schema.enum) return schema.enum.map((word) => `\`${word}\``).join(', ');
  if (schema.type === 'array') {
    const names = Object.keys(schema.items?.properties ?? {});
    return names.length > 0
      ? `array of objects with ${names.map((name) => `\`${name}\``).join(', ')}`
      : 'array';
  }
  const names = Object.keys(schema.properties ?? {});
  if (names.length > 0) return `object with ${names.map((name) => `\`${name}\``).join(', ')}`;
  return schema.type === undefined ? 'any' : [schema.type].flat().join(' or ');
}
