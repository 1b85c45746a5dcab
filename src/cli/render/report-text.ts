import type { Manner } from '../terminal/terminal.ts';
import { table } from './table.ts';

/** The members of a report's node that the table shows. */
export interface ReportNode {
  node: string;
  role: string | null;
  status: string;
  streaming: boolean | null;
  lag_bytes: number | null;
  round_trip_ms: number | null;
  reasons?: { message: string }[];
}

const HEADS = ['node', 'role', 'streaming', 'lag', 'round trip', 'proven'];

/** The report as a table, followed by the reason for each node that is not proven. */
export function reportText(
  nodes: readonly ReportNode[],
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
    .map(({ node, reasons = [] }) =>
      manner.style('red', `${node}: ${reasons.map(({ message }) => message).join(' ')}`),
    );
  return [table(HEADS, rows, manner), ...reasons].join('\n');
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
