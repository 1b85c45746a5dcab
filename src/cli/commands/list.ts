import type { Cli, Ending } from '../cli.ts';
import { apiOf, type Operation } from '../client/api.ts';
import { statusText } from '../render/status-style.ts';
import { ago, shortId, table } from '../render/table.ts';

const DEFAULT_LIMIT = 20;

export async function listClusters(cli: Cli, { label }: { label?: string | undefined }): Ending {
  const clusters = await apiOf(cli).clusters(label);
  const { style } = cli.manner;
  const text = () => {
    if (clusters.length === 0) {
      return 'There are no clusters. Create one: hathi cluster create orders';
    }
    const rows = clusters.map(({ name, status, spec, nodes, topology, created_at }) => [
      name,
      statusText(status, style),
      spec.target,
      nodes === null ? '-' : String(nodes.length),
      topology?.primary ?? '-',
      spec.postgres_version,
      ago(created_at, Date.now()),
    ]);
    const heads = ['name', 'status', 'target', 'nodes', 'primary', 'postgres', 'created'];
    return table(heads, rows, cli.manner);
  };
  const names = clusters.map(({ name }) => name);
  cli.printResult({ clusters, next_cursor: null }, text, names);
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
  const text = () =>
    part.operations.length === 0 ? 'No operation matches.' : operationsTable(cli, part.operations);
  const ids = part.operations.map(({ id }) => id);
  cli.printResult(part, text, ids);
  return 'done';
}

export function operationsTable({ manner }: Cli, operations: readonly Operation[]): string {
  const rows = operations.map((operation) => [
    operation.cluster_name,
    operation.kind,
    statusText(operation.state, manner.style),
    ago(operation.created_at, Date.now()),
    shortId(operation.id),
  ]);
  return table(['cluster', 'kind', 'state', 'requested', 'id'], rows, manner);
}
