import { randomUUID } from 'node:crypto';
import type { Cli, Ending } from '../cli.ts';
import { apiOf } from '../client/api.ts';
import { detached, endingOf, followOperation } from '../client/follow.ts';

export async function retry(
  cli: Cli,
  id: string,
  { detach }: { detach?: true | undefined },
): Ending {
  const api = apiOf(cli);
  const started = await api.call((client) =>
    client.retryOperation({ id, idempotencyKey: randomUUID(), body: {} }),
  );
  if (detach) return detached(cli, started);
  const followed = await followOperation(cli, api, started.id, { stopAtApproval: true });
  if (followed.how === 'waits') {
    cli.printResult(
      followed.operation,
      () => `The operation waits for approval: hathi operation approve ${started.id}`,
    );
    return 'done';
  }
  const exit = await endingOf(cli, followed);
  if (exit === 'done') cli.printResult(followed.operation, () => '\nThe operation succeeded.');
  return exit;
}
