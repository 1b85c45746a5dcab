#!/usr/bin/env node
/** The command `hathi`. It loads few modules, because the start is most of the time of a short command. */
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';

enableCompileCache();
const version = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  .version as string;
const words = process.argv.slice(2);

if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
  process.stdout.write(`${version}\n`);
} else {
  const { runCommandLine } = await import('./run.ts');
  process.exitCode = await runCommandLine(words, version);
}
