import { expect, it } from 'vitest';
import { assertPlanMayBecome, PLAN_STATES, type PlanState } from './plan-state.ts';

it.each<[PlanState, PlanState[]]>([
  ['ready', ['applying', 'stale']],
  ['applying', ['applying', 'applied', 'failed']],
  ['applied', []],
  ['stale', []],
  ['failed', []],
])('a plan that is %s may become %j', (from, allowed) => {
  for (const to of PLAN_STATES) {
    const change = () => assertPlanMayBecome('a-plan', from, to);
    if (allowed.includes(to)) expect(change).not.toThrow();
    else expect(change).toThrow(`Plan a-plan is ${from}; it cannot become ${to}.`);
  }
});
