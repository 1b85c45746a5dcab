import type { Cluster, ClusterEvent, Node } from '../client/api.ts';
import { clusterEventLine } from '../commands/logs.ts';
import type { Manner } from '../terminal/terminal.ts';
import { commandOf } from './remedy-command.ts';
import { statusText } from './status-style.ts';
import { ago, table } from './table.ts';

export interface ScreenFacts {
  cluster: Cluster;
  nodes: readonly Node[];
  /** Nodes in the round before, by name, for rates. */
  previous: ReadonlyMap<string, Node>;
  events: readonly ClusterEvent[];
}

const HEADS = [
  'node',
  'role',
  'replication',
  'lag',
  'sessions',
  'commits/s',
  'disk',
  'load',
  'seen',
];
const MARKS = { true: '✓', false: '✗', unknown: '?' } as const;
const COLOURS = { true: 'green', false: 'red', unknown: 'yellow' } as const;

/** The lines of the live screen of a cluster: nodes, conditions and the newest events. */
export function screenLines(facts: ScreenFacts, manner: Manner, now: number): string[] {
  const { cluster, nodes, events } = facts;
  const { style } = manner;
  const rows = nodes.map((node) => rowOf(node, facts, manner, now));
  const conditions = cluster.conditions.map(({ type, status, message }) => {
    return `${style(COLOURS[status], MARKS[status])} ${type.padEnd(20)} ${message}`;
  });
  const [failed] = cluster.conditions.filter(({ status }) => status === 'false');
  const running = cluster.operation
    ? `, ${cluster.operation.kind} is ${cluster.operation.state}`
    : '';
  return [
    `${style('bold', cluster.name)}  ${statusText(cluster.status, style)}${running}`,
    '',
    ...table(HEADS, rows, manner).split('\n'),
    '',
    ...conditions,
    ...(failed?.remedy ? ['', commandOf(failed.remedy)] : []),
    ...(events.length > 0
      ? ['', ...events.map((event) => style('dim', clusterEventLine(event)))]
      : []),
  ];
}

function rowOf(
  { name, role, replication, observation }: Node,
  { previous }: ScreenFacts,
  { style }: Manner,
  now: number,
): string[] {
  const facts = observation?.facts ?? null;
  const postgres = facts?.postgres && 'sessions' in facts.postgres ? facts.postgres : null;
  const machine = facts?.machine && 'disks' in facts.machine ? facts.machine : null;
  const disk = machine?.disks.data;
  return [
    name,
    role ?? 'unknown',
    replication ? statusText(replication.status, style) : '-',
    replication?.lag_bytes == null ? '-' : `${replication.lag_bytes} B`,
    postgres ? `${postgres.sessions.total}/${postgres.max_connections}` : '-',
    commitRate(observation, previous.get(name)?.observation ?? null),
    disk && 'size_bytes' in disk
      ? `${Math.round((1 - disk.free_bytes / disk.size_bytes) * 100)} %`
      : '-',
    machine ? machine.load.toFixed(1) : '-',
    observation?.observed_at ? ago(observation.observed_at, now) : '-',
  ];
}

function commitRate(current: Node['observation'], before: Node['observation']): string {
  const [newer, older] = [commitsOf(current), commitsOf(before)];
  if (newer === null || older === null || newer.at <= older.at) return '-';
  const rate = (newer.commits - older.commits) / ((newer.at - older.at) / 1_000);
  return rate < 0 ? '-' : rate.toFixed(1);
}

function commitsOf(observation: Node['observation']): { at: number; commits: number } | null {
  const postgres = observation?.facts?.postgres;
  if (!observation?.observed_at || !postgres || !('commits' in postgres)) return null;
  return { at: Date.parse(observation.observed_at), commits: postgres.commits };
}
