/**
 * Writes schema.json: the schema of the real provider `hashicorp/aws` for the resources and data sources
 * that the module uses. It is read out of the bindings that CDKTF published for that provider, which
 * name for each attribute its type and whether it is required, optional or computed; nothing of it is
 * written by hand.
 *
 *   node test/aws/provider/schema/extract.ts
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BINDINGS = '@cdktf/provider-aws@21.22.1';

const RESOURCES = [
  'ebs-volume',
  'eip',
  'iam-instance-profile',
  'iam-role',
  'iam-role-policy-attachment',
  'instance',
  'internet-gateway',
  'key-pair',
  'nat-gateway',
  'route',
  'route-table',
  'route-table-association',
  'security-group',
  'subnet',
  'volume-attachment',
  'vpc',
  'vpc-security-group-egress-rule',
  'vpc-security-group-ingress-rule',
];
const DATA_SOURCES = [
  'ami-ids',
  'availability-zones',
  'ec2-instance-type',
  'ec2-instance-type-offerings',
  'partition',
  'subnet',
  'subnets',
  'vpc',
  'vpcs',
];

/** A type as Terraform writes it in JSON. */
type Type = string | [string, Type] | ['object', Record<string, Type>];
interface Attribute {
  type: Type;
  required?: true;
  optional?: true;
  computed?: true;
}
interface Block {
  attributes: Record<string, Attribute>;
  blocks: Record<string, NestedBlock>;
}
interface NestedBlock {
  nesting: 'single' | 'list' | 'set';
  min_items?: number;
  max_items?: number;
  block: Block;
}

interface Member {
  computed: boolean;
  optional: boolean;
  required: boolean;
  /** Of the source: how it is read. */
  getter: string;
}
interface Setting {
  isBlock: boolean;
  kind: string;
  storage: string;
  value: string;
}

const PRIMITIVES: Record<string, Type> = { string: 'string', number: 'number', boolean: 'bool' };

class Bindings {
  readonly version: string;
  readonly address: string;
  readonly #source: string;

  constructor(folder: string, name: string) {
    const code = readFileSync(join(folder, 'package/lib', name, 'index.js'), 'utf8');
    const map = /sourceMappingURL=data:application\/json;base64,(\S+)/.exec(code)?.[1] ?? '';
    const { sourcesContent } = JSON.parse(Buffer.from(map, 'base64').toString());
    this.#source = sourcesContent[0];
    this.address = found(/tfResourceType = "([^"]+)"/, this.#source);
    this.version = found(/providerVersion: '([^']+)'/, this.#source);
  }

  block(): Block {
    const main = found(
      /\nexport class (\w+) extends cdktf\.Terraform(?:Resource|DataSource|Provider) /,
      this.#source,
    );
    const body = this.#class(main);
    return this.#blockOf(members(body), settings(body));
  }

  /** The text of a class, from its name to the brace that ends it. */
  #class(name: string): string {
    const start = this.#source.indexOf(`\nexport class ${name} extends`);
    if (start < 0) throw new Error(`${this.address}: no class ${name}`);
    return this.#source.slice(start, this.#source.indexOf('\n}\n', start));
  }

  #nested(name: string): Block {
    const mapper = `${name[0]?.toLowerCase()}${name.slice(1)}ToHclTerraform`;
    const start = this.#source.indexOf(`\nexport function ${mapper}(`);
    const mapped = start < 0 ? '' : this.#source.slice(start, this.#source.indexOf('\n}\n', start));
    const set = settings(mapped);
    // What is only written, as a provider's configuration, has nothing that it is read by.
    if (!this.#source.includes(`\nexport class ${name}OutputReference `)) {
      const member = { computed: false, optional: true, required: false, getter: '' };
      return this.#blockOf(new Map([...set.keys()].map((key) => [key, member])), set);
    }
    return this.#blockOf(members(this.#class(`${name}OutputReference`)), set);
  }

  #blockOf(all: Map<string, Member>, set: Map<string, Setting>): Block {
    const block: Block = { attributes: {}, blocks: {} };
    for (const [name, member] of [...all].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const setting = set.get(name);
      if (setting?.isBlock) block.blocks[name] = this.#nestedBlock(setting, member);
      else block.attributes[name] = this.#attribute(name, setting, member);
    }
    for (const name of set.keys()) {
      if (!all.has(name)) throw new Error(`${this.address}: ${name} is set, but not declared`);
    }
    return block;
  }

  #nestedBlock({ kind, storage, value }: Setting, { required }: Member): NestedBlock {
    const single = kind === 'struct';
    // One that is no list in the bindings is a list of at most one.
    const one = !single && !/listMapperHcl\(/.test(value);
    return {
      nesting: single ? 'single' : kind === 'set' ? 'set' : 'list',
      ...(required ? { min_items: 1 } : {}),
      ...(one ? { max_items: 1 } : {}),
      block: this.#nested(single ? storage : storage.replace(/List$/, '')),
    };
  }

  #attribute(name: string, setting: Setting | undefined, member: Member): Attribute {
    const type = setting ? this.#typeOfSetting(setting) : this.#typeOfGetter(name, member.getter);
    return {
      type,
      ...(member.required ? { required: true } : {}),
      ...(member.optional ? { optional: true } : {}),
      ...(member.computed ? { computed: true } : {}),
    };
  }

  #typeOfSetting({ kind, storage }: Setting): Type {
    if (kind === 'simple') return primitive(storage);
    const element = storage.replace(/(List|Map)$/, '');
    const inner = Object.hasOwn(PRIMITIVES, element)
      ? primitive(element)
      : this.#object(storage.replace(/List$/, ''));
    return [kind, inner];
  }

  #typeOfGetter(name: string, getter: string): Type {
    const set = /Fn\.tolist\(/.test(getter);
    const collection = set ? 'set' : 'list';
    if (/getStringMapAttribute|new cdktf\.StringMap\(/.test(getter)) return ['map', 'string'];
    if (/getNumberListAttribute/.test(getter)) return [collection, 'number'];
    if (/getListAttribute/.test(getter)) return [collection, 'string'];
    if (/getStringAttribute/.test(getter)) return 'string';
    if (/getNumberAttribute/.test(getter)) return 'number';
    if (/getBooleanAttribute/.test(getter)) return 'bool';
    const object = /new (\w+?)List\(this, "[^"]+", (true|false)\)/.exec(getter);
    if (object?.[1]) return [object[2] === 'true' ? 'set' : 'list', this.#object(object[1])];
    throw new Error(`${this.address}: the type of ${name} is not known: ${getter}`);
  }

  #object(name: string): Type {
    const { attributes } = this.#nested(name);
    const types = Object.entries(attributes).map(([key, { type }]) => [key, type]);
    return ['object', Object.fromEntries(types)];
  }
}

function primitive(name: string): Type {
  const type = PRIMITIVES[name];
  if (type === undefined) throw new Error(`no primitive: ${name}`);
  return type;
}

function members(text: string): Map<string, Member> {
  const all = new Map<string, Member>();
  const parts = text.split(/\n {2}\/\/ (?=\w+ - computed: )/).slice(1);
  for (const part of parts) {
    const [, name = '', computed, optional, required] =
      /^(\w+) - computed: (\w+), optional: (\w+), required: (\w+)/.exec(part) ?? [];
    const flags = [computed, optional, required].map((word) => word === 'true');
    const [isComputed = false, isOptional = false, isRequired = false] = flags;
    const getter = part.slice(0, part.indexOf('\n  }\n') + 1 || undefined);
    all.set(name, { computed: isComputed, optional: isOptional, required: isRequired, getter });
  }
  return all;
}

function settings(text: string): Map<string, Setting> {
  const pattern =
    /\n\s+(\w+): \{\n\s+value: (.*),\n\s+isBlock: (true|false),\n\s+type: "(\w+)",\n\s+storageClassType: "(\w+)",\n/g;
  return new Map(
    [...text.matchAll(pattern)].map(
      ([, name = '', value = '', isBlock, kind = '', storage = '']) => [
        name,
        { isBlock: isBlock === 'true', kind, storage, value },
      ],
    ),
  );
}

function found(pattern: RegExp, text: string): string {
  const match = pattern.exec(text)?.[1];
  if (match === undefined) throw new Error(`${pattern} was not found`);
  return match;
}

const folder = mkdtempSync(join(tmpdir(), 'aws-schema-'));
try {
  execFileSync('npm', ['pack', '--silent', BINDINGS], { cwd: folder, stdio: 'pipe' });
  const archive = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  const names = [...RESOURCES, ...DATA_SOURCES.map((name) => `data-aws-${name}`), 'provider'];
  const paths = names.map((name) => `package/lib/${name}/index.js`);
  execFileSync('tar', ['xzf', archive, ...paths], { cwd: folder, stdio: 'pipe' });
  const read = (name: string) => new Bindings(folder, name);
  const all = names.map(read);
  const versions = [...new Set(all.map(({ version }) => version))];
  if (versions.length !== 1) throw new Error(`of several versions: ${versions.join(', ')}`);
  const providerBlock = all.at(-1)?.block();
  // Terraform's own, and no part of a provider's schema.
  delete providerBlock?.attributes.alias;
  const schema = {
    '//': `Of hashicorp/aws, taken from ${BINDINGS} by extract.ts; never edited by hand.`,
    provider_version: versions[0],
    provider: providerBlock,
    resources: Object.fromEntries(
      all.slice(0, RESOURCES.length).map((one) => [one.address, one.block()]),
    ),
    data_sources: Object.fromEntries(
      all.slice(RESOURCES.length, -1).map((one) => [one.address, one.block()]),
    ),
  };
  writeFileSync(join(import.meta.dirname, 'schema.json'), `${JSON.stringify(schema, null, 1)}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
