import { chmodSync, writeFileSync } from 'node:fs';
import type { ReplicationReport } from '../../src/core/postgres/replication-report.ts';
import type { ConnectionView } from '../../src/services/api.ts';
import type { Style } from './progress-view.ts';
import { paths } from './server.ts';

/** The report as a small table for a person. */
export function reportTable(report: ReplicationReport, style: Style): string {
  const rows = report.nodes.map((node) => [
    node.node,
    node.role ?? '?',
    node.streaming === null ? '-' : yesNo(node.streaming),
    node.lag_bytes === null ? '-' : `${node.lag_bytes} bytes`,
    node.round_trip_ms === null ? '-' : `${node.round_trip_ms.toFixed(1)} ms`,
    node.status === 'no-postgresql' ? '-' : yesNo(node.status === 'proven'),
  ]);
  const table = [['node', 'role', 'streaming', 'lag', 'round trip', 'proven'], ...rows];
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  );
  const [head = '', ...body] = lines;
  return [style('dim', `  ${head}`), ...body.map((line) => `  ${line}`)].join('\n');
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}

/** One line of psql for each node; the passwords lie in a file of their own, not in the lines. */
export function connectionLines(connection: ConnectionView, certificate: string): string[] {
  const entries = connection.nodes.map(
    ({ host, port }) => `${host}:${port}:*:${connection.user}:${connection.password}\n`,
  );
  writeFileSync(paths.passwords, entries.join(''), { mode: 0o600 });
  chmodSync(paths.passwords, 0o600);
  return connection.nodes.map(
    ({ name, role, host, port }) =>
      `  ${(role ?? '?').padEnd(8)} ${name}\n  psql "host=${host} port=${port} user=${connection.user} dbname=${connection.database} sslmode=verify-full sslrootcert=${certificate}"`,
  );
}
