/**
 * Operations of openapi.json that the tests called with success, as test/support/described.ts
 * wrote it down; an operation that no test ever did is a failure.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Counts, NONE } from './counts.ts';

const OK_BELOW = 400;

/**
 * @param description text of openapi.json
 * @param accounts texts of lines `<operationId> <status>`
 * @returns the operations without a response below 400
 */
export function untested(description: string, accounts: readonly string[]): string[] {
  const { paths } = JSON.parse(description) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const done = new Set(
    accounts
      .flatMap((text) => text.split('\n'))
      .map((line) => line.split(' '))
      .filter(([, status]) => Number(status) < OK_BELOW)
      .map(([operationId]) => operationId),
  );
  return Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .map(({ operationId }) => operationId)
    .filter((operationId) => !done.has(operationId));
}

/** One test an operation. */
export function apiCoverage(repository: string, requested: string): Counts {
  const description = readFileSync(join(repository, 'openapi.json'), 'utf8');
  const files = existsSync(requested) ? globSync('*.txt', { cwd: requested }) : [];
  const accounts = files.map((file) => readFileSync(join(requested, file), 'utf8'));
  const missing = untested(description, accounts);
  const all = untested(description, []).length;
  for (const operationId of missing) console.error(`no test was answered by ${operationId}`);
  console.log(`${all - missing.length} of ${all} operations of the API were tested`);
  return { ...NONE, passed: all - missing.length, failed: missing.length };
}
