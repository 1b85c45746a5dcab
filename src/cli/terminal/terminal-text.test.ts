import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandLine } from '../../../test/support/command-line.ts';
import { fakeApp } from '../../../test/support/fake-app.ts';
import { aCluster } from '../../../test/support/fake-services.ts';
import { listen } from '../../http/server/listen.ts';
import { mannerOf } from './terminal.ts';
import { control, forTerminal, withoutControls } from './terminal-text.ts';

const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it finds them
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.constantFrom(
        '\u001b[31m',
        '\u001b[2J',
        '\u001b]0;x\u0007',
        '\u009b8m',
        '\u202e',
        '\u2066',
        '\r',
        '\u0008',
      ),
    ),
  )
  .map((parts) => parts.join(''));

test('no text from elsewhere controls the terminal', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      expect(forTerminal(text)).not.toMatch(UNSAFE);
    }),
  );
});

test('JSON stays the same document', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const written = forTerminal(JSON.stringify({ [text]: text }));
      expect(written).not.toMatch(UNSAFE);
      expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify({ [text]: text })));
    }),
  );
});

test('the colours and cursor movements of this program stay', () => {
  const { style } = mannerOf({ isTTY: true }, {});
  const text = `${control('\u001b[2A')}${style('red', 'no\u001b[32m')} ${style('bold', 'é 日本')}`;
  expect(forTerminal(text)).toBe(
    '\u001b[2A\u001b[31mno\\u001b[32m\u001b[39m \u001b[1mé 日本\u001b[22m',
  );
  expect(withoutControls(text)).toBe('no\\u001b[32m é 日本');
});

test('every output goes through the one function', () => {
  const folder = new URL('../', import.meta.url).pathname;
  const direct = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .filter((name) =>
      /(?:\.write\(|console\.|styleText)/.test(readFileSync(folder + name, 'utf8')),
    );
  // main.ts writes the version of the package.
  expect(direct.sort()).toEqual(['main.ts', 'terminal/terminal-text.ts']);
});

test('labels and errors of a server are shown, not obeyed', async () => {
  const fake = await fakeApp({}, { mismatch: 'log' });
  const label = 'a\u001b[2J\u202eb\nname   other';
  fake.clusters.views.set('orders', { ...aCluster('orders'), labels: { team: label } });
  const [url = ''] = await listen(fake.app, { host: '127.0.0.1', port: 0 });
  try {
    const shown = await commandLine(['cluster', 'show', 'orders', '--url', url]);
    expect(shown.stdout).toContain('team=a\\u001b[2J\\u202eb\\u000aname   other');
    const json = await commandLine(['cluster', 'show', 'orders', '--json', '--url', url]);
    expect(json.stdout).not.toMatch(UNSAFE);
    expect(JSON.stringify(JSON.parse(json.stdout))).toContain(JSON.stringify(label));
    const failed = await commandLine(['cluster', 'show', 'x\u001b[31m\u202e', '--url', url]);
    expect(failed.stderr).toContain('x\\u001b[31m');
    expect(failed.stderr).not.toMatch(UNSAFE);
  } finally {
    await fake.app.close();
  }
});
