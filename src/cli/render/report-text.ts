import type { Report } from '../client/api.ts';
import type { Manner } from '../terminal/terminal.ts';
import { table } from './table.ts';

type NodeReport = Report['document']['nodes'][number];

const HEADS = ['node', 'role', 'streaming', 'lag', 'round trip', 'proven'];

/** The report as a table, followed by the reason for each node that is not proven. */
export function reportText(
  nodes: readonly NodeReport[],
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
  return [table(HEADS, rows, manner), ...reasons].join('\n');
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
