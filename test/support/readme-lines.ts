import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect } from 'vitest';

const readmePath = new URL('../../README.md', import.meta.url);

/**
 * Types the README's own curl line that holds the words, with the port of the server at that URL.
 * @returns the body of the response, which must be a 200
 */
export async function curlOfReadme(url: string, words: string) {
  const readme = await readFile(readmePath, 'utf8');
  const typed = readme.split('\n').find((text) => text.startsWith('curl') && text.includes(words));
  if (!typed) throw new Error(`the README has no line with ${words}`);
  const command = typed.replace('http://localhost:5000', url);
  const { stdout } = await promisify(execFile)('/bin/bash', [
    '-c',
    `${command} --silent --write-out '\\n%{http_code}'`,
  ]);
  const [body = '', status] = stdout.split(/\n(?=\d+$)/);
  expect({ words, status, body }).toMatchObject({ status: '200' });
  return JSON.parse(body);
}
