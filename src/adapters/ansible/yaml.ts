/** Values that a variable can contain. */
export type YamlValue =
  | string
  | number
  | boolean
  | readonly YamlValue[]
  | { readonly [key: string]: YamlValue };

/**
 * Texts from a user, by name. Ansible must not read `{{ … }}` in them as a template. The tag is on
 * the map and not on each text. On a text, the tag makes Ansible guess the type again: `!unsafe
 * "no"` is false, and `!unsafe "0755"` is 493.
 */
export class Unsafe {
  readonly texts: Readonly<Record<string, string>>;
  constructor(texts: Readonly<Record<string, string>>) {
    this.texts = texts;
  }
}

type Entry = YamlValue | Unsafe;

const PLAIN = /^[A-Za-z_/][A-Za-z0-9_./-]*$/;
/** Words that YAML 1.1 does not read as text. */
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null|none)$/i;

/**
 * Writes variables in block style, one per line, as a person would write them. A text that YAML
 * could read as another type is quoted as in JSON, which YAML reads in the same way.
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
  if (value instanceof Unsafe) return ` !unsafe${member(value.texts, indent)}`;
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
  return typeof value === 'string' ? quoted(value) : JSON.stringify(value);
}

/**
 * All characters outside ASCII are escaped, because YAML rejects some that JSON allows (U+0085,
 * U+FEFF). Half of a surrogate pair cannot be stored in a file and becomes U+FFFD.
 */
function quoted(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(/[^\x20-\x7e]/gu, (character) => {
    const code = (character.codePointAt(0) as number).toString(16);
    return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}
