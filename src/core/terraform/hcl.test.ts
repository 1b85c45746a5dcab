import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enginesHere } from '../../../test/support/terraform-engines.ts';
import { runCommand } from '../../adapters/process/run-command.ts';
import { attribute, block, comment, expression, type HclValue, quote, writeHcl } from './hcl.ts';

const STRINGS = 4_000;
const engines = enginesHere();

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: templates of another language
/** Strings of pieces that could end the quotes, in every order. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom('$', '%', '{', '}', '"', '\\', '\n', '\r', '\t', '${', '%{', '$${', '%%{'),
      fc.constantFrom(
        '~}',
        '<<EOT',
        '#',
        '//',
        '/*',
        '*/',
        '\u0301',
        'e',
        '\u202e',
        '\ufeff',
        '😀',
      ),
      fc.constantFrom(
        '${path.module}',
        '%{ if true }',
        '\\u0024{',
        '\u2028',
        '\u0085',
        '\x1b',
        "'",
      ),
      fc.string({ unit: 'binary', maxLength: 3 }).filter((text) => !text.includes('\0')),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))
  // The normaliser of the engines cuts code points to 16 bits when it searches for compositions:
  // U+F1F50 with an accent becomes U+1F54. No spelling of such a string avoids that.
  .filter((text) => !/[\u{10000}-\u{10ffff}]\p{M}/u.test(text.normalize('NFC')));

describe.each(engines)('the values that $name reads back', (engine) => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hathi-hcl-'));
    writeFileSync(join(folder, 'empty.tfrc'), '');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (args: string[], input = '') =>
    runCommand(engine.path, args, {
      cwd: folder,
      env: {
        TF_CLI_CONFIG_FILE: join(folder, 'empty.tfrc'),
        HOME: folder,
        CHECKPOINT_DISABLE: '1',
      },
      input,
      timeoutSeconds: 30,
    });

  async function readBack(all: HclValue, question: string): Promise<unknown> {
    writeFileSync(
      join(folder, 'main.tf'),
      writeHcl([comment('Strings.'), block('locals', [], [attribute('all', all)])]),
    );
    const { stdout, stderr } = await run(['console'], `base64encode(jsonencode(${question}))\n`);
    expect(stderr).toBe('');
    return JSON.parse(Buffer.from(JSON.parse(stdout.trim()), 'base64').toString());
  }
  // Each string is encoded in base64 separately. The output of jsonencode is normalised, too, which
  // joins the r of an escaped carriage return with a following accent.
  const decoded = (text: unknown) => Buffer.from(text as string, 'base64').toString();

  it(`equals what was written, over ${STRINGS} random strings, and is formatted`, async () => {
    const strings = fc.sample(hostile, STRINGS);
    const read = await readBack(strings, '[for text in local.all : base64encode(text)]');
    expect((read as string[]).map(decoded)).toEqual(strings.map((text) => text.normalize('NFC')));
    expect(await run(['fmt', '-check', '-diff', '.'])).toMatchObject({ exitCode: 0, stdout: '' });
  });

  it('equals what was written, with strings as keys of objects', async () => {
    const all = Object.fromEntries(
      fc.sample(hostile, 300).map((text, index) => [text.normalize('NFC'), index]),
    );
    const read = await readBack(all, '[for key, at in local.all : [base64encode(key), at]]');
    const pairs = (read as [string, number][]).map(([key, at]) => [decoded(key), at]);
    expect(Object.fromEntries(pairs)).toEqual(all);
  });

  it('formats nested values like the engine', async () => {
    const all = {
      a: [1, [true, null], {}],
      'long name': { x: 'y', longer: [] },
      for: -1.5,
      b: 'c',
    };
    expect(await readBack(all, 'local.all')).toEqual(all);
    expect(await run(['fmt', '-check', '-diff', '.'])).toMatchObject({ exitCode: 0, stdout: '' });
  });
});

describe('quote', () => {
  it.each([
    ['plain', '"plain"'],
    ['${x}', '"$${x}"'],
    ['$${x}', '"$\\u0024{x}"'],
    ['%{x}', '"%%{x}"'],
    ['a"b\\c\n', '"a\\"b\\\\c\\n"'],
    ['costs $5', '"costs $5"'],
    ['\u202e', '"\\u202e"'],
    ['e\u0301', '"\u00e9"'],
  ])('writes %j', (text, quoted) => expect(quote(text)).toBe(quoted));

  it.each(['\0', 'a\ud800', '\udc00b'])('refuses %j', (text) =>
    expect(() => quote(text)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' })),
  );
});

describe('writeHcl', () => {
  it('refuses an invalid name', () => {
    expect(() => writeHcl([attribute('a = 1\nb', 2)])).toThrow('no HCL identifier');
  });

  it('has the layout of a file that a person wrote', () => {
    const text = writeHcl([
      block(
        'module',
        ['cluster'],
        [
          comment('Where\nand what'),
          attribute('source', './modules/local'),
          attribute('keys', expression('path.root')),
          attribute('nodes', { 'pg-1': { address: '10.0.0.1', ssh_port: 1 } }),
        ],
      ),
    ]);
    expect(text).toBe(`module "cluster" {
  # Where
  # and what
  source = "./modules/local"
  keys   = path.root
  nodes = {
    pg-1 = {
      address  = "10.0.0.1"
      ssh_port = 1
    }
  }
}
`);
  });
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: templates of another language
