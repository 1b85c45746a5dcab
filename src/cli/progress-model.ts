import type { OperationEvent } from '../../src/core/operation/operation.ts';

export type StepState = 'waiting' | 'running' | 'done' | 'failed';

/** One step as it is shown: seconds, what its nodes are doing, and what it made. */
export interface StepProgress {
  name: string;
  state: StepState;
  startedAt: number;
  seconds: number;
  /** What the step does as a whole, e.g. the running Ansible task. */
  activity: string;
  nodes: Map<string, NodeProgress>;
  summary: string;
}

export interface NodeProgress {
  mark: 'busy' | 'good' | 'bad';
  text: string;
}

export function newStep(name: string): StepProgress {
  return {
    name,
    state: 'waiting',
    startedAt: 0,
    seconds: 0,
    activity: '',
    nodes: new Map(),
    summary: '',
  };
}

const TERRAFORM_VERBS: Record<string, [string, string]> = {
  create: ['being made', 'made'],
  update: ['being changed', 'changed'],
  delete: ['being removed', 'removed'],
  replace: ['being made anew', 'made anew'],
};

/**
 * Takes an event into the picture of a step.
 * @returns the node whose line changed, or null
 */
export function takeEvent(step: StepProgress, event: OperationEvent): string | null {
  const data = event.data as Record<string, string>;
  switch (event.type) {
    case 'ansible.task':
      step.activity = String(data.task ?? '');
      return null;
    case 'terraform.resource':
      return takeResource(step, data);
    case 'ansible.host':
      return takeHost(step, data);
    case 'replication.node':
      return takeReplication(step, event.data);
    default:
      return null;
  }
}

/** `module.cluster.terraform_data.node["default-1"]` is node default-1; others are no node. */
function takeResource(step: StepProgress, data: Record<string, string>): string | null {
  const node = /\["([^"]+)"\]/.exec(data.address ?? '')?.[1] ?? 'network';
  const [doing, done] = TERRAFORM_VERBS[data.action ?? ''] ?? ['in work', 'done'];
  if (data.status === 'failed') step.nodes.set(node, { mark: 'bad', text: 'failed' });
  else if (data.status === 'completed') step.nodes.set(node, { mark: 'good', text: done });
  else step.nodes.set(node, { mark: 'busy', text: doing });
  return node;
}

function takeHost(step: StepProgress, data: Record<string, string>): string | null {
  const node = data.host ?? '';
  const failed = data.status === 'failed' || data.status === 'unreachable';
  const task = data.task ?? '';
  step.nodes.set(node, {
    mark: failed ? 'bad' : 'good',
    text: failed ? `${task}: ${data.message ?? data.status}` : `${task} (${data.status})`,
  });
  return node;
}

function takeReplication(step: StepProgress, data: Record<string, unknown>): string {
  const node = String(data.node);
  const reasons = (data.reasons ?? []) as { message: string }[];
  const role = data.role === null ? 'unknown role' : String(data.role);
  step.nodes.set(node, {
    mark: data.status === 'failed' ? 'bad' : 'good',
    text:
      data.status === 'failed'
        ? `${role}: ${reasons.map((one) => one.message).join(' ')}`
        : `${role}${data.status === 'proven' ? ', proven' : ''}`,
  });
  return node;
}
