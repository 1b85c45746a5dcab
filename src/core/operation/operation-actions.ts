import type { Operation, OperationState } from './operation.ts';

export const OPERATION_ACTIONS = ['approve', 'cancel', 'force-cancel', 'retry'] as const;
export type OperationAction = (typeof OPERATION_ACTIONS)[number];

const ACTIONS: Record<OperationState, readonly OperationAction[]> = {
  queued: ['cancel'],
  running: ['cancel'],
  'awaiting-approval': ['approve', 'cancel'],
  cancelling: ['force-cancel'],
  succeeded: [],
  failed: ['retry'],
  cancelled: ['retry'],
  interrupted: ['retry'],
};

/** What may be asked of an operation now. */
export function operationActions(
  operation: Pick<Operation, 'state' | 'cancel_level'>,
): OperationAction[] {
  return ACTIONS[operation.state].filter(
    (action) => action !== 'force-cancel' || operation.cancel_level < 2,
  );
}

/** The plan that an operation made, or was told to apply. */
export function planOf({ stages, input }: Pick<Operation, 'stages' | 'input'>): string | null {
  const made = stages.findLast(({ name, outcome }) => name === 'plan-terraform' && outcome)?.outcome
    ?.plan_id;
  const given = made ?? input.plan_id;
  return typeof given === 'string' ? given : null;
}
