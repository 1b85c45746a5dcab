/** The page and the stand-in's data that follow from terraform/modules/aws/attributes.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export const ATTRIBUTES_FILE = 'terraform/modules/aws/attributes.json';

const CHANGES = {
  'in-place': 'the provider changes the resource while it is in use',
  'stops-instance': 'the provider stops the machine, changes it and starts it',
  replaces: 'the provider deletes the resource and creates a new one',
  'ignored-by-module':
    "nothing happens to an existing resource, because the module's `ignore_changes` names the attribute. `provider` says what the provider would do without it",
} as const;

const LOSSES = {
  none: 'nothing that the cluster needs',
  data: 'the data of PostgreSQL on that node',
  access: 'a way to the machine or to the database, at least for some callers or for some time',
  address: 'the private or the public address of a machine',
} as const;

const change = z.enum(Object.keys(CHANGES) as [keyof typeof CHANGES, ...(keyof typeof CHANGES)[]]);
const attribute = z.strictObject({
  change,
  loses: z.enum(Object.keys(LOSSES) as [keyof typeof LOSSES, ...(keyof typeof LOSSES)[]]),
  provider: change.exclude(['ignored-by-module']).optional(),
  replaces_when: z.string().optional(),
  note: z.string().min(1),
  source: z.string().min(1),
});
const file = z.strictObject({
  provider: z.literal('hashicorp/aws'),
  provider_version: z.string(),
  resources: z.record(z.string(), z.record(z.string(), attribute)),
});

/** What a change of each attribute of the module does; a nested attribute is `block.attribute`. */
export type AwsAttributes = z.infer<typeof file>;

/** @throws when the file does not have the shape that the page describes */
export function readAwsAttributes(): AwsAttributes {
  const text = readFileSync(join(import.meta.dirname, '..', ATTRIBUTES_FILE), 'utf8');
  return file.parse(JSON.parse(text));
}

/** What the provider does, whatever the module ignores. `go:embed` reads no file outside its module. */
export function standInChanges({ resources }: AwsAttributes): string {
  const changes = Object.entries(resources).map(([type, attributes]) => {
    const entries = Object.entries(attributes).map(([name, one]) => [
      name,
      one.provider ?? one.change,
    ]);
    return [type, Object.fromEntries(entries)];
  });
  return `${JSON.stringify(Object.fromEntries(changes), null, 2)}\n`;
}

/** The paragraphs and tables of docs/reference/aws-attributes.md. */
export function awsAttributeBlocks({ provider_version, resources }: AwsAttributes): string[] {
  return [
    `This page lists every attribute that the module \`terraform/modules/aws\` sets, and what a change of the attribute does to an existing resource. The data is \`${ATTRIBUTES_FILE}\`. The facts were read in the source code of the provider hashicorp/aws, in several releases up to series 6. Tests compare the table with the module, and use the schema of provider ${provider_version}.`,
    '## Format of the file',
    '`resources` maps a resource type to its attributes. An attribute of a nested block is written `block.attribute`. Each attribute has these fields:',
    list({
      change: 'what a change of the attribute does, see the next table',
      loses: 'what the cluster loses by the change, as the module is written',
      provider:
        'only with `ignored-by-module`: what the provider would do: `in-place`, `stops-instance` or `replaces`',
      replaces_when:
        'optional: the condition under which the provider replaces the resource anyway',
      note: 'the effect in words',
      source: "the file in the provider's repository and the part of it that decides",
    }),
    list(CHANGES, '`change`'),
    list(LOSSES, '`loses`'),
    'Terraform does not apply `ignore_changes` when it creates the replacement of a resource: a replaced instance gets the newest image, the current key and the current user data.',
    ...Object.entries(resources).flatMap(([type, attributes]) => [
      `## ${type}`,
      [
        '| attribute | change | loses | note | source |',
        '| --- | --- | --- | --- | --- |',
        ...Object.entries(attributes).map(
          ([name, one]) =>
            `| \`${name}\` | ${one.change}${one.provider ? ` (provider: ${one.provider})` : ''} | ${one.loses} | ${one.note}${one.replaces_when ? ` Replaces when: ${one.replaces_when}` : ''} | ${one.source} |`,
        ),
      ].join('\n'),
    ]),
  ];
}

function list(meanings: Readonly<Record<string, string>>, title = 'field'): string {
  const rows = Object.entries(meanings).map(([name, text]) => `| \`${name}\` | ${text} |`);
  return [`| ${title} | meaning |`, '| --- | --- |', ...rows].join('\n');
}
