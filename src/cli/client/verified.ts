import type { Cli } from '../cli.ts';
import { reportText } from '../render/report-text.ts';
import type { Api, Operation } from './api.ts';

/** Prints the result of a change that ended with a verification, and its report. */
export async function printVerified(
  cli: Cli,
  api: Api,
  operation: Operation,
  sentence: string,
): Promise<void> {
  const report = await api.latestReport(operation.cluster_name);
  cli.printResult(operation, () =>
    [
      '',
      cli.manner.style('bold', sentence),
      ...(report ? ['', reportText(report.document, cli.manner)] : []),
    ].join('\n'),
  );
}
