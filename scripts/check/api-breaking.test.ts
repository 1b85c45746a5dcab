import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { breakingChanges, type Description, judge } from './api-breaking.ts';

/** A small API with one of everything that can break. */
function anApi() {
  return {
    openapi: '3.1.0',
    info: { title: 'Boxes', version: '1.2.0' },
    paths: {
      '/boxes': {
        get: {
          operationId: 'listBoxes',
          responses: { 200: answer({ type: 'array', items: { $ref: BOX } }) },
        },
        post: {
          operationId: 'createBox',
          requestBody: {
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  properties: {
                    name: { type: 'string' },
                    size: { type: 'integer', minimum: 1, maximum: 9 },
                    colour: { type: 'string', enum: ['red', 'blue'] },
                  } as Record<string, object>,
                  required: ['name'],
                  additionalProperties: false,
                },
              },
            },
          },
          responses: { 201: answer({ $ref: BOX }) },
        },
      },
      '/boxes/{name}': {
        get: {
          operationId: 'getBox',
          parameters: [{ name: 'name', in: 'path', required: true, schema: { type: 'string' } }],
          responses: { 200: answer({ $ref: BOX }) },
        },
      },
    },
    components: {
      schemas: {
        Box: {
          type: 'object',
          properties: {
            name: { type: 'string' },
            size: { type: 'integer' },
            state: { type: 'string', enum: ['open', 'shut'] },
          } as Record<string, object>,
          required: ['name', 'size', 'state'],
        },
      },
    },
  };
}
const BOX = '#/components/schemas/Box';
const answer = (schema: object) => ({
  description: 'It.',
  content: { 'application/json': { schema } },
});

type Api = ReturnType<typeof anApi>;
const bodyOf = (api: Api) =>
  api.paths['/boxes'].post.requestBody.content['application/json'].schema;
const box = (api: Api) => api.components.schemas.Box;

function changed(change: (api: Api) => void): string[] {
  const after = anApi();
  change(after);
  return breakingChanges(anApi() as unknown as Description, after as unknown as Description);
}

const BREAKS: Record<string, (api: Api) => void> = {
  'a path is gone': (api) => Reflect.deleteProperty(api.paths, '/boxes/{name}'),
  'a method is gone': (api) => Reflect.deleteProperty(api.paths['/boxes'], 'post'),
  'an operationId is another': (api) => {
    api.paths['/boxes'].get.operationId = 'boxes';
  },
  'a member that callers send is gone': (api) => delete bodyOf(api).properties.colour,
  'a member that callers leave out is required': (api) => bodyOf(api).required.push('size'),
  'a range that callers use is narrower': (api) => {
    bodyOf(api).properties.size = { type: 'integer', minimum: 1, maximum: 5 };
  },
  'a value that callers send is gone': (api) => {
    bodyOf(api).properties.colour = { type: 'string', enum: ['red'] };
  },
  'a member that callers send has another type': (api) => {
    bodyOf(api).properties.size = { type: 'string' };
  },
  'a member of an answer is gone': (api) => {
    delete box(api).properties.size;
    box(api).required = ['name', 'state'];
  },
  'a member of an answer may be missing': (api) => {
    box(api).required = ['name', 'size'];
  },
  'a member of an answer has another type': (api) => {
    box(api).properties.size = { type: 'string' };
  },
  'a member of an answer may be null': (api) => {
    box(api).properties.name = { anyOf: [{ type: 'string' }, { type: 'null' }] };
  },
  'an answer is gone': (api) => Reflect.deleteProperty(api.paths['/boxes'].post.responses, '201'),
  'a query parameter is required': (api) => {
    Object.assign(api.paths['/boxes'].get, {
      parameters: [{ name: 'colour', in: 'query', required: true, schema: { type: 'string' } }],
    });
  },
};

const FITS: Record<string, (api: Api) => void> = {
  'nothing changed': () => {},
  'a path is new': (api) => Object.assign(api.paths, { '/lids': api.paths['/boxes'] }),
  'callers may send another member': (api) => {
    bodyOf(api).properties.weight = { type: 'number' };
  },
  'a range that callers use is wider': (api) => {
    bodyOf(api).properties.size = { type: 'integer', minimum: 1, maximum: 20 };
  },
  'an answer has another member': (api) => {
    box(api).properties.weight = { type: 'number' };
    box(api).required.push('weight');
  },
  'an enumeration of an answer has grown': (api) => {
    box(api).properties.state = { type: 'string', enum: ['open', 'shut', 'lost'] };
  },
  'a query parameter may be given': (api) => {
    Object.assign(api.paths['/boxes'].get, {
      parameters: [{ name: 'colour', in: 'query', schema: { type: 'string' } }],
    });
  },
};

describe('breakingChanges', () => {
  it.each(Object.entries(BREAKS))('names it when %s', (_what, change) => {
    expect(changed(change)).not.toEqual([]);
  });

  it.each(Object.entries(FITS))('is content when %s', (_what, change) => {
    expect(changed(change)).toEqual([]);
  });

  it('is content with any change under a new major version', () => {
    const found = changed((api) => {
      api.info.version = '2.0.0';
      Reflect.deleteProperty(api.paths, '/boxes');
    });
    expect(found).toEqual([]);
  });
});

describe('the comparison with the last release', () => {
  let root: string;
  const run = (...args: string[]) =>
    execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args]);
  const write = (api: object) => writeFileSync(join(root, 'openapi.json'), JSON.stringify(api));

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'hathi-release-'));
    run('init', '--quiet');
    write(anApi());
    run('add', '.');
    run('-c', 'core.hooksPath=/dev/null', 'commit', '--quiet', '-m', 'First');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('passes and says loudly that there is no release', () => {
    const { code, say } = judge(root);
    expect(code).toBe(0);
    expect(say).toContain('NOTHING IS RELEASED YET');
  });

  it('passes without a word when nothing broke', () => {
    run('tag', 'v1.2.0');
    expect(judge(root)).toEqual({ code: 0, say: '' });
  });

  it('fails over a planted break, naming the tag and the place', () => {
    run('tag', 'v1.2.0');
    const api = anApi();
    Reflect.deleteProperty(api.paths, '/boxes/{name}');
    write(api);
    const { code, say } = judge(root);
    expect(code).toBe(1);
    expect(say).toContain('/boxes/{name}');
    expect(say).toContain('since v1.2.0');
  });

  it('fails when the release has no description', () => {
    run('rm', '--quiet', '--cached', 'openapi.json');
    run('-c', 'core.hooksPath=/dev/null', 'commit', '--quiet', '-m', 'Without');
    run('tag', 'v1.3.0');
    expect(() => judge(root)).toThrow('v1.3.0');
  });
});
