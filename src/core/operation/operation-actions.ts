import type { OperationRecord } from './operation.ts';
import type { OperationAction, OperationState } from './operation-state.ts';

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

/** The actions that are allowed now. */
export function operationActions(
  operation: Pick<OperationRecord, 'state' | 'cancel_level'>,
): OperationAction[] {
  return ACTIONS[operation.state].filter(
    (action) => action !== 'force-cancel' || operation.cancel_level < 2,
  );
}

/** Id of the plan that an operation created, or that its request named. */
export function planOf({
  stages,
  input,
}: Pick<OperationRecord, 'stages' | 'input'>): string | null {
  const planned = stages.findLast(({ name, outcome }) => name === 'plan-terraform' && outcome);
  const id = planned?.name === 'plan-terraform' ? planned.outcome?.plan_id : undefined;
  const given = id ?? input.plan_id;
  return typeof given === 'string' ? given : null;
}
