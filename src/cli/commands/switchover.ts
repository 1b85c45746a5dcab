import { randomUUID } from 'node:crypto';
import type { Cli, Ending } from '../cli.ts';
import { apiOf } from '../client/api.ts';
import { detached, endingOf, followOperation } from '../client/follow.ts';
import { needsResponse } from '../client/review.ts';
import { printVerified } from '../client/verified.ts';
import { choose } from '../terminal/terminal.ts';

export interface SwitchoverOptions {
  to?: string | undefined;
  detach?: true | undefined;
}

/** Makes a replica the primary after a confirmation, and shows the verification. */
export async function switchover(cli: Cli, name: string, options: SwitchoverOptions): Ending {
  needsResponse(cli, 'A switchover', 'Add --yes to start it without a question.');
  const api = apiOf(cli);
  const { topology } = await api.call((client) => client.getCluster({ name }));
  if (!cli.yes) {
    const next = options.to ?? 'the replica that Patroni chooses';
    cli.print(
      `Primary: ${topology?.primary ?? 'unknown'} → ${next}. Writes stop for some seconds.`,
    );
    const answer = await choose(cli.world, 'Switch over? (y)es, (n)o', ['yes', 'no'], 'no');
    if (answer === 'no') {
      cli.print('Nothing was changed.');
      return 'declined';
    }
  }
  const started = await api.call((client) =>
    client.switchOver({
      name,
      idempotencyKey: randomUUID(),
      body: options.to === undefined ? {} : { to: options.to },
    }),
  );
  if (options.detach) {
    return detached(cli, started);
  }
  const followed = await followOperation(cli, api, started.id);
  const ending = await endingOf(cli, followed);
  if (ending !== 'done') return ending;
  await printVerified(cli, api, followed.operation, switchedText(name, followed.operation.stages));
  return 'done';
}

function switchedText(
  cluster: string,
  stages: readonly { name: string; outcome: unknown }[],
): string {
  const outcome = stages.find(({ name }) => name === 'switchover')?.outcome;
  const { primary, seconds } = outcome as { primary: string; seconds: number };
  return `${primary} is the primary of cluster ${cluster} after ${seconds.toFixed(1)} s, and replication is proven.`;
}
