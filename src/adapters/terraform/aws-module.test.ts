import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const module = fileURLToPath(new URL('../../../terraform/modules/aws/', import.meta.url));

/** @see EC2 API, AuthorizeSecurityGroupIngress: the description of a rule; the same set for a group. */
const EC2_DESCRIPTION = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{0,255}$/;

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
  expect(found.filter((text) => !EC2_DESCRIPTION.test(text))).toEqual([]);
});
