import type { Cli, Ending } from '../cli.ts';
import { apiOf } from '../client/api.ts';
import { CliError } from '../render/failure.ts';
import { inOneLine, write } from '../terminal/terminal-text.ts';

export interface LogsOptions {
  follow?: true | undefined;
}

/** Prints the stored events of an operation, one on each line; with `follow` also the later ones. */
export async function operationLogs(cli: Cli, id: string, { follow }: LogsOptions): Ending {
  const api = apiOf(cli);
  const { id: whole, last_sequence: last } = await api.operation(id);
  if (last === 0 && !follow) return 'done';
  try {
    for await (const event of api.client.followOperation(whole)) {
      write(cli.world.stdout, `${cli.json ? JSON.stringify(event) : lineOf(event)}\n`);
      if (!follow && event.sequence >= last) return 'done';
    }
  } catch (error) {
    throw api.cliErrorOf(error);
  }
  return 'done';
}

/** The events of the newest operation of a cluster. */
export async function clusterEvents(cli: Cli, name: string, options: LogsOptions): Ending {
  const { operations } = await apiOf(cli).call((client) =>
    client.listOperations({ cluster: name, limit: 1 }),
  );
  const [newest] = operations;
  if (!newest) throw new CliError('notFound', `Cluster ${name} has no operation.`);
  return await operationLogs(cli, newest.id, options);
}

interface LoggedEvent {
  at: string;
  type: string;
  stage: string | null;
  data: Record<string, unknown>;
}

function lineOf({ at, type, stage, data }: LoggedEvent): string {
  const facts = Object.entries(data)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return inOneLine([at, type, stage ?? '-', ...facts].join(' '));
}
