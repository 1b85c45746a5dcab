import { readFileSync } from 'node:fs';
import { canonicalCidr } from '../../../src/core/cidr.ts';

/** A limit of one member of a request; lengths in characters. */
export interface Constraint {
  min_length?: number;
  max_length?: number;
  pattern?: string;
  not_prefix?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  max_items?: number;
  /** Of a text in base64. */
  max_decoded_bytes?: number;
  /** The service stores the network address, whatever host bits the request has. */
  canonical_cidr?: boolean;
  source: string;
}

export type Service = 'ec2' | 'iam';

export interface Rejection {
  code: string;
  message: string;
}

interface Limit {
  value: number | boolean | string;
  source: string;
}

interface Document {
  botocore: string;
  limits: Record<string, Limit>;
  constraints: Record<string, Constraint>;
  /** By `service:Operation`: the name of a parameter, `#` for an index, and its constraint. */
  parameters: Record<string, Record<string, string>>;
}

const file = new URL('../provider/constraints/constraints.json', import.meta.url);

/** Written by test/aws/provider/constraints/extract.py out of the published service models. */
export const DOCUMENT: Document = JSON.parse(readFileSync(file, 'utf8'));

/** @throws when no limit has that name, or it is no number */
export function limit(name: string): number {
  const value = DOCUMENT.limits[name]?.value;
  if (typeof value !== 'number') throw new Error(`no limit ${name}`);
  return value;
}

/** @param name `service:Shape.Member`, e.g. `ec2:Tag.Value` */
export function constraint(name: string): Constraint {
  const found = DOCUMENT.constraints[name];
  if (!found) throw new Error(`no constraint ${name}`);
  return found;
}

/** Why a service rejects the value, or null. */
export function objection(to: Constraint, value: string): string | null {
  const length = [...value].length;
  if (to.min_length !== undefined && length < to.min_length)
    return `is shorter than ${to.min_length}`;
  if (to.max_length !== undefined && length > to.max_length)
    return `is longer than ${to.max_length}`;
  if (to.not_prefix && value.startsWith(to.not_prefix)) return `starts with ${to.not_prefix}`;
  if (to.pattern && !new RegExp(to.pattern, 'u').test(value)) return `does not match ${to.pattern}`;
  if (to.enum && !to.enum.includes(value)) return `is not one of ${to.enum.join(', ')}`;
  if (to.minimum !== undefined && Number(value) < to.minimum) return `is below ${to.minimum}`;
  if (to.maximum !== undefined && Number(value) > to.maximum) return `is above ${to.maximum}`;
  if (to.max_decoded_bytes !== undefined) {
    const bytes = Buffer.from(value, 'base64').length;
    if (bytes > to.max_decoded_bytes) return `has ${bytes} bytes, limit ${to.max_decoded_bytes}`;
  }
  if (to.canonical_cidr && canonicalCidr(value) === null) return 'is not a valid CIDR block';
  return null;
}

/** The constraint of a parameter, by its name in the request, e.g. `Tag.3.Key`. */
function constraintOf(service: Service, action: string, name: string): Constraint | undefined {
  const key = DOCUMENT.parameters[`${service}:${action}`]?.[name.replace(/\.\d+(?=\.|$)/g, '.#')];
  return key === undefined ? undefined : DOCUMENT.constraints[key];
}

/** EC2 and IAM use different codes for a value that their models do not allow. */
const CODE = { ec2: 'InvalidParameterValue', iam: 'ValidationError' } as const;

/** The rejection of the first parameter that violates its constraint; null when all are accepted. */
export function checkParameters(service: Service, request: URLSearchParams): Rejection | null {
  const action = request.get('Action') ?? '';
  const code = CODE[service];
  for (const [name, value] of request) {
    const of = constraintOf(service, action, name);
    const why = of && objection(of, value);
    if (why) return { code, message: `Value (${value}) for parameter ${name} is invalid: ${why}` };
  }
  return tooMany(service, action, request);
}

/** Lists that are too long: a model states that of the list, whose elements are the parameters. */
function tooMany(service: Service, action: string, request: URLSearchParams): Rejection | null {
  const counts = new Map<string, Set<string>>();
  for (const name of request.keys()) {
    for (const { 0: text, index } of name.matchAll(/\.\d+(?=\.|$)/g)) {
      const list = name.slice(0, index);
      counts.set(list, (counts.get(list) ?? new Set()).add(text));
    }
  }
  for (const [list, { size }] of counts) {
    const most = constraintOf(service, action, list.replace(/\.member$/, ''))?.max_items;
    if (most !== undefined && size > most) {
      return { code: CODE[service], message: `${list} has ${size} elements, limit ${most}` };
    }
    if (/^TagSpecification\.\d+\.Tag$/.test(list) && size > limit('tags_per_resource')) {
      return { code: 'TagLimitExceeded', message: `${size} tags` };
    }
  }
  return null;
}

/** Writes networks as EC2 stores them; true when something was rewritten. */
export function canonicalize(service: Service, request: URLSearchParams): boolean {
  let rewritten = false;
  const action = request.get('Action') ?? '';
  for (const [name, value] of [...request]) {
    if (!constraintOf(service, action, name)?.canonical_cidr) continue;
    const canonical = canonicalCidr(value);
    if (canonical === null || canonical === value) continue;
    request.set(name, canonical);
    rewritten = true;
  }
  return rewritten;
}
