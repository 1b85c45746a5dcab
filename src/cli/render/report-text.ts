import type { Report } from '../client/api.ts';
import type { Manner } from '../terminal/terminal.ts';
import { table } from './table.ts';

const HEADS = ['node', 'role', 'streaming', 'lag', 'round trip', 'proven'];

/** The report as a table, followed by the reasons for which it did not pass. */
export function reportText(
  { nodes, failover }: Pick<Report['document'], 'nodes' | 'failover'>,
  manner: Pick<Manner, 'style' | 'columns'>,
): string {
  const rows = nodes.map((node) => [
    node.node,
    node.role ?? '?',
    node.streaming === null ? '-' : yesNo(node.streaming),
    node.lag_bytes === null ? '-' : `${node.lag_bytes} bytes`,
    node.round_trip_ms === null ? '-' : `${node.round_trip_ms.toFixed(1)} ms`,
    node.status === 'no-postgresql' ? '-' : yesNo(node.status === 'proven'),
  ]);
  const reasons = nodes
    .filter(({ status }) => status === 'failed')
    .map(({ node, reasons }) =>
      manner.style('red', `${node}: ${reasons.map(({ message }) => message).join(' ')}`),
    );
  const failures =
    failover === null || failover.status === 'true'
      ? reasons
      : [...reasons, manner.style('red', `failover: ${failover.message}`)];
  return [table(HEADS, rows, manner), ...failures].join('\n');
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
