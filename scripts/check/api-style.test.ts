import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { styleFaults } from './api-style.ts';

const text = readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8');

// biome-ignore lint/suspicious/noExplicitAny: each fault is planted somewhere else
function planted(change: (description: any) => void): string {
  const description = JSON.parse(text);
  change(description);
  return JSON.stringify(description);
}

const FAULTS: [rule: string, plant: Parameters<typeof planted>[0]][] = [
  ['operation-operationId', ({ paths }) => delete paths['/health'].get.operationId],
  [
    'rule/method-names',
    ({ paths }) => {
      paths['/health'].get.operationId = 'get_health';
    },
  ],
  ['operation-summary', ({ paths }) => delete paths['/health'].get.summary],
  [
    'rule/answers-are-described',
    ({ paths }) => {
      paths['/health'].get.responses['200'].description = 'Default Response';
    },
  ],
  [
    'operation-4xx-problem-details-rfc7807',
    ({ paths }) => {
      const { content } = paths['/health'].get.responses['403'];
      content['application/json'] = content['application/problem+json'];
      delete content['application/problem+json'];
    },
  ],
  [
    'no-invalid-schema-examples',
    ({ components }) => {
      components.schemas.Problem.examples = [{ type: 1 }];
    },
  ],
  [
    'rule/member-names',
    ({ components }) => {
      components.schemas.Problem.properties.requestId = { type: 'string' };
    },
  ],
];

describe('the style of the API', () => {
  it.each(FAULTS)('%s is held', async (rule, plant) => {
    const faults = await styleFaults(planted(plant));
    expect(faults.filter((fault) => fault.startsWith(`${rule}:`))).not.toEqual([]);
  });

  it('fails on what is no description at all', async () => {
    expect(await styleFaults('{"openapi": "3.1.0"}')).not.toEqual([]);
  });
});
