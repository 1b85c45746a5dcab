import { z } from 'zod';
import { STEPS, type Step } from './operation/steps.ts';

/** The actions of a remedy. HTTP shows an action as a request, the command line as a command. */
export const REMEDY_ACTIONS = [
  'run-step',
  'create-cluster',
  'list-clusters',
  'disable-protection',
  'forget-cluster',
  'list-operations',
  'watch-operation',
  'approve-operation',
  'cancel-operation',
  'retry-operation',
  'show-cluster',
  'run-on-node',
] as const;

/**
 * The next action of a person, as data. An error has its remedies in order in `details.remedies`.
 */
export const remedySchema = z
  .object({
    action: z.enum(REMEDY_ACTIONS),
    cluster: z.string().optional().describe('Name of the cluster.'),
    step: z.enum(STEPS).optional().describe('The step, for `run-step`.'),
    node: z.string().optional().describe('Name of the node, for `run-on-node`.'),
    command: z.string().optional().describe('Command as root on the node, for `run-on-node`.'),
    operation: z.string().optional().describe('Id of the operation.'),
    body: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('Members of the body besides `cluster`.'),
  })
  .meta({ id: 'Remedy', description: 'What to do next.' });
export type Remedy = z.infer<typeof remedySchema>;

export function runStep(step: Step, cluster: string, body?: Record<string, unknown>): Remedy {
  return { action: 'run-step', step, cluster, ...(body === undefined ? {} : { body }) };
}
