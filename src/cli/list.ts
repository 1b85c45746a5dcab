import { apiOf } from './api.ts';
import type { Cli, Ending } from './cli.ts';
import { ago, table } from './table.ts';
import { statusText } from './words.ts';

const DEFAULT_LIMIT = 20;

export async function listClusters(cli: Cli, { label }: { label?: string | undefined }): Ending {
  const clusters = await apiOf(cli).clusters(label);
  const { style } = cli.manner;
  cli.answer({ clusters, next_cursor: null }, () => {
    if (clusters.length === 0) return 'There are no clusters. Make one: hathi cluster create NAME';
    const rows = clusters.map(({ name, status, spec, nodes, topology, created_at }) => [
      name,
      statusText(status, style),
      spec.target,
      nodes === null ? '-' : String(nodes.length),
      topology?.primary ?? '-',
      spec.postgres_version,
      ago(created_at, Date.now()),
    ]);
    return table(['name', 'status', 'target', 'nodes', 'primary', 'postgres', 'made'], rows, style);
  });
  return 'done';
}

export interface ListOperationsOptions {
  cluster?: string | undefined;
  state?: NonNullable<Parameters<ReturnType<typeof apiOf>['client']['listOperations']>[0]>['state'];
  limit?: number | undefined;
}

export async function listOperations(cli: Cli, options: ListOperationsOptions): Ending {
  const { cluster, state, limit = DEFAULT_LIMIT } = options;
  const part = await apiOf(cli).call((client) =>
    client.listOperations({
      limit,
      ...(cluster === undefined ? {} : { cluster }),
      ...(state === undefined ? {} : { state }),
    }),
  );
  const { style } = cli.manner;
  cli.answer(part, () => {
    if (part.operations.length === 0) return 'There are no such operations.';
    const rows = part.operations.map((operation) => [
      operation.id,
      operation.cluster_name,
      operation.kind,
      statusText(operation.state, style),
      ago(operation.created_at, Date.now()),
    ]);
    return table(['id', 'cluster', 'kind', 'state', 'asked'], rows, style);
  });
  return 'done';
}
