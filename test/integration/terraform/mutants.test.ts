import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enginesHere } from '../../support/terraform-engines.ts';

/**
 * The tests of the AWS module fail when one of its protections is gone. Each mutant changes one line of
 * a copy of the module and names the assertion that has to report it. Mutants of different lines share
 * one run of `terraform test`, because each is reported by a message of its own.
 */

const source = fileURLToPath(new URL('../../../terraform/modules/aws', import.meta.url));
const cliConfig = fileURLToPath(new URL('../../../.tools/aws-provider/cli.tfrc', import.meta.url));
const TEST_MINUTES = 3;
const MUTANT_NODE = 'aws_instance.node';
const MUTANT_VOLUME = 'aws_ebs_volume.data';
const OPERATION_TAG = 'tags["hathi:operation"]';

interface Mutant {
  file: string;
  find: string;
  replace: string;
  /** The assertion that reports it. */
  breaks: string;
}

/** An entry of an `ignore_changes`. */
interface Ignored {
  file: string;
  resource: string;
  entry: string;
}

const value = (file: string, find: string, replace: string, breaks: string): Mutant => ({
  file,
  find,
  replace,
  breaks,
});

const VALUES: Mutant[] = [
  value(
    'main.tf',
    'stop_instance_before_detaching = true',
    'stop_instance_before_detaching = false',
    'A data volume is detached from a running PostgreSQL.',
  ),
  value(
    'main.tf',
    'force_destroy = true',
    'force_destroy = false',
    'An approved destroy stops at the termination protection.',
  ),
  value(
    'main.tf',
    'disable_api_termination     = var.termination_protection',
    'disable_api_termination     = false',
    'A node has no termination protection.',
  ),
  value(
    'main.tf',
    'encrypted         = true',
    'encrypted         = false',
    'A data volume is not encrypted.',
  ),
  value('main.tf', 'encrypted   = true', 'encrypted   = false', 'A root volume is not encrypted.'),
  value(
    'main.tf',
    'kms_key_id  = var.kms_key_id',
    'kms_key_id  = null',
    'A volume is not encrypted with the given key.',
  ),
  value(
    'main.tf',
    'http_tokens                 = "required"',
    'http_tokens                 = "optional"',
    'A node accepts requests of IMDSv1.',
  ),
  value(
    'main.tf',
    'http_put_response_hop_limit = 1',
    'http_put_response_hop_limit = 2',
    'The metadata service answers beyond the node itself.',
  ),
  value(
    'main.tf',
    'instance_metadata_tags      = "disabled"',
    'instance_metadata_tags      = "enabled"',
    'The metadata service returns the tags.',
  ),
  value(
    'main.tf',
    'replace_triggered_by = [terraform_data.first_boot[each.key]]',
    '',
    'A witness becomes a full node without the first boot that mounts its data volume.',
  ),
  value(
    'security.tf',
    'port = 2379, to = 2380',
    'port = 0, to = 65535',
    'Other ports than those of PostgreSQL, Patroni and etcd are open between the nodes.',
  ),
  value(
    'security.tf',
    '  referenced_security_group_id = aws_security_group.cluster.id',
    '  cidr_ipv4 = "0.0.0.0/0"',
    'A rule between the nodes admits others.',
  ),
  value(
    'security.tf',
    'to_port           = 5432',
    'to_port           = 65535',
    'The allow-list opens something else than PostgreSQL.',
  ),
  value(
    'security.tf',
    'to_port           = 22',
    'to_port           = 23',
    'control_cidrs opens something else than SSH.',
  ),
  value(
    'security.tf',
    'cidr_ipv4         = "0.0.0.0/0"',
    'cidr_ipv4         = "10.0.0.0/8"',
    'A node cannot reach packages, time or the other nodes.',
  ),
];

const ZONES: Mutant[] = [
  value(
    'locals.tf',
    'local.parts[substr(zone, -1, 1)]',
    'index(tolist(local.own_zones), zone)',
    'The new zone took a CIDR that is not its own.',
  ),
  value(
    'locals.tf',
    'concat(local.chosen, values(local.zone_of), local.nat_zones)',
    'local.chosen',
    'The network of a zone did not stay while a node is in it.',
  ),
];

/** With these a cluster that exists depends on what the account offers today. */
const RECORD: Mutant[] = [
  value(
    'main.tf',
    '    ignore_changes = [input]',
    '',
    'The network of a zone did not stay while a node is in it.',
  ),
];

/** What reports that an entry is gone; other tags of the operation are reported by their resource. */
const REPORTED: Record<string, string> = {
  [`${MUTANT_NODE}: ami`]: 'A newer image replaces a node.',
  [`${MUTANT_NODE}: associate_public_ip_address`]: 'Another connection replaces a node.',
  [`${MUTANT_NODE}: key_name`]: 'Another key pair replaces a node.',
  [`${MUTANT_NODE}: subnet_id`]: 'Another network replaces a node.',
  [`${MUTANT_NODE}: user_data`]: 'Other user data stop or replace a node.',
  [`${MUTANT_NODE}: root_block_device[0].kms_key_id`]: 'Another key of KMS replaces a node.',
  [`${MUTANT_NODE}: root_block_device[0].${OPERATION_TAG}`]:
    'root volume: the tag of the operation that made it was changed.',
  [`${MUTANT_VOLUME}: kms_key_id`]: 'Another key of KMS replaces a data volume.',
  'aws_vpc.cluster: cidr_block': 'Another range replaces the VPC.',
};

/** Has a run of its own, because without it other assertions fail, too. */
const ELSEWHERE = ['terraform_data.node: input'];

/**
 * Entries that no input of the module reaches alone: they hold where a state is older than the module, or
 * was edited. Their list is compared, so that none is lost.
 */
const SECOND_LINE = [
  `${MUTANT_NODE}: root_block_device[0].encrypted`,
  `${MUTANT_VOLUME}: availability_zone`,
  `${MUTANT_VOLUME}: encrypted`,
  'aws_nat_gateway.cluster: subnet_id',
  'aws_subnet.private: cidr_block',
  'aws_subnet.public: cidr_block',
  'terraform_data.nat_zone: input',
];

let folder: string;
let engine: string;
beforeAll(async () => {
  if (!existsSync(cliConfig)) {
    throw new Error('the provider is not here; run scripts/setup/aws-provider.sh');
  }
  folder = await mkdtemp(join(tmpdir(), 'hathi-mutants-'));
  engine = (enginesHere()[0] as ReturnType<typeof enginesHere>[0]).path;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const nameOf = ({ resource, entry }: Ignored) => `${resource}: ${entry}`;

async function ignoredOf(file: string): Promise<Ignored[]> {
  const text = await readFile(join(source, file), 'utf8');
  return text.split(/^resource /m).flatMap((block) => {
    const [, type, name] = /^"(\w+)" "(\w+)"/.exec(block) ?? [];
    const list = /ignore_changes = \[((?:[^[\]]|\[[^\]]*\])*)\]/.exec(block)?.[1] ?? '';
    const entries = list.split(',').map((entry) => entry.trim());
    return entries.filter(Boolean).map((entry) => ({ file, resource: `${type}.${name}`, entry }));
  });
}

/** Removes the entry from its list, as it stands in the text of the resource. */
function withoutEntry(text: string, { resource, entry }: Ignored): string {
  const start = text.indexOf(`resource "${resource.replace('.', '" "')}"`);
  const list = text.indexOf('ignore_changes = [', start) + 'ignore_changes = ['.length;
  const rest = text.slice(list);
  const escaped = entry.replaceAll(/[[\]."]/g, '\\$&');
  const changed = rest.replace(new RegExp(`(^|[\\s])${escaped}(,|(?=\\]))`), '$1');
  expect(changed, `${nameOf({ file: '', resource, entry })} was not found`).not.toBe(rest);
  return text.slice(0, list) + changed;
}

/** Applies the changes to a copy of the module. @returns the output of its tests, which must fail */
async function outputOf(
  name: string,
  tests: string,
  change: (file: string, text: string) => string,
): Promise<string> {
  const copy = join(folder, name);
  await cp(source, copy, {
    recursive: true,
    filter: (path) => !/\.terraform(\.lock\.hcl)?$/.test(path),
  });
  for (const file of ['main.tf', 'network.tf', 'security.tf', 'locals.tf']) {
    const text = await readFile(join(copy, file), 'utf8');
    await writeFile(join(copy, file), change(file, text));
  }
  const run = (args: string[]) =>
    new Promise<{ failed: boolean; output: string }>((resolve) => {
      const env = { PATH: process.env.PATH, TF_CLI_CONFIG_FILE: cliConfig, TF_IN_AUTOMATION: '1' };
      const options = { cwd: copy, env, timeout: TEST_MINUTES * 60_000, maxBuffer: 2 ** 24 };
      execFile(engine, args, options, (error, stdout, stderr) =>
        resolve({ failed: error !== null, output: `${stdout}${stderr}` }),
      );
    });
  const init = await run(['init', '-backend=false', '-input=false', '-no-color']);
  expect(init.failed, init.output).toBe(false);
  const test = await run(['test', '-no-color', `-filter=tests/${tests}.tftest.hcl`]);
  expect(test.failed, 'the tests pass with the mutants').toBe(true);
  return test.output;
}

/** The engine wraps its lines. */
const unreported = (output: string, messages: readonly string[]) => {
  const text = output.replaceAll(/\s+/g, ' ');
  return messages.filter((message) => !text.includes(message));
};

describe('the tests of the AWS module', { timeout: TEST_MINUTES * 60_000 }, () => {
  it.each([
    ['value that protects something', 'protections', VALUES],
    ['rule that keeps a zone where it is', 'zones', ZONES],
    ['record of what a node was made with', 'zones', RECORD],
  ])('fail for each %s', async (name, tests, mutants) => {
    const output = await outputOf(name.replaceAll(' ', '-'), tests, (file, text) =>
      mutants
        .filter((mutant) => mutant.file === file)
        .reduce((changed, { find, replace }) => {
          expect(changed.includes(find), find).toBe(true);
          return changed.replace(find, replace);
        }, text),
    );
    const messages = mutants.map(({ breaks }) => breaks);
    expect(unreported(output, messages), output).toEqual([]);
  });

  it('fail for each entry of an ignore_changes', async () => {
    const files = ['main.tf', 'network.tf', 'security.tf'];
    const all = (await Promise.all(files.map(ignoredOf))).flat();
    const names = all.map(nameOf);
    expect(names).toEqual(
      expect.arrayContaining([...Object.keys(REPORTED), ...SECOND_LINE, ...ELSEWHERE]),
    );
    const others = [...SECOND_LINE, ...ELSEWHERE];
    const mutants = all.filter((ignored) => !others.includes(nameOf(ignored)));
    const output = await outputOf('entries', 'protections', (file, text) =>
      mutants.filter((ignored) => ignored.file === file).reduce(withoutEntry, text),
    );
    const messages = mutants.map((ignored) =>
      ignored.entry === OPERATION_TAG
        ? `${ignored.resource}: the tag of the operation that made it was changed.`
        : REPORTED[nameOf(ignored)],
    );
    expect(messages).not.toContain(undefined);
    expect(unreported(output, messages as string[]), output).toEqual([]);
  });
});
