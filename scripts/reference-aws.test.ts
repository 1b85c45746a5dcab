import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readAwsAttributes } from './reference-aws.ts';

const MODULE = join(import.meta.dirname, '../terraform/modules/aws');

/** Arguments that Terraform itself reads. */
const META = ['count', 'for_each', 'depends_on', 'provider', 'lifecycle', 'dynamic'];

type Found = Record<string, Set<string>>;

/** What a file sets, by resource type; `terraform fmt` fixes the indentation that this relies on. */
function collect(text: string, set: Found, ignored: Found): void {
  const resources = text.matchAll(/^resource "(\w+)" "\w+" \{\n([\s\S]*?)^\}/gm);
  for (const [, type = '', body = ''] of resources) {
    set[type] ??= new Set();
    ignored[type] ??= new Set();
    for (const [, name = ''] of body.matchAll(/^ {2}(\w+) +=/gm)) set[type].add(name);
    for (const [, block = '', inner = ''] of body.matchAll(/^ {2}(\w+) \{\n([\s\S]*?)^ {2}\}/gm)) {
      if (block === 'lifecycle') {
        const list = /ignore_changes\s*=\s*\[([\s\S]*?)\]\n/.exec(`${inner}\n`)?.[1] ?? '';
        for (const name of list.split(',').map((one) => one.trim())) ignored[type].add(name);
      } else {
        for (const [, name] of inner.matchAll(/^ {4}(\w+) +=/gm)) set[type].add(`${block}.${name}`);
      }
    }
    for (const name of META) set[type].delete(name);
  }
}

function module(): { set: Found; ignored: Found } {
  const found = { set: {} as Found, ignored: {} as Found };
  for (const name of globSync('*.tf', { cwd: MODULE })) {
    collect(readFileSync(join(MODULE, name), 'utf8'), found.set, found.ignored);
  }
  return found;
}

const sorted = (names: Iterable<string>) => [...names].sort();

test('the table has every attribute that the module sets, and no other', () => {
  const { set } = module();
  const inModule = Object.entries(set).map(([type, names]) => [type, sorted(names)]);
  const inTable = Object.entries(readAwsAttributes().resources).map(([type, attributes]) => [
    type,
    sorted(Object.keys(attributes)),
  ]);
  expect(Object.fromEntries(inModule)).toEqual(Object.fromEntries(inTable));
});

test('the table says "ignored-by-module" of what the module ignores, and of nothing else', () => {
  const { ignored } = module();
  for (const [type, attributes] of Object.entries(readAwsAttributes().resources)) {
    // Some of its resources are records that ignore their input, and one triggers a replacement.
    if (type === 'terraform_data') continue;
    const inModule = [...(ignored[type] ?? [])]
      .map((name) => name.replace('[0].', '.'))
      .filter((name) => /^[\w.]+$/.test(name));
    const inTable = Object.keys(attributes).filter(
      (name) => attributes[name]?.change === 'ignored-by-module',
    );
    expect([type, sorted(inTable)]).toEqual([type, sorted(inModule)]);
  }
});

test('the table says what the provider does with an attribute that the module ignores', () => {
  for (const attributes of Object.values(readAwsAttributes().resources)) {
    for (const one of Object.values(attributes)) {
      expect(one.provider !== undefined).toBe(one.change === 'ignored-by-module');
    }
  }
});
