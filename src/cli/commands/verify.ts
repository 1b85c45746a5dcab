import { randomUUID } from 'node:crypto';
import type { Cli, Ending } from '../cli.ts';
import { apiOf } from '../client/api.ts';
import { endingOf, followOperation, operationError } from '../client/follow.ts';
import { reportText } from '../render/report-text.ts';

/** Verifies replication and shows the report, passed or failed. */
export async function verify(cli: Cli, name: string): Ending {
  const api = apiOf(cli);
  const { id } = await api.call((client) =>
    client.verifyCluster({ name, idempotencyKey: randomUUID(), body: {} }),
  );
  const followed = await followOperation(cli, api, id);
  if (followed.how !== 'ended') return await endingOf(cli, followed);
  const { operation } = followed;
  const report = await api.latestReport(name);
  if (report === null || report.operation_id !== id) {
    await endingOf(cli, followed);
    throw operationError(operation);
  }
  const { style } = cli.manner;
  cli.printResult(report, () =>
    [
      '',
      report.passed
        ? style('bold', `Replication of ${name} is proven.`)
        : style('red', failedText(name, report.document.nodes)),
      '',
      reportText(report.document, cli.manner),
    ].join('\n'),
  );
  return report.passed ? 'done' : 'failed';
}

function failedText(name: string, nodes: readonly { status: string }[]): string {
  return nodes.some(({ status }) => status === 'failed')
    ? `Replication of ${name} is not proven.`
    : `Replication of ${name} is proven, but a failover would not work.`;
}
