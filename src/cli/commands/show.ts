import type { HathiClient } from '@hathi/client';
import type { Cli, Ending } from '../cli.ts';
import { apiOf, type Cluster } from '../client/api.ts';
import { commandOf, stepCommand } from '../render/remedy-command.ts';
import { statusText } from '../render/status-style.ts';
import { ago, facts, table } from '../render/table.ts';
import { inOneLine } from '../terminal/terminal-text.ts';

type Nodes = Awaited<ReturnType<HathiClient['listNodes']>>['nodes'];

export async function showCluster(cli: Cli, name: string): Ending {
  const api = apiOf(cli);
  const [cluster, { nodes }] = await Promise.all([
    api.call((client) => client.getCluster({ name })),
    api.call((client) => client.listNodes({ name })),
  ]);
  cli.printResult(cluster, () => clusterText(cli, cluster, nodes), [name]);
  return 'done';
}

export function clusterText(cli: Cli, cluster: Cluster, nodes: Nodes): string {
  const { name } = cluster;
  const { style } = cli.manner;
  const rows = nodes.map((node) => [
    node.name,
    node.role ?? (node.made ? 'unknown' : 'not created'),
    node.machine ? statusText(node.machine.state, style) : '-',
    node.postgres_host ? `${node.postgres_host}:${node.postgres_port}` : '-',
    node.replication ? statusText(node.replication.status, style) : '-',
    node.replication?.lag_bytes == null ? '-' : `${node.replication.lag_bytes} bytes`,
    node.observation?.observed_at ? ago(node.observation.observed_at, Date.now()) : '-',
  ]);
  const parts = [facts(clusterFacts(cluster, cli), style)];
  if (rows.length > 0) {
    parts.push(
      table(
        ['node', 'role', 'machine', 'address', 'replication', 'lag', 'observed'],
        rows,
        cli.manner,
      ),
    );
  }
  if (cluster.pending_change && !cluster.operation) {
    const { fields, next_step } = cluster.pending_change;
    parts.push(
      `Not applied yet: ${fields.join(', ')}. Next: ${stepCommand(next_step, { cluster: name })}`,
    );
  }
  parts.push(...conditionLines(cluster.conditions), ...machineLines(name, nodes));
  if (cluster.operation) {
    parts.push(`Running: ${cluster.operation.kind}. Watch it: hathi cluster watch ${name}`);
  }
  return parts.join('\n\n');
}

/** The conditions that do not hold, each with the next command. */
export function conditionLines(conditions: Cluster['conditions']): string[] {
  return conditions
    .filter(({ status }) => status !== 'true')
    .map(({ type, status, message, remedy }) => {
      const head = status === 'unknown' ? `${type} is not known` : `${type} does not hold`;
      return [`${head}: ${message}`, ...(remedy ? [`  ${commandOf(remedy)}`] : [])].join('\n');
    });
}

/** Machines that do not run, when that was observed, and the next command. */
function machineLines(
  cluster: string,
  nodes: readonly { name: string; machine: { state: string; observed_at: string } | null }[],
): string[] {
  const down = nodes.flatMap(({ name, machine }) =>
    machine === null || machine.state === 'running' ? [] : [{ name, ...machine }],
  );
  const [first] = down;
  if (first === undefined) return [];
  const states = down.map(({ name, state }) => `${name} is ${state}`).join(', ');
  return [
    `${states} (observed ${ago(first.observed_at, Date.now())}). Start or create it again: hathi cluster repair ${cluster}`,
  ];
}

function clusterFacts(cluster: Cluster, cli: Cli): [string, string][] {
  const { spec, latest_report: report } = cluster;
  const words = (entries: Record<string, string>): string =>
    Object.entries(entries)
      .map(([name, value]) => inOneLine(`${name}=${value}`))
      .join(' ');
  return [
    ['name', cluster.name],
    ['status', statusText(cluster.status, cli.manner.style)],
    ['target', `${spec.target}, ${spec.instance_type}`],
    ['postgres', spec.postgres_version],
    ['replicas', String(spec.replica_count)],
    ['failover', spec.failover_profile],
    ...optional('locales', (spec.locales ?? []).join(' ')),
    ...optional('parameters', words(spec.parameters)),
    ...optional('labels', words(cluster.labels)),
    ['protected', cluster.deletion_protection ? 'yes' : 'no'],
    [
      'verified',
      report
        ? `${report.passed ? 'passed' : 'failed'}, ${ago(report.created_at, Date.now())}`
        : 'none',
    ],
    ['created', ago(cluster.created_at, Date.now())],
  ];
}

function optional(name: string, text: string): [string, string][] {
  return text === '' ? [] : [[name, text]];
}

export async function showOperation(cli: Cli, id: string): Ending {
  const operation = await apiOf(cli).operation(id);
  const { style } = cli.manner;
  cli.printResult(operation, () => {
    const rows = operation.stages.map(({ name, state, started_at, ended_at }) => [
      name,
      statusText(state, style),
      started_at && ended_at
        ? `${((Date.parse(ended_at) - Date.parse(started_at)) / 1000).toFixed(1)} s`
        : '-',
    ]);
    const head = facts(
      [
        ['id', operation.id],
        ['cluster', operation.cluster_name],
        ['kind', operation.kind],
        ['state', statusText(operation.state, style)],
        ...optional('plan', operation.plan_id ?? ''),
        ['requested', ago(operation.created_at, Date.now())],
        ...optional(
          'error',
          operation.error ? `${operation.error.code}: ${operation.error.message}` : '',
        ),
        ...optional('actions', operation.allowed_actions.join(', ')),
      ],
      style,
    );
    return [head, table(['stage', 'state', 'took'], rows, cli.manner)].join('\n\n');
  }, [operation.id]);
  return 'done';
}
