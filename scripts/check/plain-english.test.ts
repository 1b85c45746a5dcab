import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Words that describe programs as people, or that a reader with another first language rarely knows. */
const OLD_WORDS = /\b(whoever|whatever|anew|tells?|told|says|said|asks for|asked for)\b/i;

const PAGES = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'node/README.md',
  'docs/README.md',
  'docs/{how-to,explanation,tutorial}/*.md',
  'docs/reference/{api,cli,configuration,errors,events,metrics}.md',
];

function oldWords(text: string): string[] {
  return text.split('\n').filter((line) => OLD_WORDS.test(line));
}

it.each(['The server says why.', 'Whoever asks for a plan …', 'The file is written anew.'])(
  'finds a planted sentence: %s',
  (sentence) => {
    expect(oldWords(`# Title\n\n${sentence}\n`)).toEqual([sentence]);
  },
);

it('finds none in the pages for users', () => {
  const pages = globSync(PAGES);
  expect(pages.length).toBeGreaterThan(25);
  const found = pages.flatMap((page) =>
    oldWords(readFileSync(page, 'utf8')).map((line) => `${page}: ${line}`),
  );
  expect(found).toEqual([]);
});
