/** An event of an operation, as far as the picture needs it. */
export interface ProgressEvent {
  type: string;
  stage: string | null;
  at: string;
  data: Record<string, unknown>;
}

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

/** The picture of an operation's stages; those that are done already say so. */
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

interface PlanCounts {
  add: number;
  change: number;
  replace: number;
  destroy: number;
  empty: boolean;
}

export function planSummary(counts: PlanCounts | undefined): string {
  if (!counts || counts.empty) return 'nothing to change';
  const { add, change, replace, destroy } = counts;
  const parts = [`${add} to add`, `${change} to change`, `${destroy} to destroy`];
  if (replace > 0) parts.splice(2, 0, `${replace} to replace`);
  return parts.join(', ');
}

type Recap = Record<string, { changed?: number }>;

function recapSummary(hosts: Recap): string {
  const changed = Object.values(hosts).reduce((sum, host) => sum + (host.changed ?? 0), 0);
  return `${counted(Object.keys(hosts).length, 'node')}, ${counted(changed, 'change')}`;
}

function endStage(stage: StageProgress, event: ProgressEvent): void {
  stage.state = event.type === 'stage.succeeded' ? 'done' : 'failed';
  const measured = (Date.parse(event.at) - stage.startedAt) / 1000;
  stage.seconds = Number(event.data.seconds ?? Math.max(0, measured));
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
  const data = event.data as Record<string, string>;
  switch (event.type) {
    case 'ansible.task':
      stage.activity = String(data.task ?? '');
      return null;
    case 'terraform.log':
      // Before Terraform runs, these lines are about the image of the nodes, which may take a minute.
      if (stage.name === 'generate-terraform') stage.activity = String(data.message ?? '');
      return null;
    case 'terraform.resource':
      return takeResource(stage, data);
    case 'ansible.host':
      return takeHost(stage, data);
    case 'node.progress':
      return takeNodeProgress(stage, event.data);
    case 'replication.node':
      return takeReplication(stage, event.data);
    case 'terraform.plan':
      stage.summary = planSummary(event.data.summary as PlanCounts | undefined);
      return null;
    case 'ansible.recap':
      stage.summary = recapSummary((event.data.hosts ?? {}) as Recap);
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

/** `module.cluster.terraform_data.node["default-1"]` is node default-1; others are the network's. */
function takeResource(stage: StageProgress, data: Record<string, string>): string | null {
  const node = /\["([a-z][a-z0-9-]*-\d+)"\]/.exec(data.address ?? '')?.[1] ?? NETWORK;
  const [doing, done] = TERRAFORM_VERBS[data.action ?? ''] ?? ['in work', 'done'];
  if (data.status === 'failed') stage.nodes.set(node, { mark: 'bad', text: 'failed' });
  else if (data.status === 'completed') stage.nodes.set(node, { mark: 'good', text: done });
  else stage.nodes.set(node, { mark: 'busy', text: doing });
  return node;
}

function takeHost(stage: StageProgress, data: Record<string, string>): string | null {
  // A task that is skipped says nothing about the node, and would stay on the screen until the next one.
  if (data.status === 'skipped') return null;
  const node = data.host ?? '';
  const failed = data.status === 'failed' || data.status === 'unreachable';
  const task = data.task ?? '';
  stage.nodes.set(node, {
    mark: failed ? 'bad' : 'good',
    text: failed ? `${task}: ${data.message ?? data.status}` : `${task} (${data.status})`,
  });
  return node;
}

/** A verb that runs for long on a node, e.g. the copy of a large database. */
function takeNodeProgress(stage: StageProgress, data: Record<string, unknown>): string {
  const node = String(data.node);
  const copied = Number(data.copied_bytes ?? 0);
  const amount = copied > 0 ? `, ${(copied / GIBIBYTE).toFixed(2)} GiB copied` : '';
  stage.nodes.set(node, { mark: 'busy', text: `${data.state}${amount}` });
  return node;
}

function takeReplication(stage: StageProgress, data: Record<string, unknown>): string {
  const node = String(data.node);
  const reasons = (data.reasons ?? []) as { message: string }[];
  const role = data.role === null ? 'unknown role' : String(data.role);
  stage.nodes.set(node, {
    mark: data.status === 'failed' ? 'bad' : 'good',
    text:
      data.status === 'failed'
        ? `${role}: ${reasons.map((one) => one.message).join(' ')}`
        : `${role}${data.status === 'proven' ? ', proven' : ''}`,
  });
  return node;
}
