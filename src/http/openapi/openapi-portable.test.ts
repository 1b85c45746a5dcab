import { describe, expect, it } from 'vitest';
import { makePortable } from './openapi-portable.ts';

/** The schema of a document's only component, rewritten. */
function rewritten(schema: object): unknown {
  const document = { components: { schemas: { Example: { properties: { field: schema } } } } };
  makePortable(document);
  return document.components.schemas.Example.properties.field;
}

describe('makePortable', () => {
  it('joins constants into an enumeration', () => {
    const parts = [
      { type: 'number', const: 0 },
      { type: 'number', enum: [1] },
    ];
    expect(rewritten({ anyOf: parts })).toEqual({ type: 'integer', enum: [0, 1] });
  });

  it('converts a boolean constant to a boolean', () => {
    expect(rewritten({ type: 'boolean', const: true })).toEqual({ type: 'boolean' });
  });

  it('names the property that decides between variants, also if it is not `type`', () => {
    const variant = (name: string) => ({
      properties: {
        state: { type: 'string', enum: ['on'] },
        name: { type: 'string', enum: [name] },
      },
    });
    const schemas: Record<string, unknown> = {
      Both: { oneOf: [{ $ref: '#/components/schemas/A' }, { $ref: '#/components/schemas/B' }] },
      A: variant('a'),
      B: variant('b'),
    };
    makePortable({ components: { schemas } });
    expect(schemas.Both).toMatchObject({
      discriminator: {
        propertyName: 'name',
        mapping: { a: '#/components/schemas/A', b: '#/components/schemas/B' },
      },
    });
  });

  it('joins strings of several formats into a string', () => {
    const anyOf = [
      { type: 'string', format: 'cidrv4' },
      { type: 'string', format: 'cidrv6' },
    ];
    expect(rewritten({ anyOf })).toEqual({
      type: 'string',
      description: 'Format: cidrv4 or cidrv6.',
    });
  });

  it('names the value of a parameter, and keeps a nullable type', () => {
    const document = {
      components: {
        schemas: {
          Example: {
            additionalProperties: {
              anyOf: [{ type: 'string', maxLength: 9 }, { type: 'number' }, { type: 'boolean' }],
            },
          },
          Other: { type: ['string', 'null'] },
        } as Record<string, unknown>,
      },
    };
    makePortable(document);
    expect(document.components.schemas).toMatchObject({
      Example: { additionalProperties: { $ref: '#/components/schemas/ParameterValue' } },
      Other: { type: ['string', 'null'] },
      ParameterValue: {
        anyOf: [{ type: 'string', maxLength: 9 }, { type: 'number' }, { type: 'boolean' }],
      },
    });
    const nullable = ['string', 'number', 'boolean', 'null'];
    for (const union of [{ type: nullable }, { anyOf: nullable.map((type) => ({ type })) }]) {
      expect(rewritten(union)).toEqual({ not: { type: ['object', 'array'] } });
    }
  });

  it('moves the object default of a union into the description', () => {
    expect(
      rewritten({ oneOf: [{}], default: { mode: 'default' }, description: 'Network.' }),
    ).toEqual({
      oneOf: [{}],
      description: 'Network. Default: `{"mode":"default"}`.',
    });
    expect(rewritten({ type: 'object', default: {} })).toHaveProperty('default');
  });

  it('describes an event stream as text and keeps the schema of an event', () => {
    const content = { 'text/event-stream': { schema: { type: 'object' } } };
    const document = { paths: { '/events': { get: { responses: { 200: { content } } } } } };
    makePortable(document);
    expect(content['text/event-stream']).toEqual({
      schema: {
        type: 'string',
        examples: [expect.stringMatching(/^id: \d+\ndata: \{/)],
        contentMediaType: 'application/json',
        contentSchema: { type: 'object' },
      },
    });
  });
});
