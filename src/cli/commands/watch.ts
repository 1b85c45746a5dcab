import type { Cli, Ending } from '../cli.ts';
import { apiOf } from '../client/api.ts';
import { endingOf, followOperation } from '../client/follow.ts';

/** Follows the unfinished operation of a cluster. */
export async function watchCluster(cli: Cli, name: string): Ending {
  const api = apiOf(cli);
  const { operation, status } = await api.call((client) => client.getCluster({ name }));
  if (operation !== null) return await watchOperation(cli, operation.id);
  cli.print(`Cluster ${name} has no unfinished operation; it is ${status}.`);
  return 'done';
}

export async function watchOperation(cli: Cli, id: string): Ending {
  const api = apiOf(cli);
  const followed = await followOperation(cli, api, id, { lines: true });
  const exit = await endingOf(cli, followed);
  if (exit === 'done')
    cli.print(`\n${followed.operation.kind} of ${followed.operation.cluster_name} succeeded.`);
  return exit;
}
