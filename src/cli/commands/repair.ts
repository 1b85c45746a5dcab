import { randomUUID } from 'node:crypto';
import type { Cli, Ending } from '../cli.ts';
import { apiOf } from '../client/api.ts';
import { carryOut } from '../client/carry-out.ts';
import { detached } from '../client/follow.ts';
import { needsReview } from '../client/review.ts';
import { printVerified } from '../client/verified.ts';

export interface RepairOptions {
  planOnly?: true | undefined;
  detach?: true | undefined;
}

/** Brings a cluster back to its spec: shows the plan, applies it after approval, and verifies. */
export async function repair(cli: Cli, name: string, options: RepairOptions): Ending {
  needsReview(cli, options);
  const api = apiOf(cli);
  const started = await api.call((client) =>
    client.repairCluster({
      name,
      idempotencyKey: randomUUID(),
      body: { approval: cli.yes && options.detach ? 'automatic' : 'manual' },
    }),
  );
  if (options.detach) return detached(cli, started);
  const result = await carryOut(cli, api, started.id, { planOnly: options.planOnly === true });
  if (result.answer === 'no') {
    cli.print('Nothing was changed.');
    return 'declined';
  }
  if (result.answer !== 'yes') return result.ending;
  await printVerified(
    cli,
    api,
    result.operation,
    `Cluster ${name} has its spec, and its replication is proven.`,
  );
  return 'done';
}
