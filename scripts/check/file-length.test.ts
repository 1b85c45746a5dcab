import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** A longer file states the reason in its first line. */
const MOST_LINES = 300;
const REASON = /^\/\/ Longer than other files: .{15,}\.$/;

function lacksReason(text: string): boolean {
  const lines = text.trimEnd().split('\n');
  return lines.length > MOST_LINES && !REASON.test(lines[0] ?? '');
}

it('finds a planted file without a reason', () => {
  const lines = Array.from({ length: MOST_LINES + 1 }, () => 'const a = 1;').join('\n');
  expect(lacksReason(lines)).toBe(true);
  expect(lacksReason(`// Longer than other files: one table of every case.\n${lines}`)).toBe(false);
  expect(lacksReason('const a = 1;\n'.repeat(MOST_LINES))).toBe(false);
});

it('every long file states why it is long', () => {
  const files = execFileSync('git', ['ls-files', '*.ts'], { encoding: 'utf8' })
    .split('\n')
    .filter((file) => file !== '' && !file.includes('/generated/'));
  expect(files.length).toBeGreaterThan(300);
  expect(files.filter((file) => lacksReason(readFileSync(file, 'utf8')))).toEqual([]);
});
