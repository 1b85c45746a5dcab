import { expect, it } from 'vitest';
import {
  add,
  line,
  NONE,
  objection,
  terraformCounts,
  unittestCounts,
  vitestCounts,
  vitestFailures,
} from './counts.ts';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((test) => ({ status: test })),
});

it('counts the tests of a Vitest report', () => {
  const testResults = [
    file('passed', 'passed', 'passed', 'skipped'),
    file('failed', 'failed', 'todo'),
  ];
  expect(vitestCounts(JSON.stringify({ testResults }))).toEqual({
    passed: 2,
    failed: 1,
    skipped: 2,
  });
});

it('counts a file that could not be loaded as failed', () => {
  expect(vitestCounts(JSON.stringify({ testResults: [file('failed')] })).failed).toBe(1);
});

it('names what failed, and the file whose hook or import threw', () => {
  const testResults = [
    {
      name: '/house/a.test.ts',
      status: 'failed',
      assertionResults: [
        { status: 'passed', fullName: 'adds' },
        { status: 'failed', fullName: 'divides', failureMessages: ['Error: by zero\n  at a.ts'] },
      ],
    },
    {
      name: '/house/b.test.ts',
      status: 'failed',
      message: 'Hook timed out\n  at b.ts',
      assertionResults: [{ status: 'skipped', fullName: 'never ran' }],
    },
  ];
  expect(vitestFailures(JSON.stringify({ testResults }), '/house/')).toEqual([
    'a.test.ts: divides: Error: by zero',
    'b.test.ts: Hook timed out',
  ]);
});

it("counts the runs of an engine's test report, errored ones as failed", () => {
  const summary = { status: 'error', passed: 3, failed: 1, errored: 1, skipped: 2 };
  const lines = `Warning: not JSON\n{"type":"version"}\n${JSON.stringify({ type: 'test_summary', test_summary: summary })}\n`;
  expect(terraformCounts(lines)).toEqual({ passed: 3, failed: 2, skipped: 2 });
  expect(terraformCounts('{"type":"version"}\n')).toEqual(NONE);
});

it('objects to failures, to nothing, and in CI to skips', () => {
  expect(objection({ passed: 1, failed: 0, skipped: 1 }, false)).toBeUndefined();
  expect(objection({ passed: 1, failed: 0, skipped: 1 }, true)).toContain('skipped');
  expect(objection({ passed: 1, failed: 1, skipped: 0 }, false)).toContain('failed');
  expect(objection(NONE, false)).toBe('no test ran');
});

it('prints the sum in one line', () => {
  const sum = add({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 0, skipped: 0 });
  expect(line(sum)).toBe('11 passed, 2 failed, 3 skipped');
});

it.each([
  ['Ran 30 tests in 2.2s\n\nOK\n', { passed: 30, failed: 0, skipped: 0 }],
  ['Ran 1 test in 0.1s\n\nOK (skipped=1)\n', { passed: 0, failed: 0, skipped: 1 }],
  [
    'Ran 9 tests in 0.1s\n\nFAILED (failures=1, errors=2, skipped=3)\n',
    { passed: 3, failed: 3, skipped: 3 },
  ],
  ['ImportError: no such module\n', NONE],
])('counts the tests of unittest: %j', (output, counts) => {
  expect(unittestCounts(output)).toEqual(counts);
});
