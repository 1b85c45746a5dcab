import type { Cli, Ending } from '../cli.ts';
import { apiOf } from '../client/api.ts';
import { reportText } from '../render/report-text.ts';
import { ago } from '../render/table.ts';
import { operationsTable } from './list.ts';
import { clusterText } from './show.ts';

const MOST_OPERATIONS = 5;

/** A cluster with its nodes, the figures of its last verification, and its last operations. */
export async function describeCluster(cli: Cli, name: string): Ending {
  const api = apiOf(cli);
  const [cluster, { nodes }, { operations }, report] = await Promise.all([
    api.call((client) => client.getCluster({ name })),
    api.call((client) => client.listNodes({ name })),
    api.call((client) => client.listOperations({ cluster: name, limit: MOST_OPERATIONS })),
    api.latestReport(name),
  ]);
  const document = { cluster, nodes, latest_report: report, operations };
  cli.printResult(document, () => {
    const parts = [clusterText(cli, cluster, nodes)];
    if (report) {
      const heading = `Last verification, ${ago(report.created_at, Date.now())}:`;
      parts.push(`${heading}\n${reportText(report.document, cli.manner)}`);
    }
    parts.push(`Last operations:\n${operationsTable(cli, operations)}`);
    return parts.join('\n\n');
  }, [name]);
  return 'done';
}
