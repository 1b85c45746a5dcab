import type { Cli } from '../cli.ts';
import { changeLines, procedureLines } from '../render/change-text.ts';
import { CliError } from '../render/failure.ts';
import { planText } from '../render/plan-text.ts';
import { choose } from '../terminal/terminal.ts';
import type { Api, Operation, Plan } from './api.ts';

/** The plan of an operation that waits for approval. @throws CliError (refused) if it has none */
export async function planOf(api: Api, operation: Operation): Promise<Plan> {
  const { plan_id } = operation;
  if (plan_id === null) {
    throw new CliError(
      'refused',
      `Operation ${operation.id} has no plan; it is ${operation.state}.`,
    );
  }
  return await api.call((client) => client.getPlan({ id: plan_id }));
}

/**
 * The lines above the plan of a change: the settings, and what happens before the apply. Empty for
 * another operation, otherwise with an empty line at the end.
 */
export async function introductionOf(api: Api, operation: Operation): Promise<string[]> {
  const { kind, cluster_name: name, stages } = operation;
  if (kind !== 'change-cluster') return [];
  const { spec, pending_change: pending } = await api.call((client) => client.getCluster({ name }));
  const changes = pending?.changes ?? [];
  const lines = [...changeLines(changes), ...procedureLines(stages, spec.replica_count, changes)];
  return lines.length === 0 ? [] : [...lines, ''];
}

/** Prints the lines of `introductionOf` above a plan. */
export function printIntroduction(cli: Cli, lines: readonly string[]): void {
  if (lines.length > 0) cli.print(`\n${lines.join('\n').trimEnd()}`);
}

/** Shows the plan and requests a decision. With `--yes` it is approved. */
export async function review(cli: Cli, plan: Plan): Promise<'yes' | 'no' | 'later'> {
  cli.print(`\n${planText(plan, cli.manner.style)}\n`);
  if (cli.yes) return 'yes';
  return await choose(
    cli.world,
    'Apply it? (y)es, (n)o, (l)ater',
    ['yes', 'no', 'later'],
    'no',
  ).catch(() => 'later' as const);
}

/**
 * For a command that shows a plan, unless it ends before the review.
 * @throws CliError (usage) where no question is possible
 */
export function needsReview(
  cli: Cli,
  { planOnly, detach }: { planOnly?: true | undefined; detach?: true | undefined },
): void {
  if (planOnly || detach) return;
  needsResponse(
    cli,
    'Approving the plan',
    'Add --yes to approve it without a review, or --plan-only to stop at the plan.',
  );
}

/** @throws CliError (usage) where a confirmation is needed and no question is possible */
export function needsResponse(cli: Cli, what: string, ...ways: string[]): void {
  if (cli.yes || cli.interactive) return;
  const why = cli.json ? '--json excludes questions' : 'this is not a terminal';
  throw new CliError('usage', `${what} needs a confirmation, but ${why}.`, { hints: ways });
}
