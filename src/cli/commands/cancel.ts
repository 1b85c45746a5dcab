import type { Cli, Ending } from '../cli.ts';
import { apiOf } from '../client/api.ts';

export async function cancel(
  cli: Cli,
  id: string,
  { force }: { force?: true | undefined },
): Ending {
  const operation = await apiOf(cli).call((client) =>
    client.cancelOperation({ id, body: { level: force ? 2 : 1 } }),
  );
  cli.printResult(operation, () =>
    operation.state === 'cancelled'
      ? 'The operation is cancelled.'
      : `The operation is ${operation.state}. Watch it: hathi operation watch ${id}`,
  );
  return 'done';
}
