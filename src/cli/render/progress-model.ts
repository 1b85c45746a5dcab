import type { OperationEvent } from '../client/api.ts';

/** An event of an operation, as far as the picture needs it. */
export type ProgressEvent = PartOf<OperationEvent>;
/** Of each event of the union, so that `type` still decides the members of `data`. */
type PartOf<Event extends OperationEvent> = Event extends OperationEvent
  ? Pick<Event, 'type' | 'stage' | 'at' | 'data'>
  : never;
type EventOf<Type extends ProgressEvent['type']> = Extract<ProgressEvent, { type: Type }>;

export type StageState = 'waiting' | 'running' | 'done' | 'failed';

/** What is no node's own: subnets by their zones, rules by whom they let in. */
const NETWORK = 'network';

/** One stage as it is shown: its seconds, the activity of its nodes, and its result. */
export interface StageProgress {
  /** Identifies the stage in its operation; several may have one name. */
  position: number;
  name: string;
  state: StageState;
  startedAt: number;
  seconds: number;
  /** What the stage does as a whole, e.g. the running Ansible task. */
  activity: string;
  nodes: Map<string, NodeProgress>;
  summary: string;
}

export interface NodeProgress {
  mark: 'busy' | 'good' | 'bad';
  text: string;
}

export function newStage(name: string, position = 0): StageProgress {
  return {
    position,
    name,
    state: 'waiting',
    startedAt: 0,
    seconds: 0,
    activity: '',
    nodes: new Map(),
    summary: '',
  };
}

/** The stages of an operation for the display. Finished stages are marked. */
export function stagesOf(
  stages: readonly {
    position: number;
    name: string;
    state: string;
    started_at: string | null;
    ended_at: string | null;
  }[],
): StageProgress[] {
  return stages.map(({ position, name, state, started_at, ended_at }) => {
    const stage = newStage(name, position);
    if (state !== 'succeeded' || !started_at || !ended_at) return stage;
    const seconds = (Date.parse(ended_at) - Date.parse(started_at)) / 1000;
    return { ...stage, state: 'done', seconds };
  });
}

type PlanCounts = EventOf<'terraform.plan'>['data']['summary'];

export function planSummary(counts: PlanCounts | undefined): string {
  if (!counts || counts.empty) return 'nothing to change';
  const { add, change, replace, destroy } = counts;
  const parts = [`${add} to add`, `${change} to change`, `${destroy} to destroy`];
  if (replace > 0) parts.splice(2, 0, `${replace} to replace`);
  return parts.join(', ');
}

function recapSummary({ hosts }: EventOf<'ansible.recap'>['data']): string {
  const changed = Object.values(hosts).reduce((sum, host) => sum + host.changed, 0);
  return `${counted(Object.keys(hosts).length, 'node')}, ${counted(changed, 'change')}`;
}

type StageEnding = EventOf<
  'stage.succeeded' | 'stage.failed' | 'stage.cancelled' | 'stage.interrupted'
>;

function endStage(stage: StageProgress, event: StageEnding): void {
  stage.state = event.type === 'stage.succeeded' ? 'done' : 'failed';
  const measured = (Date.parse(event.at) - stage.startedAt) / 1000;
  stage.seconds = event.type === 'stage.succeeded' ? event.data.seconds : Math.max(0, measured);
  if (stage.state === 'failed') stage.summary = event.type.slice('stage.'.length);
  else if (stage.summary === '' && stage.nodes.size > 0) stage.summary = nodesSummary(stage);
}

function nodesSummary({ name, nodes }: StageProgress): string {
  const proves = name === 'verify-replication';
  const told = [...nodes].filter(([node, { text }]) =>
    proves ? text.endsWith('proven') : node !== NETWORK,
  );
  return `${counted(told.length, 'node')}${proves ? ' proven' : ''}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

const GIBIBYTE = 2 ** 30;

const TERRAFORM_VERBS: Record<string, [string, string]> = {
  create: ['being created', 'created'],
  update: ['being changed', 'changed'],
  delete: ['being removed', 'removed'],
  replace: ['being replaced', 'replaced'],
};

/**
 * Takes an event into the picture of its stage.
 * @returns the node whose line changed, or null
 */
export function takeEvent(stage: StageProgress, event: ProgressEvent): string | null {
  switch (event.type) {
    case 'ansible.task':
      stage.activity = event.data.task;
      return null;
    case 'terraform.log':
      // Before Terraform runs, these lines are about the image of the nodes, which may take a minute.
      if (stage.name === 'generate-terraform') stage.activity = event.data.message;
      return null;
    case 'terraform.resource':
      return takeResource(stage, event.data);
    case 'ansible.host':
      return takeHost(stage, event.data);
    case 'node.progress':
      return takeNodeProgress(stage, event.data);
    case 'replication.node':
      return takeReplication(stage, event.data);
    case 'terraform.plan':
      stage.summary = planSummary(event.data.summary);
      return null;
    case 'ansible.recap':
      stage.summary = recapSummary(event.data);
      return null;
    case 'stage.started':
      Object.assign(stage, newStage(stage.name, stage.position), { state: 'running' });
      stage.startedAt = Date.parse(event.at);
      return null;
    case 'stage.succeeded':
    case 'stage.failed':
    case 'stage.cancelled':
    case 'stage.interrupted':
      endStage(stage, event);
      return null;
    default:
      return null;
  }
}

/** Resources without a node are the network's. */
function takeResource(
  stage: StageProgress,
  { node: own, action, status }: EventOf<'terraform.resource'>['data'],
): string {
  const node = own ?? NETWORK;
  const [doing, done] = TERRAFORM_VERBS[action] ?? ['in work', 'done'];
  if (status === 'failed') stage.nodes.set(node, { mark: 'bad', text: 'failed' });
  else if (status === 'completed') stage.nodes.set(node, { mark: 'good', text: done });
  else stage.nodes.set(node, { mark: 'busy', text: doing });
  return node;
}

function takeHost(
  stage: StageProgress,
  { host, task, status, message }: EventOf<'ansible.host'>['data'],
): string | null {
  // A skipped task contains no news about the node, and would stay on the screen until the next one.
  if (status === 'skipped') return null;
  const failed = status === 'failed' || status === 'unreachable';
  stage.nodes.set(host, {
    mark: failed ? 'bad' : 'good',
    text: failed ? `${task}: ${message ?? status}` : `${task} (${status})`,
  });
  return host;
}

/** A verb that runs for long on a node, e.g. the copy of a large database. */
function takeNodeProgress(
  stage: StageProgress,
  { node, state, copied_bytes = 0 }: EventOf<'node.progress'>['data'],
): string {
  const amount = copied_bytes > 0 ? `, ${(copied_bytes / GIBIBYTE).toFixed(2)} GiB copied` : '';
  stage.nodes.set(node, { mark: 'busy', text: `${state}${amount}` });
  return node;
}

function takeReplication(
  stage: StageProgress,
  { node, role, status, reasons }: EventOf<'replication.node'>['data'],
): string {
  const name = role ?? 'unknown role';
  const isProven = status === 'proven' ? ', proven' : '';
  stage.nodes.set(node, {
    mark: status === 'failed' ? 'bad' : 'good',
    text:
      status === 'failed'
        ? `${name}: ${reasons.map(({ message }) => message).join(' ')}`
        : `${name}${isProven}`,
  });
  return node;
}
