import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Unsafe, writeVariables } from './yaml.ts';

const python = resolve(import.meta.dirname, '../../../.tools/venv/bin/python');

/** Reads the documents with ansible-core and returns which values it would treat as templates. */
const READER = `
import json, sys
from ansible.parsing.dataloader import DataLoader
from ansible._internal._datatag._tags import TrustedAsTemplate
loader = DataLoader()
found = []
for document in json.load(sys.stdin):
    values = loader.load(TrustedAsTemplate().tag(document), file_name='/all.yml')
    value = values['value']
    text = value['text'] if isinstance(value, dict) and 'text' in value else value
    found.append([value, TrustedAsTemplate.is_tagged_on(text)])
print(json.dumps(found))
`;

function readBack(documents: readonly string[]): [unknown, boolean][] {
  const input = JSON.stringify(documents);
  return JSON.parse(execFileSync(python, ['-c', READER], { input, encoding: 'utf8' }));
}

const WEIRD = ['yes', 'no', '0755', '1:20', '~', 'null', '- a', '{{ 1 + 1 }}', '%m %%', 'a: b # c'];

describe.runIf(existsSync(python))('variables, read by Ansible', () => {
  const texts = [
    ...WEIRD,
    ...['\\', `"'`, '\u0085\u2028\ufeff\u007f', '\u{1f418}', '!unsafe x', '&a *a', 'ä', ''],
    ...fc.sample(fc.string({ unit: 'binary' }), 300),
  ].map((text) => text.toWellFormed());

  it('gives back every text, and takes none that is unsafe for a template', () => {
    const documents = texts.map((text) => writeVariables('x', { value: new Unsafe({ text }) }));
    expect(readBack(documents)).toEqual(texts.map((text) => [{ text }, false]));
  });

  it('gives back texts of ours as text, whatever they look like', () => {
    const documents = texts.map((text) => writeVariables('x', { value: text }));
    expect(readBack(documents).map(([value]) => value)).toEqual(texts);
  });

  it('gives back lists and maps', () => {
    const value = { cidrs: ['10.0.0.0/8', '::/0'], none: [], empty: {}, count: 3, on: true };
    const [read] = readBack([writeVariables('x', { value })]);
    expect(read?.[0]).toEqual(value);
  });
});
