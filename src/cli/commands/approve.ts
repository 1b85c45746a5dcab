import type { Cli, Ending } from '../cli.ts';
import { apiOf } from '../client/api.ts';
import { endingOf, followOperation } from '../client/follow.ts';
import {
  introductionOf,
  needsResponse,
  planOf,
  printIntroduction,
  review,
} from '../client/review.ts';
import { CliError } from '../render/failure.ts';

export interface ApproveOptions {
  plan?: string | undefined;
  detach?: true | undefined;
}

/** Shows the plan that waits for approval, approves it after a confirmation, and follows the operation. */
export async function approve(cli: Cli, id: string, options: ApproveOptions): Ending {
  needsResponse(
    cli,
    'Approving a plan',
    `Review it with: hathi operation show ${id}; then add --yes.`,
  );
  const api = apiOf(cli);
  const operation = await api.operation(id);
  if (operation.state !== 'awaiting-approval') {
    throw new CliError(
      'refused',
      `Operation ${id} does not wait for approval; it is ${operation.state}.`,
    );
  }
  const plan = await planOf(api, operation);
  printIntroduction(cli, await introductionOf(api, operation));
  const answer = await review(cli, plan);
  if (answer !== 'yes') {
    cli.print(
      answer === 'later'
        ? 'The operation still waits for approval.'
        : `The operation still waits for approval. Cancel it: hathi operation cancel ${id}`,
    );
    return 'declined';
  }
  const plan_id = options.plan ?? plan.id;
  const approved = await api.call((client) => client.approveOperation({ id, body: { plan_id } }));
  if (options.detach) {
    cli.printResult(approved, () => `Approved. Watch it: hathi operation watch ${id}`);
    return 'done';
  }
  const followed = await followOperation(cli, api, id);
  const exit = await endingOf(cli, followed);
  if (exit === 'done') cli.printResult(followed.operation, () => '\nThe operation succeeded.');
  return exit;
}
