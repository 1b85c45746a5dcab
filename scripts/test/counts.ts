/** Counts of test results, as the suites' own machine-readable reports give them. */

export type Counts = { passed: number; failed: number; skipped: number };

export const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };

export function add(a: Counts, b: Counts): Counts {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  };
}

type VitestFile = {
  name: string;
  status: string;
  message?: string;
  assertionResults: { status: string; fullName?: string; failureMessages?: string[] }[];
};

const vitestFiles = (report: string): VitestFile[] =>
  (JSON.parse(report) as { testResults: VitestFile[] }).testResults;

const firstLine = (text = '') => text.split('\n', 1)[0] ?? '';

/**
 * What failed in one file, a line each. A file that failed outside its tests (an import or a hook
 * that threw) holds no failed test, so it counts as one, with its own message.
 */
function failuresOf(file: VitestFile): string[] {
  const failed = file.assertionResults.filter(({ status }) => status === 'failed');
  if (failed.length === 0 && file.status === 'failed') return [firstLine(file.message)];
  return failed.map((test) => `${test.fullName}: ${firstLine(test.failureMessages?.[0])}`);
}

/** Counts of Vitest's JSON report. */
export function vitestCounts(report: string): Counts {
  let counts = NONE;
  for (const file of vitestFiles(report)) {
    const of = (...states: string[]) =>
      file.assertionResults.filter(({ status }) => states.includes(status)).length;
    counts = add(counts, {
      passed: of('passed'),
      failed: failuresOf(file).length,
      skipped: of('skipped', 'pending', 'todo', 'disabled'),
    });
  }
  return counts;
}

/**
 * What failed in Vitest's JSON report, a line each: the file, the test and the error's first line.
 * @param root prefix that the names of files leave out
 */
export function vitestFailures(report: string, root: string): string[] {
  return vitestFiles(report).flatMap((file) => {
    const name = file.name.startsWith(root) ? file.name.slice(root.length) : file.name;
    return failuresOf(file).map((failure) => `${name}: ${failure}`);
  });
}

/** The last `test_summary` line of `terraform test -json`; an errored run counts as failed. */
export function terraformCounts(lines: string): Counts {
  for (const line of lines.trim().split('\n').reverse()) {
    if (!line.startsWith('{')) continue;
    const event = JSON.parse(line) as { type?: string; test_summary?: Record<string, number> };
    if (event.type !== 'test_summary' || !event.test_summary) continue;
    const { passed = 0, failed = 0, errored = 0, skipped = 0 } = event.test_summary;
    return { passed, failed: failed + errored, skipped };
  }
  return NONE;
}

/**
 * Why a run that wanted tests may not pass, or undefined when it may.
 * @param strict in CI: nothing may be skipped
 */
export function objection(counts: Counts, strict: boolean): string | undefined {
  if (counts.failed > 0) return `${counts.failed} failed`;
  if (counts.passed === 0) return 'no test ran';
  if (strict && counts.skipped > 0) return `${counts.skipped} skipped, and CI skips none`;
  return undefined;
}

export const line = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/**
 * Counts in the output of Python's unittest, which prints them for people only.
 * @returns none if the output has no summary, e.g. because no module could be loaded
 */
export function unittestCounts(output: string): Counts {
  const ran = Number(/^Ran (\d+) tests?/m.exec(output)?.[1] ?? 0);
  const last = output.trim().split('\n').at(-1) ?? '';
  const summary = last.slice(last.indexOf('(') + 1, -1);
  const named = new Map(summary.split(', ').map((part) => part.split('=') as [string, string]));
  const of = (name: string) => Number(named.get(name) ?? 0);
  const failed = of('failures') + of('errors');
  const skipped = of('skipped');
  return { passed: ran - failed - skipped, failed, skipped };
}
