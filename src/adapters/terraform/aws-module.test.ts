import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { constraint, objection } from '../../../test/aws/ec2/constraints.ts';

const module = fileURLToPath(new URL('../../../terraform/modules/aws/', import.meta.url));

/** The strictest of the character sets: that of a rule which names a group. */
const LIMIT = constraint('ec2:UserIdGroupPair.Description');

/** Texts that the module's resources send to EC2. Variables and outputs never leave Terraform. */
function descriptions(): string[] {
  return globSync('*.tf', { cwd: module })
    .filter((name) => name !== 'variables.tf' && name !== 'outputs.tf')
    .flatMap((name) => readFileSync(module + name, 'utf8').split('\n'))
    .flatMap((line) => /\b(?:description|what)\s*=\s*"([^"]*)"/.exec(line)?.[1] ?? []);
}

it('describes security groups and rules with characters that EC2 accepts', () => {
  const found = descriptions();
  expect(found.length).toBeGreaterThan(5);
  expect(
    found.filter((text) => objection(LIMIT, text.replace(/\$\{[^}]*\}/g, 'x')) !== null),
  ).toEqual([]);
});
