/**
 * Finds every regular expression of a tree and proves that none needs more than linear time. A request
 * of a few kilobytes can stop the whole server at a pattern with quadratic time.
 *
 * A list of attack strings, or a limit on the time, is not used: the first misses patterns, the second
 * fails on a busy machine. recheck builds the automaton of each pattern and counts steps.
 */
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from '@swc/core';
import { check } from 'recheck';

export interface FoundRegex {
  /** Path relative to the root. */
  file: string;
  source: string;
  flags: string;
}

export interface FoundRegexes {
  literals: FoundRegex[];
  /** Files that build a pattern from text at run time, which cannot be read from the source. */
  builders: string[];
}

/** For one pattern; all of the project's need far less. */
const CHECK_TIMEOUT_MS = 60_000;

const TREES = ['src', 'clients', 'scripts', 'web'];

/** @throws Error when a file cannot be parsed */
export async function findRegexes(root: string): Promise<FoundRegexes> {
  const found: FoundRegexes = { literals: [], builders: [] };
  const patterns = TREES.map((tree) => `${tree}/**/*.{ts,tsx}`);
  const exclude = (name: string) => /node_modules|\.test\.tsx?$/.test(name);
  for await (const file of glob(patterns, { cwd: root, exclude })) {
    const text = readFileSync(join(root, file), 'utf8');
    visit(await parse(text, { syntax: 'typescript', tsx: file.endsWith('x') }), file, found);
  }
  return found;
}

interface SyntaxNode {
  type?: string;
  pattern?: unknown;
  flags?: unknown;
  callee?: { value?: unknown };
}

function visit(node: unknown, file: string, found: FoundRegexes): void {
  if (typeof node !== 'object' || node === null) return;
  const { type, pattern, flags, callee } = node as SyntaxNode;
  if (type === 'RegExpLiteral') {
    found.literals.push({ file, source: String(pattern), flags: String(flags) });
  }
  const isCall = type === 'NewExpression' || type === 'CallExpression';
  if (isCall && callee?.value === 'RegExp' && !found.builders.includes(file)) {
    found.builders.push(file);
  }
  for (const child of Object.values(node)) visit(child, file, found);
}

/** @returns null for linear time, else what was found, with a text that shows it */
export async function slowness(source: string, flags: string): Promise<string | null> {
  const result = await check(source, flags, { timeout: CHECK_TIMEOUT_MS });
  if (result.status === 'safe') return null;
  if (result.status === 'unknown') return `could not be checked: ${result.error.kind}`;
  return `${result.complexity.summary}, e.g. for ${result.attack.pattern}`;
}
