import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import openapi from '../../openapi.json' with { type: 'json' };
import { secretPattern } from '../../src/core/known-secrets.ts';
import { findRegexes, slowness } from './regexes.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
/** All patterns together, on a machine that also does other work. */
const TIMEOUT_MS = 300_000;

/** Files that build a pattern from text, with patterns as they build them. */
const BUILT: Record<string, string[]> = {
  // From the routes of the server.
  'src/http/server/not-found.ts': ['^/api/v1/clusters/[^/]+/nodes$', '^/docs/static/.*$'],
  // From the name of the bastion in the ssh configuration, a constant.
  'src/adapters/ssh/node-boot.ts': ['host key (?:is known )?for bastion\\b'],
  'src/adapters/ssh/ssh-keys.ts': ['.{1,70}'],
  // The first characters of a secret; the proof of a whole one takes a minute.
  'src/core/known-secrets.ts': [secretPattern(['a+/b-token'])?.source.slice(0, 135) ?? ''],
  'scripts/check/import-rules.ts': ['^(src|web|clients)/(?!.*node_modules/).*\\.tsx?$'],
};

test('every regular expression of the source needs linear time', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { literals, builders } = await findRegexes(repository);
  expect(literals.length).toBeGreaterThan(100);
  expect(builders.sort()).toEqual(Object.keys(BUILT).sort());
  const built = Object.entries(BUILT).flatMap(([file, sources]) =>
    sources.map((source) => ({ file, source, flags: 'i' })),
  );
  const described = [...new Set(patternsIn(openapi))].map((source) => {
    return { file: 'openapi.json', source, flags: 'u' };
  });
  const all = [...literals, ...built, ...described];
  const slow: string[] = [];
  const unique = new Map(all.map((regex) => [`/${regex.source}/${regex.flags}`, regex]));
  for (const [text, { file, source, flags }] of unique) {
    const finding = await slowness(source, flags);
    if (finding !== null) slow.push(`${file}: ${text}: ${finding}`);
  }
  expect(slow).toEqual([]);
});

test.each([
  // The scheme of a URI, found from each letter of a long word.
  ['([a-z][a-z0-9+.-]*:\\/\\/[^\\s:/@"\\\\]*:)(?:[^\\s/@"\\\\]|\\\\.)*@', 'gi'],
  ['\\/+$', ''],
  ['^\\s*(\\S+)?\\s*$', ''],
  ['^(a+)+$', ''],
])('a slow one is found: /%s/%s', { timeout: TIMEOUT_MS }, async (source, flags) => {
  expect(await slowness(source, flags)).toMatch(/polynomial|exponential/);
});

test('one that is planted in a file is found', async () => {
  const root = await mkdtemp(join(tmpdir(), 'hathi-regexes-'));
  try {
    const text =
      'export const trim = (text: string) => text.replace(/ +$/m, "");\nnew RegExp("a+");\n';
    await mkdir(join(root, 'src'));
    await writeFile(join(root, 'src', 'a.ts'), text);
    const found = await findRegexes(root);
    expect(found.literals).toEqual([{ file: 'src/a.ts', source: ' +$', flags: 'm' }]);
    expect(found.builders).toEqual(['src/a.ts']);
    expect(await slowness(' +$', 'm')).toContain('polynomial');
  } finally {
    await rm(root, { recursive: true });
  }
});

function patternsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    name === 'pattern' && typeof member === 'string' ? [member] : patternsIn(member),
  );
}
