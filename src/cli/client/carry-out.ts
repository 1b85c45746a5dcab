import type { Cli, Ending } from '../cli.ts';
import { planText } from '../render/plan-text.ts';
import type { Api, Operation, Plan } from './api.ts';
import { endingOf, followOperation } from './follow.ts';
import { introductionOf, planOf, printIntroduction, review } from './review.ts';

export interface CarryOutOptions {
  /** Stop when the plan waits for approval. */
  planOnly?: boolean;
  /** Called before the review. @throws CliError if this plan must not be approved in this way */
  check?: (plan: Plan) => Promise<void>;
}

/**
 * `yes`: approved, and the operation succeeded. `no`: declined; the operation is cancelled, and
 * nothing was applied. `none`: the operation ended in another way, or the plan still waits; all was
 * printed.
 */
export type CarriedOut =
  | { answer: 'yes'; operation: Operation }
  | { answer: 'no' }
  | { answer: 'none'; ending: Awaited<Ending> };

/** Shows the plan of an operation, applies it after approval, and shows the progress. */
export async function carryOut(
  cli: Cli,
  api: Api,
  id: string,
  options: CarryOutOptions = {},
): Promise<CarriedOut> {
  const planned = await followOperation(cli, api, id, { stopAtApproval: true });
  if (planned.how !== 'waits') {
    const ending = await endingOf(cli, planned);
    cli.printResult(planned.operation, () => '');
    return { answer: 'none', ending };
  }
  const waits = (text: () => string): CarriedOut => {
    cli.printResult(planned.operation, text);
    return { answer: 'none', ending: 'done' };
  };
  const plan = await planOf(api, planned.operation);
  const introduction = await introductionOf(api, planned.operation);
  if (options.planOnly) {
    const text = planText(plan, cli.manner.style);
    return waits(() => [...introduction, text, '', laterText(id)].join('\n'));
  }
  printIntroduction(cli, introduction);
  await options.check?.(plan);
  const answer = await review(cli, plan);
  if (answer === 'later') return waits(() => laterText(id));
  if (answer === 'no') {
    await api.call((client) => client.cancelOperation({ id, body: {} }));
    for await (const _event of api.client.followOperation(id)) {
      // It ends with the operation.
    }
    return { answer: 'no' };
  }
  await api.call((client) => client.approveOperation({ id, body: { plan_id: plan.id } }));
  const followed = await followOperation(cli, api, id);
  const ending = await endingOf(cli, followed);
  if (ending !== 'done') return { answer: 'none', ending };
  return { answer: 'yes', operation: followed.operation };
}

function laterText(id: string): string {
  return [
    `Approve it: hathi operation approve ${id}`,
    `Cancel it:  hathi operation cancel ${id}`,
  ].join('\n');
}
