import { randomUUID } from 'node:crypto';
import type { Cli, Ending } from '../cli.ts';
import { apiOf } from '../client/api.ts';
import { detached, endingOf, followOperation } from '../client/follow.ts';
import { CliError } from '../render/failure.ts';
import { confirmName } from '../terminal/confirm.ts';

export interface DestroyOptions {
  confirm?: string | undefined;
  detach?: true | undefined;
}

export async function destroy(cli: Cli, name: string, options: DestroyOptions): Ending {
  const api = apiOf(cli);
  const cluster = await api.call((client) => client.getCluster({ name }));
  // Otherwise a person types the name and is rejected afterwards.
  if (cluster.deletion_protection) {
    throw new CliError('refused', `Cluster ${name} is protected against deletion.`, {
      hints: [`Disable the protection: hathi cluster update ${name} --no-protect`],
    });
  }
  const nodes = (cluster.nodes ?? []).map((node) => node.name);
  const what =
    nodes.length === 0
      ? 'It has no nodes.'
      : `It deletes these nodes and all their data: ${nodes.join(', ')}.`;
  cli.print(`${cli.manner.style('red', `This removes cluster ${name}.`)} ${what}`);
  await confirmName(cli, name, options.confirm, 'Destroying');
  const started = await api.call((client) =>
    client.destroyCluster({ name, confirm: name, idempotencyKey: randomUUID() }),
  );
  if (options.detach) {
    return detached(cli, started);
  }
  const followed = await followOperation(cli, api, started.id);
  const exit = await endingOf(cli, followed);
  if (exit === 'done') cli.printResult(followed.operation, () => `\nCluster ${name} is destroyed.`);
  return exit;
}
