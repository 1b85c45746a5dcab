import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Requests and commands are words of HTTP and of the command line; elsewhere a remedy is data. */
const WORDING =
  /\b(GET|POST|PUT|PATCH|DELETE) \/|\bhathi (api|cluster|operation|plan|serve|doctor)\b/;
const LAYERS = 'src/{core,ports,shared,engine,stages,services,adapters,targets}/**/*.ts';
/** Comments and imports may name what they like. */
const TEXT = /(['"`])(?:(?!\1)[^\\]|\\.)*\1/g;

function worded(source: string): string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  return (code.match(TEXT) ?? []).filter((text) => WORDING.test(text));
}

it('finds a request or a command in a text, and not in a comment', () => {
  expect(worded("throw new Error('POST /plan-terraform first');")).toHaveLength(1);
  expect(worded('const hint = `Run hathi cluster show.`;')).toHaveLength(1);
  expect(worded("/** As 'POST /clusters' does. */")).toEqual([]);
  expect(worded("method: 'POST'")).toEqual([]);
});

it('finds neither below HTTP and the command line', () => {
  const files = globSync(LAYERS).filter((file) => !file.endsWith('.test.ts'));
  expect(files.length).toBeGreaterThan(100);
  const found = files.flatMap((file) =>
    worded(readFileSync(file, 'utf8')).map((text) => `${file}: ${text}`),
  );
  expect(found).toEqual([]);
});
