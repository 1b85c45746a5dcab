import { apiOf } from './api.ts';
import type { Cli, Ending } from './cli.ts';

export async function cancel(
  cli: Cli,
  id: string,
  { force }: { force?: true | undefined },
): Ending {
  const operation = await apiOf(cli).call((client) =>
    client.cancelOperation({ id, body: { level: force ? 2 : 1 } }),
  );
  cli.answer(operation, () =>
    operation.state === 'cancelled'
      ? 'The operation is cancelled.'
      : `The operation is ${operation.state}. Watch it: hathi operation watch ${id}`,
  );
  return 'done';
}
