/** What variables are made of. */
export type YamlValue =
  | string
  | number
  | boolean
  | readonly YamlValue[]
  | { readonly [key: string]: YamlValue };

/** A text that came from a user: Ansible must not read `{{ … }}` in it as a template. */
export class Unsafe {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Entry = YamlValue | Unsafe | { readonly [key: string]: YamlValue | Unsafe };

const PLAIN = /^[A-Za-z_/][A-Za-z0-9_./-]*$/;
/** Words that YAML 1.1 reads as something else than text. */
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null|none)$/i;

/**
 * Variables as a person would write them: block style, one a line. Texts that could be anything else
 * are quoted as JSON quotes them, which YAML reads alike.
 * @see YAML 1.2, "Relation to JSON"
 */
export function writeVariables(
  comment: string,
  variables: Readonly<Record<string, Entry>>,
): string {
  return `---\n# ${comment}\n${entries(variables, '')}`;
}

function entries(mapping: Readonly<Record<string, Entry>>, indent: string): string {
  return Object.entries(mapping)
    .map(([key, value]) => `${indent}${scalar(key)}:${member(value as Entry, indent)}\n`)
    .join('');
}

function member(value: Entry, indent: string): string {
  if (value instanceof Unsafe) return ` !unsafe ${JSON.stringify(value.text)}`;
  if (Array.isArray(value)) {
    if (value.length === 0) return ' []';
    return value.map((item) => `\n${indent}  - ${scalar(item)}`).join('');
  }
  if (typeof value === 'object') {
    if (Object.keys(value).length === 0) return ' {}';
    return `\n${entries(value as Record<string, Entry>, `${indent}  `)}`.trimEnd();
  }
  return ` ${scalar(value)}`;
}

function scalar(value: unknown): string {
  if (typeof value === 'string' && PLAIN.test(value) && !RESERVED.test(value)) return value;
  return JSON.stringify(value);
}
