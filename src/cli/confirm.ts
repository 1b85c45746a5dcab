import type { Cli } from './cli.ts';
import { CliError } from './failure.ts';
import { ask } from './terminal.ts';

/**
 * The name of the cluster, once more. `--yes` is no answer to this: it would remove whatever was
 * named by mistake.
 * @throws CliError (usage | declined)
 */
export async function confirmName(
  cli: Cli,
  name: string,
  given: string | undefined,
  what: string,
): Promise<void> {
  if (given === undefined && !cli.interactive) {
    throw new CliError('usage', `${what} needs the name of the cluster once more.`, {
      hints: [`Add: --confirm ${name}`],
    });
  }
  const typed = given ?? (await ask(cli.world, 'Type the name of the cluster to go on: '));
  if (typed === name) return;
  if (given !== undefined) {
    throw new CliError('usage', `--confirm says ${given}, but the cluster is ${name}.`);
  }
  throw new CliError('declined', `That is not its name, so nothing was done to ${name}.`);
}
