import type { OperationEvent } from '../src/core/operation/event.ts';
import type { ReplicationReport } from '../src/core/postgres/replication-report.ts';
import type { ServerProcess } from '../test/support/server-process.ts';

/** Parts of one path by name, in seconds and in the order in which they came. */
export type Times = [name: string, seconds: number][];

export interface PathRun {
  /** From the first POST to the response of verify-replication. */
  seconds: number;
  /** As the caller saw them: six requests, one after the other. */
  steps: Times;
  /** Parts of the steps that are worth a line of their own. */
  parts: Times;
}

const STAGE = 'execute-ansible-script';

/** Requests as the README has them, and then the proof. */
const path = (replicas: number): [string, object][] => [
  ['generate-terraform', { instance_type: 't2.medium', replica_count: replicas }],
  ['plan-terraform', {}],
  ['apply-terraform', {}],
  ['create-ansible-script', { max_connections: 200, shared_buffers: '128MB' }],
  ['execute-ansible-script', {}],
  ['verify-replication', {}],
];

/**
 * Posts the whole path for a new cluster, which stays.
 * @throws Error with the response of the server if a step fails, or when a replica is not proven
 */
export async function runPath(
  server: ServerProcess,
  cluster: string,
  replicas: number,
): Promise<PathRun> {
  const steps: Times = [];
  const operations: string[] = [];
  let report: ReplicationReport | null = null;
  const started = performance.now();
  for (const [step, body] of path(replicas)) {
    const asked = performance.now();
    const answer = await server.step(`/${step}`, { cluster, ...body });
    steps.push([step, (performance.now() - asked) / 1000]);
    operations.push(answer.operation);
    if (step === 'verify-replication') report = answer;
  }
  const seconds = (performance.now() - started) / 1000;
  const proven = report?.nodes.filter(({ status }) => status === 'proven').length ?? 0;
  if (!report?.passed || proven !== replicas + 1) {
    throw new Error(`${cluster} is not proven: ${JSON.stringify(report)}`);
  }
  const parts: Times = [];
  for (const operation of operations) parts.push(...partsOf(await server.follow(operation)));
  return { seconds, steps, parts };
}

/** Runs the playbook again. @returns seconds, and how many tasks changed something */
export async function runAgain(
  server: ServerProcess,
  cluster: string,
): Promise<{ seconds: number; changed: number; parts: Times }> {
  const asked = performance.now();
  const answer = await server.step('/execute-ansible-script', { cluster });
  const seconds = (performance.now() - asked) / 1000;
  return {
    seconds,
    changed: answer.changed,
    parts: partsOf(await server.follow(answer.operation)),
  };
}

/** Of one operation's events: its stage, Terraform's resources, Ansible's tasks. */
function partsOf(events: readonly OperationEvent[]): Times {
  const ended = events.find((event) => event.type === 'stage.succeeded');
  const stage = ended?.stage ?? 'unknown';
  const stageSeconds = Number(ended?.data.seconds ?? 0);
  return [
    [`${stage}, the stage itself`, stageSeconds],
    ...(stage === 'apply-terraform' ? resourceTimes(events) : []),
    ...(stage === STAGE ? taskTimes(events, stageSeconds) : []),
  ];
}

/** The network, and the slowest node: Terraform makes nodes side by side. */
function resourceTimes(events: readonly OperationEvent[]): Times {
  const started = new Map<unknown, number>();
  const longest = new Map<string, number>();
  for (const { type, at, data } of events) {
    if (type !== 'terraform.resource') continue;
    if (data.status === 'started') started.set(data.address, Date.parse(at));
    if (data.status !== 'completed') continue;
    const kind = String(data.address).includes('network') ? 'the network' : 'the slowest node';
    const seconds = (Date.parse(at) - (started.get(data.address) ?? Date.parse(at))) / 1000;
    longest.set(kind, Math.max(seconds, longest.get(kind) ?? 0));
  }
  return [...longest].map(([kind, seconds]) => [`apply-terraform: ${kind}`, seconds]);
}

/** Each task on its slowest host, and what of the stage lies before, between and after them. */
function taskTimes(events: readonly OperationEvent[], stageSeconds: number): Times {
  const longest = new Map<string, number>();
  for (const { type, data } of events) {
    if (type !== 'ansible.host' || data.status === 'skipped') continue;
    const task = data.role ? `${data.role}, ${data.task}` : String(data.task);
    longest.set(task, Math.max(Number(data.duration_seconds), longest.get(task) ?? 0));
  }
  const at = (wanted: string) =>
    Date.parse(events.find(({ type }) => type === wanted)?.at ?? '') / 1000;
  const before = at('ansible.task') - at('stage.started');
  const after = at('stage.succeeded') - at('ansible.recap');
  const inTasks = [...longest.values()].reduce((sum, seconds) => sum + seconds, 0);
  return [
    [`${STAGE}: until the first task`, before],
    ...[...longest].map(([task, seconds]): [string, number] => [`${STAGE}: ${task}`, seconds]),
    [`${STAGE}: between tasks`, Math.max(0, stageSeconds - before - inTasks - after)],
    [`${STAGE}: after the playbook`, after],
  ];
}
