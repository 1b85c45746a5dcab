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
  'ansible/README.md',
  'bench/README.md',
  'docs/{adr,how-to,explanation,tutorial}/*.md',
  'docs/reference/{api,aws-fidelity,cli,configuration,errors,events,metrics}.md',
];

/** Sources whose comments are checked, too. */
const SOURCES = [
  'src/**/*.ts',
  'node/hathi_node/**/*.py',
  'ansible/**/*.{py,yml,j2}',
  'terraform/**/*.{tf,sh,hcl}',
  'bench/**/*.{ts,sh}',
  'clients/typescript/src/*.ts',
];

const COMMENT = /^\s*(?:\/\/|\/?\*|#|""")/;

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

it('finds none in the comments of the sources', () => {
  const files = globSync(SOURCES);
  expect(files.length).toBeGreaterThan(400);
  const found = files.flatMap((file) =>
    oldWords(readFileSync(file, 'utf8'))
      .filter((line) => COMMENT.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(found).toEqual([]);
});

it('recognizes comments', () => {
  const comments = ['// The file is written anew.', ' * told', '# told', '  """Says."""'];
  expect(comments.filter((line) => COMMENT.test(line))).toEqual(comments);
  expect(COMMENT.test("const told = 'told';")).toBe(false);
});
