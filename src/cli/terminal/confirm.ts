import type { Cli } from '../cli.ts';
import { CliError } from '../render/failure.ts';
import { ask } from './terminal.ts';

/**
 * Requires the name of the cluster as confirmation. `--yes` is not enough, because it would also confirm a
 * name that was typed by mistake.
 * @throws CliError (usage | declined)
 */
export async function confirmName(
  cli: Cli,
  name: string,
  given: string | undefined,
  what: string,
): Promise<void> {
  if (given === undefined && !cli.interactive) {
    throw new CliError('usage', `${what} needs the name of the cluster as confirmation.`, {
      hints: [`Add: --confirm ${name}`],
    });
  }
  const typed = given ?? (await ask(cli.world, 'Type the name of the cluster to continue: '));
  if (typed === name) return;
  if (given !== undefined) {
    throw new CliError('usage', `--confirm is ${given}, but the cluster is ${name}.`);
  }
  throw new CliError('declined', `The name does not match. Cluster ${name} is unchanged.`);
}
