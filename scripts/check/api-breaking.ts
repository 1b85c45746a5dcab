/**
 * Compares openapi.json with that of the last release and fails where a client that was made for
 * the release would break. A break on purpose raises the major version of the API.
 *
 *   node scripts/check/api-breaking.ts
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apiDiff } from 'api-smart-diff';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const RELEASE_TAGS = 'v[0-9]*';
const METHODS = ['get', 'put', 'post', 'patch', 'delete', 'head', 'options'];

type Change = {
  type: string;
  action: string;
  path: PropertyKey[];
  before?: unknown;
  after?: unknown;
};
type Parameter = { name: string; in: string; required?: boolean };
type Route = { operationId?: string; parameters?: Parameter[] };
export type Description = {
  info: { version: string };
  paths: Record<string, Record<string, Route>>;
};

/** One line a change that breaks a client; none where the major version was raised. */
export function breakingChanges(before: Description, after: Description): string[] {
  if (majorOf(after) > majorOf(before)) return [];
  // What a shared schema breaks is found again at each route that uses it, on its own side.
  const found = (apiDiff(before, after) as Change[]).filter(
    (change) => change.path[0] !== 'components' && breaks(change),
  );
  const lines = found.map((change) => `${change.path.map(String).join(' › ')}: ${whatOf(change)}`);
  return [...new Set([...lines, ...routeBreaks(before, after)])];
}

/** The comparison's own judgement, but for what is otherwise in this API. */
function breaks({ type, action, path, before, after }: Change): boolean {
  const [key, parent] = [path.at(-1), path.at(-2)];
  const asked = path.includes('requestBody') || path.includes('parameters');
  // Unknown members are refused, so one that is gone is refused from now on.
  if (asked && action === 'remove' && parent === 'properties') return true;
  // Clients must accept new members and new values of enumerations.
  if (!asked && action === 'add' && parent === 'enum') return false;
  if (action === 'replace' && key === 'type' && parent !== 'properties') {
    const wider = before === 'integer' && after === 'number';
    const narrower = before === 'number' && after === 'integer';
    return asked ? !wider : !narrower;
  }
  return type === 'breaking';
}

/** What the comparison does not look at: names of methods, and parameters where there were none. */
function routeBreaks(before: Description, after: Description): string[] {
  return Object.entries(before.paths).flatMap(([path, methods]) =>
    METHODS.flatMap((method) => {
      const [old, now] = [methods[method], after.paths[path]?.[method]];
      if (!old || !now) return [];
      const known = new Set((old.parameters ?? []).map(keyOf));
      const renamed =
        old.operationId === now.operationId
          ? []
          : [`operationId was ${old.operationId} and is ${now.operationId}`];
      const wanted = (now.parameters ?? [])
        .filter((parameter) => parameter.required && !known.has(keyOf(parameter)))
        .map((parameter) => `${keyOf(parameter)} is required and was not known`);
      return [...renamed, ...wanted].map((what) => `${method.toUpperCase()} ${path}: ${what}`);
    }),
  );
}

const keyOf = ({ name, in: place }: Parameter) => `${place} parameter ${name}`;

function whatOf({ action, before, after }: Change): string {
  const text = (value: unknown) => (JSON.stringify(value) ?? 'nothing').slice(0, 60);
  if (action === 'add') return `added ${text(after)}`;
  if (action === 'remove') return `removed ${text(before)}`;
  return `was ${text(before)} and is ${text(after)}`;
}

function majorOf({ info }: Description): number {
  return Number(info.version.split('.')[0]);
}

/** The description as it was released last; null where nothing was released yet. */
export function released(root: string): { tag: string; description: Description } | null {
  const tag = git(root, 'describe', '--tags', '--abbrev=0', `--match=${RELEASE_TAGS}`);
  if (tag === null) return null;
  const text = git(root, 'show', `${tag}:openapi.json`);
  if (text === null) throw new Error(`the release ${tag} has no openapi.json to compare with`);
  return { tag, description: JSON.parse(text) as Description };
}

function git(root: string, ...args: string[]): string | null {
  try {
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
    return execFileSync('git', ['-C', root, ...args], {
      encoding: 'utf8',
      stdio,
      maxBuffer: 64 * 1024 * 1024,
    }).trim();
  } catch {
    return null;
  }
}

/** @returns the exit code and the message */
export function judge(root: string): { code: 0 | 1; say: string } {
  const last = released(root);
  if (last === null) {
    const say = `NOTHING IS RELEASED YET: no tag is named ${RELEASE_TAGS}, so the API was compared with nothing`;
    return { code: 0, say: `api-breaking: ${say}` };
  }
  const now = JSON.parse(readFileSync(join(root, 'openapi.json'), 'utf8')) as Description;
  const found = breakingChanges(last.description, now);
  if (found.length === 0) return { code: 0, say: '' };
  const advice = `since ${last.tag}, ${found.length} changes break clients: take them back, or raise the major version of the API (src/http/openapi/openapi.ts)`;
  return { code: 1, say: [...found, `api-breaking: ${advice}`].join('\n') };
}

if (import.meta.main) {
  const { code, say } = judge(repository);
  if (say !== '') console.error(say);
  process.exitCode = code;
}
