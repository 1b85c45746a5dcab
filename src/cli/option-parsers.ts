import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { CLUSTER_VALUES } from '@hathi/client';

/** An option's whole number. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It should be a whole number.');
  return Number(text);
}

/** Checked here, so that a wrong number is reported before a missing confirmation. */
export function replicaCount(text: string): number {
  const count = wholeNumber(text);
  if (count <= CLUSTER_VALUES.max_replica_count) return count;
  throw new InvalidArgumentError(
    `It should be a whole number from 0 to ${CLUSTER_VALUES.max_replica_count}.`,
  );
}

/** `name=value` of an option that can be repeated. */
export function assignment(
  text: string,
  before: Record<string, string> | undefined,
): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It should be of the form name=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** JSON of an object. The server validates its members. */
export function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // Reported below.
  }
  throw new InvalidArgumentError('It should be JSON of an object, e.g. {"ami_id": "ami-0123…"}.');
}

/** Value of an option that can be repeated. */
export function collect(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text];
}

/** An option with a fixed set of values. */
export function oneOf<const Flags extends string, const Word extends string>(
  flags: Flags,
  description: string,
  words: readonly Word[],
) {
  return new Option(flags, description).choices(words);
}

/** The text below a command's help. */
export function examples(...lines: string[]): string {
  return ['', 'Examples:', ...lines.map((line) => `  ${line}`), ''].join('\n');
}
