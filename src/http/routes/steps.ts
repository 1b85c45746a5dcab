import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { HathiError } from '../../core/errors.ts';
import type { OperationRecord } from '../../core/operation/operation.ts';
import { STEPS, type Step } from '../../core/operation/steps.ts';
import type { TargetContract } from '../../ports/target.ts';
import type { OperationService } from '../../services/operations/operation-service.ts';
import type { StepInputs } from '../../services/operations/requests.ts';
import type { ProblemCode } from '../errors/http-error.ts';
import { revive } from '../errors/problem.ts';
import { operationSchema } from '../schemas/operation.ts';
import { BODY_PROBLEMS, PARAMETER_PROBLEMS, problems } from '../schemas/problem.ts';
import { preferHeaders, stepBodies, stepResultSchema } from '../schemas/steps.ts';
import type { CallerSignals } from '../server/caller-signal.ts';
import { callerOf, IDEMPOTENCY_PROBLEMS, idempotencyHeader } from '../server/idempotency.ts';
import { accepted } from '../server/responses.ts';

const SUMMARIES: Record<Step, string> = {
  'generate-terraform': 'Generate Terraform for a new or changed cluster',
  'plan-terraform': 'Create and store a Terraform plan',
  'apply-terraform': 'Apply exactly the stored plan',
  'create-ansible-script': 'Generate Ansible for the nodes, with PostgreSQL parameters',
  'execute-ansible-script': 'Run Ansible: set up etcd, Patroni and PostgreSQL on the nodes',
  'verify-replication': 'Verify that every replica replicates',
  'destroy-terraform': 'Destroy a cluster: remove all of its machines',
};

/** Problems of every stage. */
const WORK_PROBLEMS: readonly ProblemCode[] = [
  'CLUSTER_BUSY',
  'OPERATION_FAILED',
  'OPERATION_CANCELLED',
  'OPERATION_INTERRUPTED',
  'DEADLINE_EXCEEDED',
  'TOOL_MISSING',
  'TOOL_TOO_OLD',
  'TOOL_FAILED',
  'DISK_FULL',
  'WORKSPACE_FAILED',
  'DATABASE_UNAVAILABLE',
  'CLOUD_UNAVAILABLE',
];

const TERRAFORM_PROBLEMS: readonly ProblemCode[] = ['TERRAFORM_FAILED', 'STATE_UNREADABLE'];
const LATER_PROBLEMS: readonly ProblemCode[] = ['CLUSTER_NOT_FOUND', 'STEP_MISSING'];

/** Further problems of each step. */
const STEP_PROBLEMS: Record<Step, readonly ProblemCode[]> = {
  'generate-terraform': ['CLUSTER_EXISTS', 'NETWORK_TAKEN', 'NETWORK_EXHAUSTED'],
  'plan-terraform': [...LATER_PROBLEMS, ...TERRAFORM_PROBLEMS, 'CLOUD_REFUSED'],
  'apply-terraform': [
    ...LATER_PROBLEMS,
    ...TERRAFORM_PROBLEMS,
    'ID_AMBIGUOUS',
    'PLAN_NOT_FOUND',
    'PLAN_STALE',
    'PLAN_ALTERED',
    'PLAN_REFUSED',
  ],
  'create-ansible-script': [...LATER_PROBLEMS, ...PARAMETER_PROBLEMS],
  'execute-ansible-script': [
    ...LATER_PROBLEMS,
    'ANSIBLE_FAILED',
    'NODE_UNREACHABLE',
    'NODE_REFUSED',
    'NODE_SETUP_FAILED',
    'PARAMETER_REJECTED',
    'PARAMETER_NOT_APPLIED',
  ],
  'verify-replication': [
    ...LATER_PROBLEMS,
    'REPLICATION_NOT_PROVEN',
    'FAILOVER_NOT_READY',
    'NODE_UNREACHABLE',
  ],
  'destroy-terraform': [...LATER_PROBLEMS, ...TERRAFORM_PROBLEMS, 'CLUSTER_PROTECTED'],
};

export interface StepRoutes {
  operations: OperationService;
  callers: CallerSignals;
  targets: readonly TargetContract[];
}

/** One route at the root for each step. It enqueues its stage and waits for the result. */
export const stepRoutes: FastifyPluginAsync<StepRoutes> = async (app, routes) => {
  const bodies = stepBodies(routes.targets);
  for (const step of STEPS) {
    app.post(
      `/${step}`,
      {
        schema: {
          operationId: camelCase(step),
          tags: ['steps'],
          summary: SUMMARIES[step],
          description:
            'Waits for the result. With `Prefer: respond-async`, it returns 202 immediately. Closing the connection does not cancel the operation.',
          headers: preferHeaders.extend(idempotencyHeader),
          body: bodies[step],
          response: {
            200: stepResultSchema(step),
            202: operationSchema.describe('The unfinished operation. `Location` is its URL.'),
            ...problems(
              ...BODY_PROBLEMS,
              ...IDEMPOTENCY_PROBLEMS,
              'INVALID_CLUSTER_NAME',
              ...WORK_PROBLEMS,
              ...STEP_PROBLEMS[step],
            ),
          },
        },
      },
      async (request, reply) => {
        const { cluster, ...input } = request.body as { cluster: string };
        const operation = await routes.operations.submitStep(
          step,
          cluster,
          inputOf(step, input),
          callerOf(request),
        );
        if (prefersAsync(request.headers.prefer)) {
          reply.header('preference-applied', 'respond-async');
          return accepted(reply, operation);
        }
        return await sendResult(routes, step, operation.id, reply);
      },
    );
  }
};

/** The schemas have validated `members`. Only parameters are moved to a separate member. */
function inputOf(step: Step, members: object): StepInputs[Step] {
  const input = step === 'create-ansible-script' ? { parameters: members } : members;
  return input as StepInputs[Step];
}

async function sendResult(
  { operations, callers }: StepRoutes,
  step: Step,
  operationId: string,
  reply: FastifyReply,
): Promise<unknown> {
  const signal = callers.of(reply);
  let operation: OperationRecord;
  try {
    operation = await operations.waitForOutcome(operationId, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    // The server stops, but the operation continues: return its location.
    return accepted(reply, await operations.get(operationId));
  }
  const stage = operation.stages.find(({ name }) => name === step);
  if (operation.state !== 'succeeded') throw endOf(operation, step);
  return reply.send({ ...stage?.outcome, operation: operation.id });
}

/** The error of an operation that did not succeed. */
function endOf(operation: OperationRecord, stage: Step): HathiError {
  const facts = { operation: operation.id, stage };
  const error = operation.error ?? operation.stages.find((record) => record.error !== null)?.error;
  if (error) return revive(error, facts);
  if (operation.state === 'cancelled') {
    return new HathiError('OPERATION_CANCELLED', `${stage} was cancelled.`, facts);
  }
  if (operation.state === 'interrupted') {
    return new HathiError('OPERATION_INTERRUPTED', `${stage} was cut off.`, facts);
  }
  return new HathiError('OPERATION_FAILED', `${stage} ${operation.state}.`, facts);
}

/** @see RFC 7240 */
function prefersAsync(prefer: string | string[] | undefined): boolean {
  return [prefer ?? '']
    .flat()
    .join(',')
    .split(',')
    .some((preference) => preference.trim().toLowerCase() === 'respond-async');
}

function camelCase(step: Step): string {
  return step.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
